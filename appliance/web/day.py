"""The day of an exam as those who watch see it: its plan, and of each candidate the check-in, the sitting, the
check-out. Parts of the wall's and the look's JSON; never the content, never a path of a file."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

import sqlalchemy as sa

from appliance.exam import attendance
from appliance.exam.conduct import possible
from appliance.exam.feed import Feed
from appliance.exam.permissions import Action, Role, may
from appliance.exam.plan import ExamPlan
from appliance.exam.stage import RECORDED, Stage
from appliance.ledger import board, checkin, checkout, planning, sitting
from appliance.ledger.checkin import PostureRow, ReturnedRow, ScanRow, SelftestRow
from appliance.ledger.checkout import PageRow, PaperRow, TickRow
from appliance.ledger.sitting import InquiryRow, KeptRow, PauseRow, SittingRow
from appliance.ledger.state import AttemptRow, ExamRow
from appliance.web import status

STAFF_MESSAGES = 50
"""The newest lines of the back channel that a wall gets; the others have an address of their own."""

_FILES = {"path", "still", "clip"}
"""Where files lie is nobody's business outside the box."""

INQUIRIES_OF_ALL = frozenset({"content", "reply"})
"""Questions that every watcher may read. One about accommodations is between the candidate and the institution."""


@dataclass(frozen=True, slots=True)
class Day:
    """What is known of some candidates of one exam, read once. Lists hold rows of all of them."""

    plan: ExamPlan
    returned: list[ReturnedRow]
    selftests: dict[str, SelftestRow]
    postures: dict[str, PostureRow]
    scans: list[ScanRow]
    sittings: dict[str, SittingRow]
    pauses: list[PauseRow]
    inquiries: list[InquiryRow]
    pages: list[PageRow]
    papers: list[PaperRow]
    ticks: list[TickRow]
    machines: Mapping[str, str]
    """Attempt -> the seat of the computer that the candidate came in at, where it stands at one."""

    @classmethod
    def of(cls, connection: sa.Connection, exam: str, *, attempt: str | None = None) -> "Day":
        """Of a whole exam, or of one attempt of it."""
        chosen: dict[str, Any] = {"exam": exam} if attempt is None else {"attempt": attempt}
        return cls(
            plan=planning.plan(connection, exam),
            returned=checkin.returned(connection, **chosen),
            selftests=checkin.selftests(connection, exam),
            postures=checkin.postures(connection, exam),
            scans=checkin.scans(connection, **chosen),
            sittings=sitting.sittings(connection, exam),
            pauses=sitting.pauses(connection, **chosen),
            inquiries=sitting.inquiries(connection, **chosen),
            pages=checkout.pages(connection, **chosen),
            papers=checkout.papers(connection, **chosen),
            ticks=checkout.ticks(connection, **chosen),
            machines=board.machine_seats(connection, exam),
        )

    def tile(self, row: AttemptRow, said: dict[str, dict[str, Any]] | None) -> dict[str, Any]:
        """What a tile shows of the day. `said`: what capture says of the feeds."""
        return {
            "room": self.room(row),
            "machine_seat": self.machines.get(row.attempt),
            "extra_minutes": row.extra_minutes,
            "acts": sorted(act.value for act in possible(row.stage, self.plan.mode)),
            "attention": self._attention(row.attempt),
            "checkin": self._checkin(row.attempt),
            "pause": self._pause(row.attempt),
            "inquiries_open": sum(one.answered_at is None for one in _own(self.inquiries, row.attempt)),
            "checkout": self._checkout(row.attempt),
            "recording_trouble": recording_trouble(self.plan, row, said),
        }

    def room(self, row: AttemptRow) -> str:
        """The candidate's own, or the exam's."""
        return row.room or self.plan.room

    def attendance(self, exam: ExamRow, rows: Iterable[AttemptRow], *, now: float) -> dict[str, dict[str, int]]:
        """Room -> how many are expected, arrived, checked in, absent. Absent is who has not come when the onboarding is
        over."""
        late = now > exam.starts_at + 60.0 * self.plan.onboarding_minutes
        places = ((self.room(row), row.stage) for row in rows)
        return {room: asdict(counts) for room, counts in attendance.by_room(places, late=late).items()}

    def _attention(self, attempt: str) -> dict[str, Any]:
        known = self.sittings.get(attempt) or SittingRow(attempt=attempt, sections=[])
        return {name: getattr(known, name) for name in ("looked_at", "looked_by", "listened_at", "listened_by")}

    def _checkin(self, attempt: str) -> dict[str, Any]:
        tested, posture = self.selftests.get(attempt), self.postures.get(attempt)
        return {
            "returned": [_shown(one) for one in _own(self.returned, attempt)],
            "selftest": None if tested is None else _shown(tested),
            "posture": None if posture is None else _shown(posture),
            "scans": [{**_shown(one), "there": one.path is not None} for one in _own(self.scans, attempt)],
        }

    def _pause(self, attempt: str) -> dict[str, Any] | None:
        running = [one for one in _own(self.pauses, attempt) if one.ended_at is None]
        return {name: getattr(running[-1], name) for name in ("kind", "begun_at", "until")} if running else None

    def _checkout(self, attempt: str) -> dict[str, Any]:
        papers = [{**_shown(one), "there": one.path is not None} for one in _own(self.papers, attempt)]
        return {
            "pages": [_shown(one) for one in _own(self.pages, attempt)],
            "paper": papers[0] if papers else None,
            "ticks": [_shown(one) for one in _own(self.ticks, attempt)],
        }


def _own(rows: Iterable[Any], attempt: str) -> list[Any]:
    return [row for row in rows if row.attempt == attempt]


def _shown(row: Any) -> dict[str, Any]:
    return {name: value for name, value in asdict(row).items() if name != "attempt" and name not in _FILES}


def recording_trouble(plan: ExamPlan, row: AttemptRow, said: dict[str, dict[str, Any]] | None) -> list[str]:
    """The feeds that should be recorded now and do not arrive (M14, M97)."""
    if row.stage not in RECORDED or row.stage is Stage.EQUIPMENT:
        return []
    return missing_feeds(plan, row.attempt, said)


def missing_feeds(plan: ExamPlan, attempt: str, said: dict[str, dict[str, Any]] | None) -> list[str]:
    """Those of the plan's that do not arrive at the box; all of them while capture says nothing."""
    return [kind.value for kind in plan.feeds if not status.arrives((said or {}).get(str(Feed(attempt, kind))))]


def plan_of(connection: sa.Connection, exam: ExamRow, plan: ExamPlan) -> dict[str, Any]:
    """How the exam is held, without its content: who watches has no access to it (I32)."""
    released = planning.released(connection, exam.exam)
    said = plan.to_json()
    names = (
        *("mode", "kind", "level", "second", "required", "attention_minutes", "spot_check_minutes", "one_by_one"),
        "onboarding_minutes",
        *("room_scan", "position", "known_allowed", "items", "contact", "check_out", "pages", "scratch", "practice"),
    )
    sections = [
        {
            "number": number,
            "title": one.title,
            "minutes": one.minutes,
            "break_minutes": one.break_minutes,
            "released_at": released.get(number),
        }
        for number, one in enumerate(plan.sections, start=1)
    ]
    return {
        **{name: said[name] for name in names},
        "feeds": [kind.value for kind in plan.feeds],
        "sections": sections,
        "opens_at": plan.opens_at(exam.starts_at),
        "conduct": {
            stage.value: sorted(act.value for act in possible(stage, plan.mode)) for stage in Stage
        },  # so that a page knows what fits as soon as the stage changes
    }


def announcements(connection: sa.Connection, exam: str, seen: Iterable[str]) -> list[dict[str, Any]]:
    """Those that reached one of these candidates, with how many of them were told and have read it."""
    among = set(seen)
    receipts = [one for one in planning.receipts(connection, exam) if one.attempt in among]
    found = []
    for row in planning.announcements(connection, exam):
        own = [one for one in receipts if one.announcement == row.announcement]
        if own:
            read = sum(one.read_at is not None for one in own)
            found.append({**asdict(row), "spoken": bool(row.spoken), "told": len(own), "read": read})
    return found


def staff_messages(connection: sa.Connection, exam: str, role: Role) -> list[dict[str, Any]]:
    """The newest lines of the back channel, for those who take part in it."""
    if not may(role, Action.STAFF_CHAT):
        return []
    return [asdict(row) for row in planning.staff_messages(connection, exam)[-STAFF_MESSAGES:]]


def inquiry(row: InquiryRow, role: Role) -> dict[str, Any]:
    """A question to the institution. One about accommodations shows its words to the institution only."""
    said = asdict(row)
    if row.kind not in INQUIRIES_OF_ALL and not may(role, Action.ANSWER_INQUIRY):
        said |= {"text": "", "answer": None}
    return said


def kept(row: KeptRow) -> dict[str, Any]:
    """A still that somebody kept; the pictures have addresses of their own."""
    return {**_shown(row), "has_clip": bool(row.clip)}
