"""Between the first proof and the pages: the second step that waits for its answer, and the end of every way in."""

import time
from dataclasses import dataclass

from flask import request, session
from werkzeug.wrappers import Response

from appliance.exam.permissions import Role
from appliance.exam.signin import How
from appliance.ledger.actions import factors, guesses, passkeys, recovery, users
from appliance.ledger.state import UserRow
from appliance.ledger.writer import Transaction
from appliance.web import auth
from appliance.web.context import services
from appliance.web.signin import guard

SECONDS = 300.0
_KEY = "second"


@dataclass(frozen=True, slots=True)
class Second:
    """Somebody whose password was right, and who has a second factor. `next`: where they wanted to go."""

    user: str
    name: str
    role: Role
    next: str
    app: bool
    passkeys: tuple[passkeys.Passkey, ...]
    recovery: int


def ways(user: UserRow, *, next: str = "") -> Second:
    """How this person can take the second step."""
    with services().reader.connect() as connection:
        return Second(
            user=user.user,
            name=user.name,
            role=Role(user.role),
            next=next,
            app=factors.has(connection, user.user),
            passkeys=tuple(passkeys.of(connection, user.user)),
            recovery=recovery.left(connection, user.user),
        )


def wait_for_second(user: str, *, next: str) -> None:
    """This browser may take the second step within five minutes, unless the password is changed meanwhile."""
    with services().reader.connect() as connection:
        found = users.standing(connection, user)
    session[_KEY] = {"user": user, "at": time.time(), "of": "" if found is None else found[1], "next": next}


def second() -> Second | None:
    """The step that this browser is to take; None where there is none (any more)."""
    said = session.get(_KEY)
    if not isinstance(said, dict) or not 0 <= time.time() - said.get("at", 0) <= SECONDS:
        return None
    with services().reader.connect() as connection:
        found = users.standing(connection, said["user"])
    return ways(found[0], next=said["next"]) if found is not None and found[1] == said["of"] else None


def give_up() -> None:
    """Back to the first step."""
    session.pop(_KEY, None)


def finish(response: Response, user: str, how: How, *, strict: bool = True) -> Response:
    """Signed in: a new token, whatever cookie the browser had before; that one is over. `strict` False: the browser
    comes from another site, and keeps no cookies for guesses."""
    give_up()
    before, browser, address = auth.viewer(), request.user_agent.string, guard.address()
    subjects = [*guard.at_password(user), *guard.at_factor(user)]

    def work(transaction: Transaction) -> str:
        if before is not None and before.kind == "user":
            users.sign_out(transaction, token=before.token)
        guesses.right(transaction, subjects)
        return users.sign_in(transaction, user=user, how=how, browser=browser, address=address)

    token = services().writer.transact(work)
    services().signing_in.done += 1
    if strict:
        guard.remember(response, user)
    return auth.hand_out(response, token, seconds=services().limits.seconds)
