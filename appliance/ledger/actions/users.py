"""People who sign in, and what proves a sign-in."""

import hashlib
import re
import secrets
from dataclasses import dataclass

import argon2
import sqlalchemy as sa

from appliance.errors import BadInput, NotAllowed
from appliance.exam.events import BOX, UserCreated, UserSignedIn
from appliance.exam.permissions import USERS, Role
from appliance.ledger import tables
from appliance.ledger.record import Draft
from appliance.ledger.state import UserRow
from appliance.ledger.writer import Transaction

LOGIN_SECONDS = 16 * 3600
SHORTEST_PASSWORD = 10

_hasher = argon2.PasswordHasher(time_cost=3, memory_cost=47_104, parallelism=1)  # OWASP's second choice: fits a Pi
_NOBODY = _hasher.hash(secrets.token_hex(16))


@dataclass(frozen=True, slots=True, kw_only=True)
class Login:
    """Who a cookie stands for: a user, or the holder of an attempt; `device` is the pairing of a candidate's phone."""

    role: Role
    person: str
    name: str
    device: str = ""

    @property
    def attempt(self) -> str | None:
        """The candidate's own attempt."""
        return self.person if self.role is Role.CANDIDATE else None


def hash_password(password: str) -> str:
    """Argon2id; takes a tenth of a second or more, so call it outside the writer's thread."""
    if len(password) < SHORTEST_PASSWORD:
        raise BadInput(f"a password has at least {SHORTEST_PASSWORD} characters", hint="Three or four words do well.")
    return _hasher.hash(password)


def verify_password(connection: sa.Connection, user: str, password: str) -> UserRow:
    """The user, or NotAllowed, in the same time whether the user exists or not. Call it outside the writer's thread."""
    row = connection.execute(sa.select(tables.user).where(tables.user.c.user == user)).one_or_none()
    try:
        _hasher.verify(_NOBODY if row is None else row.password, password)
    except argon2.exceptions.VerifyMismatchError:
        row = None
    if row is None:
        raise NotAllowed("the name and the password do not fit together", hint="Check the keyboard and Caps Lock.")
    return UserRow(user=row.user, name=row.name, role=row.role)


def create_user(transaction: Transaction, *, user: str, name: str, role: Role, password_hash: str, by: str) -> None:
    """Let somebody sign in."""
    if not re.fullmatch(r"[a-z0-9][a-z0-9._@-]{0,63}", user):
        raise BadInput(f"{user[:80]!r} cannot name a user", hint="Use 1-64 of a-z, 0-9, dot, dash, underscore and @.")
    if user == "candidate" or role not in USERS:
        raise BadInput("a candidate is not a user", hint="Candidates come in with the join code of their roster.")
    if not name.strip() or len(name) > 120:
        raise BadInput("the name is empty or longer than 120 characters")
    taken = sa.select(tables.user.c.user).where(tables.user.c.user == user)
    if transaction.connection.execute(taken).first():
        raise BadInput(f"there is already a user {user}")
    said = UserCreated(user=user, role=role.value, name=name.strip())
    transaction.append(Draft(payload=said, chain=BOX, exam=None, actor=by))
    row = {"user": user, "name": name.strip(), "role": role.value, "password": password_hash}
    transaction.connection.execute(sa.insert(tables.user).values(**row))


def sign_in(transaction: Transaction, *, user: str) -> str:
    """A new token for the cookie of somebody whose password was right."""
    transaction.append(Draft(payload=UserSignedIn(user=user), chain=BOX, exam=None, actor=user))
    return open_login(transaction, user=user)


def open_login(
    transaction: Transaction, *, user: str | None = None, attempt: str | None = None, device: str | None = None
) -> str:
    """A new token; only its hash is stored. `device`: the pairing, for a candidate's phone."""
    token = secrets.token_urlsafe(32)
    row = {
        "user": user,
        "attempt": attempt,
        "device": device,
        "created_at": transaction.now,
        "seen_at": transaction.now,
    }
    transaction.connection.execute(sa.insert(tables.login).values(token=_hash(token), **row))
    old = tables.login.c.created_at < transaction.now - LOGIN_SECONDS
    transaction.connection.execute(sa.delete(tables.login).where(old))
    return token


def sign_out(transaction: Transaction, *, token: str) -> None:
    """The token stands for nobody any more."""
    transaction.connection.execute(sa.delete(tables.login).where(tables.login.c.token == _hash(token)))


def close_device(transaction: Transaction, device: str) -> None:
    """A phone's cookie stands for nobody any more."""
    transaction.connection.execute(sa.delete(tables.login).where(tables.login.c.device == device))


def who(connection: sa.Connection, token: str, *, now: float) -> Login | None:
    """Whom a cookie's token stands for; None when it is unknown or too old."""
    login, user, attempt = tables.login.c, tables.user, tables.attempt
    row = connection.execute(
        sa.select(login.user, login.attempt, login.device, user.c.name, user.c.role, attempt.c.name.label("candidate"))
        .select_from(tables.login)
        .outerjoin(user, user.c.user == login.user)
        .outerjoin(attempt, attempt.c.attempt == login.attempt)
        .where(login.token == _hash(token), login.created_at > now - LOGIN_SECONDS)
    ).one_or_none()
    if row is None:
        return None
    if row.attempt is not None:
        role = Role.PHONE if row.device else Role.CANDIDATE
        return Login(role=role, person=row.attempt, name=row.candidate, device=row.device or "")
    return Login(role=Role(row.role), person=row.user, name=row.name)


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
