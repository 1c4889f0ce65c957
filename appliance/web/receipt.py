"""The candidate's receipt, once the exam is over: what was recorded and noted, who looked, when it is deleted.

It can be read until the recordings are deleted: by the candidate's own sign-in, which outlives the attempt for this,
or by the address on the receipt, whose token stands in the fragment. A token signs one candidate in, and only after
the end: everything else refuses a closed attempt by its stage.
"""

import math
import time
from collections import Counter
from dataclasses import asdict
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from flask import Blueprint, current_app, jsonify, make_response, redirect, render_template
from itsdangerous import BadSignature, URLSafeSerializer
from werkzeug.wrappers import Response

from appliance.errors import BadInput, NotAllowed
from appliance.exam import events, stage
from appliance.exam.permissions import Action, Role
from appliance.exam.retention import Data
from appliance.exam.stage import CLOSED
from appliance.ledger import checkin, checkout, dates, detection, planning, sitting, state
from appliance.ledger.actions import inquiries, users
from appliance.ledger.actions.attempts import CANDIDATE
from appliance.ledger.dates import Dates
from appliance.ledger.reader import Reader
from appliance.ledger.record import Event
from appliance.ledger.state import AttemptRow
from appliance.web import auth, phone
from appliance.web.auth import person
from appliance.web.context import services, t
from appliance.web.needs import needs
from appliance.web.parse import Fields
from appliance.web.security import failed, limiter, phone_limit

bp = Blueprint("receipt", __name__)

MOST_REPLIES = 20
LONGEST_REPLY = 2_000


@bp.get("/receipt")
@needs(Action.TAKE_EXAM)
def page() -> Response:
    """The receipt, to read and to print."""
    with services().reader.connect() as connection:
        row = _closed(connection, person().person)
        said = _said(connection, row, services().reader)
    base, here = phone.origin()
    link = f"{base}/receipt/open#{_signer().dumps(row.attempt)}"
    said |= {"link": link, "picture": None if here else phone.qr(link)}
    return make_response(render_template("receipt.html", **said))


@bp.post("/receipt/reply")
@needs(Action.TAKE_EXAM)
def reply() -> Response:
    """What the candidate says to it goes to the institution."""
    attempt, text = person().person, Fields().text("text", longest=LONGEST_REPLY)
    with services().reader.connect() as connection:
        row = _closed(connection, attempt)
        if len(_replies(connection, row.attempt)) >= MOST_REPLIES:
            raise NotAllowed(t("server.many_messages"), hint=t("server.receipt_over_hint"))
    services().writer.transact(
        lambda transaction: inquiries.inquire(transaction, attempt, kind="reply", text=text, by=CANDIDATE)
    )
    return redirect("/receipt#reply", 303)


@bp.get("/receipt/open")
@needs(Action.PUBLIC)
def open_page() -> str:
    """Where the address of a receipt leads: the page's script takes the token out of the fragment, and posts it."""
    return render_template("receipt_open.html")


@bp.post("/receipt/open")
@needs(Action.PUBLIC)
@limiter.limit(phone_limit, deduct_when=failed)
def open_again() -> Response:
    """The token of a receipt signs its candidate in, to read it."""
    try:
        attempt = str(_signer().loads(Fields().text("token", longest=200)))
    except BadSignature:
        raise BadInput(t("server.receipt_none"), hint=t("server.receipt_none_hint")) from None
    with services().reader.connect() as connection:
        _closed(connection, attempt)
        _check_free(connection, attempt)
    token = services().writer.transact(lambda transaction: users.open_login(transaction, attempt=attempt))
    return auth.hand_out(jsonify(opened=True), token)


def _check_free(connection: sa.Connection, attempt: str) -> None:
    """On a computer where somebody works, a receipt of somebody else must not take the place of that sign-in."""
    who = auth.viewer()
    if who is None or who.person == attempt:
        return
    if who.role is not Role.CANDIDATE or state.attempt(connection, who.person).stage not in CLOSED:
        raise NotAllowed(t("server.receipt_busy"), hint=t("server.receipt_busy_hint"))


def _signer() -> URLSafeSerializer:
    return URLSafeSerializer(str(current_app.secret_key), salt="receipt")


def _closed(connection: sa.Connection, attempt: str) -> AttemptRow:
    """The attempt, if there is a receipt of it now."""
    row = state.attempt(connection, attempt)
    if row.stage not in CLOSED:
        raise NotAllowed(t("server.receipt_none"), hint=t("server.receipt_none_hint"))
    if time.time() > _over_at(dates.of_attempt(connection, attempt, now=time.time())):
        raise NotAllowed(t("server.receipt_over"), hint=t("server.receipt_over_hint"))
    return row


def _over_at(kept: Dates) -> float:
    """Until when the receipt can be read: as long as the recordings are kept; not once everything was erased."""
    if kept.erasure is not None and kept.erasure.erased_at is not None:
        return kept.erasure.erased_at
    date = kept.of(Data.RECORDINGS).delete_at
    return math.inf if date is None else date


def _kept(connection: sa.Connection, kept: Dates) -> list[dict[str, str]]:
    """Each kind that there is, with its date, or when it went; no date while a hold stands."""
    row, found = kept.attempt, []
    there = {
        Data.RECORDINGS: bool(state.segments(connection, attempt=row.attempt)),
        Data.EVIDENCE: bool(state.flags(connection, attempt=row.attempt)),
        Data.IDENTITY: (shown := detection.identity(connection, row.attempt)) is not None and bool(shown.photo),
        Data.SCANS: any(scan.sha256 for scan in checkin.scans(connection, attempt=row.attempt)),
        Data.WORK: bool(checkout.pages(connection, attempt=row.attempt))
        or any(paper.sha256 for paper in checkout.papers(connection, attempt=row.attempt)),
        Data.PERSONAL: True,
        Data.TEMPLATES: False,
    }
    for kind in (kept.of(what) for what in Data if there[what]):
        if kind.gone and kind.what is not Data.PERSONAL:
            found.append({"what": kind.what.value, "gone": moment(kind.gone[-1].deleted_at), "at": ""})
        else:
            found.append(
                {"what": kind.what.value, "gone": "", "at": "" if kind.delete_at is None else moment(kind.delete_at)}
            )
    return found


# --- what it says ---


def _said(connection: sa.Connection, row: AttemptRow, reader: Reader) -> dict[str, Any]:
    kept = dates.of_attempt(connection, row.attempt, now=time.time())
    log = reader.events(after=0, limit=100_000, types=stage.MOVING | {events.FeedViewed.TYPE}, chain=row.attempt)
    return {
        "attempt": row,
        "exam": state.exam(connection, row.exam),
        "written_at": moment(time.time()),
        "zone": datetime.now().astimezone().strftime("%Z (UTC%z)"),
        "recorded": _recorded(connection, row),
        "stages": _stages(log),
        "flags": _flags(connection, row),
        "viewers": _viewers(connection, log),
        "readable_until": "" if (until := _over_at(kept)) == math.inf else moment(until),
        "held": bool(kept.holds),
        "kept": _kept(connection, kept),
        "pages": [asdict(one) for one in checkout.pages(connection, attempt=row.attempt)],
        "paper": next((p for p in checkout.papers(connection, attempt=row.attempt) if p.sha256), None),
        "ticks": [
            {"tick": one.tick, "at": moment(one.ticked_at)} for one in checkout.ticks(connection, attempt=row.attempt)
        ],
        "contact": planning.plan(connection, row.exam).contact,
        "replies": _replies(connection, row.attempt),
    }


def moment(at: float) -> str:
    """Wall seconds -> date and time of the lab, with seconds."""
    return datetime.fromtimestamp(at).astimezone().strftime("%Y-%m-%d %H:%M:%S")


def _recorded(connection: sa.Connection, row: AttemptRow) -> list[dict[str, Any]]:
    """Each feed from its first piece to its last, with its gaps."""
    segments, gaps = state.segments(connection, attempt=row.attempt), state.gaps(connection, attempt=row.attempt)
    found = []
    for kind in sorted({one.kind for one in segments}):
        own = [one for one in segments if one.kind == kind]
        until = max(one.starts_at + one.duration for one in own)
        holes = [gap for gap in gaps if gap.kind == kind and gap.starts_at < until]
        found.append(
            {
                "kind": kind,
                "from": moment(min(one.starts_at for one in own)),
                "to": moment(until),
                "gaps": [{"from": moment(gap.starts_at), "to": moment(gap.ends_at or until)} for gap in holes],
            }
        )
    return found


def _stages(log: list[Event]) -> list[dict[str, str]]:
    """When each stage began."""
    found: list[dict[str, str]] = []
    for event in log:
        reached = stage.reached(event.payload)
        if reached is not None and (not found or found[-1]["stage"] != reached.value):
            found.append({"stage": reached.value, "at": moment(event.wall)})
    return found


def _flags(connection: sa.Connection, row: AttemptRow) -> list[dict[str, Any]]:
    """By name: how often, and what people made of it. No picture, no number, nobody's reason."""
    counted: dict[str, Counter[str]] = {}
    for flag in state.flags(connection, attempt=row.attempt):
        counted.setdefault(flag.code, Counter())[flag.state] += 1
    return [{"title": _title(code), "all": sum(states.values()), **states} for code, states in sorted(counted.items())]


def _title(code: str) -> str:
    key = f"flag.{code}.title"
    return t(key) if key in services().words else code.replace("_", " ")


def _viewers(connection: sa.Connection, log: list[Event]) -> list[dict[str, Any]]:
    """Who looked, by role: names of staff stay with the institution."""
    roles = {user.user: user.role for user in state.users(connection)}
    looks = Counter(
        (roles.get(said.by, "staff"), said.kind)
        for event in log
        if isinstance(said := event.payload, events.FeedViewed)
    )
    return [{"role": role, "kind": kind, "times": times} for (role, kind), times in sorted(looks.items())]


def _replies(connection: sa.Connection, attempt: str) -> list[dict[str, Any]]:
    return [
        {
            "text": one.text,
            "at": moment(one.made_at),
            "answer": one.answer,
            "answered_at": one.answered_at and moment(one.answered_at),
        }
        for one in sitting.inquiries(connection, attempt=attempt)
        if one.kind == "reply"
    ]
