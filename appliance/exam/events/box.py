"""What concerns the box itself and the people who sign in. Chain: box."""

from dataclasses import dataclass, field
from typing import Any

from appliance.exam.events.catalogue import Payload, event


@event("process.started", by=("capture", "inference", "sync"))
@dataclass(frozen=True, kw_only=True)
class ProcessStarted(Payload):
    """A process of the box is up. `models`: what it judges by, name -> version; only inference has some."""

    process: str
    version: str
    models: dict[str, str] = field(default_factory=dict)


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


@event("user.factor_set")
@dataclass(frozen=True, kw_only=True)
class UserFactorSet(Payload):
    """A person has a second factor from now on: codes of an app. The secret is nowhere in the ledger."""

    user: str


@event("user.factor_removed")
@dataclass(frozen=True, kw_only=True)
class UserFactorRemoved(Payload):
    """It is gone; `by`: the person, or an admin because it was lost."""

    user: str
    by: str


@event("access.refused")
@dataclass(frozen=True, kw_only=True)
class AccessRefused(Payload):
    """Somebody asked for what is not theirs. Rate-limited by the web process."""

    user: str
    action: str
    path: str


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


@event("capacity.measured", by=("cli",))
@dataclass(frozen=True, kw_only=True)
class CapacityMeasured(Payload):
    """`appliance capacity` found how many seats the box carries. `parts`: capture, inference, disk, uplink -> seats."""

    seats: int
    parts: dict[str, int]
