"""Observations of a candidate's head and face, written by hand."""

from appliance.inference.boxes import Box
from appliance.inference.camera import View
from appliance.inference.faces import Face
from appliance.inference.head import Head
from appliance.inference.likeness import Likeness
from appliance.inference.look import Look
from appliance.inference.observe import Observation

GOOD = View(luma=130.0, contrast=45.0, edges=20.0, detail=0.1)


def face(*, left=250.0, width=130.0):
    return Face(Box(left, 100.0, left + width, 100.0 + 1.2 * width), 0.95, ())


def sits(at, *, yaw=0.0, pitch=0.0, gaze=0.49, open=0.33, covered=0.0, of=None, **facts):
    """A candidate at second `at` whose head points so; `of` is the face, `facts` what else is different."""
    head = Head(yaw=yaw, pitch=pitch, gaze=gaze, eyes_open=open, covered=covered)
    of = of or face()
    usual = {"faces": (of,), "candidate": of, "head": head, "face_light": 120.0, "view": GOOD}
    return Observation(**{"at": at, "position": at, "width": 640, "height": 480, **usual, **facts})


def gone(at):
    """Nobody's face."""
    return sits(at, faces=(), candidate=None, head=None)


def like(at, score, *, reason="", **facts):
    """A look at which the candidate's face was compared with the template."""
    return sits(at, enrolled=True, likeness=Likeness(score, reason), **facts)


def unlooked(at, **facts):
    """One at which it was not."""
    return sits(at, enrolled=True, looked=frozenset({Look.FACES, Look.HEAD}), **facts)
