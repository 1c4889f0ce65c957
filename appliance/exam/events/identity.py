"""Who sits there: the ID photo, the comparison, and what a person decided. Chain: the attempt.

No template of a face is ever stored: it is computed from a picture, held in the memory of the inference process, and
gone with the session. Pictures are files under the media folder, named by path and hash.
"""

from dataclasses import dataclass

from appliance.exam.events.catalogue import Payload, event


@event("identity.declined")
@dataclass(frozen=True, kw_only=True)
class IdentityDeclined(Payload):
    """The candidate does not want faces compared by the box: a person decides, and no template is made."""


@event("identity.pictured")
@dataclass(frozen=True, kw_only=True)
class IdentityPictured(Payload):
    """The candidate held an ID document into the camera: its picture (`photo`), and one of the face taken with it
    (`face`). Paths are relative to the media folder. Pictures sent anew replace those before."""

    photo: str
    photo_sha256: str
    face: str
    face_sha256: str


@event("identity.compared", by=("inference",))
@dataclass(frozen=True, kw_only=True)
class IdentityCompared(Payload):
    """How like the face on the ID is to the live one: cosine, -1..1, and the limit above which the same person is
    likely. `score` None: it could not be judged, for the `reason` (a code of the catalogue of strings). It decides
    nothing."""

    photo_sha256: str
    score: float | None
    limit: float
    reason: str
    model: str


@event("identity.decided")
@dataclass(frozen=True, kw_only=True)
class IdentityDecided(Payload):
    """A person decided: "matched", "known" (known to me), "unverified" (goes on, looked at later) or "refused"."""

    decision: str
    by: str
    note: str = ""


@event("identity.enrolled", by=("inference",))
@dataclass(frozen=True, kw_only=True)
class IdentityEnrolled(Payload):
    """The face that later checks are held against was taken, from the live picture kept at `face` (relative to the
    media folder). A restarted process computes the template from it anew."""

    face: str
    face_sha256: str


@event("challenge.asked")
@dataclass(frozen=True, kw_only=True)
class ChallengeAsked(Payload):
    """A proctor asks the candidate to turn the head and blink: `steps` of "left", "right", "blink", in this order."""

    challenge: str
    steps: list[str]
    by: str


@event("challenge.answered", by=("inference",))
@dataclass(frozen=True, kw_only=True)
class ChallengeAnswered(Payload):
    """What the box saw of it: one of "done", "not_seen", "unassessable" for each step. It decides nothing."""

    challenge: str
    seen: list[str]
