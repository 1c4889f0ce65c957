"""What is kept of an exam, until when, what holds it, and what is gone: for who answers for the data."""

import time
from dataclasses import asdict
from typing import Any

import sqlalchemy as sa
from flask import Blueprint, make_response, redirect, render_template, request
from werkzeug.wrappers import Response

from appliance.box import health, lying, strangers
from appliance.errors import ApplianceError, BadInput
from appliance.exam.permissions import Action, may
from appliance.exam.retention import MEDIA, Data, Keeping
from appliance.ledger import altered, dates, elsewhere, exports, holding, planning, state
from appliance.ledger.actions import erasure, holds
from appliance.ledger.dates import Dates, KindDates
from appliance.ledger.state import ExamRow
from appliance.web import proof, upstream_facts
from appliance.web.auth import person
from appliance.web.context import services, t
from appliance.web.needs import needs
from appliance.web.parse import Fields
from appliance.web.refusals import status_of

bp = Blueprint("retention", __name__)

SHOWN = (*MEDIA, Data.PERSONAL)
"""Kinds that have a column; templates are never stored."""

WHOLE = "exam"
"""Stands for the whole exam where a candidate is chosen."""


@bp.get("/retention/<exam>")
@needs(Action.READ_RETENTION)
def page(exam: str) -> Response:
    """Each candidate's dates, holds, proofs, and what no rule covers."""
    return _page(_exam(exam))


@bp.get("/retention/<exam>/store.txt")
@needs(Action.READ_RETENTION)
def store(exam: str) -> Response:
    """What the store still has of what is gone here: one object a line."""
    row, settings = _exam(exam), services().settings.upstream
    with services().reader.connect() as connection:
        keys = elsewhere.objects(connection, row.exam, prefix=f"{settings.site}/{settings.box}")
    response = make_response("".join(f"{key}\n" for key in keys))
    response.mimetype = "text/plain"
    response.headers["Content-Disposition"] = f'attachment; filename="{row.exam}-store.txt"'
    return response


@bp.post("/retention/<exam>/hold")
@needs(Action.HOLD)
def hold(exam: str) -> Response:
    """Hold one candidate's data, or the whole exam's."""
    row, who, fields = _exam(exam), person(), Fields()
    try:
        chosen = fields.text("attempt", longest=64)
        reason = fields.text("reason", longest=holds.LONGEST_REASON)
        services().writer.transact(
            lambda transaction: holds.place(
                transaction,
                exam=row.exam,
                attempt=None if chosen == WHOLE else chosen,
                reason=reason,
                by=who.person,
                by_name=who.name,
            )
        )
    except ApplianceError as error:
        return _page(row, error)
    return _back(row)


@bp.post("/retention/<exam>/holds/<hold>/lift")
@needs(Action.HOLD)
def lift(exam: str, hold: str) -> Response:
    """Dates count again."""
    row, by = _exam(exam), person().person
    try:
        reason = Fields().text("reason", longest=holds.LONGEST_REASON)
        services().writer.transact(
            lambda transaction: holds.lift(transaction, hold, exam=row.exam, reason=reason, by=by)
        )
    except ApplianceError as error:
        return _page(row, error)
    return _back(row)


@bp.post("/retention/<exam>/erase")
@needs(Action.ERASE)
def erase(exam: str) -> Response:
    """A lawful request: everything of one candidate goes. The own password once more, since nothing brings it back."""
    row, who, fields = _exam(exam), person(), Fields()
    try:
        attempt = fields.text("attempt", longest=64)
        reference = fields.text("reference", longest=erasure.LONGEST_REFERENCE)
        with services().reader.connect() as connection:
            if state.attempt(connection, attempt).exam != row.exam:
                raise BadInput(t("server.not_of_exam"))
        proof.prove(fields, path=request.path, action=Action.ERASE.value)
        services().writer.transact(
            lambda transaction: erasure.ask(transaction, attempt, reference=reference, by=who.person, by_name=who.name)
        )
    except ApplianceError as error:
        return _page(row, error)
    return _back(row)


def _exam(exam: str) -> ExamRow:
    with services().reader.connect() as connection:
        return state.exam(connection, exam)


def _back(row: ExamRow) -> Response:
    return redirect(f"/retention/{row.exam}", 303)


def _page(row: ExamRow, error: ApplianceError | None = None) -> Response:
    with services().reader.connect() as connection:
        said = _said(connection, row)
    said |= {
        "error": error,
        "form": {k: v for k, v in request.form.items() if k not in ("password", "code")} if error else {},
    }
    return make_response(render_template("retention.html", **said), 200 if error is None else status_of(error))


def _said(connection: sa.Connection, row: ExamRow) -> dict[str, Any]:
    here, now = services(), time.time()
    plan, settings = planning.plan(connection, row.exam), here.settings.upstream
    sync = health.read(here.paths.health, "sync", now=now)
    candidates = [_candidate(connection, one, now) for one in dates.of_exam(connection, row.exam, now=now)]
    rooms = {room.room: room.camera for room in state.rooms(connection, row.exam)}
    made = [one.export for one in exports.exports(connection, exam=row.exam)]
    who = {one["attempt"]: one for one in candidates}
    gone = holding.deletions(connection, exam=row.exam)
    numbers = dates.numbers(connection, [one.event for one in gone])
    standing = [one for one in holding.holds(connection, row.exam) if one.lifted_at is None]
    known = [*who, *rooms]
    return {
        "exam": row,
        "keeping": Keeping.of(plan, recordings=row.retention_days),
        "shown": SHOWN,
        "whole": WHOLE,
        "candidates": candidates,
        "holds": [{**asdict(one), "of": who.get(one.attempt or "")} for one in standing],
        "gone": [
            {**asdict(one), "of": who.get(one.attempt), "room": rooms.get(one.attempt), "seq": numbers.get(one.event)}
            for one in gone
        ],
        "can_erase": [one for one in candidates if one["over_at"] and not one["erasure"] and not one["holds"]],
        "in_store": len(elsewhere.objects(connection, row.exam, prefix=f"{settings.site}/{settings.box}")),
        "strangers": [
            *strangers.unknown(here.paths, row.exam, known=known, exports=made),
            *strangers.of_no_exam(here.paths, [one.exam for one in state.exams(connection)]),
        ],
        "factor": may(person().role, Action.ERASE) and proof.has_factor(),
        "rests": sync.get("deletion_rests", ""),
        "store_away": sync.get("deletion_waits", ""),
        "not_right": upstream_facts.not_right(
            [found.said for found in altered.standing(connection, row.exam).values()],
            [found.said for found in altered.restored(connection, row.exam).values()],
        ),
        "outlived": upstream_facts.locked(connection, row, lock_days=settings.lock_days),
        "lock_days": settings.lock_days,
    }


def _candidate(connection: sa.Connection, one: Dates, now: float) -> dict[str, Any]:
    made = [row.export for row in exports.exports(connection, attempt=one.attempt.attempt)]
    cells = {what.value: _cell(one, one.of(what), made, now) for what in SHOWN}
    return {**asdict(one.attempt), "over_at": one.over_at, "holds": one.holds, "erasure": one.erasure, "cells": cells}


def _cell(one: Dates, kind: KindDates, made: list[str], now: float) -> dict[str, Any]:
    """One kind of one candidate: what stands in the table."""
    erased = one.erasure.erased_at if one.erasure is not None else None
    went = erased if kind.what is Data.PERSONAL else kind.gone[-1].deleted_at if kind.gone else None
    row = one.attempt
    there = kind.what is Data.PERSONAL or _any(row.exam, row.attempt, kind.what, made)
    if went is not None and not (there and kind.what is not Data.PERSONAL):
        return {"state": "gone", "at": went, "files": sum(deletion.files for deletion in kind.gone)}
    if one.over_at is None:
        return {"state": "open"}
    if not there:
        return {"state": "none"}
    if kind.delete_at is None:
        return {"state": "held"}
    late = "waits" if kind.waits else "due"
    return {"state": late if kind.delete_at <= now else "goes", "at": kind.delete_at}


def _any(exam: str, attempt: str, what: Data, made: list[str]) -> bool:
    return next(lying.files(services().paths, exam, attempt, what, exports=made), None) is not None
