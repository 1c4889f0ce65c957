"""Packets of sound for the decoder, put together: a message for each would cost more than decoding it. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from appliance.capture import opus
from appliance.exam.feed import Feed
from appliance.recording.frame import RATE, Media

BATCH_SECONDS = 0.25
HOLE_SECONDS = 0.25
"""Less than this missing between two packets is passed over: a lost packet or two."""


@dataclass(slots=True)
class _Batch:
    """`position`, `ends`: on the recording, seconds; `ends_at`: the latter in wall seconds."""

    position: float
    packets: list[bytes] = field(default_factory=list)
    ends: float = 0.0
    ends_at: float = 0.0


Message = tuple[dict[str, Any], bytes]
"""Head and packets of a batch: `sizes` of each, `position` and `ends` on the recording, `ends_at` wall seconds."""


class Batches:
    """One for each feed that is being filled."""

    def __init__(self) -> None:
        self._batches: dict[Feed, _Batch] = {}

    def add(self, feed: Feed, packet: bytes, *, at: float, position: float) -> Iterator[Message]:
        """A packet that begins at `at` (wall seconds); -> what is complete. A hole ends a batch."""
        batch = self._batches.get(feed)
        if batch is not None and abs(position - batch.ends) > HOLE_SECONDS:
            yield self._take(feed)
        batch = self._batches.setdefault(feed, _Batch(position))
        lasts = opus.duration(packet) / RATE[Media.AUDIO]
        batch.packets.append(packet)
        batch.ends, batch.ends_at = position + lasts, at + lasts
        if batch.ends - batch.position >= BATCH_SECONDS:
            yield self._take(feed)

    def drop(self, feed: Feed) -> None:
        """The feed is over."""
        self._batches.pop(feed, None)

    def _take(self, feed: Feed) -> Message:
        batch = self._batches.pop(feed)
        head = {
            "feed": str(feed),
            "sizes": [len(packet) for packet in batch.packets],
            "position": batch.position,
            "ends": batch.ends,
            "ends_at": batch.ends_at,
        }
        return head, b"".join(batch.packets)
