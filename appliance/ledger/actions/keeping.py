"""Keeping a moment as evidence: who may ask for it when, and what came of it."""

import uuid

from appliance.errors import BadInput, Unavailable
from appliance.exam import conduct
from appliance.exam.conduct import Act
from appliance.exam.events import EvidenceAsked, EvidenceFailed, EvidenceKept, Payload
from appliance.exam.feed import Kind
from appliance.ledger import keeping, planning, state
from appliance.ledger.keeping import KeepingRow
from appliance.ledger.record import Draft
from appliance.ledger.writer import Transaction

MOST_WAITING = 24
"""Of the whole box. Each takes its half minute of recording from the disk once; what is asked for beyond is refused."""

LONGEST_POSITION = 7 * 86_400.0


class QueueFull(Unavailable):
    """As many moments wait as may."""


def ask(
    transaction: Transaction, attempt: str, *, kind: Kind, position: float | None, moment_at: float, by: str
) -> str:
    """Keep a moment of a feed; -> its id. `position`: seconds on the feed's timeline, None: `moment_at` says when."""
    row = state.attempt(transaction.connection, attempt)
    conduct.check(Act.KEEP, row.stage, planning.plan(transaction.connection, row.exam).mode)
    if kind is Kind.CALL:
        raise BadInput("a call has no picture to keep", hint="Keep the webcam: the candidate's voice is in it.")
    if position is not None and not 0 <= position <= LONGEST_POSITION:
        raise BadInput("there is no such place on the recording", hint="Leave the position out for this moment.")
    if len(keeping.waiting(transaction.connection)) >= MOST_WAITING:
        raise QueueFull(
            f"{MOST_WAITING} moments are being kept already",
            hint="Try again in half a minute, or raise a flag instead.",
        )
    kept = uuid.uuid4().hex
    said = EvidenceAsked(kept=kept, kind=kind.value, position=position, moment_at=moment_at, by=by)
    transaction.append(Draft(payload=said, chain=row.attempt, exam=row.exam, actor=by))
    return kept


def done(transaction: Transaction, asked: KeepingRow, outcome: EvidenceKept | EvidenceFailed) -> None:
    """What came of it. Said twice it changes nothing."""
    if asked.kept in {row.kept for row in keeping.waiting(transaction.connection)}:
        _append(transaction, asked, outcome)


def _append(transaction: Transaction, asked: KeepingRow, said: Payload) -> None:
    row = state.attempt(transaction.connection, asked.attempt)
    transaction.append(Draft(payload=said, chain=row.attempt, exam=row.exam, actor=asked.by))
