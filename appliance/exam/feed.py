"""A feed: one stream that is recorded with an attempt. Its name is `attempt/kind`, and it has a position profile.

The fixed camera of a whole room belongs to no attempt: a room's id stands in the attempt's place (`Feed.attempt`) then.
"""

from dataclasses import dataclass
from enum import StrEnum

from appliance.errors import BadInput


class Kind(StrEnum):
    """What a feed shows."""

    WEBCAM = "webcam"  # camera and microphone
    SCREEN = "screen"
    PHONE = "phone"  # the candidate's phone as a second camera
    CAMERA = "camera"  # a fixed camera of the lab, by RTSP
    CALL = "call"  # what a proctor says in a call; the candidate's part is in the webcam's sound


class Position(StrEnum):
    """What a camera is placed to see; rules apply by it (proctoring.md 4.2)."""

    FRONT = "front"  # the face, from the screen
    OBLIQUE = "oblique"  # person, hands, screen and workspace, from the side
    PAPER = "paper"  # the workspace and the person in profile; looking down is fine
    SCREEN = "screen"
    ROOM = "room"  # several people; no rule about one of them


OWN = (Kind.WEBCAM, Kind.SCREEN)
"""What every candidate's page publishes; check-in is not complete without them."""

USUAL: dict[Kind, Position | None] = {
    Kind.WEBCAM: Position.FRONT,
    Kind.SCREEN: Position.SCREEN,
    Kind.PHONE: Position.OBLIQUE,
    Kind.CAMERA: Position.ROOM,
    Kind.CALL: None,  # no picture
}
"""The position profile of a feed unless the ledger says otherwise (`feed.positioned`)."""


@dataclass(frozen=True, slots=True)
class Feed:
    """One stream of one attempt."""

    attempt: str
    kind: Kind

    def __str__(self) -> str:
        return f"{self.attempt}/{self.kind.value}"

    @classmethod
    def parse(cls, name: str) -> "Feed":
        """`attempt/kind` -> Feed; BadInput when it is neither."""
        attempt, _, kind = name.partition("/")
        if not attempt.isalnum() or kind not in [k.value for k in Kind]:
            raise BadInput(
                f"{name[:80]!r} is not the name of a feed",
                hint=f"A feed is ATTEMPT/KIND, where KIND is one of {', '.join(Kind)}.",
            )
        return cls(attempt, Kind(kind))
