"""Where the camera of a feed is placed, and so which rules look at it."""

import sqlalchemy as sa

from appliance.errors import BadInput, NotAllowed
from appliance.exam.events import FeedPositioned
from appliance.exam.feed import Kind, Position
from appliance.exam.plan import ExamKind
from appliance.exam.stage import CLOSED
from appliance.ledger import planning, state, tables
from appliance.ledger.record import Draft
from appliance.ledger.writer import Transaction

CAMERAS = frozenset({Kind.WEBCAM, Kind.PHONE, Kind.CAMERA})
"""A screen is always one, and a call has no picture."""

PLACES = frozenset(Position) - {Position.SCREEN}


def place(transaction: Transaction, attempt: str, *, kind: Kind, position: Position, by: str) -> None:
    """Say what a camera is placed to see. Nothing is written where that is said already."""
    row = state.attempt(transaction.connection, attempt)
    if row.stage in CLOSED:
        raise NotAllowed("this attempt is over", hint="Nothing is looked at any more.")
    if kind not in CAMERAS or position not in PLACES:
        raise BadInput(f"a {kind.value} cannot be placed as {position.value}", hint="Only cameras have a place.")
    if state.positions(transaction.connection, attempt=attempt)[kind] is not position:
        said = FeedPositioned(kind=kind.value, position=position.value, by=by)
        transaction.append(Draft(payload=said, chain=attempt, exam=row.exam, actor=by))


def as_planned(transaction: Transaction, attempt: str) -> None:
    """Who writes on paper is seen from the side, hands and sheets in the picture, and not face-front (proctoring.md
    M36): so it is said of the webcam, unless somebody has placed it already."""
    connection = transaction.connection
    plan = planning.plan(connection, state.attempt(connection, attempt).exam)
    row = tables.position.c
    webcam = sa.select(row.position).where(row.attempt == attempt, row.kind == Kind.WEBCAM.value)
    if plan.kind is ExamKind.PAPER and Kind.WEBCAM in plan.feeds and connection.execute(webcam).scalar() is None:
        place(transaction, attempt, kind=Kind.WEBCAM, position=Position.PAPER, by="exam setting")
