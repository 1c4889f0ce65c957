"""The lab's seats before the doors open: where they are, which computer stands there, what was checked. Chain: box,
unless said otherwise."""

from dataclasses import dataclass
from typing import Any

from appliance.exam.events.catalogue import Payload, event


@event("seats.arranged")
@dataclass(frozen=True, kw_only=True)
class SeatsArranged(Payload):
    """The lab's seats, all of them, from now on. `seats`: [seat, row, column], both counted from 1."""

    seats: list[list[Any]]
    by: str


@event("seats.cards_renewed")
@dataclass(frozen=True, kw_only=True)
class SeatCardsRenewed(Payload):
    """New desk cards hold from now on, those of an earlier `edition` do not."""

    edition: int
    by: str


@event("machine.bound")
@dataclass(frozen=True, kw_only=True)
class MachineBound(Payload):
    """A computer stands at a seat from now on. `machine`: a number of its own (a hash); `before`: the seat that it was
    at, "" for none; `replaced`: the computer that was at this seat, "" for none."""

    machine: str
    seat: str
    before: str
    replaced: str
    browser: str


@event("machine.unbound")
@dataclass(frozen=True, kw_only=True)
class MachineUnbound(Payload):
    """No computer stands at the seat any more."""

    machine: str
    seat: str
    by: str


@event("seat.checked")
@dataclass(frozen=True, kw_only=True)
class SeatChecked(Payload):
    """What a seat's check found: `facts` as measured, and for each point of `exam.seat_check` its colour and finding.
    No picture and no sound is kept."""

    seat: str
    machine: str
    facts: dict[str, Any]
    findings: list[list[str]]


@event("rehearsal.over")
@dataclass(frozen=True, kw_only=True)
class RehearsalOver(Payload):
    """A rehearsal has ended. `outcome`: "done", "stopped" or "failed"; `holds`: seats that the lab can hold after it,
    None where it was too short to tell; `weakest`: the part that limits it, "" for none."""

    rehearsal: str
    outcome: str
    seats: int
    real: int
    seconds: float
    holds: int | None
    weakest: str
    by: str


@event("attempt.at_machine")
@dataclass(frozen=True, kw_only=True)
class AttemptAtMachine(Payload):
    """Chain: the attempt. The candidate came in at the computer of `seat`; `planned`: the seat on the roster. Another
    one is no fault of anybody's: it is told to the proctor."""

    seat: str
    planned: str
