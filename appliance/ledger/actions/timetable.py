"""Whether an exam fits between the others: its rooms, and the proctors who watch it."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from appliance.errors import NotAllowed
from appliance.exam.plan import clash
from appliance.exam.roster import Finding, RosterRow
from appliance.exam.schedule import Held, over_full
from appliance.ledger import planning
from appliance.ledger.writer import Transaction


def check_rooms(transaction: Transaction, exam: str) -> None:
    """NotAllowed where another exam has a room of this one while it is held (M20)."""
    rooms = {window[1] for window in planning.windows(transaction.connection) if window[0] == exam}
    for room, sentence in _taken(transaction, _own(planning.schedule(transaction.connection), exam), rooms).items():
        raise NotAllowed(
            f"the room {room} is {sentence}", hint="Choose another room or another time; the buffers of both count."
        )


def check_proctors(transaction: Transaction, exam: str) -> None:
    """NotAllowed where a proctor of this exam would watch too many at once (I19, M92)."""
    if found := over_full(planning.schedule(transaction.connection), exam):
        raise NotAllowed(found[0].sentence(), hint="Choose another proctor, another time or another ratio.")


def misfits(transaction: Transaction, exam: str, rows: Sequence[RosterRow]) -> list[Finding]:
    """What of these new rows does not fit, by line: rooms that are taken, proctors who would watch too many."""
    schedule = planning.schedule(transaction.connection)
    own = _own(schedule, exam)
    others = [held for held in schedule if held is not own]
    longer = 60.0 * max((row.extra_minutes for row in rows), default=0)
    plan = planning.plan(transaction.connection, exam)
    taken = _taken(transaction, replace(own, over_at=own.over_at + longer), {plan.room, *(row.room for row in rows)})
    watched = dict(own.watched)
    findings: list[Finding] = []
    for position, row in enumerate(rows, start=2):
        line = row.line or position
        if sentence := taken.get(row.room or (plan.room if row.extra_minutes else "")):
            findings.append((line, f"the room {row.room or plan.room} is {sentence}"))
        if row.proctor is not None:
            watched[row.proctor] = watched.get(row.proctor, 0) + 1
            for found in over_full([*others, replace(own, watched=watched)], exam):
                if found.proctor == row.proctor:
                    findings.append((line, found.sentence()))
    return findings


def _own(schedule: Sequence[Held], exam: str) -> Held:
    return next(held for held in schedule if held.exam == exam)


def _taken(transaction: Transaction, own: Held, rooms: Iterable[str]) -> dict[str, str]:
    """Room -> by whom and until when, of those that another exam has."""
    others = [window for window in planning.windows(transaction.connection) if window[0] != own.exam]
    found = {}
    for room in rooms:
        exam = clash(others, room=room, begins_at=own.begins_at, over_at=own.over_at)
        if exam is not None:
            until = next(window[3] for window in others if window[0] == exam)
            found[room] = f"taken by {exam} until {datetime.fromtimestamp(until):%Y-%m-%d %H:%M}"
    return found
