"""Integrity reports, for who may read them."""

import re
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from urllib.parse import quote

import sqlalchemy as sa
from flask import Blueprint, Response, make_response, redirect, render_template, send_file
from werkzeug.wrappers import Response as AnyResponse

from appliance.errors import NotFound
from appliance.exam.permissions import Action, may
from appliance.ledger import checkout, planning, reports, state
from appliance.ledger.actions import exports
from appliance.ledger.actions import reports as asking
from appliance.ledger.state import AttemptRow
from appliance.web.auth import person
from appliance.web.context import services, t
from appliance.web.media import missing
from appliance.web.needs import needs

bp = Blueprint("reports", __name__)

_FILE = re.compile(r"report\.(json|csv|pdf)")
ACCOMMODATIONS = "accommodations.csv"
"""Written beside the report (`report/write.py`)."""

_AGAIN_SECONDS = 3600

_TYPES = {"json": "application/json", "csv": "text/csv", "pdf": "application/pdf"}


@bp.get("/reports")
@needs(Action.READ_REPORT)
def index() -> AnyResponse:
    """Every exam, with the way to its report."""
    with services().reader.connect() as connection:
        exams = state.planned(connection)
    return make_response(render_template("reports.html", exams=exams))


@bp.get("/reports/<exam>")
@needs(Action.READ_REPORT)
def page(exam: str) -> str:
    """The reports of an exam."""
    with services().reader.connect() as connection:
        row = state.exam(connection, exam)
        attempts = state.attempts(connection, exam)
        works = _works(connection, attempts) if may(person().role, Action.REVIEW) else {}
        waiting = bool(reports.waiting(connection, exam=row.exam))
    folder = services().paths.reports / row.exam
    each = [{**asdict(attempt), "files": _files(folder / attempt.attempt)} for attempt in attempts]
    agreed = ACCOMMODATIONS if (folder / ACCOMMODATIONS).is_file() else None
    said = {"files": _files(folder), "agreed": agreed, "works": works, "waiting": waiting}
    return render_template("report.html", exam=row, attempts=each, **said)


@bp.post("/reports/<exam>/write")
@needs(Action.READ_REPORT)
def write(exam: str) -> AnyResponse:
    """Ask for all reports of an exam now, be it over or not; the sync process writes them."""
    who = person()
    services().writer.transact(lambda transaction: asking.ask(transaction, exam, by=who.person, by_name=who.name))
    return redirect(f"/reports/{exam}", 303)


def _works(connection: sa.Connection, attempts: Sequence[AttemptRow]) -> dict[str, str]:
    """Attempt -> where its paper is checked for plagiarism ("" where the plan names no place), of those that handed one
    in."""
    if not attempts:
        return {}
    exam = attempts[0].exam
    link = planning.plan(connection, exam).plagiarism_link
    handed_in = {row.attempt for row in checkout.papers(connection, exam=exam) if row.sha256}
    handed_in |= {row.attempt for row in checkout.pages(connection, exam=exam)}
    return {row.attempt: plagiarism_link(link, row) for row in attempts if row.attempt in handed_in}


def plagiarism_link(link: str, row: AttemptRow) -> str:
    """With {exam} and {candidate} filled in (M102)."""
    return link.replace("{exam}", quote(row.exam, safe="")).replace("{candidate}", quote(row.candidate, safe=""))


@bp.get("/reports/<exam>/<file>")
@needs(Action.READ_REPORT)
def exam_file(exam: str, file: str) -> Response:
    """The report on the whole exam: report.pdf, report.csv or report.json."""
    with services().reader.connect() as connection:
        row = state.exam(connection, exam)
    return _sent(services().paths.reports / row.exam, file, name=f"{row.exam}-{file}", exam=row.exam, attempt=None)


@bp.get("/reports/<exam>/<attempt>/<file>")
@needs(Action.READ_REPORT)
def attempt_file(exam: str, attempt: str, file: str) -> Response:
    """The report on one candidate."""
    with services().reader.connect() as connection:
        row = state.attempt(connection, attempt)
    if row.exam != exam:
        raise NotFound(t("server.not_of_exam"))
    folder = services().paths.reports / row.exam / row.attempt
    return _sent(folder, file, name=f"{row.exam}-{row.seat}-{file}", exam=row.exam, attempt=row.attempt)


@bp.get("/reports/<exam>/accommodations.csv")
@needs(Action.READ_ACCOMMODATIONS)
def exam_accommodations(exam: str) -> Response:
    """Every candidate's accommodations, as neutral codes; not for those who watch or review."""
    with services().reader.connect() as connection:
        row = state.exam(connection, exam)
    file = services().paths.reports / row.exam / ACCOMMODATIONS
    return _whole(file, name=f"{row.exam}-{ACCOMMODATIONS}", exam=row.exam, attempt=None)


def _files(folder: Path) -> list[str]:
    return sorted(file.name for file in folder.glob("report.*") if _FILE.fullmatch(file.name))


def _sent(folder: Path, file: str, *, name: str, exam: str, attempt: str | None) -> Response:
    """PDF opens in the browser, the others are saved."""
    found = _FILE.fullmatch(file)
    if found is None:
        raise missing()
    return _whole(folder / file, name=name, exam=exam, attempt=attempt)


def _whole(file: Path, *, name: str, exam: str, attempt: str | None) -> Response:
    """`report.taken` before the first byte leaves: once for each person, file and hour, so that a reader that asks for
    pieces of a PDF is one event."""
    if not file.is_file():
        raise missing()
    by, hour = person().person, str(int(time.time() // _AGAIN_SECONDS))
    if services().seen.first(by, "report", exam, attempt or "", file.name, hour):
        services().writer.transact(
            lambda transaction: exports.take_report(transaction, exam=exam, attempt=attempt, file=file.name, by=by)
        )
    kind = file.suffix.removeprefix(".")
    return send_file(file, mimetype=_TYPES[kind], as_attachment=kind != "pdf", download_name=name)
