"""What is changed about somebody who signs in: password, role, on or off, where the sign-in comes from. Whatever is
changed here ends the person's other sign-ins."""

from dataclasses import dataclass

import sqlalchemy as sa

from appliance.errors import BadInput, NotAllowed, NotFound
from appliance.exam.events import (
    BOX,
    UserDisabled,
    UserEnabled,
    UserPasswordSet,
    UserProviderSet,
    UserRoleSet,
)
from appliance.exam.permissions import USERS, Role
from appliance.ledger import tables
from appliance.ledger.actions import factors, guesses, logins, passkeys, recovery
from appliance.ledger.actions.users import NO_PASSWORD
from appliance.ledger.record import Draft
from appliance.ledger.rows import rows
from appliance.ledger.writer import Transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """Somebody who signs in. `subject`: who it is at the provider (`tables.user`)."""

    user: str
    name: str
    role: str
    disabled_at: float | None
    must_change: int
    subject: str | None
    local: int
    """Has a password of this box."""


def all_of(connection: sa.Connection) -> list[Account]:
    """Everybody, by name."""
    return rows(connection, Account, _select().order_by(tables.user.c.user))


def account(connection: sa.Connection, user: str) -> Account:
    """One, or NotFound."""
    found = rows(connection, Account, _select().where(tables.user.c.user == user))
    if not found:
        raise NotFound(f"there is no user {user[:64]}", hint="The page of people lists everybody.")
    return found[0]


def with_subject(connection: sa.Connection, subject: str) -> Account | None:
    """Who this is of the provider's people."""
    found = rows(connection, Account, _select().where(tables.user.c.subject == subject))
    return found[0] if found else None


def set_password(
    transaction: Transaction, *, user: str, password_hash: str, by: str, once: bool, token: str = ""
) -> None:
    """Another password. `once`: to be changed at the first sign-in; `token`: the sign-in that goes on."""
    account(transaction.connection, user)
    _set(transaction, user, password=password_hash, must_change=int(once))
    _append(transaction, UserPasswordSet(user=user, by=by, once=once), by)
    logins.end_all(transaction, user=user, by=by, but=token)
    if by != user:
        guesses.unlock(transaction, user=user, by=by)


def keep_password(transaction: Transaction, *, user: str, before: str, password_hash: str) -> None:
    """The same password, hashed as this box does it now; not when it was changed meanwhile."""
    row = tables.user.c
    transaction.connection.execute(
        sa.update(tables.user).where(row.user == user, row.password == before).values(password=password_hash)
    )


def disable(transaction: Transaction, *, user: str, by: str) -> None:
    """May not sign in until somebody enables it."""
    found = account(transaction.connection, user)
    if found.disabled_at is not None:
        return
    _keep_an_admin(transaction, found)
    _set(transaction, user, disabled_at=transaction.now)
    _append(transaction, UserDisabled(user=user, by=by), by)
    logins.end_all(transaction, user=user, by=by)


def enable(transaction: Transaction, *, user: str, by: str) -> None:
    """May sign in again."""
    if account(transaction.connection, user).disabled_at is None:
        return
    _set(transaction, user, disabled_at=None)
    _append(transaction, UserEnabled(user=user, by=by), by)


def set_role(transaction: Transaction, *, user: str, role: Role, by: str) -> None:
    """Other work from now on."""
    found = account(transaction.connection, user)
    if role not in USERS:
        raise BadInput("a candidate is not a user", hint="Candidates come in with the join code of their roster.")
    if found.role == role.value:
        return
    _keep_an_admin(transaction, found)
    _set(transaction, user, role=role.value)
    _append(transaction, UserRoleSet(user=user, role=role.value, by=by), by)
    logins.end_all(transaction, user=user, by=by)


def expect(transaction: Transaction, *, user: str, by: str) -> None:
    """The person signs in through the site's own sign-in, and is known there by this name at the first time. A password
    of this box is good no more."""
    _keep_an_admin(transaction, account(transaction.connection, user))
    _set(transaction, user, subject="", password=NO_PASSWORD, must_change=0)
    _append(transaction, UserProviderSet(user=user, issuer="", by=by), by)
    logins.end_all(transaction, user=user, by=by)


def link(transaction: Transaction, *, user: str, issuer: str, subject: str) -> None:
    """From now on this person of the provider's is this user, whatever the name becomes there."""
    _set(transaction, user, subject=subject, password=NO_PASSWORD, must_change=0)
    _append(transaction, UserProviderSet(user=user, issuer=issuer, by="oidc"), "oidc")


def remove_factors(transaction: Transaction, *, user: str, by: str) -> None:
    """Every second factor was lost: codes of an app, passkeys and recovery codes are good no more. NotFound where there
    is none."""
    connection = transaction.connection
    account(connection, user)
    own, app = passkeys.of(connection, user), factors.has(connection, user)
    if app or not own:
        factors.remove(transaction, user=user, by=by)
    for one in own:
        passkeys.remove(transaction, one.passkey, user=user, by=by)
    recovery.remove(transaction, user=user)
    guesses.unlock(transaction, user=user, by=by)


def _keep_an_admin(transaction: Transaction, losing: Account) -> None:
    """Somebody must be able to run the box with nothing but the box: a local administrator who may sign in."""
    row = tables.user.c
    if losing.role != Role.ADMIN or losing.disabled_at is not None or not losing.local:
        return
    others = sa.select(sa.func.count()).where(
        row.role == Role.ADMIN.value, row.disabled_at.is_(None), row.password != NO_PASSWORD, row.user != losing.user
    )
    if not transaction.connection.execute(others).scalar():
        raise NotAllowed(
            f"{losing.user} is the last administrator with a password of this box",
            hint="Make somebody else an administrator first.",
        )


def _select() -> sa.Select:  # type: ignore[type-arg]
    row = tables.user.c
    local = sa.case((row.password == NO_PASSWORD, 0), else_=1).label("local")
    return sa.select(row.user, row.name, row.role, row.disabled_at, row.must_change, row.subject, local)


def _set(transaction: Transaction, user: str, **values: object) -> None:
    transaction.connection.execute(sa.update(tables.user).where(tables.user.c.user == user).values(**values))


def _append(
    transaction: Transaction,
    said: UserPasswordSet | UserDisabled | UserEnabled | UserRoleSet | UserProviderSet,
    by: str,
) -> None:
    transaction.append(Draft(payload=said, chain=BOX, exam=None, actor=by))
