"""Passkeys: added, used, removed. What a browser says was checked before (`web.signin.webauthn`)."""

import json
from dataclasses import dataclass

import sqlalchemy as sa

from appliance.errors import BadInput, NotAllowed, NotFound
from appliance.exam.events import BOX, UserPasskeyAdded, UserPasskeyRemoved
from appliance.ledger.record import Draft
from appliance.ledger.signin_tables import passkey as table
from appliance.ledger.writer import Transaction

MOST = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Passkey:
    """One that somebody may sign in by, at the name `host` of the box."""

    passkey: str
    user: str
    name: str
    host: str
    public_key: bytes
    count: int
    transports: tuple[str, ...]
    added_at: float = 0.0
    used_at: float | None = None


def of(connection: sa.Connection, user: str) -> list[Passkey]:
    """A person's, oldest first."""
    found = connection.execute(sa.select(table).where(table.c.user == user).order_by(table.c.added_at))
    return [_read(row) for row in found]


def named(connection: sa.Connection, passkey: str) -> Passkey | None:
    """By its id."""
    row = connection.execute(sa.select(table).where(table.c.passkey == passkey)).one_or_none()
    return None if row is None else _read(row)


def having(connection: sa.Connection) -> set[str]:
    """Who has one or more."""
    return set(connection.execute(sa.select(table.c.user).distinct()).scalars())


def add(transaction: Transaction, new: Passkey) -> None:
    """From now on the person may sign in by it."""
    if len(of(transaction.connection, new.user)) >= MOST:
        raise NotAllowed(f"there are {MOST} passkeys already", hint="Remove one that you do not use.")
    if named(transaction.connection, new.passkey) is not None:
        raise NotAllowed("this passkey is here already", hint="Use another device or another key.")
    if not new.name.strip() or len(new.name) > 60:
        raise BadInput("the name of a passkey has 1 to 60 characters")
    row = {
        "passkey": new.passkey,
        "user": new.user,
        "name": new.name.strip(),
        "host": new.host,
        "public_key": new.public_key,
        "count": new.count,
        "transports": json.dumps(new.transports),
        "added_at": transaction.now,
    }
    transaction.connection.execute(sa.insert(table).values(**row))
    said = UserPasskeyAdded(user=new.user, passkey=new.passkey, host=new.host)
    transaction.append(Draft(payload=said, chain=BOX, exam=None, actor=new.user))


def use(transaction: Transaction, passkey: str, *, count: int) -> None:
    """It has signed; `count` is what it counts now."""
    values = {"count": count, "used_at": transaction.now}
    transaction.connection.execute(sa.update(table).where(table.c.passkey == passkey).values(**values))


def remove(transaction: Transaction, passkey: str, *, user: str, by: str) -> None:
    """It is good no more."""
    found = named(transaction.connection, passkey)
    if found is None or found.user != user:
        raise NotFound("there is no such passkey", hint="Reload the page.")
    transaction.connection.execute(sa.delete(table).where(table.c.passkey == passkey))
    said = UserPasskeyRemoved(user=user, passkey=passkey, by=by)
    transaction.append(Draft(payload=said, chain=BOX, exam=None, actor=by))


def _read(row: sa.Row) -> Passkey:  # type: ignore[type-arg]
    return Passkey(**{**row._mapping, "transports": tuple(json.loads(row.transports))})
