"""A person's second factor: set up, used, removed. The secret is in the state alone, never in an event."""

from dataclasses import dataclass

import sqlalchemy as sa

from appliance.errors import BadInput, NotAllowed, NotFound
from appliance.exam import totp
from appliance.exam.events import BOX, UserFactorRemoved, UserFactorSet
from appliance.ledger import tables
from appliance.ledger.record import Draft
from appliance.ledger.writer import Transaction


@dataclass(frozen=True, slots=True)
class _Factor:
    """As the table has it: SECRET:STEP, the step of the last code that was taken."""

    secret: str
    used: int

    @classmethod
    def parse(cls, stored: str) -> "_Factor":
        secret, _, used = stored.partition(":")
        return cls(secret, int(used or 0))

    def __str__(self) -> str:
        return f"{self.secret}:{self.used}"


def has(connection: sa.Connection, user: str) -> bool:
    """Has the person one set up?"""
    return _of(connection, user) is not None


def having(connection: sa.Connection) -> set[str]:
    """Who has one."""
    row = tables.user.c
    return set(connection.execute(sa.select(row.user).where(row.factor.is_not(None))).scalars())


def set_up(transaction: Transaction, *, user: str, secret: str, code: str) -> None:
    """From now on codes of this secret are asked for. The first shows that the app has it."""
    if not totp.is_secret(secret):
        raise BadInput("that is no secret of this box", hint="Open the page anew.")
    if has(transaction.connection, user):
        raise NotAllowed("a second factor is set up already", hint="Remove it first.")
    step = _step(_Factor(secret, 0), code, transaction.now)
    _store(transaction, user, str(_Factor(secret, step)))
    transaction.append(Draft(payload=UserFactorSet(user=user), chain=BOX, exam=None, actor=user))


def use(transaction: Transaction, *, user: str, code: str) -> None:
    """A code, good once; NotAllowed where it is not right."""
    factor = _of(transaction.connection, user)
    if factor is None:
        raise NotFound("no second factor is set up")
    _store(transaction, user, str(_Factor(factor.secret, _step(factor, code, transaction.now))))


def remove(transaction: Transaction, *, user: str, by: str) -> None:
    """No codes any more: by the person, or by an admin where it was lost."""
    if not has(transaction.connection, user):
        raise NotFound(f"{user[:64]} has no second factor")
    _store(transaction, user, None)
    transaction.append(Draft(payload=UserFactorRemoved(user=user, by=by), chain=BOX, exam=None, actor=by))


def _of(connection: sa.Connection, user: str) -> _Factor | None:
    stored = connection.execute(sa.select(tables.user.c.factor).where(tables.user.c.user == user)).scalar()
    return _Factor.parse(stored) if stored else None


def _step(factor: _Factor, code: str, now: float) -> int:
    step = totp.matching(factor.secret, code, now=now, used=factor.used)
    if step is None:
        raise NotAllowed(
            "the code is not right, or was used already",
            hint="Wait for the next one in your app; check that the phone's clock is right.",
        )
    return step


def _store(transaction: Transaction, user: str, factor: str | None) -> None:
    row = tables.user
    transaction.connection.execute(sa.update(row).where(row.c.user == user).values(factor=factor))
