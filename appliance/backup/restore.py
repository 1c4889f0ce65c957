"""A box from a backup. The new one goes on under another name in the store: what the lost box said there after its last
backup stays true, and two histories of one name would look like tampering.
"""

import contextlib
import os
import re
import shutil
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa
from pyrage import DecryptError, IdentityError, decrypt_io, x25519

from appliance.backup import contents
from appliance.backup.contents import LEDGER, Description
from appliance.box import disk, recovery
from appliance.box.lock import held
from appliance.box.paths import Paths
from appliance.errors import BadInput, IntegrityError, NotAllowed, NotFound, StorageFull
from appliance.exam.events import BOX, BoxRestored
from appliance.ledger import chain, tables, writer
from appliance.ledger.reader import links, opened
from appliance.ledger.record import Draft

ACTOR = "cli"
_PASSING = ".restoring"
_REPLACED = "replaced"
_SETTINGS = "appliance.toml"
_BOX_LINE = re.compile(r"(?m)^(\[upstream\][^\[]*?^box\s*=\s*)\"[^\"\n]*\"")
_UPSTREAM = re.compile(r"(?m)^\[upstream\][^\n]*\n")


@dataclass(frozen=True, slots=True, kw_only=True)
class Restored:
    """What there is now. `named`: what the box is called in the store from now on."""

    said: Description
    named: str


def run(paths: Paths, file: Path, *, identity: str) -> Restored:
    """Make the data folder into the box of the backup; it does not run. NotAllowed where a box with exams is there
    already. Killed at any moment, the folder is as before until the ledger appears, and done then."""
    paths.make()
    with held(paths, "box", "writer"), _passing(paths) as folder:
        said = _opened(file, identity, paths, folder)
        _check_ledger(folder / LEDGER, said)
        _refuse_exams(paths)
        named = f"{said.box}-r{time.strftime('%Y%m%d%H%M', time.gmtime())}"
        _rename(folder / _SETTINGS, named)
        _keep_what_was(paths)
        _take_over(paths, folder, said)
        with writer.opened(paths.database) as ledger:
            event = BoxRestored(
                made_at=said.made_at, position=said.position, hash=said.hash, site=said.site, box=said.box, named=named
            )
            ledger.append(Draft(payload=event, chain=BOX, exam=None, actor=ACTOR))
        recovery.recipient(paths.keys)
        return Restored(said=said, named=named)


def identity_in(text: str) -> str:
    """The key in what a person typed, or in an age key file with its comments."""
    found = [word for word in text.split() if word.upper().startswith("AGE-SECRET-KEY-1")]
    if len(found) != 1:
        raise BadInput(
            "that is no recovery key", hint="It begins with AGE-SECRET-KEY-1 and stands on the card of the setup page."
        )
    return found[0].upper()


@contextlib.contextmanager
def _passing(paths: Paths) -> Iterator[Path]:
    """A folder on the same disk, gone at the end; what a crash left of an earlier one goes first."""
    for left in paths.data.glob(f"{_PASSING}-*"):
        shutil.rmtree(left)
    folder = Path(tempfile.mkdtemp(prefix=f"{_PASSING}-", dir=paths.data))
    try:
        yield folder
    except OSError as error:
        raise StorageFull(
            f"the backup cannot be unpacked: {error.strerror}", hint="Free space on the data disk, then restore again."
        ) from error
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _opened(file: Path, identity: str, paths: Paths, folder: Path) -> Description:
    if not os.access(file, os.R_OK) or not file.is_file():
        raise NotFound(f"{file} cannot be read", hint="Check the file's name, and that you may read it.")
    with open(file, "rb") as source, tempfile.TemporaryFile(dir=paths.cache) as plain:
        try:
            decrypt_io(source, plain, [x25519.Identity.from_str(identity)])
        except IdentityError:
            raise BadInput("the recovery key has a typing mistake", hint="Compare it with the card.") from None
        except (DecryptError, OSError) as error:
            if getattr(error, "errno", None):  # the disk's word, not age's
                raise
            raise IntegrityError(
                f"{file.name} cannot be opened with this key: {error}",
                hint="It may be of another box, or damaged: take another copy of it, or the key of that box.",
            ) from None
        plain.seek(0)
        return contents.unpack(plain, folder)


def _check_ledger(database: Path, said: Description) -> None:
    """SQLite says it is whole, every chain proves itself, and it ends where the backup says."""
    with opened(database) as ledger, ledger.connect() as connection:
        found = connection.exec_driver_sql("PRAGMA integrity_check(1)").scalar()
        if found != "ok":
            raise IntegrityError(f"the ledger in the backup is damaged: {found}", hint="Take an older backup.")
        for name in connection.execute(sa.select(tables.event.c.chain).distinct()).scalars().all():
            position, hashed = chain.check(links(connection, name), chain=name)
            if name == BOX and (position, hashed.hex()) != (said.position, said.hash):
                raise IntegrityError("the ledger in the backup is not the one it names", hint="Take an older backup.")


def _refuse_exams(paths: Paths) -> None:
    if not paths.database.exists():
        return
    with opened(paths.database) as ledger, ledger.connect() as connection:
        if connection.execute(sa.select(sa.func.count()).select_from(tables.exam)).scalar():
            raise NotAllowed(
                f"{paths.data} holds exams already, and a backup would take their place",
                hint="Restore into an empty data folder: --data DIR, or reset this box first.",
            )


def _keep_what_was(paths: Paths) -> None:
    """What a fresh box had of its own is set aside, not lost: its certificate may be trusted by a device already."""
    for source in (paths.database, paths.keys, paths.config):
        if source.exists():
            aside = paths.data / _REPLACED / time.strftime("%Y%m%dT%H%M%S", time.gmtime()) / source.name
            aside.parent.mkdir(parents=True, exist_ok=True)
            source.rename(aside)
    for left in paths.ledger.glob("ledger.sqlite3-*"):
        left.unlink()


def _take_over(paths: Paths, folder: Path, said: Description) -> None:
    """The ledger last: with it the box is there."""
    names = {member.path for member in said.files} | {_SETTINGS}
    for name in [*sorted(names - {LEDGER}), LEDGER]:
        target = paths.data / name
        target.parent.mkdir(parents=True, exist_ok=True)
        (folder / name).rename(target)
        disk.sync_folder(target.parent)
    paths.keys.chmod(0o700)


def _rename(config: Path, named: str) -> None:
    """`[upstream] box` in the settings, whatever else stands there."""
    text = config.read_text(encoding="utf-8") if config.exists() else ""
    line = f'box = "{named}"'
    if _BOX_LINE.search(text):
        text = _BOX_LINE.sub(rf'\g<1>"{named}"', text)
    elif _UPSTREAM.search(text):
        text = _UPSTREAM.sub(rf"\g<0>{line}\n", text, count=1)
    else:
        text = f"{text}\n[upstream]\n{line}\n".lstrip()
    disk.write(config, text.encode())
