"""The catalogue of events: everything that the ledger can say.

An event has an envelope (who, when, to which attempt) and a payload. The payload's type is one frozen dataclass here,
registered under its name. Fields are plain JSON values: str, int, float, bool, None, lists and dicts of those; a field
called `..._at` is wall seconds since the epoch. Names, chat and notes may stand in payloads, never in the envelope: a
payload can be erased, the envelope cannot.
"""

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, TypeVar

from appliance.errors import BadInput

BOX = "box"
"""The chain of what concerns no single attempt."""


@dataclass(frozen=True, kw_only=True)
class Payload:
    """What an event says. `TYPE` and `VERSION` come from `@event`; `ORIGINS` are the processes that may append it over
    the ledger socket (the web process appends anything)."""

    TYPE: ClassVar[str] = ""
    VERSION: ClassVar[int] = 1
    ORIGINS: ClassVar[frozenset[str]] = frozenset()

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values, ready to be hashed."""
        return dataclasses.asdict(self)


CATALOGUE: dict[str, type[Payload]] = {}

P = TypeVar("P", bound=Payload)


def event(name: str, *, version: int = 1, by: tuple[str, ...] = ()) -> Callable[[type[P]], type[P]]:
    """Enter a payload type into the catalogue."""

    def enter(cls: type[P]) -> type[P]:
        cls.TYPE, cls.VERSION, cls.ORIGINS = name, version, frozenset(by)
        CATALOGUE[name] = cls
        return cls

    return enter


def decode(name: str, fields: Mapping[str, Any]) -> Payload:
    """JSON -> payload; BadInput names the type or the field that does not fit."""
    cls = CATALOGUE.get(name)
    if cls is None:
        raise BadInput(f"there is no event type {name[:80]!r}", hint="docs/events.md lists the types.")
    known = {f.name: f for f in dataclasses.fields(cls)}
    unknown = sorted(set(fields) - set(known))
    if unknown:
        raise BadInput(f"{name} has no field {unknown[0]!r}")
    try:
        return cls(**fields)
    except TypeError as error:
        raise BadInput(f"{name}: {error}") from None


# --- the box -----------------------------------------------------------------------------------------------------


@event("process.started", by=("capture", "inference", "sync"))
@dataclass(frozen=True, kw_only=True)
class ProcessStarted(Payload):
    """A process of the box is up."""

    process: str
    version: str


@event("chain.anchored")
@dataclass(frozen=True, kw_only=True)
class ChainAnchored(Payload):
    """The box's chain vouches for the heads of the attempts' chains: attempt -> [position, hash as hex]."""

    heads: dict[str, list[Any]]


@event("ledger.overflowed", by=("capture", "inference", "sync"))
@dataclass(frozen=True, kw_only=True)
class LedgerOverflowed(Payload):
    """A process could not hold every event while the writer was away; `lost` were dropped, oldest first."""

    process: str
    lost: int


@event("user.created")
@dataclass(frozen=True, kw_only=True)
class UserCreated(Payload):
    """A person may sign in."""

    user: str
    role: str
    name: str


@event("user.signed_in")
@dataclass(frozen=True, kw_only=True)
class UserSignedIn(Payload):
    """A person signed in."""

    user: str


@event("access.refused")
@dataclass(frozen=True, kw_only=True)
class AccessRefused(Payload):
    """Somebody asked for what is not theirs. Rate-limited by the web process."""

    user: str
    action: str
    path: str


# --- an exam (chain: box) ----------------------------------------------------------------------------------------


@event("exam.created")
@dataclass(frozen=True, kw_only=True)
class ExamCreated(Payload):
    """A planner made an exam. `admission` is "proctor" or "automatic"; `link` is where the exam content is."""

    exam: str
    title: str
    minutes: int
    starts_at: float
    admission: str
    link: str
    warnings_before_end: int
    ratio: int
    retention_days: int


@event("exam.ended", by=("cli",))
@dataclass(frozen=True, kw_only=True)
class ExamEnded(Payload):
    """The exam is over: every attempt still open is ended with it."""

    exam: str
    reason: str


# --- an attempt (chain: the attempt) -----------------------------------------------------------------------------


@event("attempt.created")
@dataclass(frozen=True, kw_only=True)
class AttemptCreated(Payload):
    """A candidate is on the roster."""

    exam: str
    seat: str
    name: str
    candidate: str


@event("attempt.code_issued")
@dataclass(frozen=True, kw_only=True)
class CodeIssued(Payload):
    """A join code was handed out (the code itself is stored hashed, never here). An older one stops working."""


@event("attempt.assigned")
@dataclass(frozen=True, kw_only=True)
class AttemptAssigned(Payload):
    """A proctor watches this candidate; None takes the assignment away."""

    proctor: str | None


@event("attempt.arrived")
@dataclass(frozen=True, kw_only=True)
class AttemptArrived(Payload):
    """The join code was used."""

    browser: str


@event("attempt.rejoined")
@dataclass(frozen=True, kw_only=True)
class AttemptRejoined(Payload):
    """The candidate's page was opened again in the same browser."""

    browser: str


@event("attempt.signed")
@dataclass(frozen=True, kw_only=True)
class AttemptSigned(Payload):
    """Consent and integrity statement were signed."""

    statement_version: str
    statement_sha256: str
    signature: str


@event("attempt.equipped")
@dataclass(frozen=True, kw_only=True)
class AttemptEquipped(Payload):
    """Camera, microphone and screen are shared and arrive at the box."""

    camera: str
    microphone: str
    surface: str


@event("attempt.admitted")
@dataclass(frozen=True, kw_only=True)
class AttemptAdmitted(Payload):
    """The candidate may start; `by` is a user, or "exam setting"."""

    by: str


@event("attempt.started")
@dataclass(frozen=True, kw_only=True)
class AttemptStarted(Payload):
    """The candidate opened the exam; `ends_at` is when the time is up."""

    ends_at: float


@event("attempt.finished")
@dataclass(frozen=True, kw_only=True)
class AttemptFinished(Payload):
    """The candidate handed in."""


@event("attempt.ended")
@dataclass(frozen=True, kw_only=True)
class AttemptEnded(Payload):
    """Staff ended the attempt, or the exam ended."""

    by: str
    reason: str
    warnings: int
    overridden: bool


@event("message.sent")
@dataclass(frozen=True, kw_only=True)
class MessageSent(Payload):
    """Chat in an attempt. `kind` is "chat" or "warning" (to be acknowledged); `sender` is a user, or "candidate"."""

    message: str
    kind: str
    sender: str
    sender_name: str
    text: str


@event("message.read")
@dataclass(frozen=True, kw_only=True)
class MessageRead(Payload):
    """The other side saw every message up to this one."""

    message: str
    reader: str


@event("warning.acknowledged")
@dataclass(frozen=True, kw_only=True)
class WarningAcknowledged(Payload):
    """The candidate confirmed a warning."""

    message: str


# --- evidence (chain: the attempt) -------------------------------------------------------------------------------


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


@event("feed.positioned")
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


# --- the phone as a second camera (chain: the attempt) -------------------------------------------------------------


@event("phone.invited")
@dataclass(frozen=True, kw_only=True)
class PhoneInvited(Payload):
    """A QR code was shown. `pairing` names it; it can be used once, until `expires_at`."""

    pairing: str
    by: str
    expires_at: float


@event("phone.scanned")
@dataclass(frozen=True, kw_only=True)
class PhoneScanned(Payload):
    """A phone used the code and waits for a person to confirm it."""

    pairing: str
    browser: str


@event("phone.confirmed")
@dataclass(frozen=True, kw_only=True)
class PhoneConfirmed(Payload):
    """A proctor saw that it is the candidate's phone. From now on it may publish."""

    pairing: str
    by: str


@event("phone.refused")
@dataclass(frozen=True, kw_only=True)
class PhoneRefused(Payload):
    """A proctor refused the phone, or removed it later."""

    pairing: str
    by: str
    reason: str


# --- calls (chain: the attempt) -------------------------------------------------------------------------------------


@event("call.started")
@dataclass(frozen=True, kw_only=True)
class CallStarted(Payload):
    """A proctor calls the candidate; both are recorded. Rules about speech rest until `call.ended`."""

    call: str
    by: str
    by_name: str


@event("call.ended")
@dataclass(frozen=True, kw_only=True)
class CallEnded(Payload):
    """The call is over; `by` is the proctor, or "box" when the line was lost or the attempt ended."""

    call: str
    by: str
    reason: str


# --- rooms (chain: the room) ----------------------------------------------------------------------------------------


@event("room.watched", by=("capture",))
@dataclass(frozen=True, kw_only=True)
class RoomWatched(Payload):
    """A fixed camera that belongs to no seat is recorded during an exam, under the room's own chain."""

    camera: str


# --- room on the box (chain: box) -----------------------------------------------------------------------------------


@event("storage.low", by=("capture",))
@dataclass(frozen=True, kw_only=True)
class StorageLow(Payload):
    """Free space fell under the low-water mark: no new stream begins, those that run go on."""

    free_bytes: int
    mark_bytes: int


@event("storage.enough", by=("capture",))
@dataclass(frozen=True, kw_only=True)
class StorageEnough(Payload):
    """There is room again."""

    free_bytes: int
    mark_bytes: int


@event("capacity.refused", by=("capture",))
@dataclass(frozen=True, kw_only=True)
class CapacityRefused(Payload):
    """A stream was refused because the box would be over what it can carry. `reason`: "seats", "storage"."""

    attempt: str
    kind: str
    reason: str
    limit: float


@event("capacity.measured")
@dataclass(frozen=True, kw_only=True)
class CapacityMeasured(Payload):
    """`appliance capacity` found how many seats the box carries. `parts`: capture, inference, disk, uplink -> seats."""

    seats: int
    parts: dict[str, int]


@event("analysis.missed", by=("inference",))
@dataclass(frozen=True, kw_only=True)
class AnalysisMissed(Payload):
    """This span of a feed was not looked at, and why."""

    kind: str
    starts_at: float
    ends_at: float
    cause: str


@event("analysis.covered", by=("inference",))
@dataclass(frozen=True, kw_only=True)
class AnalysisCovered(Payload):
    """At the end of an attempt: how many ticks of each rule could be judged: code -> [assessable, all]."""

    kind: str
    ticks: dict[str, list[int]]


# --- flags (chain: the attempt) ----------------------------------------------------------------------------------


@event("flag.raised", by=("inference",))
@dataclass(frozen=True, kw_only=True)
class FlagRaised(Payload):
    """A rule fired, or a person saw something.

    `onset_at` is the first true tick; `position` the same on the feed's recording, seconds; `true` of `assessable` of
    `ticks` looked at; `score` the strongest; `light` the mean luma 0-255. `snapshots` is a list of {"moment": "onset",
    "peak" or "last", "path": relative to the media folder, "sha256", "at"}. `source` is "inference" or a user.
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
    """A person confirmed or dismissed it; "open" is an undo. `reason` as in `exam.flags.Dismissal`, or "" ."""

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


# --- upstream (chain: box) ---------------------------------------------------------------------------------------


@event("report.written", by=("sync",))
@dataclass(frozen=True, kw_only=True)
class ReportWritten(Payload):
    """An integrity report exists; `files`: name -> sha256, in `folder` relative to the data folder. `attempt` is None
    for the report on the whole exam."""

    exam: str
    attempt: str | None
    folder: str
    files: dict[str, str]


@event("upstream.attempt_stored", by=("sync",))
@dataclass(frozen=True, kw_only=True)
class AttemptStored(Payload):
    """Every file of an attempt and its signed manifest are upstream and were read back. `position` is the last event
    of the attempt's chain that the manifest covers; `number` counts its manifests (events after the first make
    another)."""

    exam: str
    attempt: str
    manifest_sha256: str
    objects: int
    bytes: int
    position: int = 0
    number: int = 1


@event("upstream.exam_stored", by=("sync",))
@dataclass(frozen=True, kw_only=True)
class ExamStored(Payload):
    """Everything of an ended exam is upstream; `number` counts the exam's manifests."""

    exam: str
    manifest_sha256: str
    attempts: int
    number: int = 1


@event("upstream.failed", by=("sync",))
@dataclass(frozen=True, kw_only=True)
class UpstreamFailed(Payload):
    """The upstream refused or is not there; said once for each cause until it works again."""

    where: str
    reason: str
    hint: str
