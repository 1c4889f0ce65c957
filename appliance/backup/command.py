"""`appliance backup` and `appliance restore`."""

import argparse
import getpass
import sys
from datetime import UTC, datetime
from pathlib import Path

from appliance.backup import make as making
from appliance.backup import restore as restoring
from appliance.box import recovery
from appliance.box.console import paths_of
from appliance.config import load
from appliance.errors import NotFound


def make(options: argparse.Namespace) -> int:
    """Make a copy, or list those that are there."""
    paths = paths_of(options)
    if options.list:
        for file in making.kept(paths):
            made = datetime.fromtimestamp(file.stat().st_mtime, UTC)
            print(f"{made:%Y-%m-%d %H:%M} UTC  {file.stat().st_size:>12,} bytes  {file}")
        return 0
    found = making.run(paths, load(paths.config), why=options.why[:80])
    print(f"{found.file}: {found.bytes:,} bytes, {found.said.exams} exams, {found.said.events:,} events")
    print(f"SHA-256 {found.sha256}")
    return 0


def restore(options: argparse.Namespace) -> int:
    """Make a new box of a copy."""
    paths = paths_of(options)
    found = restoring.run(paths, options.file, identity=restoring.identity_in(_key(options.key)))
    said = found.said
    made = datetime.fromtimestamp(said.made_at, UTC)
    print(f"{paths.data} is the box {said.site}/{said.box} as it was at {made:%Y-%m-%d %H:%M} UTC:")
    print(f"  {said.exams} exams, {said.events:,} events; every chain of its ledger proves itself.")
    print(f"In the store it is {said.site}/{found.named} from now on; what the lost box sent stays where it is.")
    print("What happened after that moment is not in it. Recordings: copy media/ from the old disk, if it can be read.")
    return 0


def key(options: argparse.Namespace) -> int:
    """Show the recovery key, or take it from the box. The setup page's card has it, too; a box that a stick set up
    alone has printed none."""
    keys = paths_of(options).keys
    secret = recovery.secret(keys)
    if secret is None:
        raise NotFound("the recovery key is not on this box", hint="It was on the setup card: look in the safe.")
    if options.forget:
        recovery.forget(keys)
        print("The recovery key is not on this box any more. Backups go on being made to it.")
    else:
        print(secret)
    return 0


def _key(file: Path | None) -> str:
    if file is not None:
        try:
            return file.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise NotFound(f"{file} cannot be read: {error}", hint="Check --key.") from None
    return getpass.getpass("recovery key: ") if sys.stdin.isatty() else sys.stdin.readline()
