"""The candidate while the exam goes on: the parts of the exam, breaks, announcements, questions to the institution."""

from dataclasses import asdict
from typing import Any

import sqlalchemy as sa
from flask import Blueprint, jsonify, make_response, redirect, send_file
from limits import parse
from werkzeug.wrappers import Response

from appliance.errors import NotAllowed, NotFound
from appliance.exam import pacing
from appliance.exam.accommodation import Switch
from appliance.exam.permissions import Action
from appliance.exam.plan import ExamPlan
from appliance.exam.sections import Part
from appliance.exam.stage import CLOSED, Stage
from appliance.ledger import detection, planning, sitting, state
from appliance.ledger.actions import announcements, inquiries
from appliance.ledger.actions import sections as parts
from appliance.ledger.actions import sitting as actions
from appliance.ledger.actions.attempts import CANDIDATE
from appliance.ledger.state import AttemptRow
from appliance.web.auth import person
from appliance.web.context import services, t
from appliance.web.needs import needs
from appliance.web.parse import Fields
from appliance.web.security import SANDBOX, limiter

bp = Blueprint("sitting", __name__)

_INQUIRIES = parse("10/minute")


# --- the content ---


@bp.get("/api/me/sections/<int:section>")
@needs(Action.TAKE_EXAM)
def section(section: int) -> Response:
    """Where the content of a part is: `{link}`, `{content}`, both, or neither where it is handed out otherwise. Only
    while it may be opened (I9, M99)."""
    part, pdf = _open(section)
    found = {"link": part.link, "content": "" if pdf is None else _address(section)}
    return jsonify({name: address for name, address in found.items() if address})


@bp.get("/exam/sections/<int:section>")
@needs(Action.TAKE_EXAM)
def go(section: int) -> Response:
    """The same for somebody who follows a link: straight on to it."""
    part, pdf = _open(section)
    return redirect(part.link or (_address(section) if pdf is not None else "/exam"), 303)


@bp.get("/api/me/content/<int:section>")
@needs(Action.TAKE_EXAM)
def content(section: int) -> Response:
    """The PDF of a part. It is checked each time: a break, a pause or the end close it at once (I35)."""
    _, pdf = _open(section)
    if pdf is None:
        raise NotFound(t("server.sitting_no_pdf"), hint=t("server.sitting_no_pdf_hint"))
    try:
        file = services().paths.data / pdf.path
        answer = send_file(file, mimetype="application/pdf", download_name=pdf.name, conditional=True)
    except FileNotFoundError:
        raise NotFound(t("server.sitting_no_pdf"), hint=t("server.sitting_no_pdf_hint")) from None
    answer.headers["Content-Security-Policy"] = SANDBOX
    return answer


def _open(number: int) -> tuple[Part, planning.ContentRow | None]:
    attempt = person().person
    part = services().writer.transact(lambda transaction: parts.open_section(transaction, attempt, number))
    with services().reader.connect() as connection:
        return part, planning.content(connection, state.attempt(connection, attempt).exam).get(number)


def _address(section: int) -> str:
    return f"/api/me/content/{section}"


# --- breaks, words ---


@bp.post("/api/me/break")
@needs(Action.TAKE_EXAM)
def begin_break() -> Response:
    """The break after a part, or any with the accommodation (`minutes`: as long as one likes)."""
    attempt, minutes = person().person, int(Fields().number("minutes", default=0))
    services().writer.transact(
        lambda transaction: actions.begin_break(transaction, attempt, minutes=minutes, by=CANDIDATE)
    )
    return jsonify(stage=Stage.ON_BREAK.value)


@bp.post("/api/me/break/end")
@needs(Action.TAKE_EXAM)
def end_break() -> Response:
    """Back again."""
    attempt = person().person
    services().writer.transact(lambda transaction: actions.end_break(transaction, attempt, by=CANDIDATE))
    return jsonify(stage=Stage.IN_EXAM.value)


@bp.post("/api/me/announcements/<announcement>/read")
@needs(Action.TAKE_EXAM)
def read(announcement: str) -> Response:
    """It was on the screen."""
    attempt = person().person
    services().writer.transact(lambda transaction: announcements.read_announcement(transaction, attempt, announcement))
    return jsonify(read=announcement)


@bp.post("/api/me/inquiries")
@needs(Action.TAKE_EXAM)
def inquire() -> Response:
    """A question for the institution: proctors neither see the exam's content nor answer for it (I32, I34)."""
    attempt, fields = person().person, Fields()
    kind, text = fields.text("kind", longest=20), fields.text("text", longest=10_000)
    if not limiter.limiter.hit(_INQUIRIES, "inquiry", attempt):
        raise NotAllowed(t("server.sitting_many_inquiries"), hint=t("server.sitting_many_inquiries_hint"))
    inquiry = services().writer.transact(
        lambda transaction: inquiries.inquire(transaction, attempt, kind=kind, text=text, by=CANDIDATE)
    )
    return make_response(jsonify(inquiry=inquiry), 201)


# --- what the page is told ---


def for_candidate(connection: sa.Connection, row: AttemptRow, *, now: float) -> dict[str, Any]:
    """`sitting` of `/api/me`. Neither who stopped the clock nor why; nothing of anybody else."""
    held, known = planning.plan(connection, row.exam), sitting.sitting(connection, row.attempt)
    pauses = sitting.pauses(connection, attempt=row.attempt)
    running = next((p for p in pauses if p.ended_at is None), None) if row.stage in _STANDS else None
    printing = row.stage is Stage.PRINTING
    return {
        "sections": _sections(connection, row, held, pauses, now),
        "one_by_one": held.one_by_one,
        "prints_until": pacing.prints_until(row.stage_at, held.print_minutes) if printing else None,
        "pause": None if running is None else {name: getattr(running, name) for name in _OF_A_PAUSE},
        "own_break": actions.own_break(connection, row, now=now),
        "chooses_break": Switch.BREAKS in detection.granted(connection, row.attempt),
        "announcements": [
            asdict(one) | {"spoken": bool(one.spoken)} for one in planning.heard(connection, row.attempt)
        ],
        "inquiries": [_inquiry(one) for one in sitting.inquiries(connection, attempt=row.attempt)],
        "extra_minutes": row.extra_minutes,
        "warned_minutes": known.warned_minutes,
    }


_STANDS = frozenset({Stage.ON_BREAK, Stage.PAUSED})
_OF_A_PAUSE = ("kind", "begun_at", "until", "minutes")


def _sections(
    connection: sa.Connection, row: AttemptRow, held: ExamPlan, pauses: list[sitting.PauseRow], now: float
) -> list[dict[str, Any]]:
    """The parts in this candidate's order; never the content itself. An exam of one part without content has none."""
    pdfs = planning.content(connection, row.exam)
    stands = [(p.begun_at, pacing.stood(p.begun_at, p.ended_at or now, p.minutes)) for p in pauses]
    return [
        {
            "number": part.number,
            "title": part.title,
            "minutes": part.minutes,
            "break_minutes": part.break_minutes,
            "released": part.released,
            "open": part.open,
            "opened": part.opened_at is not None,
            "until": pacing.window_until(part, stands),
            "link": part.link != "",
            "pdf": part.number in pdfs,
        }
        for part in ([] if row.stage in CLOSED else parts.parts_of(connection, row, now=now))
        if part.link or part.number in pdfs or held.sections
    ]


def _inquiry(row: sitting.InquiryRow) -> dict[str, Any]:
    """Who answered by name; sign-in names stay with staff."""
    fields = asdict(row)
    for name in ("attempt", "answered_by", "made_by"):
        del fields[name]
    return fields | {"state": "open" if row.answered_at is None else "answered"}
