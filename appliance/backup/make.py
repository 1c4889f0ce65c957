"""Making backups: encrypted to the recovery key, kept for some days on the box, sent upstream by sync."""

import hashlib
import logging
import os
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa
from pyrage import encrypt_io, x25519

from appliance.backup import contents
from appliance.backup.contents import Description
from appliance.box import clock, disk, recovery
from appliance.box.paths import Paths
from appliance.config import Settings
from appliance.errors import NotFound, StorageFull
from appliance.ledger import database
from appliance.ledger.reader import opened

log = logging.getLogger(__name__)

SUFFIX = ".tar.gz.age"
NIGHTLY, BY_HAND, BEFORE_UPDATE, BEFORE_MIGRATION = "nightly", "by hand", "before an update", "before a migration"


@dataclass(frozen=True, slots=True, kw_only=True)
class Backup:
    """One that was made."""

    file: Path
    bytes: int
    sha256: str
    said: Description


def run(paths: Paths, settings: Settings, *, why: str = BY_HAND) -> Backup:
    """Make one now, also while the box runs; older ones than `[backup] keep` go. NotFound where there is nothing to
    copy, StorageFull where there is no room."""
    if not paths.database.exists():
        raise NotFound(f"there is no ledger in {paths.ledger} yet", hint="A new box has nothing to copy.")
    stamp = clock.now()
    recipient = x25519.Recipient.from_str(recovery.recipient(paths.keys))
    name = f"{settings.upstream.box}-{time.strftime('%Y%m%dT%H%M%SZ', time.gmtime(stamp.wall))}{SUFFIX}"
    target, new = paths.backups / name, paths.backups / f".{name}.new"
    try:
        paths.backups.mkdir(parents=True, exist_ok=True)
        for left in paths.backups.glob(".*.new"):
            left.unlink()
        with tempfile.TemporaryFile(dir=paths.cache) as plain:
            said = contents.pack(
                paths, settings, plain, why=why, at=stamp.wall, synchronised=stamp.synchronised
            )  # fmt: skip
            plain.seek(0)
            with open(new, "xb") as out:
                new.chmod(0o600)
                encrypt_io(plain, out, [recipient])
                out.flush()
                os.fsync(out.fileno())
        with open(new, "rb") as source:
            sha256 = hashlib.file_digest(source, "sha256").hexdigest()
        new.replace(target)
        disk.sync_folder(paths.backups)
    except OSError as error:
        new.unlink(missing_ok=True)
        raise StorageFull(
            f"the backup cannot be written to {paths.backups}: {error.strerror}",
            hint="Free space on the data disk, then run `appliance backup`.",
        ) from error
    for old in kept(paths)[: -settings.backup.keep]:
        old.unlink()
    return Backup(file=target, bytes=target.stat().st_size, sha256=sha256, said=said)


def kept(paths: Paths) -> list[Path]:
    """Those that are on the box, oldest first."""
    return sorted(paths.backups.glob(f"*{SUFFIX}"), key=lambda file: (file.stat().st_mtime, file.name))


def before_migration(paths: Paths, settings: Settings) -> Backup | None:
    """A copy of the ledger as the older version left it, where the next start would change its tables."""
    if not paths.database.exists():
        return None
    with opened(paths.database) as ledger, ledger.connect() as connection:
        if not sa.inspect(connection).has_table("alembic_version"):
            return None  # it is being made
        revision = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()
    if revision in (None, database.newest_revision()):
        return None
    try:
        return run(paths, settings, why=BEFORE_MIGRATION)
    except StorageFull as error:  # the box starts all the same: a migration is one transaction
        log.error("no backup before the migration: %s %s", error.message, error.hint)
        return None
