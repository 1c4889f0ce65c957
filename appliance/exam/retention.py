"""How long each kind of data is kept, and when it goes. Pure.

Dates count from when an attempt is over. A hold stops every deletion. The ledger's events stay: what is in them of a
person is erased with `PERSONAL`, and the chain still verifies.
"""

from dataclasses import dataclass
from enum import StrEnum

from appliance.exam.plan import ExamPlan

DAY = 86_400.0


class Data(StrEnum):
    """What is kept of an attempt."""

    RECORDINGS = "recordings"  # media of every feed
    EVIDENCE = "evidence"  # snapshots of flags, kept stills and clips, exports, traces
    IDENTITY = "identity"  # pictures of the ID and of the face beside it
    SCANS = "scan"  # room scans
    WORK = "work"  # photographed pages, papers handed in
    PERSONAL = "personal"  # names, chat and notes, in the ledger and in reports
    TEMPLATES = "templates"  # of face and voice: in memory only, gone with the session


PRACTICE = "practice"
"""All that a practice run recorded: it goes at once."""

MEDIA = (Data.SCANS, Data.IDENTITY, Data.RECORDINGS, Data.EVIDENCE, Data.WORK)
"""Files, those that usually go first in front."""

STAYS_HERE = frozenset({Data.SCANS})
"""What never leaves the box, so that no receipt of the store is waited for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Keeping:
    """Days that the planner of an exam chose; `evidence` 0: as long as the recordings; `practice_hours`: of a practice
    run, whose media all go at once."""

    recordings: int
    evidence: int
    identity: int
    scans: int
    personal: int
    practice_hours: int | None = None

    @classmethod
    def of(cls, plan: ExamPlan, *, recordings: int) -> "Keeping":
        """As an exam's plan and its days of recordings have it."""
        return cls(
            recordings=recordings,
            evidence=plan.evidence_days,
            identity=plan.identity_days,
            scans=plan.scan_retention_days,
            personal=plan.personal_days,
            practice_hours=plan.practice_hours if plan.practice else None,
        )

    def days(self, what: Data) -> float:
        """For how many days this is kept after an attempt is over."""
        evidence = self.evidence or self.recordings
        days: dict[Data, float] = {
            Data.RECORDINGS: self.recordings,
            Data.EVIDENCE: evidence,
            Data.IDENTITY: self.identity,
            Data.SCANS: min(self.scans, self.recordings),
            Data.WORK: evidence,
            Data.PERSONAL: max(self.personal, self.recordings, evidence, self.identity),
            Data.TEMPLATES: 0,
        }
        if self.practice_hours is None or what in (Data.PERSONAL, Data.TEMPLATES):
            return days[what]
        return self.practice_hours / 24


def delete_at(what: Data, keeping: Keeping, *, over_at: float | None, held: bool) -> float | None:
    """Wall seconds from which this goes; None while the attempt is open or a hold stands on it."""
    if over_at is None or held:
        return None
    return over_at + keeping.days(what) * DAY


def outlived(keeping: Keeping, *, lock_days: int) -> list[tuple[Data, int]]:
    """Kinds that the store's lock keeps for longer than candidates are told, each with its days. None of a practice
    run, and no room scans: they never reach the store."""
    if keeping.practice_hours is not None:
        return []
    sent = [what for what in Data if what not in STAYS_HERE and what is not Data.TEMPLATES]
    return [(what, int(keeping.days(what))) for what in sent if keeping.days(what) < lock_days]
