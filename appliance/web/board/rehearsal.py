"""The rehearsal's page: begin one, see where it is, read and print what the lab can hold."""

import hashlib
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from typing import Any

from flask import Blueprint, jsonify, make_response, redirect, render_template, request
from werkzeug.wrappers import Response

from appliance.errors import ApplianceError
from appliance.exam.permissions import Action
from appliance.ledger import board
from appliance.rehearsal import asked as rules
from appliance.rehearsal import files
from appliance.rehearsal.phase import Outcome
from appliance.rehearsal.runner import EVERY_SECONDS, PLAYED, Runner, planned_seats
from appliance.rehearsal.verdict import Named, Verdict
from appliance.web.auth import person
from appliance.web.context import Services, services, t
from appliance.web.needs import needs
from appliance.web.parse import Fields
from appliance.web.refusals import status_of, wants_json
from appliance.web.repeated import repeated

bp = Blueprint("rehearsal", __name__)

_TONES = {Outcome.DONE.value: "green", Outcome.STOPPED.value: "open", Outcome.INTERRUPTED.value: "amber"}


@bp.get("/rehearsal")
@needs(Action.SEE_SEATS)
def page() -> Response:
    """All of it."""
    return _page()


@bp.get("/rehearsal/now")
@needs(Action.SEE_SEATS)
def moment() -> Response:
    """The part of the page that changes each second; 304 while it does not."""
    answer = make_response(render_template("_rehearsal.html", **_now()))
    answer.set_etag(hashlib.sha256(answer.get_data()).hexdigest()[:32])
    answer.headers["Cache-Control"] = "no-cache"
    answer.make_conditional(request)
    return answer


@bp.get("/api/rehearsal")
@needs(Action.SEE_SEATS)
def api() -> Response:
    """The same for programs: where it is, and the last report."""
    here = services()
    said = files.said(here.paths) if here.rehearsals.goes_on else {}
    return jsonify(goes_on=here.rehearsals.goes_on, state=said, report=files.read_report(here.paths))


@bp.post("/rehearsal")
@needs(Action.REHEARSE)
def begin() -> Response:
    """Ask for one; it begins within a second."""
    fields = Fields()
    try:
        seats = fields.whole("seats")
        minutes = fields.number("minutes", default=rules.USUAL_MINUTES)
        runner_of(services()).ask(seats=seats, minutes=minutes, by=person().person)
    except ApplianceError as error:
        if wants_json():
            raise
        return _page(error, seats=request.form.get("seats", ""), minutes=request.form.get("minutes", ""))
    return make_response(jsonify(asked=True), 202) if wants_json() else redirect("/rehearsal", 303)


@bp.post("/rehearsal/stop")
@needs(Action.REHEARSE)
def stop() -> Response:
    """It ends within moments, and so does all that it made."""
    services().rehearsals.stop()
    return jsonify(stopped=True) if wants_json() else redirect("/rehearsal", 303)


def runner_of(here: Services) -> Runner:
    """One that may ask; who runs it is the thread of `rehearsed`."""
    return Runner(
        here.paths,
        here.settings,
        writer=here.writer,
        reader=here.reader,
        key=here.code_key,
        rehearsals=here.rehearsals,
        present=lambda: present(here),
    )


def present(here: Services) -> tuple[str, ...]:
    """Seats whose page is open on the computer that stands there."""
    with here.reader.connect() as connection:
        machines = board.machines(connection)
    return tuple(seat for seat, one in machines.items() if here.seats.is_present(one.machine))


@contextmanager
def rehearsed(here: Services) -> Iterator[None]:
    """Looked at once a second; what goes on ends with the process."""
    runner = runner_of(here)
    runner.recover()
    with ExitStack() as stack:
        stack.callback(runner.close)
        stack.enter_context(_repeated(runner))
        yield


def _repeated(runner: Runner) -> AbstractContextManager[None]:
    return repeated(runner.turn, name="rehearsal", seconds=EVERY_SECONDS)


def _page(error: ApplianceError | None = None, *, seats: str = "", minutes: str = "") -> Response:
    here, now = services(), time.time()
    with here.reader.connect() as connection:
        planned = planned_seats(connection, now=now)
        exam = board.next_exam(connection, now=now)
    form = {"seats": seats or str(planned), "minutes": minutes or f"{rules.USUAL_MINUTES:g}"}
    text = render_template("rehearsal.html", form=form, error=error, exam=exam, open_pages=len(present(here)), **_now())
    return make_response(text, 200 if error is None else status_of(error))


def _now() -> dict[str, Any]:
    here = services()
    goes_on = here.rehearsals.goes_on
    report = files.read_report(here.paths)
    return {
        "goes_on": goes_on,
        "state": _state(files.said(here.paths)) if goes_on else None,
        "report": _report(report) if report.get("at") else None,
    }


def _state(said: dict[str, Any]) -> dict[str, Any]:
    name = said.get("phase") or "preparing"
    name = "preparing" if name == "over" else name
    values = {"here": said.get("here", 0), "seats": said.get("seats", 0)}
    left = float(said.get("left", 0.0))
    return {
        "sentence": t(f"rehearsal.phase.{name}", **values),
        "left": t("rehearsal.left", time=f"{int(left) // 60}:{int(left) % 60:02d}") if left else "",
        "real": t("rehearsal.real", n=said.get("real", 0), all=said.get("seats", 0)),
    }


def _report(said: dict[str, Any]) -> dict[str, Any]:
    """The last one in words."""
    found = _verdict(said)
    outcome = str(said.get("outcome", ""))
    tone, sentence = _sentence(outcome, str(said.get("reason", "")), found)
    return {
        "at": said["at"],
        "tone": tone,
        "sentence": sentence,
        "weakest": t(f"rehearsal.weakest.{found.weakest}") if found and found.weakest else "",
        "parts": [
            {"name": t(f"rehearsal.part.{name}"), "seats": seats, "weakest": name == found.weakest}
            for name, seats in sorted(found.parts.items(), key=lambda part: part[1])
        ]
        if found
        else [],
        "seats": [_named(one) for one in found.seats] if found else [],
        "figures": _figures(found) if found else [],
        "who": t("rehearsal.who", here=found.here, asked=found.asked, real=found.real) if found else "",
        "real": found.real if found else 0,
    }


def _verdict(said: dict[str, Any]) -> Verdict | None:
    try:
        return Verdict.of(said["verdict"])
    except (KeyError, TypeError):  # it ended before anything was measured, or an older box wrote it
        return None


def _sentence(outcome: str, reason: str, found: Verdict | None) -> tuple[str, str]:
    if outcome == Outcome.FAILED.value:
        return "red", t(f"rehearsal.reason.{reason}")
    if found is None or found.holds is None:
        return _TONES.get(outcome, "open"), t(f"rehearsal.outcome.{outcome}_short" if outcome else "rehearsal.none")
    tone = "green" if found.holds >= found.asked else "red" if found.holds < found.here else "amber"
    if outcome != Outcome.DONE.value:
        tone = _TONES.get(outcome, "open")
    return tone, t(f"rehearsal.outcome.{outcome}", n=found.holds, asked=found.asked)


def _named(one: Named) -> dict[str, Any]:
    value = f"{one.value:g}"
    where = (
        t("seat_board.seat", seat=one.seat)
        if one.real
        else t("rehearsal.simulated", seat=one.seat.removeprefix(PLAYED))
    )
    return {
        "where": where,
        "said": t(f"rehearsal.seat.{one.code}", value=value),
        "do": t(f"rehearsal.do.{one.code}" if one.real else "rehearsal.do.box"),
    }


_PERCENT = frozenset({"loss", "busy", "looked"})
_BYTES = frozenset({"memory_used", "memory_left", "written"})


def _figures(found: Verdict) -> list[dict[str, str]]:
    said = []
    for name, value in found.figures.items():
        if value is None:
            shown = t("rehearsal.unknown")
        elif name in _PERCENT:
            shown = f"{100 * value:.1f} %"
        elif name in _BYTES:
            shown = f"{value / 1e6:,.1f} MB".replace(",", " ")
        else:
            shown = f"{value:g}"
        said.append({"name": t(f"rehearsal.figure.{name}"), "value": shown})
    return said
