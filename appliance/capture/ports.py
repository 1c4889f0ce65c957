"""What a feed needs of others."""

from typing import Protocol

from appliance.exam.events import Payload
from appliance.exam.feed import Feed
from appliance.recording.frame import Encoded


class Ledger(Protocol):
    """What capture needs of the ledger's client."""

    def append(self, payload: Payload, *, chain: str, exam: str | None, id: str | None = None) -> None: ...


class Pictures(Protocol):
    """What a feed needs of the decoder. Never blocks."""

    def show(self, feed: Feed, frame: Encoded, *, taken_at: float, position: float) -> None: ...

    def hear(self, feed: Feed, frame: Encoded, *, at: float, position: float) -> None: ...

    def end(self, feed: Feed) -> None: ...
