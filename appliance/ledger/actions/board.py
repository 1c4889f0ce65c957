"""What is done with the lab's seats: arranged, given cards, bound to computers, checked."""

from collections.abc import Sequence

import sqlalchemy as sa

from appliance.errors import NotAllowed, NotFound
from appliance.exam.events import (
    BOX,
    AttemptAtMachine,
    MachineBound,
    MachineUnbound,
    Payload,
    SeatCardsRenewed,
    SeatChecked,
    SeatsArranged,
)
from appliance.exam.seat_check import Facts, Finding
from appliance.exam.seating import SeatPlace
from appliance.ledger import board, state
from appliance.ledger.record import Draft
from appliance.ledger.writer import Transaction

SEAT = "seat"
"""Who says what a seat's own page says."""


def arrange(transaction: Transaction, places: Sequence[SeatPlace], *, by: str) -> None:
    """These are the lab's seats from now on. A seat that is there no more loses its computer and its check."""
    if tuple(places) != board.places(transaction.connection):
        seats = [[place.seat, place.row, place.column] for place in places]
        _say(transaction, SeatsArranged(seats=seats, by=by), by)


def renew_cards(transaction: Transaction, *, by: str) -> int:
    """Desk cards that were printed before lead nowhere any more; -> the new edition."""
    edition = board.edition(transaction.connection) + 1
    _say(transaction, SeatCardsRenewed(edition=edition, by=by), by)
    return edition


def bind(transaction: Transaction, *, machine: str, seat: str, browser: str) -> board.MachineRow:
    """This computer stands there. One that stood there before is noted, and so is the seat it had before."""
    connection = transaction.connection
    known = board.machine(connection, machine)
    there = board.machines(connection).get(seat)
    if known is None or known.seat != seat:
        said = MachineBound(
            machine=machine,
            seat=seat,
            before=known.seat if known else "",
            replaced=there.machine if there else "",
            browser=browser[:200],
        )
        _say(transaction, said, SEAT)
    found = board.machine(connection, machine)
    if found is None:
        raise NotFound(f"seat {seat} is gone", hint="Ask the lab staff for the desk card of this seat.")
    return found


def unbind(transaction: Transaction, seat: str, *, by: str) -> None:
    """No computer stands there any more."""
    there = board.machines(transaction.connection).get(seat)
    if there is None:
        raise NotAllowed(f"no computer stands at seat {seat}", hint="Reload the page.")
    _say(transaction, MachineUnbound(machine=there.machine, seat=seat, by=by), by)


def checked(transaction: Transaction, *, seat: str, machine: str, facts: Facts, findings: Sequence[Finding]) -> None:
    """A check is over."""
    rows = [[one.point.value, one.colour.value, one.code] for one in findings]
    _say(transaction, SeatChecked(seat=seat, machine=machine, facts=facts.to_json(), findings=rows), SEAT)


def sits_at(transaction: Transaction, attempt: str, *, machine: str) -> str | None:
    """The candidate came in at this computer; -> its seat, where it stands at one."""
    there = board.machine(transaction.connection, machine)
    if there is None or board.machine_seat(transaction.connection, attempt) == there.seat:
        return there.seat if there else None
    row = state.attempt(transaction.connection, attempt)
    said = AttemptAtMachine(seat=there.seat, planned=row.seat)
    transaction.append(Draft(payload=said, chain=attempt, exam=row.exam, actor=SEAT))
    return there.seat


def known_seats(connection: sa.Connection) -> list[str]:
    """Of every exam that people planned, in no order: the names that a lab uses."""
    return sorted({row.seat for exam in state.planned(connection) for row in state.attempts(connection, exam.exam)})


def _say(transaction: Transaction, payload: Payload, by: str) -> None:
    transaction.append(Draft(payload=payload, chain=BOX, exam=None, actor=by))
