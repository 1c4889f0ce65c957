"""The box itself: health, people, the ledger."""

import time

from flask import Blueprint, jsonify, make_response, redirect, render_template, request
from werkzeug.wrappers import Response

from appliance import __version__
from appliance.errors import BadInput
from appliance.exam.permissions import USERS, Action, Role
from appliance.ledger import state, tables
from appliance.ledger.actions import factors, users
from appliance.ledger.record import SELECT, Event
from appliance.web import auth, room, status
from appliance.web.auth import person
from appliance.web.context import services, t
from appliance.web.needs import needs
from appliance.web.parse import Fields
from appliance.web.refusals import wants_json

bp = Blueprint("staff", __name__)

_PAGE = 200
_USER_ROLES = list(USERS)


@bp.get("/box")
@needs(Action.SEE_BOX)
def box() -> str:
    """Health as sentences."""
    found = status.processes(services().paths.health, needed=services().needed, now=time.time())
    rows = [{"version": "", **process} for process in found.values()]
    return render_template("box.html", processes=rows, facts=room.facts(), cameras=services().settings.camera)


@bp.get("/api/status")
@needs(Action.SEE_BOX)
def api_status() -> Response:
    """Health of each process with its counters, versions, queues."""
    found = status.processes(services().paths.health, needed=services().needed, now=time.time())
    writer = services().writer
    return jsonify(
        version=__version__,
        now=time.time(),
        healthy=all(found[name]["healthy"] for name in services().needed),
        processes=found,
        ledger={"head": writer.head, "waiting": writer.waiting, "refused": writer.refused, "failure": writer.failure},
    )


@bp.get("/users")
@needs(Action.MANAGE_USERS)
def people() -> Response:
    """Who may sign in."""
    return _people({}, {}, 200)


@bp.post("/users")
@needs(Action.MANAGE_USERS)
def add() -> Response:
    """Let somebody sign in."""
    fields, by = Fields(), person().person
    try:
        user, name = fields.text("user", longest=64), fields.text("name", longest=120)
        role = _role(fields.text("role", longest=20))
        with auth.hashing:
            digest = users.hash_password(fields.text("password", longest=200))
        services().writer.transact(
            lambda transaction: users.create_user(
                transaction, user=user, name=name, role=role, password_hash=digest, by=by
            )
        )
    except BadInput as error:
        if wants_json():
            raise
        kept = {key: value for key, value in request.form.items() if key != "password"}
        return _people(kept, {"": f"{error.message}. {error.hint}".strip()}, 400)
    return make_response(jsonify(user=user), 201) if wants_json() else redirect("/users", 303)


def _role(name: str) -> Role:
    found = next((role for role in _USER_ROLES if role.value == name), None)
    if found is None:
        raise BadInput(t("server.no_such_role"))
    return found


def _people(form: dict[str, str], errors: dict[str, str], code: int) -> Response:
    with services().reader.connect() as connection:
        rows = state.users(connection)
        having = factors.having(connection)
    roles = [role.value for role in _USER_ROLES]
    return make_response(
        render_template("users.html", users=rows, having=having, roles=roles, form=form, errors=errors), code
    )


@bp.get("/ledger")
@needs(Action.READ_LEDGER)
def ledger() -> str:
    """Events, newest first, 200 a page; `?before=SEQ` goes on."""
    before = request.args.get("before", type=int)
    query = SELECT.order_by(tables.event.c.seq.desc()).limit(_PAGE)
    if before is not None:
        query = query.where(tables.event.c.seq < before)
    with services().reader.connect() as connection:
        found = [Event.from_row(row).to_json() for row in connection.execute(query)]
    older = f"/ledger?before={found[-1]['seq']}" if len(found) == _PAGE else None
    return render_template("ledger.html", events=found, older=older)
