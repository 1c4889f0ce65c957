"""What could be judged of a candidate, and what not: silence is explained as well as a flag."""

import time
from collections.abc import Collection, Mapping
from typing import Any

from flask import Blueprint, jsonify
from werkzeug.wrappers import Response

from appliance.box import health
from appliance.exam.detection import RuleSet
from appliance.exam.events import AnalysisCovered, AnalysisMissed
from appliance.exam.feed import Kind, Position
from appliance.exam.flags import RULES, Sense, Source
from appliance.exam.permissions import Action
from appliance.ledger import detection, planning, state
from appliance.ledger.state import AttemptRow
from appliance.web.context import services
from appliance.web.needs import needs
from appliance.web.review import seats
from appliance.web.visible import attempt_for

bp = Blueprint("judged", __name__)

_TICKING = frozenset({Sense.SIGHT, Sense.HEARING, Sense.SCREEN})
"""What is looked at again and again; the other senses hear of things when they happen."""

_LONGEST = 2_000
"""Spans that are told of: more than one a second over half an hour are no list for a person."""


@bp.get("/api/attempts/<attempt>/judged")
@needs(Action.REVIEW)
def judged(attempt: str) -> Response:
    """By feed and rule how many ticks could be judged; the rules that are judged all the time, those that are not
    applied (never why), and those that were muted at this seat; the spans that nobody looked at; the base lines."""
    row = attempt_for(attempt, Action.REVIEW)
    with services().reader.connect() as connection:
        rules = detection.rules(connection, exam=row.exam, attempt=row.attempt)
        baselines = detection.baselines(connection, row.attempt)
        positions = state.positions(connection, attempt=row.attempt)
        feeds = planning.plan(connection, row.exam).feeds
    ticks = _at_the_end(row) or _so_far(row)
    muted = seats.muted_there(row)
    stand = {kind: place for kind, place in positions.items() if kind in feeds or kind.value in ticks}
    return jsonify(
        ticks=ticks,
        on=looked_for(rules, stand),
        off=not_applied(rules, muted={one["code"] for one in muted}),
        muted=muted,
        missed=_missed(row),
        baselines=[{"kind": one.kind, "taken_at": one.taken_at, "late": one.late} for one in baselines],
    )


def looked_for(rules: RuleSet, stand: Mapping[Kind, Position | None]) -> list[str]:
    """Rules that one of these feeds is judged by all the time, as its camera stands."""
    return [
        code
        for code, rule in rules.rules.items()
        if rule.sense in _TICKING and any(rule.applies(kind, place) for kind, place in stand.items())
    ]


def not_applied(rules: RuleSet, *, muted: Collection[str] = ()) -> list[str]:
    """Rules that the box could apply and does not: because the exam, or what was agreed with the candidate, says so.
    Which of the two is nobody's business here. What is `muted` stands elsewhere, with who muted it."""
    return [
        code for code, rule in RULES.items() if code not in rules and code not in muted and rule.source is Source.BOX
    ]


def _so_far(row: AttemptRow) -> dict[str, dict[str, list[int]]]:
    """As the inference process counts now."""
    said = health.read(services().paths.health, "inference", now=time.time()).get("judged", {})
    return {kind.value: said[feed] for kind in Kind if (feed := f"{row.attempt}/{kind.value}") in said}


def _at_the_end(row: AttemptRow) -> dict[str, dict[str, list[int]]]:
    """As it stands in the ledger once the attempt is over."""
    found = services().reader.events(types=frozenset({AnalysisCovered.TYPE}), chain=row.attempt)
    return {e.payload.kind: e.payload.ticks for e in found if isinstance(e.payload, AnalysisCovered)}


def _missed(row: AttemptRow) -> list[dict[str, Any]]:
    found = services().reader.events(types=frozenset({AnalysisMissed.TYPE}), chain=row.attempt, limit=_LONGEST)
    return [event.payload.to_json() for event in found if isinstance(event.payload, AnalysisMissed)]
