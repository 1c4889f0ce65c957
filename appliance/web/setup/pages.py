"""The six steps as pages: each is a form, what was typed before is in it, and the live tests stand beside."""

import time
import zoneinfo
from dataclasses import replace
from functools import cache
from typing import Any

from flask import Blueprint, make_response, redirect, request
from werkzeug.wrappers import Response

from appliance.box import capacity, errand, mounts
from appliance.box.authority import Authority
from appliance.errors import ApplianceError, BadInput, NotFound
from appliance.exam.permissions import Action
from appliance.ledger import state
from appliance.provision.seed import Seed
from appliance.web.context import services
from appliance.web.needs import needs, opens, takes
from appliance.web.parse import Fields
from appliance.web.setup import address, certificate, gate, people, progress, typed
from appliance.web.setup.language import page, words
from appliance.web.setup.progress import Progress
from appliance.web.setup.steps import ORDER, Step

bp = Blueprint("setup_pages", __name__)

MOST_BYTES = 300_000
"""A certificate's chain and its key."""

_PAIR = ("chain_file", "key_file")
_BRINGS = ("/media/", "/mnt/", "/srv/", "/run/media/")
"""Where disks and sticks are mounted."""


@bp.get("/setup/<step>")
@opens(gate.holds)
@needs(Action.SET_UP)
def show(step: str) -> Response:
    """One step, as it is filled in now."""
    chosen = _step(step)
    paths = services().paths
    seed, done = progress.draft(paths), progress.read(paths)
    return _page(chosen, seed, done, typed.shown(seed, done))


@bp.post("/setup/<step>")
@opens(gate.holds)
@takes(MOST_BYTES)
@needs(Action.SET_UP)
def save(step: str) -> Response:
    """Keep what was typed, and go on to the next step; what is wrong is said beside its field."""
    chosen, form = _step(step), _form()
    paths = services().paths
    seed, done = progress.draft(paths), progress.read(paths)
    if chosen is Step.PEOPLE:
        return _people(form, seed, done)
    if chosen is Step.CERTIFICATE:
        return _certificate(form, seed, done)
    said = typed.read(chosen, form, seed, done, words())
    if said.wrong:
        return _page(chosen, seed, done, {**typed.shown(seed, done), **form}, said=said, status=400)
    progress.keep(paths, said.seed)
    return _on(chosen, said.progress)


def _on(step: Step, done: Progress) -> Response:
    progress.write(services().paths, done.with_done(step, time.time()))
    return redirect(f"/setup/{step.after.value}" if step.after else "/setup/finish", 303)


def _people(form: dict[str, str], seed: Seed, done: Progress) -> Response:
    """`then` = "on": nobody else to enter. Who is entered may sign in at once; the seed knows them, too."""
    known = _users()
    entering = bool(form.get("user") or form.get("password"))
    if not entering and form.get("then") == "on" and people.has_admin(known):
        return _on(Step.PEOPLE, done)
    try:
        with services().hashing:
            person = people.entered(form, first=not people.has_admin(known), words=words())
        services().writer.transact(lambda transaction: people.enter(transaction, person))
    except BadInput as error:
        return _page(Step.PEOPLE, seed, done, form, error=error, status=400)
    progress.keep(services().paths, replace(seed, admin=(*seed.admin, person)))
    if form.get("then") == "on":
        return _on(Step.PEOPLE, done)
    return redirect("/setup/people", 303)


def _certificate(form: dict[str, str], seed: Seed, done: Progress) -> Response:
    """The site's certificate is in use as soon as it is saved: where it cannot be, nothing has changed."""
    paths, settings = services().paths, services().settings
    try:
        if form.get("mode") == "files":
            name = form.get("name", "").strip()[: certificate.NAMES_LONGEST]
            made = certificate.install(paths, settings, uploads(), name=name)
        elif form.get("mode") == "acme" == seed.certificate.mode:
            made = seed.certificate
        else:
            made = certificate.own(paths, settings)
    except ApplianceError as error:
        return _page(Step.CERTIFICATE, seed, done, {**typed.shown(seed, done), **form}, error=error, status=400)
    progress.keep(paths, replace(seed, certificate=made))
    return _on(Step.CERTIFICATE, done)


@bp.post("/setup/certificate/request")
@opens(gate.holds)
@needs(Action.SET_UP)
def signing_request() -> Response:
    """What the site's authority signs, for this name: a file to download."""
    name = Fields().text("name", longest=certificate.NAMES_LONGEST)
    made = certificate.asked_for(services().paths, services().settings, name)
    response = make_response(made)
    response.headers["Content-Type"] = "application/pkcs10"
    response.headers["Content-Disposition"] = f'attachment; filename="{name.partition(".")[0]}.csr"'
    return response


def _page(
    step: Step,
    seed: Seed,
    done: Progress,
    form: dict[str, str],
    *,
    said: typed.Typed | None = None,
    error: ApplianceError | None = None,
    status: int = 200,
) -> Response:
    text = page(
        "setup_step.html",
        step=step,
        steps=ORDER,
        done=done.done,
        form={name: value for name, value in form.items() if name not in ("password", "again", "secret_key", "key")},
        errors=said.wrong if said else {},
        foreign=said.foreign if said else frozenset(),
        error=error,
        steward=errand.has_steward(),
        **_context(step, seed, done),
    )
    return make_response(text, status)


def _context(step: Step, seed: Seed, done: Progress) -> dict[str, Any]:
    """What this step shows beyond its fields."""
    paths = services().paths
    if step is Step.LAB:
        return {"zones": _zones(), "host": address.host_name()}
    if step is Step.PEOPLE:
        known = _users()
        return {"people": known, "first": not people.has_admin(known), "roles": [role.value for role in people.OFFERED]}
    if step is Step.CERTIFICATE:
        authority = Authority(paths.keys)
        here = {"names": [*address.names(seed), *address.addresses(seed)], "trust": address.trust(seed)}
        return {"fingerprint": authority.fingerprint, "has_files": seed.certificate.mode == "files", **here}
    if step is Step.UPSTREAM:
        return {"places": _places(), "has_secret": bool(seed.upstream.secret_key), "data": str(paths.upstream)}
    if step is Step.SEATS:
        return {"capacity": capacity.current(paths.capacity, services().settings), "camera_seen": done.camera}
    return {}


def _step(name: str) -> Step:
    try:
        return Step(name)
    except ValueError:
        raise NotFound(words()("setup.no_step"), hint=words()("setup.no_step_hint")) from None


def _form() -> dict[str, str]:
    """The fields; a file stands for the field of its name."""
    form = {name: value for name, value in request.form.items() if name != "csrf_token"}
    file = request.files.get("ca_file")
    if file is not None and file.filename:
        form["ca"] = file.read().decode("utf-8", "replace")
    return form


def uploads() -> list[bytes]:
    """The files of a certificate that came with the form."""
    sent = [request.files.get(name) for name in _PAIR]
    return [file.read() for file in sent if file is not None and file.filename]


def _users() -> list[state.UserRow]:
    with services().reader.connect() as connection:
        return state.users(connection)


@cache
def _zones() -> list[str]:
    return sorted(name for name in zoneinfo.available_timezones() if "/" in name or name == "UTC")


def _places() -> list[str]:
    return sorted(point for point in mounts.points() if f"{point}/".startswith(_BRINGS))
