"""What a clip is to be made of, as the sync process says it to the child process that makes it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


class NotMade(Exception):
    """`reason` as in `export.failed`."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A closed recording file, as the ledger knows it. `path` is relative to the media folder; `deleted`: it went by
    its date."""

    path: str
    sha256: str
    starts_at: float
    position: float
    duration: float
    deleted: bool = False

    @property
    def ends_at(self) -> float:
        return self.starts_at + self.duration


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """A span of wall seconds without media, and why; `ends_at` None: it goes on."""

    starts_at: float
    ends_at: float | None
    cause: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedJob:
    """One feed. `base`: how the candidate sat in it at check-in (`baseline.taken`), empty where that was not seen."""

    kind: str
    sources: tuple[Source, ...]
    gaps: tuple[Gap, ...]
    base: Mapping[str, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """`out`: the folder, which is there and empty; `starts_at`, `ends_at`: wall seconds that were asked for; `masked`:
    with a copy in which neighbours cannot be seen, for which `models` names the model pack."""

    media: str
    out: str
    starts_at: float
    ends_at: float
    masked: bool
    models: str
    feeds: tuple[FeedJob, ...]

    @classmethod
    def from_json(cls, said: Mapping[str, Any]) -> "Job":
        """As `dataclasses.asdict` gave it."""
        feeds = tuple(
            FeedJob(
                kind=feed["kind"],
                sources=tuple(Source(**source) for source in feed["sources"]),
                gaps=tuple(Gap(**gap) for gap in feed["gaps"]),
                base=feed["base"],
            )
            for feed in said["feeds"]
        )
        return cls(**{**said, "feeds": feeds})


@dataclass(frozen=True, slots=True, kw_only=True)
class Hole:
    """A span of wall seconds that was asked for and of which a feed has nothing."""

    kind: str
    starts_at: float
    ends_at: float
    cause: str
