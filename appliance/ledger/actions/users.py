"""People who sign in, and what proves a sign-in."""

import hashlib
import os
import re
import secrets
from dataclasses import dataclass

import argon2
import sqlalchemy as sa

from appliance.errors import BadInput, NotAllowed
from appliance.exam import passwords
from appliance.exam.events import BOX, UserCreated, UserSignedIn
from appliance.exam.permissions import USERS, Role
from appliance.exam.signin import How
from appliance.ledger import tables
from appliance.ledger.record import Draft
from appliance.ledger.signin_tables import passkey
from appliance.ledger.state import UserRow
from appliance.ledger.writer import Transaction

LOGIN_SECONDS = 16 * 3600
KEPT_SECONDS = 30 * 24 * 3600
"""A sign-in's row goes so long after it began: by then it is over whatever the settings say."""

SHORTEST_PASSWORD = passwords.SHORTEST

NO_PASSWORD = "!"
"""Of somebody who signs in through the site's own sign-in."""


def _cost(memory_bytes: int, cores: int) -> tuple[int, int]:
    """Argon2id for a box of this size -> (rounds, KiB). Two are worked out at a time, beside a whole exam: on a NUC 64
    MiB each, on a Pi 46, on less 19; OWASP's choices and more."""
    if memory_bytes >= 12 * 2**30 and cores >= 4:
        return 3, 65_536
    if memory_bytes >= 3 * 2**30:
        return 3, 47_104
    return 3, 19_456


def _sized() -> argon2.PasswordHasher:
    rounds, memory = _cost(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"), os.cpu_count() or 1)
    return argon2.PasswordHasher(time_cost=rounds, memory_cost=memory, parallelism=1)


_hasher = _sized()
_NOBODY = _hasher.hash(secrets.token_hex(16))


class SwitchedOff(NotAllowed):
    """The password is right, and the account may not be used."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How long a user's sign-in lasts: `seconds` in all, `idle` without being used (0: does not matter)."""

    seconds: float = LOGIN_SECONDS
    idle: float = 0.0

    def hold(self, created_at: float, seen_at: float, *, now: float) -> bool:
        """Is it still good?"""
        return created_at > now - self.seconds and (not self.idle or seen_at > now - self.idle)


@dataclass(frozen=True, slots=True, kw_only=True)
class Login:
    """Who a cookie stands for: a user, or the holder of an attempt; `device` is the pairing of a candidate's phone."""

    role: Role
    person: str
    name: str
    device: str = ""
    must_change: bool = False
    """The password was given by somebody else."""
    factor: bool = True
    """There is a second factor, or whoever signed the person in answers for it."""
    created_at: float = 0.0
    seen_at: float = 0.0

    @property
    def attempt(self) -> str | None:
        """The candidate's own attempt."""
        return self.person if self.role is Role.CANDIDATE else None


def hash_password(password: str, *, user: str = "", name: str = "") -> str:
    """Argon2id; takes a tenth of a second or more, so call it outside the writer's thread. BadInput for a password that
    is guessed first; `user` and `name`: whose it is to be."""
    passwords.check(password, user=user, name=name)
    return _hasher.hash(password)


def upgraded(stored: str, password: str) -> str | None:
    """A password that was right, hashed as this box does it now; None where it is so already."""
    return _hasher.hash(password) if _hasher.check_needs_rehash(stored) else None


def verify_password(connection: sa.Connection, user: str, password: str) -> UserRow:
    """The user, or NotAllowed, in the same time whether the user exists or not. Call it outside the writer's thread."""
    row = connection.execute(sa.select(tables.user).where(tables.user.c.user == user)).one_or_none()
    if row is not None and row.password == NO_PASSWORD:
        row = None
    try:
        _hasher.verify(_NOBODY if row is None else row.password, password)
    except argon2.exceptions.VerifyMismatchError:
        row = None
    if row is None:
        raise NotAllowed("the name and the password do not fit together", hint="Check the keyboard and Caps Lock.")
    if row.disabled_at is not None:
        raise SwitchedOff("this account is switched off", hint="An administrator of this box can switch it on again.")
    return UserRow(user=row.user, name=row.name, role=row.role)


def stored(connection: sa.Connection, user: str) -> str:
    """The hash of a password; "" for nobody."""
    return connection.execute(sa.select(tables.user.c.password).where(tables.user.c.user == user)).scalar() or ""


def standing(connection: sa.Connection, user: str) -> tuple[UserRow, str] | None:
    """Somebody who may sign in, and a mark that changes with the password; None for anybody else."""
    row = connection.execute(sa.select(tables.user).where(tables.user.c.user == user)).one_or_none()
    if row is None or row.disabled_at is not None:
        return None
    return UserRow(user=row.user, name=row.name, role=row.role), hashlib.sha256(row.password.encode()).hexdigest()[:16]


def create_user(
    transaction: Transaction, *, user: str, name: str, role: Role, password_hash: str, by: str, once: bool = False
) -> None:
    """Let somebody sign in. `once`: the password is to be changed at the first sign-in."""
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
    row = {"user": user, "name": name.strip(), "role": role.value, "password": password_hash, "must_change": int(once)}
    transaction.connection.execute(sa.insert(tables.user).values(**row))


def sign_in(
    transaction: Transaction, *, user: str, how: How = How.PASSWORD, browser: str = "", address: str = ""
) -> str:
    """A new token for the cookie of somebody who has proved it."""
    transaction.append(Draft(payload=UserSignedIn(user=user, how=how.value), chain=BOX, exam=None, actor=user))
    token = open_login(transaction, user=user)
    said = {"how": how.value, "browser": browser[:300], "address": address[:64]}
    transaction.connection.execute(
        sa.update(tables.login).where(tables.login.c.token == hash_token(token)).values(**said)
    )
    return token


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
    transaction.connection.execute(sa.insert(tables.login).values(token=hash_token(token), **row))
    old = tables.login.c.created_at < transaction.now - KEPT_SECONDS
    transaction.connection.execute(sa.delete(tables.login).where(old))
    return token


def sign_out(transaction: Transaction, *, token: str) -> None:
    """The token stands for nobody any more."""
    transaction.connection.execute(sa.delete(tables.login).where(tables.login.c.token == hash_token(token)))


def close_device(transaction: Transaction, device: str) -> None:
    """A phone's cookie stands for nobody any more."""
    transaction.connection.execute(sa.delete(tables.login).where(tables.login.c.device == device))


def who(connection: sa.Connection, token: str, *, now: float, limits: Limits = Limits()) -> Login | None:
    """Whom a cookie's token stands for; None when it is unknown or too old."""
    login, user, attempt = tables.login.c, tables.user, tables.attempt
    own_passkey = sa.exists().where(passkey.c.user == login.user)
    row = connection.execute(
        sa.select(
            login.user, login.attempt, login.device, login.created_at, login.seen_at, login.how,
            user.c.name, user.c.role, user.c.disabled_at, user.c.must_change, attempt.c.name.label("candidate"),
            sa.or_(user.c.factor.is_not(None), own_passkey).label("factor"),
        )
        .select_from(tables.login)
        .outerjoin(user, user.c.user == login.user)
        .outerjoin(attempt, attempt.c.attempt == login.attempt)
        .where(login.token == hash_token(token))
    ).one_or_none()  # fmt: skip
    if row is None:
        return None
    if row.attempt is not None:
        role = Role.PHONE if row.device else Role.CANDIDATE
        known = row.created_at > now - LOGIN_SECONDS
        return Login(role=role, person=row.attempt, name=row.candidate, device=row.device or "") if known else None
    if row.name is None or row.disabled_at is not None or not limits.hold(row.created_at, row.seen_at, now=now):
        return None
    return Login(
        role=Role(row.role),
        person=row.user,
        name=row.name,
        must_change=bool(row.must_change),
        factor=bool(row.factor) or row.how == How.OIDC,
        created_at=row.created_at,
        seen_at=row.seen_at,
    )


def hash_token(token: str) -> str:
    """As it is stored."""
    return hashlib.sha256(token.encode()).hexdigest()
