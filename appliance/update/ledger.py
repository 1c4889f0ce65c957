"""The ledger across an update. A newer version may rewrite its tables, which the older one cannot read: so a copy is
kept, and put back when the way leads back. What the newer one had made of it is kept too, beside it. Needs only
Debian's Python."""

import os
import shutil
import sqlite3
import tempfile
from pathlib import Path

_DATABASE = "ledger.sqlite3"


def keep(ledger: Path, copy: Path) -> None:
    """While the box stands still: `copy` is the ledger as it is."""
    shutil.rmtree(copy, ignore_errors=True)
    if not ledger.is_dir() or ledger.is_symlink():
        return
    new = copy.with_name(copy.name + ".new")
    shutil.rmtree(new, ignore_errors=True)
    shutil.copytree(ledger, new, symlinks=True)
    _flush(new)
    new.rename(copy)


def put_back(ledger: Path, copy: Path, *, aside: str) -> bool:
    """-> whether it was needed. Interrupted, it is done again from the beginning and comes to the same."""
    ready = ledger.with_name(".ledger.back")
    if not ledger.exists() and ready.is_dir():  # cut between the two renames
        ready.rename(ledger)
        return True
    if not copy.is_dir() or not ledger.is_dir() or schema(ledger) == schema(copy):
        return False
    shutil.rmtree(ready, ignore_errors=True)
    shutil.copytree(copy, ready, symlinks=True)
    owner = ledger.lstat()
    for path in (ready, *ready.rglob("*")):
        os.chown(path, owner.st_uid, owner.st_gid, follow_symlinks=False)
    _flush(ready)
    ledger.rename(_free(ledger.with_name(f"ledger-{aside}")))
    ready.rename(ledger)
    return True


def schema(folder: Path) -> str:
    """Which revision the tables have. Read from a copy: a reader's own files would lie beside the ledger as root's."""
    if not (folder / _DATABASE).is_file():
        return ""
    with tempfile.TemporaryDirectory(prefix="ledger-") as temporary:
        for file in folder.glob(_DATABASE + "*"):
            if not file.name.endswith("-shm"):
                shutil.copy(file, temporary, follow_symlinks=False)
        connection = sqlite3.connect(Path(temporary) / _DATABASE)
        try:
            row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
        except sqlite3.DatabaseError as error:
            return f"unreadable: {error}"
        finally:
            connection.close()
    return str(row[0]) if row else ""


def _free(place: Path) -> Path:
    number = 1
    while place.exists():
        number += 1
        place = place.with_name(f"{place.name.rsplit('~', 1)[0]}~{number}")
    return place


def _flush(folder: Path) -> None:
    """What is copied survives a power cut before anything counts on it."""
    for path in (*folder.rglob("*"), folder):
        if path.is_symlink():
            continue
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
