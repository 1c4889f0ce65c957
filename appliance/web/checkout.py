"""The check-out: pages from the candidate's page or phone, a PDF, ticks, the count, and the release."""

import io
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NoReturn

import sqlalchemy as sa
from flask import Blueprint, jsonify, make_response, request, send_file
from limits import parse
from werkzeug.wrappers import Response

from appliance.errors import ApplianceError, NotAllowed, StorageFull
from appliance.exam import paper
from appliance.exam.events import PaperUploaded
from appliance.exam.permissions import Action
from appliance.exam.phone import State
from appliance.exam.plan import ExamPlan
from appliance.exam.stage import Stage
from appliance.ledger import checkout, planning, state
from appliance.ledger.actions import checkout as actions
from appliance.ledger.actions.attempts import CANDIDATE
from appliance.ledger.checkout import PageRow
from appliance.ledger.state import AttemptRow
from appliance.ledger.writer import Transaction
from appliance.web import pdf, photo, sheet, trail
from appliance.web.auth import person
from appliance.web.context import services, t
from appliance.web.media import evidence, missing
from appliance.web.needs import needs, takes
from appliance.web.parse import Fields
from appliance.web.photo import Photo
from appliance.web.security import limiter
from appliance.web.visible import attempt_for

bp = Blueprint("checkout", __name__)

_A_MINUTE, _A_DAY = parse("30/minute"), parse("600/day")
"""Pages of one candidate: what the ledger names stays, so there is an end to it."""

# --- the candidate's page ---


@bp.post("/api/me/pages/<int:number>")
@needs(Action.TAKE_EXAM)
@takes(sheet.LARGEST_FILE + 1000)
def photograph(number: int) -> Response:
    """A photo (JPEG) of a page: the next one, or one that is there, anew."""
    return _photographed(person().person, number)


@bp.get("/api/me/pages/<page>")
@needs(Action.TAKE_EXAM)
def own_page(page: str) -> Response:
    """A photo of one's own, while the check-out lasts."""
    attempt = person().person
    with services().reader.connect() as connection:
        row = state.attempt(connection, attempt)
        found = _page(checkout.pages(connection, attempt=attempt), page)
    if row.stage is not Stage.CHECK_OUT:
        raise missing()
    return _sent(found.path)


@bp.post("/api/me/pages/order")
@needs(Action.TAKE_EXAM)
def reorder() -> Response:
    """The pages in another order."""
    attempt = person().person
    order = [one.text("page", longest=32) for one in Fields().rows("order", most=paper.MOST_PAGES)]
    return _done(attempt, lambda transaction: actions.reorder(transaction, attempt, order=order))


@bp.post("/api/me/paper")
@needs(Action.TAKE_EXAM)
@takes(pdf.LARGEST_FILE + 1000)
def upload() -> Response:
    """The whole paper as one PDF, instead of photos."""
    attempt = person().person
    row, data = _bounded(attempt), request.get_data()
    pages = pdf.count_pages(data)
    kept = _keep(row, "paper", data, ".pdf")
    _write(
        kept,
        lambda transaction: actions.upload(
            transaction, attempt, path=kept.path, sha256=kept.sha256, bytes_=len(data), pages=pages
        ),
    )
    return make_response(jsonify(pages=pages, sha256=kept.sha256), 201)


@bp.post("/api/me/pages/<page>/accept")
@needs(Action.TAKE_EXAM)
def accept_own(page: str) -> Response:
    """ "I can read it", where nobody else checks out."""
    attempt = person().person
    return _done(attempt, lambda transaction: actions.accept(transaction, attempt, page, by=CANDIDATE))


@bp.post("/api/me/pages/count")
@needs(Action.TAKE_EXAM)
def count_own() -> Response:
    """How many pages there are, as the candidate counts them."""
    attempt, pages = person().person, int(Fields().number("pages"))
    return _done(attempt, lambda transaction: actions.count(transaction, attempt, pages=pages, by=CANDIDATE))


@bp.post("/api/me/tick")
@needs(Action.TAKE_EXAM)
def tick_own() -> Response:
    """One thing is done, where the exam leaves it to the candidate."""
    attempt, tick = person().person, Fields().text("tick", longest=20)
    return _done(attempt, lambda transaction: actions.tick(transaction, attempt, tick=tick, by=CANDIDATE))


@bp.post("/api/me/release")
@needs(Action.TAKE_EXAM)
def release_own() -> Response:
    """Finished: the attempt is over."""
    _release(person().person, by=CANDIDATE)
    return jsonify(released=True)


# --- the candidate's phone ---


@bp.post("/phone/pages/<int:number>")
@needs(Action.SHOW_PHONE)
@takes(sheet.LARGEST_FILE + 1000)
def photograph_by_phone(number: int) -> Response:
    """The same from the phone, once a proctor has confirmed it. It reaches its own attempt only."""
    who = person()
    with services().reader.connect() as connection:
        mine = [p for p in state.pairings(connection, attempt=who.person) if p.pairing == who.device]
    if not mine or mine[0].state is not State.CONFIRMED:
        raise NotAllowed(t("server.phone_waits"), hint=t("server.phone_waits_hint"))
    return _photographed(who.person, number)


# --- staff ---


@bp.get("/api/attempts/<attempt>/pages/<page>")
@needs(Action.REVIEW)
def shown(attempt: str, page: str) -> Response:
    """A page's photo; that somebody looked is in the ledger."""
    row = attempt_for(attempt, Action.REVIEW)
    with services().reader.connect() as connection:
        found = _page(checkout.pages(connection, attempt=attempt), page)
    return evidence(Path(found.path), row, kind="paper", what="pages")


@bp.get("/api/attempts/<attempt>/paper")
@needs(Action.REVIEW)
def worked(attempt: str) -> Response:
    """The worked paper as one PDF: as it was sent, or made of the photos."""
    row = attempt_for(attempt, Action.REVIEW)
    with services().reader.connect() as connection:
        pages, papers = checkout.pages(connection, attempt=attempt), checkout.papers(connection, attempt=attempt)
    path = papers[0].path if papers else None
    if path is not None and papers and (papers[0].made or actions.uploaded(pages, papers[0])):
        return evidence(Path(path), row, kind="paper", what="pages")
    if not pages:
        raise missing()
    if services().seen.first(person().person, row.attempt, "paper", "pages"):
        trail.log_view(row, kind="paper", by=person().person, what="pages")
    return send_file(io.BytesIO(_made(row, pages)), mimetype="application/pdf", download_name=f"{row.seat}-pages.pdf")


@bp.post("/api/attempts/<attempt>/pages/<page>/accept")
@needs(Action.CHECK_OUT)
def accept(attempt: str, page: str) -> Response:
    """A person can read what the measures called unreadable."""
    row, by = attempt_for(attempt, Action.CHECK_OUT), person().person
    return _done(attempt, lambda transaction: actions.accept(transaction, row.attempt, page, by=by))


@bp.post("/api/attempts/<attempt>/pages/count")
@needs(Action.CHECK_OUT)
def count(attempt: str) -> Response:
    """How many pages there are, as the proctor counts them."""
    row, by, pages = attempt_for(attempt, Action.CHECK_OUT), person().person, int(Fields().number("pages"))
    return _done(attempt, lambda transaction: actions.count(transaction, row.attempt, pages=pages, by=by))


@bp.post("/api/attempts/<attempt>/checkout/tick")
@needs(Action.CHECK_OUT)
def tick(attempt: str) -> Response:
    """Submitted, or scratch paper destroyed on camera."""
    row, by, fields = attempt_for(attempt, Action.CHECK_OUT), person().person, Fields()
    done = fields.text("tick", longest=20)
    note = fields.text("note", longest=actions.LONGEST_NOTE, default="")
    return _done(attempt, lambda transaction: actions.tick(transaction, row.attempt, tick=done, by=by, note=note))


@bp.post("/api/attempts/<attempt>/checkout/release")
@needs(Action.CHECK_OUT)
def release(attempt: str) -> Response:
    """Everything is here: the candidate may go."""
    row = attempt_for(attempt, Action.CHECK_OUT)
    _release(row.attempt, by=person().person)
    return jsonify(released=row.attempt)


# --- what other pages show of it ---


def for_candidate(connection: sa.Connection, row: AttemptRow, plan: ExamPlan) -> dict[str, Any] | None:
    """What the candidate's own page, and the phone's, need for the check-out; None while there is none."""
    if row.stage is not Stage.CHECK_OUT:
        return None
    pages, papers = (
        checkout.pages(connection, attempt=row.attempt),
        checkout.papers(connection, attempt=row.attempt),
    )
    sent = papers[0] if papers and actions.uploaded(pages, papers[0]) else None
    there = actions.state_of(connection, row.attempt)
    return {
        "by": plan.check_out.value,
        "needs": [need.value for need in paper.needs(plan)],
        "missing": [need.value for need in paper.missing(plan, there)],
        "pages": [_page_for_candidate(page) for page in pages],
        "paper": None
        if sent is None
        else {"pages": sent.pages, "sha256": sent.sha256, "uploaded_at": sent.uploaded_at},
        "ticks": sorted(there.ticks),
        "counted": there.counted,
    }


def _page_for_candidate(page: PageRow) -> dict[str, Any]:
    return {
        "page": page.page,
        "number": page.number,
        "readable": bool(page.readable),
        "accepted": page.accepted_by is not None,
        "troubles": [trouble.value for trouble in paper.troubles(page.sharpness, page.light)],
        "sharpness": page.sharpness,
        "light": page.light,
        "photographed_at": page.photographed_at,
    }


# --- pages ---


def _photographed(attempt: str, number: int) -> Response:
    row = _bounded(attempt)
    made = sheet.renew(request.get_data())
    kept = _keep(row, f"page-{number:03d}", made.jpeg, ".jpg")
    page = _write(
        kept,
        lambda transaction: actions.photograph(
            transaction,
            attempt,
            number=number,
            path=kept.path,
            sha256=kept.sha256,
            bytes_=len(made.jpeg),
            sharpness=made.sharpness,
            light=made.light,
        ),
    )
    troubles = [trouble.value for trouble in paper.troubles(made.sharpness, made.light)]
    said = {"page": page, "number": number, "sha256": kept.sha256, "readable": not troubles, "troubles": troubles}
    return make_response(jsonify(said), 201)


def _bounded(attempt: str) -> AttemptRow:
    with services().reader.connect() as connection:
        row = actions.can_hand_in(connection, attempt)
    if not all(limiter.limiter.hit(limit, "pages", attempt) for limit in (_A_MINUTE, _A_DAY)):
        raise NotAllowed(t("server.many_photos"), hint=t("server.many_photos_hint"))
    return row


def _keep(row: AttemptRow, name: str, data: bytes, suffix: str) -> Photo:
    try:
        return photo.keep(
            services().paths.media,
            exam=row.exam,
            attempt=row.attempt,
            name=name,
            jpeg=data,
            place="pages",
            suffix=suffix,
        )
    except OSError as error:
        raise StorageFull(t("server.photo_disk"), hint=t("server.photo_disk_hint")) from error


def _write(kept: Photo, work: Callable[[Transaction], Any]) -> Any:
    """What is refused leaves no file behind."""
    try:
        return services().writer.transact(work)
    except ApplianceError:
        photo.forget(services().paths.media, kept)
        raise


def _release(attempt: str, *, by: str) -> None:
    """The photos become one PDF first: a page that comes meanwhile is noticed."""
    with services().reader.connect() as connection:
        row = actions.can_release(connection, attempt, by=by)
        pages, papers = checkout.pages(connection, attempt=attempt), checkout.papers(connection, attempt=attempt)
        held = planning.plan(connection, row.exam)
    if not held.pages or (papers and actions.uploaded(pages, papers[0])):
        services().writer.transact(lambda transaction: actions.release(transaction, attempt, by=by, made=None))
        return
    data = _made(row, pages)
    kept = _keep(row, "paper", data, ".pdf")
    said = PaperUploaded(path=kept.path, sha256=kept.sha256, bytes=len(data), pages=len(pages), made=True)
    of = [page.page for page in pages]
    _write(kept, lambda transaction: actions.release(transaction, attempt, by=by, made=(said, of)))


def _made(row: AttemptRow, pages: Sequence[PageRow]) -> bytes:
    try:
        jpegs = [(services().paths.media / page.path).read_bytes() for page in pages]
    except OSError:
        _gone()
    return pdf.of_pages(jpegs, title=f"{row.exam} · {row.seat} · {row.candidate}")


def _gone() -> NoReturn:
    raise missing() from None


def _page(pages: Sequence[PageRow], name: str) -> PageRow:
    for page in pages:
        if page.page == name:
            return page
    raise missing()


def _sent(path: str) -> Response:
    file = services().paths.media / path
    if not file.is_file():
        raise missing()
    return send_file(file, mimetype="image/jpeg", conditional=True)


def _done(attempt: str, work: Callable[[Transaction], None]) -> Response:
    """-> what the check-out looks like now."""
    services().writer.transact(work)
    with services().reader.connect() as connection:
        row = state.attempt(connection, attempt)
        said = for_candidate(connection, row, planning.plan(connection, row.exam))
    return jsonify(checkout=said)
