"""What staff write down about a candidate, and that they looked."""

import secrets
import uuid

from appliance.errors import BadInput
from appliance.exam import conduct, irregularity
from appliance.exam.conduct import Act
from appliance.exam.events import AttentionGiven, IrregularityNoted
from appliance.exam.irregularity import Category
from appliance.exam.stage import CLOSED
from appliance.ledger import state
from appliance.ledger.actions.attempts import allowed, append
from appliance.ledger.actions.flags import FARTHEST_BACK, position_at
from appliance.ledger.actions.words import written
from appliance.ledger.record import Draft
from appliance.ledger.writer import Transaction

LOOKS = ("look", "listen")
TOGETHER_SECONDS = 60


def note(
    transaction: Transaction,
    attempt: str,
    *,
    category: str,
    text: str,
    back_seconds: float = 0.0,
    by: str,
    by_name: str,
) -> str:
    """Write down what happened, `back_seconds` ago, without calling it a flag; -> the note's id."""
    row = state.attempt(transaction.connection, attempt)
    conduct.check(Act.NOTE, row.stage)
    if category not in list(Category):
        raise BadInput(f"{category[:40]!r} is not a category of notes", hint="Choose one of the list.")
    if not 0 <= back_seconds <= FARTHEST_BACK:
        raise BadInput(f"a note is about something at most {FARTHEST_BACK:.0f} seconds back")
    happened_at = transaction.now - back_seconds
    irregularity_id = secrets.token_hex(8)
    said = IrregularityNoted(
        irregularity=irregularity_id,
        category=category,
        text=written(text, what="note", longest=irregularity.LONGEST),
        happened_at=happened_at,
        position=position_at(transaction.connection, attempt, happened_at),
        by=by,
        by_name=by_name,
    )
    append(transaction, row, said, by)
    return irregularity_id


def attend(transaction: Transaction, attempt: str, *, kind: str, by: str) -> None:
    """`by` opened this candidate ("look") or listened ("listen"): written once for a minute, a viewer and a kind, and
    not at all once the attempt is over."""
    if kind not in LOOKS:
        raise BadInput(f"{kind[:20]!r} is not a way to attend", hint="It is look or listen.")
    row = state.attempt(transaction.connection, attempt)
    if row.stage in CLOSED:
        return
    if kind == "listen":
        allowed(transaction, attempt, Act.LISTEN)
    minute = int(transaction.now // TOGETHER_SECONDS)
    once = uuid.uuid5(uuid.NAMESPACE_OID, f"{attempt}/{kind}/{by}/{minute}").hex
    said = AttentionGiven(kind=kind, by=by)
    transaction.append(Draft(payload=said, chain=attempt, exam=row.exam, actor=by, id=once))
