"""Whose face is to be held against what, as the events of an attempt say it. Pure; no template is part of it."""

from dataclasses import dataclass, replace

from appliance.exam import events
from appliance.exam.events import Payload
from appliance.exam.identity import GOES_ON
from appliance.inference.observe import Observation

STRAIGHT = 15.0  # degrees of yaw and, beside how cameras stand, twice that of pitch: a face that is worth keeping
CLEAR_FACE = 0.80  # score
WIDE_FACE = 80.0  # pixels


@dataclass(frozen=True, slots=True)
class File:
    """A picture that the ledger names: its path under the media folder, and its hash."""

    path: str
    sha256: str


@dataclass(frozen=True, slots=True)
class Shown:
    """An ID document held into the camera, and the face taken with it."""

    photo: File
    face: File


@dataclass(frozen=True, slots=True, kw_only=True)
class Enrolment:
    """Of one attempt. `let_in`: somebody took the candidate for the right one; `face`: the picture that later looks
    are held against; `shown`: what has not been compared yet; `declined`: no face of this candidate is compared."""

    let_in: bool = False
    declined: bool = False
    face: File | None = None
    shown: Shown | None = None

    def hear(self, said: Payload) -> "Enrolment":
        """With one event more."""
        known = self
        match said:
            case events.IdentityDeclined():
                known = replace(self, declined=True, shown=None)
            case events.AttemptAdmitted():
                known = replace(self, let_in=True)
            case events.IdentityDecided(decision=decision):
                known = replace(self, let_in=self.let_in or decision in GOES_ON)
            case events.IdentityPictured():
                photo, face = File(said.photo, said.photo_sha256), File(said.face, said.face_sha256)
                known = replace(self, shown=Shown(photo, face))
            case events.IdentityCompared(photo_sha256=compared):
                done = self.shown is not None and self.shown.photo.sha256 == compared
                known = replace(self, shown=None) if done else self
            case events.IdentityEnrolled():
                known = replace(self, face=File(said.face, said.face_sha256))
        return known


def is_worth_keeping(seen: Observation) -> bool:
    """One face, alone, large, sure, straight ahead and with open eyes: later looks can be held against it."""
    if seen.candidate is None or seen.head is None or seen.faces is None or len(seen.faces) != 1:
        return False
    face, head = seen.candidate, seen.head
    straight = abs(head.yaw) <= STRAIGHT and abs(head.pitch) <= 2 * STRAIGHT
    plain = head.eyes_open is not None and head.gaze is not None and not head.covered
    return straight and plain and face.score >= CLEAR_FACE and face.box.width >= WIDE_FACE
