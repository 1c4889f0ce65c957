"""The institution's inbox: questions that only it answers (I34, M104), and the extra time that only it grants (I33)."""

import time
from dataclasses import asdict
from typing import Any

import sqlalchemy as sa
from flask import Blueprint, jsonify, make_response, redirect, render_template, request
from werkzeug.wrappers import Response

from appliance.errors import ApplianceError
from appliance.exam.permissions import Action
from appliance.exam.stage import CLOSED
from appliance.ledger import sitting as held
from appliance.ledger import state
from appliance.ledger.actions import inquiries, sitting
from appliance.ledger.actions.words import LONGEST
from appliance.ledger.state import AttemptRow
from appliance.ledger.writer import Transaction
from appliance.web.auth import person
from appliance.web.context import services
from appliance.web.needs import needs
from appliance.web.parse import Fields
from appliance.web.refusals import status_of
from appliance.web.visible import attempt_for

bp = Blueprint("inbox", __name__)

ANSWERED_SHOWN = 100
"""The newest answers that the page still shows; all stand in the reports."""


@bp.post("/api/attempts/<attempt>/inquiries")
@needs(Action.ROUTE_INQUIRY)
def route(attempt: str) -> Response:
    """Pass a question about the content on to the institution (I32); the candidate sees that it was."""
    row, by = attempt_for(attempt, Action.ROUTE_INQUIRY), person().person
    text = Fields().text("text", longest=LONGEST)
    inquiry = services().writer.transact(
        lambda transaction: inquiries.inquire(transaction, row.attempt, kind="content", text=text, by=by)
    )
    return make_response(jsonify(inquiry=inquiry), 201)


@bp.get("/inbox")
@needs(Action.ANSWER_INQUIRY)
def page() -> Response:
    """Open questions first, the oldest on top."""
    return _page()


@bp.get("/api/inbox")
@needs(Action.ANSWER_INQUIRY)
def inbox_json() -> Response:
    """How many questions are open, and all of them."""
    with services().reader.connect() as connection:
        found = _questions(connection)
    return jsonify(open=sum(one["answered_at"] is None for one in found), inquiries=found, now=time.time())


@bp.post("/api/inquiries/<inquiry>/answer")
@needs(Action.ANSWER_INQUIRY)
def answer(inquiry: str) -> Response:
    """Answer, once; with `minutes` grant that much extra time in the same breath."""
    _answer(inquiry)
    return jsonify(answered=inquiry)


@bp.post("/inbox/<inquiry>")
@needs(Action.ANSWER_INQUIRY)
def answer_by_form(inquiry: str) -> Response:
    """The same from the page, without a script."""
    try:
        _answer(inquiry)
    except ApplianceError as error:
        return _page(error, inquiry)
    return redirect("/inbox", 303)


@bp.post("/inbox/time")
@needs(Action.GRANT_TIME)
def grant_by_form() -> Response:
    """Extra time for one candidate, from the page."""
    by, fields = person().person, Fields()
    try:
        attempt, minutes = fields.text("attempt", longest=64), fields.whole("minutes")
        services().writer.transact(lambda transaction: sitting.grant_time(transaction, attempt, minutes=minutes, by=by))
    except ApplianceError as error:
        return _page(error)
    return redirect("/inbox", 303)


def open_count(connection: sa.Connection) -> int:
    """Questions that wait for an answer."""
    return sum(one.answered_at is None for one in held.all_inquiries(connection))


def _answer(inquiry: str) -> None:
    who, fields = person(), Fields()
    text = fields.text("text", longest=LONGEST)
    minutes = fields.whole("minutes") if fields.text("minutes", longest=10, default="") else 0

    def work(transaction: Transaction) -> None:
        asked = inquiries.answer(transaction, inquiry, text=text, by=who.person, by_name=who.name)
        if minutes:
            sitting.grant_time(transaction, asked, minutes=minutes, by=who.person)

    services().writer.transact(work)


def _page(error: ApplianceError | None = None, inquiry: str = "") -> Response:
    now = time.time()
    with services().reader.connect() as connection:
        found = _questions(connection)
        running = [exam for exam in state.planned(connection) if exam.ended_at is None]
        candidates = [
            {**_who(row), "exam_title": exam.title, "extra_minutes": row.extra_minutes}
            for exam in running
            for row in state.attempts(connection, exam.exam)
            if row.stage not in CLOSED
        ]
    waiting = [one for one in found if one["answered_at"] is None]
    done = sorted((one for one in found if one["answered_at"] is not None), key=lambda one: -one["answered_at"])
    text = render_template(
        "inbox.html",
        waiting=waiting,
        done=done[:ANSWERED_SHOWN],
        candidates=candidates,
        now=now,
        error=error,
        wrong=inquiry,
        said=request.form.get("text", "")[:LONGEST],
    )
    return make_response(text, 200 if error is None else status_of(error))


def _questions(connection: sa.Connection) -> list[dict[str, Any]]:
    """Every question with who asked it, the oldest first."""
    exams = {row.exam: row for row in state.exams(connection)}
    names = {row.user: row.name for row in state.users(connection)}
    rows = {row.attempt: row for exam in exams for row in state.attempts(connection, exam)}
    return [
        {**asdict(one), **_who(rows[one.attempt]), "exam_title": exams[rows[one.attempt].exam].title}
        | {"passed_on_by": names.get(one.made_by, "") if one.made_by != "candidate" else ""}
        for one in held.all_inquiries(connection)
    ]


def _who(row: AttemptRow) -> dict[str, Any]:
    return {"attempt": row.attempt, "exam": row.exam, "seat": row.seat, "name": row.name, "candidate": row.candidate}
