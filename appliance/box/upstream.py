"""How the upstream is: what sync says each second in `run/upstream.json`, for the page, the metrics and the panel. It
never enters the ledger, which holds what is proved."""

import json
import os
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

SCHEMA = 1
FILE = "upstream.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """An object on its way: `size` and `sent` in bytes."""

    key: str
    size: int
    sent: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Backlog:
    """What of an attempt (`attempt` None: of the exam itself; a room counts as an attempt) the store does not have yet,
    and since when the oldest of it waits (wall seconds)."""

    exam: str
    attempt: str | None
    objects: int
    bytes: int
    since: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """What does not go just now, in words with what to do; `kind`: "refused", "away", "full", "conflict", "damaged",
    "box", or "signing" (what would sign beside the box's key: evidence goes on without it); `where`: an object, a
    bundle, or the store itself; wall seconds."""

    kind: str
    where: str
    message: str
    hint: str
    since: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Upstream:
    """Everything as of `at` (wall seconds). `store`: where it is, as it may be shown; `local`: it is a folder of this
    box. `reachable`: None until it was tried; `last_success`: when it last took something, also before this process.
    `bytes_per_s`: over the last minute; `limit_bps`: bits a second that hold now, 0 none, `limit_why`: "always", "exam"
    or "night"; `video_waits`: why recordings are not sent now ("exam", "day"), or "". `eta_s`: how long what waits will
    take at this rate, None where that cannot be said. `resumes_at`: when the next try is made, while it is away."""

    at: float
    store: str
    local: bool
    reachable: bool | None = None
    last_success: float | None = None
    bytes_per_s: float = 0.0
    limit_bps: float = 0.0
    limit_why: str = ""
    video_waits: str = ""
    eta_s: float | None = None
    resumes_at: float | None = None
    backlog: tuple[Backlog, ...] = ()
    uploads: tuple[Upload, ...] = ()
    failures: tuple[Failure, ...] = ()
    sent_objects: int = 0
    sent_bytes: int = 0
    last_checkpoint: float | None = None
    parked: int = 0
    beyond: int = 0
    counters: dict[str, float] = field(default_factory=dict)

    @property
    def waiting_bytes(self) -> int:
        return sum(one.bytes for one in self.backlog)

    @property
    def waiting_objects(self) -> int:
        return sum(one.objects for one in self.backlog)

    @property
    def oldest(self) -> float | None:
        """Since when the oldest thing waits (wall seconds)."""
        return min((one.since for one in self.backlog), default=None)


def write(run: Path, state: Upstream) -> None:
    """Let it appear at once, whole."""
    temporary = run / f".{FILE}.{os.getpid()}"
    temporary.write_text(json.dumps({"schema": SCHEMA, **asdict(state)}), encoding="utf-8")
    temporary.rename(run / FILE)


def read(run: Path) -> Upstream | None:
    """What sync said last; None where it has not said anything since boot, or another version did."""
    try:
        said: dict[str, Any] = json.loads((run / FILE).read_text(encoding="utf-8"))
        if said.pop("schema") != SCHEMA:
            return None
        return Upstream(
            **{
                **said,
                "backlog": tuple(Backlog(**one) for one in said["backlog"]),
                "uploads": tuple(Upload(**one) for one in said["uploads"]),
                "failures": tuple(Failure(**one) for one in said["failures"]),
            }
        )
    except (OSError, ValueError, KeyError, TypeError):
        return None
