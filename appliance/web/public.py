"""The doors: join with a code; health; the statement. People who work here come in by `signin`."""

import time
from collections.abc import Callable

import sqlalchemy as sa
from flask import Blueprint, jsonify, make_response, redirect, render_template, request, session
from werkzeug.wrappers import Response

from appliance.errors import ApplianceError, BadInput, NotAllowed
from appliance.exam import codes
from appliance.exam.events import AttemptRejoined
from appliance.exam.permissions import Action, Role
from appliance.exam.stage import CLOSED
from appliance.ledger import state, tables
from appliance.ledger.actions import attempts, board
from appliance.ledger.actions.exams import hash_code
from appliance.ledger.record import Draft
from appliance.ledger.writer import Transaction
from appliance.web import auth, status
from appliance.web.board import machine
from appliance.web.context import services
from appliance.web.needs import needs
from appliance.web.parse import Fields
from appliance.web.refusals import status_of, wants_json
from appliance.web.security import failed, join_limit, limiter
from appliance.web.setup import fresh
from appliance.web.statement import statement

bp = Blueprint("public", __name__)

HOME = {
    Role.CANDIDATE: "/exam",
    Role.PHONE: "/phone",
    Role.PROCTOR: "/wall",
    Role.LEAD: "/wall",
    Role.REVIEWER: "/review",
    Role.PLANNER: "/exams",
    Role.INSTITUTION: "/inbox",
    Role.STAFF: "/box",
    Role.ADMIN: "/box",
    Role.AUDITOR: "/ledger",
}
"""Where a person's work begins."""


@bp.get("/")
@needs(Action.PUBLIC)
def front() -> Response:
    """A candidate's door; who is in already goes on."""
    who = auth.viewer()
    if who is None and fresh.wanted():
        return redirect("/setup", 303)
    if who is None or (who.role is Role.CANDIDATE and _over(who.person)):
        return make_response(render_template("join.html", error=None))
    return redirect(HOME[who.role], 303)


def _over(attempt: str) -> bool:
    """On a lab's computer the next candidate must find the door open."""
    with services().reader.connect() as connection:
        return state.attempt(connection, attempt).stage in CLOSED


@bp.post("/join")
@needs(Action.PUBLIC)
@limiter.limit(join_limit, deduct_when=failed)
def join() -> Response:
    """Use a join code, or come back with it in the same browser."""
    try:
        code = codes.normalise(Fields().text("code", longest=64))
        attempt, token = services().writer.transact(_arriving(code))
        _sits(attempt)
    except (BadInput, NotAllowed) as error:
        if wants_json():
            raise
        return _again("join.html", error)
    session["arrived"] = True
    response = jsonify(attempt=attempt) if wants_json() else redirect("/exam", 303)
    return response if token is None else auth.hand_out(response, token)


def _sits(attempt: str) -> None:
    """At which of the lab's computers: the proctor is told where that is another seat than the roster's."""
    here = machine.asking()
    if here:
        services().writer.transact(lambda transaction: board.sits_at(transaction, attempt, machine=here))


def _arriving(code: str) -> Callable[[Transaction], tuple[str, str | None]]:
    """The work to do: -> the attempt, and a token unless the browser has it already."""
    who, key, browser = auth.viewer(), services().code_key, request.user_agent.string

    def work(transaction: Transaction) -> tuple[str, str | None]:
        if who is not None and who.role is Role.CANDIDATE:
            stored = tables.join_code.c
            mine = sa.select(stored.attempt).where(stored.code == hash_code(code, key), stored.attempt == who.person)
            if transaction.connection.execute(mine).first() is not None:
                rejoined(transaction, who.person, browser)
                return who.person, None
        row, token = attempts.arrive(transaction, code, key=key, browser=browser)
        return row.attempt, token

    return work


def rejoined(transaction: Transaction, attempt: str, browser: str) -> None:
    """The candidate's page was opened again in the same browser."""
    row = state.attempt(transaction.connection, attempt)
    said = AttemptRejoined(browser=browser[:200])
    transaction.append(Draft(payload=said, chain=attempt, exam=row.exam, actor="candidate"))


@bp.get("/healthz")
@needs(Action.PUBLIC)
def healthz() -> Response:
    """200 when every process of the box is healthy, else 503."""
    needed = services().needed
    processes = status.processes(services().paths.health, needed=needed, now=time.time())
    healthy = all(processes[name]["healthy"] for name in needed)
    said = {name: {"healthy": p["healthy"], "sentence": p["sentence"]} for name, p in processes.items()}
    response = jsonify(healthy=healthy, processes=said)
    response.status_code = 200 if healthy else 503
    return response


@bp.get("/statement")
@needs(Action.PUBLIC)
def statement_page() -> str:
    """The consent and integrity statement."""
    return render_template("statement.html", statement=statement().to_json())


def _again(template: str, error: ApplianceError, **context: str) -> Response:
    return make_response(render_template(template, error=error, **context), status_of(error))
