"""How often each detector was wrong at each seat, and muting it there: "phone at seat 14 dismissed 6 of 6"."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, jsonify, render_template
from werkzeug.wrappers import Response

from appliance.exam.flags import RULES
from appliance.exam.health import Judged, Place, Rate, rates
from appliance.exam.permissions import Action
from appliance.exam.stage import CLOSED
from appliance.ledger import review, seats
from appliance.ledger.actions import muting
from appliance.ledger.actions.attempts import LONGEST_REASON
from appliance.ledger.review import MutedRow
from appliance.ledger.state import AttemptRow, ExamRow
from appliance.web import visible
from appliance.web.auth import Viewer, person, refuse
from appliance.web.context import services
from appliance.web.needs import needs
from appliance.web.parse import Fields
from appliance.web.visible import attempt_for, exam_for

bp = Blueprint("seats", __name__)

_LONGEST_CODE = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Seats:
    """What one person sees of an exam's seats. `sitting`: who sits where now; `earlier`: exams at these seats before,
    with what they add up to; `muted`: by attempt and code."""

    sitting: dict[Place, AttemptRow]
    now: list[Rate]
    earlier: list[Rate]
    earlier_exams: list[ExamRow]
    muted: dict[tuple[str, str], MutedRow]

    def is_muted(self, rate: Rate) -> bool:
        """Is it muted for whoever sits there?"""
        row = self.sitting.get(rate.place)
        return row is not None and (row.attempt, rate.code) in self.muted

    def open(self, place: Place) -> AttemptRow | None:
        """Whoever sits there, while the attempt is not over."""
        row = self.sitting.get(place)
        return row if row is not None and row.stage not in CLOSED else None


@bp.get("/review/<exam>/seats")
@needs(Action.REVIEW)
def page(exam: str) -> str:
    """Seat by detector, what troubles most first, with what to do about it."""
    who, row = person(), exam_for(exam, Action.REVIEW)
    found = _seats(who, row.exam)
    return render_template(
        "seats.html",
        exam=row,
        trouble=[_trouble(rate, found) for rate in found.now if rate.is_trouble and not found.is_muted(rate)],
        earlier=[_trouble(rate, found) for rate in found.earlier if rate.is_trouble and not found.is_muted(rate)],
        earlier_exams=found.earlier_exams,
        muted=[{**_muted(one), **_seat(found, one.attempt)} for one in found.muted.values()],
        codes=list(dict.fromkeys(rate.code for rate in found.now)),
        lines=_lines(found),
        may_mute=_leads(row.exam),
    )


@bp.get("/api/review/exams/<exam>/seats")
@needs(Action.REVIEW)
def seats_json(exam: str) -> Response:
    """What crossed the limit in this exam at the seats that the person sees, and what is muted there."""
    who, row = person(), exam_for(exam, Action.REVIEW)
    found = _seats(who, row.exam)
    trouble = [_trouble(rate, found) for rate in found.now if rate.is_trouble and not found.is_muted(rate)]
    return jsonify(
        trouble=[one for one in trouble if one["attempt"] is not None],
        muted=[_muted(one) for one in found.muted.values()],
        may_mute=_leads(row.exam),
    )


@bp.post("/api/review/<attempt>/mute")
@needs(Action.MUTE_RULE)
def mute(attempt: str) -> Response:
    """From here on the rule raises nothing for this candidate, or (`muted` false) it does again. Whoever leads the exam
    may, by role or by delegation (M96)."""
    row, who, fields = attempt_for(attempt, Action.MUTE_RULE), person(), Fields()
    code, muted = fields.text("code", longest=_LONGEST_CODE), fields.flag("muted")
    reason = fields.text("reason", longest=LONGEST_REASON)
    if not _leads(row.exam):
        raise refuse(who, Action.MUTE_RULE.value)
    changed = services().writer.transact(
        lambda transaction: muting.mute(
            transaction, row.attempt, code, muted=muted, reason=reason, by=who.person, by_name=who.name
        )
    )
    return jsonify(changed=changed)


def _leads(exam: str) -> bool:
    with services().reader.connect() as connection:
        return visible.leads(connection, person(), exam)


def muted_there(attempt: AttemptRow) -> list[dict[str, Any]]:
    """What is muted for one candidate, by whom and why."""
    with services().reader.connect() as connection:
        return [_muted(one) for one in review.mutes(connection, attempt.exam) if one.attempt == attempt.attempt]


def _seats(who: Viewer, exam: str) -> Seats:
    with services().reader.connect() as connection:
        places = seats.places(connection, exam)
        seen = visible.attempts_for(connection, who, exam)
        everybody = len(seen) == len(places)
        sitting = {places[row.attempt]: row for row in seen}
        now, before = seats.judged(connection, exam), seats.earlier(connection, exam)
        mutes = [one for one in review.mutes(connection, exam) if one.attempt in {row.attempt for row in seen}]

    def shown(flags: Iterable[Judged]) -> list[Rate]:
        return rates(flag for flag in flags if everybody or flag.place in sitting)

    return Seats(
        sitting=sitting,
        now=shown(now),
        earlier=shown(flag for _, flags in before for flag in flags),
        earlier_exams=[exam for exam, flags in before if flags],
        muted={(one.attempt, one.code): one for one in mutes},
    )


def _trouble(rate: Rate, found: Seats) -> dict[str, Any]:
    sits = found.open(rate.place)
    return {
        "attempt": None if sits is None else sits.attempt,
        "room": rate.place.room,
        "seat": rate.place.seat,
        "code": rate.code,
        "channel": RULES[rate.code].channel.value,
        "dismissed": rate.dismissed,
        "decided": rate.decided,
        "detector_errors": rate.detector_errors,
    }


def _muted(one: MutedRow) -> dict[str, Any]:
    return {
        "attempt": one.attempt,
        "code": one.code,
        "reason": one.reason,
        "by_name": one.by_name,
        "muted_at": one.muted_at,
    }


def _seat(found: Seats, attempt: str) -> dict[str, Any]:
    place, row = next((place, row) for place, row in found.sitting.items() if row.attempt == attempt)
    return {"room": place.room, "seat": place.seat, "over": row.stage in CLOSED}


def _lines(found: Seats) -> list[dict[str, Any]]:
    """A line for each seat at which anything was raised, in the order of its worst detector."""
    lines: dict[Place, dict[str, Any]] = {}
    for rate in found.now:
        line = lines.setdefault(rate.place, {"room": rate.place.room, "seat": rate.place.seat, "cells": {}})
        line["cells"][rate.code] = {"rate": rate, "muted": found.is_muted(rate)}
    return list(lines.values())
