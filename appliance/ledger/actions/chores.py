"""What somebody at the box's console, as root, may do about people while the box runs: asked over the ledger's socket,
done by its one writer. Passwords come hashed, and stand in no event."""

from collections.abc import Callable, Mapping
from typing import Any

from appliance.errors import BadInput
from appliance.ledger.actions import accounts, guesses
from appliance.ledger.writer import Transaction

BY = "cli"

Chore = Callable[[Transaction, Mapping[str, Any]], None]


def _unlock(transaction: Transaction, said: Mapping[str, Any]) -> None:
    accounts.account(transaction.connection, _text(said, "user"))
    guesses.unlock(transaction, user=_text(said, "user"), by=BY)


def _password(transaction: Transaction, said: Mapping[str, Any]) -> None:
    digest = _text(said, "password_hash")
    if not digest.startswith("$argon2id$"):
        raise BadInput("that is no password hash")
    accounts.set_password(
        transaction, user=_text(said, "user"), password_hash=digest, by=BY, once=said.get("once") is True
    )


def _remove_factors(transaction: Transaction, said: Mapping[str, Any]) -> None:
    accounts.remove_factors(transaction, user=_text(said, "user"), by=BY)


def _enable(transaction: Transaction, said: Mapping[str, Any]) -> None:
    accounts.enable(transaction, user=_text(said, "user"), by=BY)


CHORES: Mapping[str, Chore] = {
    "user.unlock": _unlock,
    "user.password": _password,
    "user.factor_remove": _remove_factors,
    "user.enable": _enable,
}


def _text(said: Mapping[str, Any], name: str) -> str:
    value = said.get(name)
    if not isinstance(value, str) or not 0 < len(value) <= 300:
        raise BadInput(f"a chore needs {name}")
    return value
