"""Recovery codes: each stands in once for a second factor that is not at hand."""

import hashlib
import hmac
import os

import sqlalchemy as sa

from appliance.errors import NotAllowed
from appliance.exam import codes
from appliance.exam.events import BOX, UserRecoveryMade, UserRecoveryUsed
from appliance.ledger.record import Draft
from appliance.ledger.signin_tables import recovery_code
from appliance.ledger.writer import Transaction

COUNT = 10
LENGTH = 2 * codes.LENGTH
"""Sixteen characters of twenty: nobody guesses them, and who copies the table cannot work them out."""


def left(connection: sa.Connection, user: str) -> int:
    """How many a person has."""
    of = recovery_code.c.user == user
    return int(connection.execute(sa.select(sa.func.count()).select_from(recovery_code).where(of)).scalar() or 0)


def make(transaction: Transaction, *, user: str, key: bytes) -> list[str]:
    """New ones, to be shown once; those from before are good no more."""
    remove(transaction, user=user)
    made = [
        codes.generate(os.urandom(codes.RANDOM_BYTES)) + codes.generate(os.urandom(codes.RANDOM_BYTES))
        for _ in range(COUNT)
    ]
    for code in made:
        row = {"code": _hash(code, user, key), "user": user}
        transaction.connection.execute(sa.insert(recovery_code).values(**row))
    said = UserRecoveryMade(user=user, codes=COUNT)
    transaction.append(Draft(payload=said, chain=BOX, exam=None, actor=user))
    return ["-".join(code[at : at + 4] for at in range(0, LENGTH, 4)) for code in made]


def use(transaction: Transaction, *, user: str, code: str, key: bytes) -> int:
    """One is used up; -> how many are left. NotAllowed where it is none of the person's."""
    plain = "".join(c for c in code.upper() if c.isalnum())
    here = sa.delete(recovery_code).where(recovery_code.c.user == user, recovery_code.c.code == _hash(plain, user, key))
    if not transaction.connection.execute(here).rowcount:
        raise NotAllowed(
            "this recovery code is not right, or was used already",
            hint="Take the next one of your list. Letters and digits count, dashes do not.",
        )
    rest = left(transaction.connection, user)
    transaction.append(Draft(payload=UserRecoveryUsed(user=user, left=rest), chain=BOX, exam=None, actor=user))
    return rest


def remove(transaction: Transaction, *, user: str) -> None:
    """None is good any more."""
    transaction.connection.execute(sa.delete(recovery_code).where(recovery_code.c.user == user))


def _hash(code: str, user: str, key: bytes) -> str:
    return hmac.digest(key, f"recovery {user} {code}".encode(), hashlib.sha256).hex()
