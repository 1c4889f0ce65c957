"""Wrong guesses and the waits that follow. They stand in a table, so that a restart gives nobody new guesses."""

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.dialects.sqlite import insert

from appliance.exam.events import BOX, UserLockedOut, UserUnlocked
from appliance.exam.signin import ACCOUNT, ADDRESS, Patience, left
from appliance.ledger import tables
from appliance.ledger.record import Draft
from appliance.ledger.signin_tables import guess
from appliance.ledger.writer import Transaction

BOUND = 5_000
"""Subjects that are remembered; the oldest go first. Who invents names to fill it waits for the own address."""


@dataclass(frozen=True, slots=True)
class Subject:
    """What is guessed at, or from where. `what`: password, factor, known (a browser that the person has used before) or
    address."""

    what: str
    name: str

    def __str__(self) -> str:
        return f"{self.what}:{self.name}"

    @property
    def patience(self) -> Patience:
        """How many are free."""
        return ADDRESS if self.what == "address" else ACCOUNT


def waits(connection: sa.Connection, subjects: Sequence[Subject], *, now: float) -> float:
    """Seconds until a guess is taken again; 0 where it is taken now."""
    rows = connection.execute(
        sa.select(guess.c.subject, guess.c.until).where(guess.c.subject.in_([str(one) for one in subjects]))
    )
    until = {row.subject: row.until for row in rows}
    return max((left(until.get(str(one), 0.0), now=now, patience=one.patience) for one in subjects), default=0.0)


def wrong(transaction: Transaction, subjects: Sequence[Subject], *, user: str, address: str) -> float:
    """One more wrong guess at each; -> seconds to wait from now. `user`: at whose account."""
    now, longest = transaction.now, 0.0
    for subject in subjects:
        patience = subject.patience
        row = transaction.connection.execute(sa.select(guess).where(guess.c.subject == str(subject))).one_or_none()
        recent = row is not None and abs(now - row.wrong_at) < patience.forgets
        count = (row.wrong if row is not None and recent else 0) + 1
        wait = patience.wait(count)
        values = {"wrong": count, "wrong_at": now, "until": now + wait}
        transaction.connection.execute(
            insert(guess)
            .values(subject=str(subject), **values)
            .on_conflict_do_update(index_elements=["subject"], set_=values)
        )
        if wait:
            _note(transaction, subject, user, address, count, wait)
        longest = max(longest, wait)
    _forget_old(transaction)
    return longest


def right(transaction: Transaction, subjects: Sequence[Subject]) -> None:
    """The next wrong guess is the first again. Not of an address: others may guess from there."""
    gone = [str(one) for one in subjects if one.what != "address"]
    transaction.connection.execute(sa.delete(guess).where(guess.c.subject.in_(gone)))


def unlock(transaction: Transaction, *, user: str, by: str) -> bool:
    """Nobody waits any more who guessed at this account; -> did somebody?"""
    gone = [str(Subject(what, user)) for what in ("password", "factor")]
    found = transaction.connection.execute(sa.delete(guess).where(guess.c.subject.in_(gone))).rowcount
    if found:
        transaction.append(Draft(payload=UserUnlocked(user=user, by=by), chain=BOX, exam=None, actor=by))
    return bool(found)


def locked(connection: sa.Connection, *, now: float) -> dict[str, float]:
    """Accounts that take no guess now, with the seconds left."""
    found: dict[str, float] = {}
    for row in connection.execute(sa.select(guess).where(guess.c.until > now)):
        what, _, name = row.subject.partition(":")
        if what in ("password", "factor"):
            wait = left(row.until, now=now, patience=ACCOUNT)
            found[name] = max(wait, found.get(name, 0.0))
    return found


def _note(transaction: Transaction, subject: Subject, user: str, address: str, count: int, wait: float) -> None:
    known = transaction.connection.execute(sa.select(tables.user.c.user).where(tables.user.c.user == user)).first()
    said = UserLockedOut(
        user=user if known and subject.what != "address" else "",  # what nobody is called may be a password
        what="password" if subject.what == "known" else subject.what,
        address=address,
        wrong=count,
        seconds=wait,
    )
    transaction.append(Draft(payload=said, chain=BOX, exam=None, actor="web"))


def _forget_old(transaction: Transaction) -> None:
    connection = transaction.connection
    connection.execute(sa.delete(guess).where(guess.c.wrong_at < transaction.now - ACCOUNT.forgets))
    newest = sa.select(guess.c.subject).order_by(guess.c.wrong_at.desc()).limit(BOUND)
    connection.execute(sa.delete(guess).where(guess.c.subject.not_in(newest)))
