"""What concerns the box itself and the people who sign in. Chain: box."""

from dataclasses import dataclass, field
from typing import Any

from appliance.exam.events.catalogue import Payload, event


@event("process.started", by=("capture", "inference", "sync", "panel"))
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


@event("ledger.overflowed", by=("capture", "inference", "sync", "panel"))
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
    """A person signed in. `how`: by "password", also with "totp", "second_passkey" or "recovery" (a recovery code), by
    "passkey" alone, or by "oidc", the site's own sign-in."""

    user: str
    how: str = "password"


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


@event("user.passkey_added")
@dataclass(frozen=True, kw_only=True)
class UserPasskeyAdded(Payload):
    """A person may sign in by this passkey; `passkey` is its id, `host` the name of the box that it is good for."""

    user: str
    passkey: str
    host: str


@event("user.passkey_removed")
@dataclass(frozen=True, kw_only=True)
class UserPasskeyRemoved(Payload):
    """It is good no more; `by`: the person or an admin."""

    user: str
    passkey: str
    by: str


@event("user.recovery_made")
@dataclass(frozen=True, kw_only=True)
class UserRecoveryMade(Payload):
    """A person has so many new recovery codes; those from before are good no more. The codes are nowhere in the
    ledger."""

    user: str
    codes: int


@event("user.recovery_used")
@dataclass(frozen=True, kw_only=True)
class UserRecoveryUsed(Payload):
    """One of them stood in for the second factor; so many are left."""

    user: str
    left: int


@event("user.locked_out")
@dataclass(frozen=True, kw_only=True)
class UserLockedOut(Payload):
    """Too many wrong guesses in a row: `seconds` long none is taken. `user`: at whose account, empty where there is no
    such account or the guesses at many came from one `address`. `what`: "password", "factor" or "address"."""

    user: str
    what: str
    address: str
    wrong: int
    seconds: float


@event("user.unlocked")
@dataclass(frozen=True, kw_only=True)
class UserUnlocked(Payload):
    """An admin, or somebody at the console (`by` is "cli"), ended the wait."""

    user: str
    by: str


@event("user.password_set")
@dataclass(frozen=True, kw_only=True)
class UserPasswordSet(Payload):
    """A person has another password, and is signed out everywhere else. `once`: it was given by `by`, and has to be
    changed at the first sign-in."""

    user: str
    by: str
    once: bool = False


@event("user.disabled")
@dataclass(frozen=True, kw_only=True)
class UserDisabled(Payload):
    """A person may not sign in any more, and is signed out."""

    user: str
    by: str


@event("user.enabled")
@dataclass(frozen=True, kw_only=True)
class UserEnabled(Payload):
    """A person may sign in again."""

    user: str
    by: str


@event("user.role_set")
@dataclass(frozen=True, kw_only=True)
class UserRoleSet(Payload):
    """A person works in another role, and is signed out. `by`: an admin, or "oidc": the site's own sign-in says so."""

    user: str
    role: str
    by: str


@event("user.provider_set")
@dataclass(frozen=True, kw_only=True)
class UserProviderSet(Payload):
    """A person signs in through the site's own sign-in. `issuer`: where the person is known now; empty: it waits for
    the first time."""

    user: str
    issuer: str
    by: str


@event("user.sessions_ended")
@dataclass(frozen=True, kw_only=True)
class UserSessionsEnded(Payload):
    """Sign-ins of a person on so many devices were ended; `by`: the person or an admin."""

    user: str
    by: str
    sessions: int


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


@event("box.restored", by=("cli",))
@dataclass(frozen=True, kw_only=True)
class BoxRestored(Payload):
    """This ledger goes on from a backup that was made at `made_at` (wall seconds), when the box's chain ended at
    `position` with `hash` (hex). `site`/`box`: what the box was called in the store; `named`: what it is called now."""

    made_at: float
    position: int
    hash: str
    site: str
    box: str
    named: str


@event("ledger.salvaged", by=("cli",))
@dataclass(frozen=True, kw_only=True)
class LedgerSalvaged(Payload):
    """The ledger was lost; this one was made from the recordings of these exams. `damaged` files could not be read."""

    exams: list[str]
    recordings: int
    damaged: int


@event("clock.jumped")
@dataclass(frozen=True, kw_only=True)
class ClockJumped(Payload):
    """The wall clock of the box was set while it ran, by more than 2 s: by `seconds`, from `before_at` to `after_at`
    (the same moment, by the clock of before and of after). `synchronised`: somebody keeps it right now. `attempts`:
    those who sat an exam; their ends, breaks and pauses moved along, so that nobody lost or won time."""

    seconds: float
    before_at: float
    after_at: float
    synchronised: bool
    attempts: list[str] = field(default_factory=list)


@event("issue.raised", by=("health",))
@dataclass(frozen=True, kw_only=True)
class IssueRaised(Payload):
    """Something is wrong with the box (docs/health.md lists the codes). `about`: which process, seat or certificate;
    `severity`: "warning" or "fault"; `facts`: figures of that moment."""

    code: str
    severity: str
    about: str
    facts: dict[str, Any]


@event("issue.cleared", by=("health",))
@dataclass(frozen=True, kw_only=True)
class IssueCleared(Payload):
    """It is over. `seconds`: for how long it stood."""

    code: str
    about: str
    seconds: float


@event("update.installed", by=("cli",))
@dataclass(frozen=True, kw_only=True)
class UpdateInstalled(Payload):
    """The box has version `new` instead of `old` and was well with it. `by`: who asked; `seconds`: how long it took."""

    old: str
    new: str
    by: str
    seconds: int


@event("update.refused", by=("cli",))
@dataclass(frozen=True, kw_only=True)
class UpdateRefused(Payload):
    """An update to `new` was not begun, or left before anything was changed. `reason`: a sentence. `new` is empty where
    nothing in the bundle could be believed."""

    new: str
    by: str
    reason: str


@event("update.rolled_back", by=("cli",))
@dataclass(frozen=True, kw_only=True)
class UpdateRolledBack(Payload):
    """An update to `new` was taken back: `old` is in place again. `healthy`: was the box well afterwards?"""

    old: str
    new: str
    by: str
    reason: str
    healthy: bool


@event("issue.fix_asked")
@dataclass(frozen=True, kw_only=True)
class IssueFixAsked(Payload):
    """Somebody pressed the button that mends it. `fix`: which ("restart_process", "step_clock", ...)."""

    code: str
    about: str
    fix: str
    by: str


@event("box.stopping", by=("panel",))
@dataclass(frozen=True, kw_only=True)
class BoxStopping(Payload):
    """Somebody powers the box off, or restarts it. `what`: "power_off" or "restart"; `candidates`: so many were here,
    and the name of the box was typed, or its button was held a second time (`by` is "button"); null: nobody knows."""

    what: str
    by: str
    candidates: int | None


@event("certificate.changed")
@dataclass(frozen=True, kw_only=True)
class CertificateChanged(Payload):
    """Somebody chose another certificate on the box's page. `mode`: "own", "files" or "acme"; `fingerprint` (SHA-256):
    of the box's authority, or of the site's certificate; `until`: valid so long (wall seconds)."""

    mode: str
    fingerprint: str
    until: float
    by: str
