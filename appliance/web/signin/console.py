"""`appliance user ...` for who sits at the box's console: it works while the box runs and while it does not, and as
root, who then acts as the box's own user."""

import argparse
import getpass
import secrets
import sys
from typing import Any

from appliance import administration
from appliance.box.console import paths_of
from appliance.box.paths import Paths
from appliance.errors import BadInput, NotFound
from appliance.exam import codes
from appliance.ledger import asked, reader
from appliance.ledger.actions import accounts, users
from appliance.ledger.actions.chores import CHORES
from appliance.provision.owner import as_owner


def password(options: argparse.Namespace) -> int:
    """Another password: typed twice, or read from stdin; with `--once` made by the box, for one sign-in."""
    paths = paths_of(options)
    name = _known(paths, options.user)
    said = _one_time() if options.once else _typed()
    _do(
        paths,
        "user.password",
        user=options.user,
        password_hash=users.hash_password(said, user=options.user, name=name),
        once=options.once,
    )
    if options.once:
        print(f"{options.user} signs in once with: {said}")
    print(f"user {options.user}: the password is changed, and every sign-in ended")
    return 0


def unlock(options: argparse.Namespace) -> int:
    """Nobody waits any more who guessed wrong at this account."""
    _known(paths_of(options), options.user)
    _do(paths_of(options), "user.unlock", user=options.user)
    print(f"user {options.user}: may try again at once")
    return 0


def enable(options: argparse.Namespace) -> int:
    """An account that was switched off is on again."""
    _known(paths_of(options), options.user)
    _do(paths_of(options), "user.enable", user=options.user)
    print(f"user {options.user}: may sign in")
    return 0


def remove_factor(options: argparse.Namespace) -> int:
    """App, passkeys and recovery codes are good no more: they were lost."""
    _known(paths_of(options), options.user)
    _do(paths_of(options), "user.factor_remove", user=options.user)
    print(f"user {options.user}: signs in with the password alone, until a second factor is set up again")
    return 0


def _do(paths: Paths, chore: str, **said: Any) -> None:
    if paths.ledger_socket.exists():
        asked.ask(paths.ledger_socket, chore, **said)
        return
    with as_owner(paths.data), administration.alone(paths) as ledger:
        ledger.transact(lambda transaction: CHORES[chore](transaction, said))


def _known(paths: Paths, user: str) -> str:
    """The person's name; NotFound before anybody types a password for nobody."""
    if not paths.data.is_dir():
        raise NotFound(f"there is no box in {paths.data}", hint="Name its data folder with --data.")
    with as_owner(paths.data), reader.opened(paths.database) as ledger, ledger.connect() as connection:
        return accounts.account(connection, user).name


def _typed() -> str:
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\r\n")
    said = getpass.getpass("New password: ")
    if said != getpass.getpass("Again: "):
        raise BadInput("the two passwords differ", hint="Try again.")
    return said


def _one_time() -> str:
    text = "".join(secrets.choice(codes.ALPHABET) for _ in range(12))
    return "-".join(text[at : at + 4] for at in range(0, 12, 4))
