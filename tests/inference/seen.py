"""Observations written by hand."""

from dataclasses import replace

from appliance.inference.boxes import Box
from appliance.inference.camera import View
from appliance.inference.faces import Face
from appliance.inference.judges.link import Heartbeat
from appliance.inference.objects import PERSON, Thing
from appliance.inference.observe import Observation
from appliance.inference.search import Phone

GOOD = View(luma=130.0, contrast=45.0, edges=20.0, detail=0.1)
DARK = View(luma=8.0, contrast=2.0, edges=1.0, detail=0.1)


def face(score=0.9, *, width=130.0, left=250.0):
    return Face(Box(left, 100.0, left + width, 100.0 + 1.2 * width), score, ())


def person(score=0.9, *, left=100.0, right=500.0):
    return Thing(PERSON, Box(left, 50.0, right, 480.0), score)


def phone(score=0.8, *, left=50.0, shape=None, lead=4.0):
    return Phone(Box(left, 200.0, left + 70.0, 340.0), score, score if shape is None else shape, lead)


def seen(at=100.0, **facts):
    """A candidate in good light; `facts` say what is different."""
    usual = Observation(
        at=at,
        position=at - 90.0,
        width=640,
        height=480,
        view=GOOD,
        changed=0.05,
        faces=(face(),),
        face_light=120.0,
        persons=(person(),),
        phones=(),
        pages=(),
        things=(),
    )
    return replace(usual, **facts)


def every(seconds, *, start=100.0, step=0.5, **facts):
    """A look each half second, persons and phones in every second one."""
    looks = []
    for i in range(round(seconds / step)):
        look = seen(start + i * step, **facts)
        looks.append(look if i % 2 == 0 else replace(look, persons=None, phones=None, things=None, waits=True))
    return looks


def beats(seconds, *, start=100.0, lost=False, rate=15.0):
    """A heartbeat a second of a feed that comes."""
    return [Heartbeat(at=start + i, lost=lost, rate=rate) for i in range(seconds)]
