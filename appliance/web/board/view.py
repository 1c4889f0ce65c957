"""What the board and the seats' own pages say: colour, word and sign of each seat, and what is to be done."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from appliance.exam import seating
from appliance.exam.seat_check import STALE_SECONDS, Colour, Facts, Finding, Point, Step, worst
from appliance.exam.seating import SeatPlace
from appliance.ledger import board
from appliance.ledger.actions.board import known_seats
from appliance.ledger.board import CheckRow, MachineRow
from appliance.web.board.state import SeatState
from appliance.web.context import t

SIGNS = {"green": "✓", "amber": "▲", "red": "✕", "open": "○", "busy": "…"}

SHOWN_SECONDS = 86_400.0
"""For how long it is said that a computer took another one's place."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """A finding in words."""

    point: str
    colour: str
    sign: str
    name: str
    said: str
    do: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Seat:
    """One seat of the board. `tone`: its colour, or "busy" while it is checked; `word`: one, beside the sign."""

    seat: str
    row: int
    column: int
    tone: str
    sign: str
    word: str
    sentence: str
    points: tuple[Said, ...]
    notes: tuple[str, ...]
    checked_at: float | None
    bound: bool
    present: bool

    @property
    def needs_somebody(self) -> bool:
        """Has lab staff to do something here?"""
        return self.tone in ("red", "amber") or bool(self.notes)


def places(connection: sa.Connection) -> tuple[SeatPlace, ...]:
    """As they were arranged; else the seats of every roster, in rows."""
    arranged = board.places(connection)
    return arranged or seating.in_rows(sorted(known_seats(connection), key=seating.naturally))


def seats(connection: sa.Connection, state: SeatState, *, now: float) -> list[Seat]:
    """All of them, in the order of the room."""
    machines, checks = board.machines(connection), board.checks(connection)
    running = {check.seat: check.run.step for check in state.checks()}
    return [
        _seat(place, machines.get(place.seat), checks.get(place.seat), running.get(place.seat), state, now=now)
        for place in places(connection)
    ]


def _seat(
    place: SeatPlace,
    machine: MachineRow | None,
    check: CheckRow | None,
    step: Step | None,
    state: SeatState,
    *,
    now: float,
) -> Seat:
    tone, word, sentence = _state(machine, check, step, now=now)
    return Seat(
        seat=place.seat,
        row=place.row,
        column=place.column,
        tone=tone,
        sign=SIGNS[tone],
        word=word,
        sentence=sentence,
        points=said(check.findings, check.facts) if check is not None and tone != "open" else (),
        notes=tuple(_notes(machine, check, now=now)),
        checked_at=None if check is None else check.checked_at,
        bound=machine is not None,
        present=machine is not None and state.is_present(machine.machine),
    )


def _state(
    machine: MachineRow | None, check: CheckRow | None, step: Step | None, *, now: float
) -> tuple[str, str, str]:
    """Colour, word, sentence."""
    if step is not None:
        return "busy", t("seat_board.word.busy"), t(f"seat_board.step.{step.value}")
    if machine is None:
        return "open", t("seat_board.word.no_machine"), t("seat_board.no_machine")
    if check is None or check.machine != machine.machine:
        return "open", t("seat_board.word.unchecked"), t("seat_board.unchecked")
    if is_stale(check, now=now):
        return "open", t("seat_board.word.stale"), t("seat_board.stale")
    colour = worst([one.colour for one in check.findings])
    first = first_of(check.findings)
    if first is None:
        return colour.value, t("seat_board.word.ready"), t("seat_board.ready")
    return colour.value, t(f"seat_board.point.{first.point.value}"), _sentence(first, check.facts)


def is_stale(check: CheckRow, *, now: float) -> bool:
    """Too old to say anything of now; a check from the future was made by another clock."""
    return not -60.0 <= now - check.checked_at <= STALE_SECONDS


def first_of(findings: Sequence[Finding]) -> Finding | None:
    """What is to be looked at first: the first of the worst."""
    found = [one for one in findings if one.colour in (Colour.RED, Colour.AMBER)]
    return min(found, key=lambda one: one.colour is not Colour.RED, default=None)


def _notes(machine: MachineRow | None, check: CheckRow | None, *, now: float) -> list[str]:
    """What else is to be known: a computer that moved, or that took another one's place."""
    found = []
    if machine is not None and now - machine.bound_at <= SHOWN_SECONDS:
        at = time.strftime("%H:%M", time.localtime(machine.bound_at))
        if machine.moved_from:
            found.append(t("seat_board.note.moved", seat=machine.moved_from, time=at))
        if machine.replaced:
            found.append(t("seat_board.note.replaced", time=at))
    if machine is not None and check is not None and check.machine != machine.machine:
        found.append(t("seat_board.note.other_machine"))
    return found


def said(findings: Sequence[Finding], facts: Facts) -> tuple[Said, ...]:
    """Each point in words."""
    return tuple(
        Said(
            point=one.point.value,
            colour=one.colour.value,
            sign=SIGNS[one.colour.value],
            name=t(f"seat_board.point.{one.point.value}"),
            said=_sentence(one, facts),
            do=t(f"seat_board.do.{one.code}") if one.colour in (Colour.RED, Colour.AMBER) else "",
        )
        for one in findings
    )


def _sentence(one: Finding, facts: Facts) -> str:
    return t(f"seat_board.said.{one.code}", **values_of(facts))


def values_of(facts: Facts) -> Mapping[str, Any]:
    """The numbers that sentences name."""
    return {
        "fps": f"{facts.fps or 0:.0f}",
        "height": facts.height or 0,
        "width": facts.width or 0,
        "loss": f"{100 * (facts.loss or 0):.1f}",
        "rtt": f"{facts.rtt_ms or 0:.0f}",
        "level": f"{facts.level if facts.level is not None else -100:.0f}",
        "looks": facts.looks,
        "seen": facts.card_looks,
    }


def sums(found: Sequence[Seat]) -> dict[str, int]:
    """How many of each colour."""
    return {tone: sum(one.tone == tone for one in found) for tone in SIGNS}


POINTS = tuple(point.value for point in Point)
