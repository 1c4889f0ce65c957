"""What is past its date. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from appliance.exam.retention import MEDIA, PRACTICE, STAYS_HERE, Data, Keeping, delete_at
from appliance.ledger.checkin import ScanRow
from appliance.sync.owner import Owner


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """`what`: of `exam.retention.Data`, or "practice"; `why`: "date" or "request"; `due_at`: since when (wall seconds);
    `files`: only these (relative to the media folder), None: all of this kind."""

    attempt: str
    exam: str
    what: str
    why: str
    due_at: float
    files: tuple[str, ...] | None = None

    @property
    def waits_for_store(self) -> bool:
        """Does it go only once the store has it, read back?"""
        return self.what != PRACTICE and self.what not in STAYS_HERE


def due(
    owner: Owner,
    keeping: Keeping,
    scans: Sequence[ScanRow],
    *,
    held: bool,
    asked_at: float | None = None,
    now: float,
) -> list[Due]:
    """What of this attempt (or room) is to go, names and words last. `asked_at`: when its erasure was asked for, which
    counts instead of every date. Nothing while it is open, nothing while it is held."""
    if not owner.closed or held:
        return []
    found = []
    for what, date, files in _dates(owner, keeping, scans):
        asked = asked_at is not None and asked_at < date
        due_at, why = (asked_at, "request") if asked_at is not None and asked else (date, "date")
        if due_at <= now:
            found.append(Due(attempt=owner.attempt, exam=owner.exam, what=what, why=why, due_at=due_at, files=files))
    return found


def _dates(owner: Owner, keeping: Keeping, scans: Sequence[ScanRow]) -> list[tuple[str, float, tuple[str, ...] | None]]:
    """What there may be, from when it goes, and which files where not all of a kind go together."""
    if owner.is_room:
        return [(what, _date(what, owner, keeping), None) for what in (Data.RECORDINGS, Data.EVIDENCE)]
    personal = (Data.PERSONAL, _date(Data.PERSONAL, owner, keeping), None)
    own = [(Data.SCANS, one.delete_at, (one.path,)) for one in scans if one.path and one.delete_at is not None]
    if keeping.practice_hours is not None:
        return [*own, (PRACTICE, _date(Data.RECORDINGS, owner, keeping), None), personal]
    kinds = [(what, _date(what, owner, keeping), None) for what in MEDIA]
    return [*own, *kinds, personal]


def _date(what: Data, owner: Owner, keeping: Keeping) -> float:
    date = delete_at(what, keeping, over_at=owner.stage_at, held=False)
    assert date is not None  # it is over, and not held
    return date
