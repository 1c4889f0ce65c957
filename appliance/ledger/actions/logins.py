"""Where a person is signed in: a list, and the end of one or of all."""

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from appliance.errors import NotFound
from appliance.exam.events import BOX, UserSessionsEnded
from appliance.ledger import tables
from appliance.ledger.actions.users import Limits, hash_token
from appliance.ledger.record import Draft
from appliance.ledger.writer import Transaction

TOUCH_SECONDS = 60.0
"""A sign-in that is used is noted so often: each note is a commit."""

_ID = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """A sign-in. `session` names it: the beginning of the stored hash, which opens nothing."""

    session: str
    how: str
    browser: str
    address: str
    created_at: float
    seen_at: float


def of(connection: sa.Connection, user: str, *, now: float, limits: Limits) -> list[Session]:
    """Those of a person that are good, the last used first."""
    row = tables.login.c
    found = connection.execute(sa.select(tables.login).where(row.user == user).order_by(row.seen_at.desc()))
    return [
        Session(
            session=one.token[:_ID],
            how=one.how,
            browser=one.browser,
            address=one.address,
            created_at=one.created_at,
            seen_at=one.seen_at,
        )
        for one in found
        if limits.hold(one.created_at, one.seen_at, now=now)
    ]


def session_of(token: str) -> str:
    """What names the sign-in of this token."""
    return hash_token(token)[:_ID]


def touch(transaction: Transaction, tokens: Sequence[str]) -> None:
    """They are used just now."""
    row = tables.login
    hashes = [hash_token(token) for token in tokens]
    transaction.connection.execute(
        sa.update(row).where(row.c.token.in_(hashes), row.c.seen_at < transaction.now).values(seen_at=transaction.now)
    )


def end(transaction: Transaction, *, user: str, session: str, by: str) -> None:
    """One of them is over."""
    row = tables.login.c
    where = sa.and_(row.user == user, sa.func.substr(row.token, 1, _ID) == session)
    if not _delete(transaction, where):
        raise NotFound("this sign-in is over already", hint="Reload the page.")
    _note(transaction, user, by, 1)


def end_all(transaction: Transaction, *, user: str, by: str, but: str = "") -> int:
    """All of a person are over, except that of the token `but`; -> how many."""
    row = tables.login.c
    ended = _delete(transaction, sa.and_(row.user == user, row.token != (hash_token(but) if but else "")))
    if ended:
        _note(transaction, user, by, ended)
    return ended


def _delete(transaction: Transaction, where: sa.ColumnElement[bool]) -> int:
    return transaction.connection.execute(sa.delete(tables.login).where(where)).rowcount


def _note(transaction: Transaction, user: str, by: str, sessions: int) -> None:
    said = UserSessionsEnded(user=user, by=by, sessions=sessions)
    transaction.append(Draft(payload=said, chain=BOX, exam=None, actor=by))
