"""What was looked at, what was not, and what was found. Chain: the attempt."""

from dataclasses import dataclass, field
from typing import Any

from appliance.exam.events.catalogue import Payload, event


@event("analysis.missed", by=("inference",))
@dataclass(frozen=True, kw_only=True)
class AnalysisMissed(Payload):
    """This span of a feed was not looked at (`sense` as in `exam.flags.Sense`), and why."""

    kind: str
    starts_at: float
    ends_at: float
    cause: str
    sense: str = "sight"


@event("analysis.covered", by=("inference",))
@dataclass(frozen=True, kw_only=True)
class AnalysisCovered(Payload):
    """At the end of an attempt: how many ticks of each rule could be judged: code -> [assessable, all]."""

    kind: str
    ticks: dict[str, list[int]]


@event("analysis.reduced", by=("inference",))
@dataclass(frozen=True, kw_only=True)
class AnalysisReduced(Payload):
    """Chain: box. The box is short of time: from now on every feed is looked at `share` (0..1) as often as it should
    be; 1.0: as it should be again."""

    share: float


@event("baseline.taken", by=("inference",))
@dataclass(frozen=True, kw_only=True)
class BaselineTaken(Payload):
    """How a candidate sits when all is well, taken at check-in (`late`: only after the start): name -> value. A camera
    gives yaw, pitch (degrees), luma, contrast, edges, detail, and the sides of boxes in shares of the picture
    (head.left, head.top, ...; person.; other1. and so on for who else was there); a microphone noise_db; `objects` are
    those on the desk."""

    kind: str
    values: dict[str, float]
    objects: list[str]
    late: bool


@event("room.noticed", by=("inference",))
@dataclass(frozen=True, kw_only=True)
class RoomNoticed(Payload):
    """Chain: box. The same at half the seats within 3 s: one event for the room, no flag on a person. `exam`, `code`,
    the attempts that it showed at; `ended_at` is there in the second event of the same `event`."""

    event: str
    exam: str
    code: str
    attempts: list[str]
    onset_at: float
    ended_at: float | None


@event("flag.raised", by=("inference",))
@dataclass(frozen=True, kw_only=True)
class FlagRaised(Payload):
    """A rule fired, or a person saw something.

    `onset_at` is the first true tick; `position` the same on the feed's recording, seconds; `true` of `assessable` of
    `ticks` looked at; `score` the strongest; `light` the mean luma 0-255. `snapshots` is a list of {"moment": "onset",
    "peak" or "last", "path": relative to the media folder, "sha256", "at"}. `source` is "inference" or a user.
    `numbers`: the rule's seconds, share, hits and own numbers in force; `why`: what the judge saw, by name (a
    direction, a text, a seat).
    """

    flag: str
    code: str
    category: str
    severity: str
    kind: str
    source: str
    onset_at: float
    position: float | None
    stage: str
    rules: str
    models: dict[str, str]
    threshold: float
    score: float | None
    true: int
    assessable: int
    ticks: int
    light: float | None
    snapshots: list[dict[str, Any]]
    note: str = ""
    numbers: dict[str, float] = field(default_factory=dict)
    why: dict[str, Any] = field(default_factory=dict)


@event("flag.closed", by=("inference",))
@dataclass(frozen=True, kw_only=True)
class FlagClosed(Payload):
    """The episode is over. Numbers and snapshots are those of the whole episode."""

    flag: str
    ended_at: float
    score: float | None
    true: int
    assessable: int
    ticks: int
    snapshots: list[dict[str, Any]]


@event("flag.decided")
@dataclass(frozen=True, kw_only=True)
class FlagDecided(Payload):
    """A person confirmed it, dismissed it or left it as inconclusive; "open" is an undo. `reason` is one of
    `exam.flags.REASONS`, or "" ."""

    flag: str
    decision: str
    reason: str
    note: str
    by: str


@event("feed.viewed")
@dataclass(frozen=True, kw_only=True)
class FeedViewed(Payload):
    """Somebody opened the live stream ("live") or the recording ("recording")."""

    kind: str
    by: str
    what: str
