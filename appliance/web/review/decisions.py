"""What reviewers and the institution say about a recording: flags at a place, notes, recommendations, outcome, blind
minutes."""

from urllib.parse import quote

from flask import Blueprint, jsonify, make_response
from werkzeug.wrappers import Response

from appliance.exam.feed import Kind
from appliance.exam.flags import MANUAL, Severity
from appliance.exam.permissions import Action
from appliance.ledger import review as said_before
from appliance.ledger import state
from appliance.ledger.actions import flags, review, sampling
from appliance.ledger.actions.words import LONGEST
from appliance.ledger.state import ExamRow
from appliance.web.auth import Viewer, person
from appliance.web.context import services
from appliance.web.needs import needs, takes
from appliance.web.parse import Fields
from appliance.web.visible import attempt_for, exam_for

bp = Blueprint("decisions", __name__)

_BODY = 256_000
"""Bytes: a note that is ten times too long is answered with its length, whatever script it is in."""


@bp.post("/api/review/<attempt>/flags")
@takes(_BODY)
@needs(Action.RAISE_FLAG)
def raise_flag(attempt: str) -> Response:
    """A flag of one's own at a place of the recording (I6), also after the end."""
    row, by, fields = attempt_for(attempt, Action.RAISE_FLAG), person().person, Fields()
    starts_at, ends_at = fields.number("starts_at"), fields.optional("ends_at")
    code = fields.text("code", longest=60, default=MANUAL)
    severity = fields.text("severity", longest=20, default=Severity.MEDIUM.value)
    kind = fields.text("kind", longest=20, default=Kind.WEBCAM.value)
    note = fields.text("note", longest=flags.LONGEST_NOTE, default="")
    flag = services().writer.transact(
        lambda transaction: flags.raise_at(
            transaction,
            row.attempt,
            starts_at=starts_at,
            ends_at=ends_at,
            code=code,
            severity=severity,
            note=note,
            kind=kind,
            by=by,
        )
    )
    return make_response(jsonify(flag=flag), 201)


@bp.post("/api/review/flags/<flag>/notes")
@takes(_BODY)
@needs(Action.DISCUSS)
def note(flag: str) -> Response:
    """A note on a flag, for everybody who may see it."""
    with services().reader.connect() as connection:
        found = state.flag(connection, flag)
    attempt_for(found.attempt, Action.DISCUSS)
    who, text = person(), Fields().text("text", longest=flags.LONGEST_NOTE)
    made = services().writer.transact(
        lambda transaction: flags.note_on(transaction, flag, text=text, by=who.person, by_name=who.name)
    )
    return make_response(jsonify(note=made), 201)


@bp.post("/api/review/<attempt>/recommend")
@takes(_BODY)
@needs(Action.RECOMMEND)
def recommend(attempt: str) -> Response:
    """What should happen next; to refer waits for a second reviewer."""
    row, who, fields = attempt_for(attempt, Action.RECOMMEND), person(), Fields()
    kind, text = fields.text("kind", longest=20), fields.text("text", longest=LONGEST, default="")
    made = services().writer.transact(
        lambda transaction: review.recommend(
            transaction, row.attempt, kind=kind, text=text, by=who.person, by_name=who.name
        )
    )
    return make_response(jsonify(recommendation=made), 201)


@bp.post("/api/review/recommendations/<recommendation>/answer")
@takes(_BODY)
@needs(Action.RECOMMEND)
def answer(recommendation: str) -> Response:
    """A second reviewer agrees, or not."""
    who, fields = _may_recommend(recommendation), Fields()
    agreed, text = fields.flag("agreed"), fields.text("text", longest=LONGEST, default="")
    services().writer.transact(
        lambda transaction: review.answer(
            transaction, recommendation, agreed=agreed, text=text, by=who.person, by_name=who.name
        )
    )
    return jsonify(answered=recommendation, agreed=agreed)


@bp.post("/api/review/recommendations/<recommendation>/withdraw")
@takes(_BODY)
@needs(Action.RECOMMEND)
def withdraw(recommendation: str) -> Response:
    """Take it back: whoever made it, or a lead."""
    who, text = _may_recommend(recommendation), Fields().text("text", longest=LONGEST, default="")
    lead = who.leads(())
    services().writer.transact(
        lambda transaction: review.withdraw(transaction, recommendation, text=text, by=who.person, lead=lead)
    )
    return jsonify(withdrawn=recommendation)


@bp.post("/api/review/<attempt>/outcome")
@takes(_BODY)
@needs(Action.RECORD_OUTCOME)
def outcome(attempt: str) -> Response:
    """What the institution made of it; "" takes it back (M103)."""
    row, who = attempt_for(attempt, Action.RECORD_OUTCOME), person()
    text = Fields().text("outcome", longest=LONGEST, default="")
    services().writer.transact(
        lambda transaction: review.record_outcome(
            transaction, row.attempt, outcome=text, by=who.person, by_name=who.name
        )
    )
    return jsonify(outcome=text)


@bp.post("/api/review/<exam>/sample")
@needs(Action.SAMPLE)
def sample(exam: str) -> Response:
    """A minute without a flag to watch; the one that waits, if there is one. `more`: beyond what the plan asks for."""
    row, by = exam_for(exam, Action.SAMPLE), person().person
    more = Fields().flag("more")
    return make_response(jsonify(_drawn(row, by, more=more)), 201)


def _drawn(row: ExamRow, by: str, *, more: bool) -> dict[str, str]:
    found = services().writer.transact(lambda transaction: sampling.draw(transaction, row.exam, by=by, more=more))
    url = f"/review/{quote(row.exam, safe='')}/{found.attempt}?sample={found.sample}&at={found.starts_at:.3f}"
    return {"sample": found.sample, "attempt": found.attempt, "url": url}


@bp.post("/api/review/samples/<sample>/judge")
@takes(_BODY)
@needs(Action.SAMPLE)
def judge(sample: str) -> Response:
    """What was in the minute: clear, found (with the flag that was raised for it) or unclear."""
    with services().reader.connect() as connection:
        found = said_before.sample(connection, sample)
    attempt_for(found.attempt, Action.SAMPLE)
    by, fields = person().person, Fields()
    verdict = fields.text("verdict", longest=20)
    text = fields.text("text", longest=LONGEST, default="")
    flag = fields.text("flag", longest=64, default="") or None
    services().writer.transact(
        lambda transaction: sampling.judge(transaction, sample, verdict=verdict, text=text, flag=flag, by=by)
    )
    return jsonify(judged=sample, verdict=verdict)


def _may_recommend(recommendation: str) -> Viewer:
    """Who asks, if the candidate may be seen."""
    with services().reader.connect() as connection:
        found = said_before.recommendation(connection, recommendation)
    attempt_for(found.attempt, Action.RECOMMEND)
    return person()
