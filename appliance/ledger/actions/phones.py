"""A candidate's phone as a second camera: invited by the candidate's page, confirmed by a proctor."""

import base64
import hashlib
import secrets

import sqlalchemy as sa

from appliance.errors import BadInput, NotAllowed, NotFound
from appliance.exam import phone
from appliance.exam.events import Payload, PhoneConfirmed, PhoneInvited, PhoneRefused, PhoneScanned
from appliance.exam.phone import State, Step
from appliance.exam.stage import RECORDED
from appliance.ledger import state, tables
from appliance.ledger.actions import attempts, users
from appliance.ledger.record import Draft
from appliance.ledger.state import PairingRow
from appliance.ledger.writer import Transaction

REPLACED = "another phone took its place"
LONGEST_REASON = 500


def invite(transaction: Transaction, attempt: str, *, by: str) -> tuple[PairingRow, str]:
    """A new code to show; -> the pairing, and the token that is shown once. The code before it is withdrawn."""
    row = _recorded(transaction, attempt)
    pairing, token = secrets.token_hex(8), _new_token()
    expires_at = transaction.now + phone.VALID_SECONDS
    _append(transaction, row, PhoneInvited(pairing=pairing, by=by, expires_at=expires_at), by)
    stored = sa.update(tables.pairing).where(tables.pairing.c.pairing == pairing).values(token=_hash(token))
    transaction.connection.execute(stored)
    return _pairing(transaction, attempt, pairing), token


def scan(transaction: Transaction, token: str, *, browser: str) -> tuple[PairingRow, str]:
    """A phone uses a code; -> the pairing, and the token for the phone's cookie. A phone that waited before it waits no
    more; one that is in stays until this one is confirmed."""
    stored = tables.pairing.c
    found = transaction.connection.execute(
        sa.select(stored.pairing, stored.attempt, stored.expires_at).where(stored.token == _hash(token))
    ).one_or_none()
    if found is None:
        raise NotAllowed(
            "this code is not known, or was used already", hint="Show a new one on the computer and scan that."
        )
    if transaction.now > found.expires_at:
        raise NotAllowed("this code is too old", hint="Show a new one on the computer and scan that.")
    row = _recorded(transaction, found.attempt)
    _dismiss(transaction, row, State.SCANNED, by="candidate")
    _append(transaction, row, PhoneScanned(pairing=found.pairing, browser=browser[:200]), "candidate")
    cookie = users.open_login(transaction, attempt=found.attempt, device=found.pairing)
    return _pairing(transaction, found.attempt, found.pairing), cookie


def confirm(transaction: Transaction, attempt: str, pairing: str, *, by: str) -> None:
    """It is the candidate's phone: it may publish. One that was in before goes."""
    row = _recorded(transaction, attempt)
    phone.after(_pairing(transaction, attempt, pairing).state, Step.CONFIRM)
    _dismiss(transaction, row, State.CONFIRMED, by=by)
    _append(transaction, row, PhoneConfirmed(pairing=pairing, by=by), by)
    attempts.admit_by_itself(transaction, attempt)


def refuse(transaction: Transaction, attempt: str, pairing: str, *, by: str, reason: str) -> None:
    """Refuse a phone that waits, or remove one that is in."""
    row = state.attempt(transaction.connection, attempt)
    phone.after(_pairing(transaction, attempt, pairing).state, Step.REFUSE)
    if not 1 <= len(reason.strip()) <= LONGEST_REASON:
        raise BadInput(f"refusing a phone needs a reason of at most {LONGEST_REASON} characters")
    _refuse(transaction, row, pairing, by=by, reason=reason.strip())


def _dismiss(transaction: Transaction, row: state.AttemptRow, where: State, *, by: str) -> None:
    for known in state.pairings(transaction.connection, attempt=row.attempt):
        if known.state is where:
            _refuse(transaction, row, known.pairing, by=by, reason=REPLACED)


def _refuse(transaction: Transaction, row: state.AttemptRow, pairing: str, *, by: str, reason: str) -> None:
    _append(transaction, row, PhoneRefused(pairing=pairing, by=by, reason=reason), by)
    users.close_device(transaction, pairing)


def _recorded(transaction: Transaction, attempt: str) -> state.AttemptRow:
    row = state.attempt(transaction.connection, attempt)
    if row.stage not in RECORDED:
        raise NotAllowed(
            "nothing is recorded now",
            hint="A phone can be added after the agreement is signed, until the exam is over.",
        )
    return row


def _pairing(transaction: Transaction, attempt: str, pairing: str) -> PairingRow:
    for known in state.pairings(transaction.connection, attempt=attempt):
        if known.pairing == pairing:
            return known
    raise NotFound("there is no such phone", hint="Reload the page.")


def _append(transaction: Transaction, row: state.AttemptRow, said: Payload, actor: str) -> None:
    transaction.append(Draft(payload=said, chain=row.attempt, exam=row.exam, actor=actor))


def _new_token() -> str:
    return base64.b32encode(secrets.token_bytes(phone.TOKEN_BYTES)).decode().rstrip("=").lower()


def _hash(token: str) -> str:
    """128 random bits need no key and no salt."""
    return hashlib.sha256(token.encode()).hexdigest()
