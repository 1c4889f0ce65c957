"""Chat between one candidate and the staff who watch: messages, warnings, and the request for a phone."""

import secrets

from appliance.errors import BadInput, NotAllowed, NotFound
from appliance.exam.conduct import Act
from appliance.exam.events import MessageRead, MessageSent, WarningAcknowledged
from appliance.exam.stage import CLOSED, Stage
from appliance.ledger import state
from appliance.ledger.actions.attempts import allowed
from appliance.ledger.record import Draft
from appliance.ledger.writer import Transaction

LONGEST = 2_000
CANDIDATE = "candidate"

KINDS = ("chat", "warning", "phone")
"""A warning must be acknowledged; "phone" asks the candidate for the phone as a second camera. Both are staff's."""


def send(transaction: Transaction, attempt: str, *, kind: str, sender: str, sender_name: str, text: str) -> str:
    """-> the message's id. `sender` is a user, or "candidate"."""
    row = state.attempt(transaction.connection, attempt)
    if row.stage in CLOSED or row.stage is Stage.INVITED:
        raise NotAllowed("nobody reads this chat now: the candidate is not in the exam")
    if kind == "warning":
        allowed(transaction, attempt, Act.WARN)
    if kind not in KINDS or (kind != "chat" and sender == CANDIDATE):
        raise BadInput(f"{kind[:20]!r} is not a kind of message")
    text = text.strip()
    if not text:
        raise BadInput("the message is empty", hint="Write something first.")
    if len(text) > LONGEST:
        raise BadInput(f"the message has {len(text)} characters; at most {LONGEST} fit", hint="Send it in parts.")
    message = secrets.token_hex(8)
    said = MessageSent(message=message, kind=kind, sender=sender, sender_name=sender_name, text=text)
    transaction.append(Draft(payload=said, chain=attempt, exam=row.exam, actor=sender))
    return message


def mark_read(transaction: Transaction, attempt: str, *, message: str, reader: str) -> None:
    """`reader` has seen everything up to this message. Nothing is written when there is nothing new."""
    row = state.attempt(transaction.connection, attempt)
    found = _message(transaction, attempt, message)
    from_candidate = reader != CANDIDATE
    news = [
        m
        for m in state.messages(transaction.connection, attempt=attempt)
        if (m.sender == CANDIDATE) == from_candidate and m.read_at is None and m.sent_at <= found.sent_at
    ]
    if news:
        said = MessageRead(message=message, reader=reader)
        transaction.append(Draft(payload=said, chain=attempt, exam=row.exam, actor=reader))


def acknowledge(transaction: Transaction, attempt: str, *, message: str) -> None:
    """The candidate confirms a warning; a second time changes nothing."""
    row = state.attempt(transaction.connection, attempt)
    found = _message(transaction, attempt, message)
    if found.kind != "warning":
        raise BadInput("only a warning is acknowledged")
    if found.acknowledged_at is None:
        said = WarningAcknowledged(message=message)
        transaction.append(Draft(payload=said, chain=attempt, exam=row.exam, actor=CANDIDATE))


def _message(transaction: Transaction, attempt: str, message: str) -> state.MessageRow:
    for found in state.messages(transaction.connection, attempt=attempt):
        if found.message == message:
            return found
    raise NotFound("there is no such message", hint="Reload the page.")
