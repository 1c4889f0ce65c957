"""What is on disk, what is missing, what is known of a feed. Chain: the attempt, or the room."""

from dataclasses import dataclass

from appliance.exam.events.catalogue import Payload, event


@event("feed.opened", by=("capture",))
@dataclass(frozen=True, kw_only=True)
class FeedOpened(Payload):
    """Media of a feed arrive and are recorded from here on. `codecs` as in ["h264", "opus"]."""

    kind: str
    connection: str
    codecs: list[str]
    opened_at: float


@event("feed.closed", by=("capture",))
@dataclass(frozen=True, kw_only=True)
class FeedClosed(Payload):
    """A connection is over; every segment of it is closed. `cause` as in `exam.gap.Cause`, or "ended"."""

    kind: str
    connection: str
    cause: str
    closed_at: float


@event("segment.closed", by=("capture",))
@dataclass(frozen=True, kw_only=True)
class SegmentClosed(Payload):
    """A piece of recording is complete and on disk. `path` is relative to the media folder; `position` and `duration`
    are seconds on the feed's own timeline, `starts_at` its wall time; `init_bytes` is the length of the header."""

    kind: str
    number: int
    path: str
    starts_at: float
    position: float
    duration: float
    bytes: int
    init_bytes: int
    sha256: str
    codecs: list[str]
    recovered: bool = False
    late: bool = False  # uploaded by the page after a drop: it lies in a gap


@event("segment.damaged", by=("capture",))
@dataclass(frozen=True, kw_only=True)
class SegmentDamaged(Payload):
    """A file could not be read when the index was rebuilt, and was set aside."""

    kind: str
    path: str
    reason: str


@event("gap.opened", by=("capture",))
@dataclass(frozen=True, kw_only=True)
class GapOpened(Payload):
    """From `starts_at` on nothing of this feed is on disk. `cause` as in `exam.gap.Cause`."""

    gap: str
    kind: str
    cause: str
    starts_at: float


@event("gap.closed", by=("capture",))
@dataclass(frozen=True, kw_only=True)
class GapClosed(Payload):
    """Media are on disk again, or the attempt is over."""

    gap: str
    kind: str
    cause: str
    starts_at: float
    ends_at: float


@event("gap.filled", by=("capture",))
@dataclass(frozen=True, kw_only=True)
class GapFilled(Payload):
    """Filled late: the page uploaded what a drop had lost. The gap stays in the record; `path` (a segment) covers this
    part of it."""

    gap: str
    kind: str
    path: str
    starts_at: float
    ends_at: float


@event("feed.positioned", by=("capture",))
@dataclass(frozen=True, kw_only=True)
class FeedPositioned(Payload):
    """What this feed's camera is placed to see, as in `exam.feed.Position`."""

    kind: str
    position: str
    by: str


@event("feed.aligned", by=("capture",))
@dataclass(frozen=True, kw_only=True)
class FeedAligned(Payload):
    """How well a connection's clock is known: its media are `delay_ms` old when they arrive, give or take
    `uncertainty_ms`; `method` says how that was measured."""

    kind: str
    connection: str
    delay_ms: float
    uncertainty_ms: float
    drift_ppm: float
    method: str


@event("room.watched", by=("capture",))
@dataclass(frozen=True, kw_only=True)
class RoomWatched(Payload):
    """A fixed camera that belongs to no seat is recorded during an exam, under the room's own chain."""

    camera: str
