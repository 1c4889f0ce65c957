"""Help: every flag, what fires it with which numbers, usual innocent causes, and what this box cannot see."""

from typing import Any

from flask import Blueprint, render_template, request

from appliance.exam import limits
from appliance.exam.detection import DetectionPolicy, RuleSet, in_force
from appliance.exam.flags import RULES, Channel, Rule, Source
from appliance.exam.permissions import Action, may
from appliance.ledger import detection, state
from appliance.ledger.state import ExamRow
from appliance.web import visible
from appliance.web.auth import Viewer, person
from appliance.web.context import services
from appliance.web.needs import needs

bp = Blueprint("flags", __name__)

_ANY_EXAM = (Action.PLAN, Action.READ_REPORT, Action.READ_LEDGER)
"""Who may do one of these knows every exam; others know those with a candidate to watch."""


@bp.get("/flags")
@needs(Action.READ_FLAGS)
def page() -> str:
    """With the numbers in force in the exam `?exam=`, or the usual ones. Of single candidates nothing is said here."""
    exams = _exams(person())
    chosen = next((exam for exam in exams if exam.exam == request.args.get("exam")), None)
    with services().reader.connect() as connection:
        policy = DetectionPolicy() if chosen is None else detection.policy(connection, chosen.exam)
    rules = in_force(policy)
    sections = [
        {
            "channel": channel.value,
            "rules": [_rule(rule, rules, policy) for rule in RULES.values() if rule.channel is channel],
        }
        for channel in Channel
    ]
    return render_template("flags.html", exams=exams, chosen=chosen, sections=sections, version=rules.version)


def _exams(who: Viewer) -> list[ExamRow]:
    with services().reader.connect() as connection:
        known = state.planned(connection)
        if any(may(who.role, action) for action in _ANY_EXAM):
            return known
        return [exam for exam in known if visible.attempts_for(connection, who, exam.exam)]


def _rule(rule: Rule, rules: RuleSet, policy: DetectionPolicy) -> dict[str, Any]:
    held = rules[rule.code]
    off = rule.code in policy.off if rule.source is Source.PERSON else rule.code not in rules
    return {
        "code": rule.code,
        "category": rule.category.value,
        "severity": rule.severity.value,
        "source": rule.source.value,
        "off": off,
        "positions": [position.value for position in rule.positions],
        "numbers": [
            {"name": name, "value": f"{limits.value(held, name):g}", "usual": f"{limits.value(rule, name):g}"}
            for name in limits.of(rule)
        ],
    }
