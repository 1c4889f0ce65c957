"""A feed: one stream of one candidate. Its name is `attempt/kind`."""

from dataclasses import dataclass
from enum import StrEnum

from appliance.errors import BadInput


class Kind(StrEnum):
    """What a feed shows."""

    WEBCAM = "webcam"  # camera and microphone
    SCREEN = "screen"


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
                f"{name[:80]!r} is not the name of a feed", hint="A feed is ATTEMPT/webcam or ATTEMPT/screen."
            )
        return cls(attempt, Kind(kind))
