"""The end of the setup: the box is told all of it and starts again, the card is printed, the recovery key goes, and the
setup closes for good."""

import dataclasses
import time

from flask import Blueprint, jsonify, make_response, redirect, request
from werkzeug.wrappers import Response

from appliance import __version__
from appliance.box import errand, recovery
from appliance.box.authority import Authority
from appliance.box.errand import Verb
from appliance.certificates import current
from appliance.errors import ApplianceError, NotAllowed, Unavailable
from appliance.exam.permissions import Action
from appliance.ledger import state
from appliance.provision import apply, setup_code
from appliance.web.context import services
from appliance.web.needs import needs, opens
from appliance.web.parse import Fields
from appliance.web.phone import qr
from appliance.web.setup import address, gate, people, progress, trial
from appliance.web.setup.language import page, words
from appliance.web.setup.steps import ORDER
from appliance.web.setup.workshop import workshop

bp = Blueprint("setup_finish", __name__)


@bp.get("/setup/finish")
@opens(gate.holds)
@needs(Action.SET_UP)
def summary() -> Response:
    """All that was typed, once more, before it holds."""
    return _summary(None, 200)


def _summary(error: ApplianceError | None, status: int) -> Response:
    paths = services().paths
    seed, done = progress.draft(paths), progress.read(paths)
    text = page(
        "setup_finish.html",
        seed=seed,
        done=done,
        steps=ORDER,
        missing=[step for step in ORDER if step.value not in done.done],
        people=_people(),
        urls=address.urls(seed),
        moved=address.moved(seed),
        steward=errand.has_steward(),
        error=error,
    )
    return make_response(text, status)


@bp.post("/setup/finish")
@opens(gate.holds)
@needs(Action.SET_UP)
def tell() -> Response:
    """The box is told, and starts its processes again."""
    paths = services().paths
    seed, done = progress.draft(paths), progress.read(paths)
    if not done.complete:
        return redirect(f"/setup/{done.next.value}", 303)
    try:
        apply.box(paths, seed)
        services().writer.transact(lambda transaction: apply.people(transaction, seed, by=people.BY))
        progress.keep(paths, seed)
        asked = errand.ask(paths, Verb.APPLY, by=people.BY) if errand.has_steward() else ""
        progress.write(paths, dataclasses.replace(done, applied_at=time.time(), errand=asked))
        _start_again()
    except ApplianceError as error:
        return _summary(error, 503 if isinstance(error, Unavailable) else 400)
    return redirect("/setup/wait", 303)


def _start_again() -> None:
    """Settings are read when a process begins. systemd does it, or the supervisor of `appliance run`."""
    paths = services().paths
    if errand.has_steward():
        errand.ask(paths, Verb.RESTART, by=people.BY, arguments={"unit": "all"})
    else:
        (paths.run / "restart").touch()


@bp.get("/setup/wait")
@opens(gate.holds)
@needs(Action.SET_UP)
def wait() -> Response:
    """Until the box is back; the page goes on by itself."""
    seed = progress.draft(services().paths)
    moved = address.moved(seed)
    return make_response(page("setup_wait.html", urls=address.urls(seed), moved=moved, boot={"moved": moved}))


@bp.get("/api/setup/applied")
@opens(gate.holds)
@needs(Action.SET_UP)
def applied() -> Response:
    """`{ready, sentence}`: has the box started again, and has the steward done his part?"""
    done = progress.read(services().paths)
    outcome = errand.outcome(services().paths, done.errand) if done.errand else None
    again = workshop().born_at > done.applied_at > 0
    sentence = words()("setup.wait.steward") if done.errand and outcome is None else words()("setup.wait.restarting")
    return jsonify(ready=again and (outcome is not None or not done.errand), sentence=sentence)


@bp.get("/setup/card")
@opens(gate.holds)
@needs(Action.SET_UP)
def card() -> Response:
    """What hangs beside the box, and what lies in the safe. Seen before the recovery key goes."""
    return _card("", 200)


def _card(wrong: str, status: int) -> Response:
    paths = services().paths
    seed, done = progress.draft(paths), progress.read(paths)
    if not done.applied_at:
        return redirect("/setup/finish", 303)
    outcome = errand.outcome(paths, done.errand) if done.errand else None
    recovery.recipient(paths.keys)  # a box that had no first boot (`appliance run`) makes its key now
    shown = current.current(paths, services().settings)
    first = address.urls(seed)[0] if not shown.is_own else address.trust(seed)
    text = page(
        "setup_card.html",
        seed=seed,
        done=done,
        urls=address.urls(seed),
        trust=address.trust(seed),
        own=shown.is_own,
        fingerprint=Authority(paths.keys).fingerprint if shown.is_own else shown.fingerprint,
        picture=qr(first),
        qr_of=first,
        recovery=recovery.secret(paths.keys),
        people=[row for row in _people() if row.role == "admin"],
        outcome=outcome,
        waiting=bool(done.errand) and outcome is None,
        steward=errand.has_steward(),
        at=done.applied_at,
        release=__version__,
        wrong=wrong,
        moved=address.here() not in address.urls(seed),
    )
    return make_response(text, status)


@bp.post("/setup/card")
@opens(gate.holds)
@needs(Action.SET_UP)
def close() -> Response:
    """A person has the card and the key: the key leaves the box, and setup is over."""
    paths = services().paths
    if not progress.read(paths).applied_at:
        raise NotAllowed(words()("setup.card.early"))
    fields = Fields()
    if not fields.flag("have_card") or (recovery.secret(paths.keys) and not fields.flag("have_key")):
        return _card(words()("setup.card.confirm_first"), 400)
    workshop().measuring.stop()
    workshop().camera.end(services().writer)
    services().writer.transact(trial.left_open)
    recovery.forget(paths.keys)
    setup_code.used(paths)
    urls = address.urls(progress.draft(paths))
    return gate.take_back(make_response(page("setup_done.html", urls=urls, here=request.host_url)))


def _people() -> list[state.UserRow]:
    with services().reader.connect() as connection:
        return state.users(connection)
