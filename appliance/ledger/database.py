"""The SQLite file: how it is opened, by the one writer and by readers, and brought to the newest schema."""

import contextlib
import logging
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import sqlalchemy as sa

from appliance.errors import IntegrityError, StorageFull, Unavailable

log = logging.getLogger(__name__)

FIXED = (3, 51, 3)
"""The first SQLite without the WAL-reset bug: 3.7.0-3.51.2 may corrupt a file when two connections checkpoint."""


def dbapi() -> ModuleType:
    """pysqlite3 bundles a fixed SQLite where it has a wheel (x86_64); elsewhere Python's own."""
    try:
        from pysqlite3 import dbapi2

        module: ModuleType = dbapi2
        return module
    except ImportError:
        return sqlite3


def open_writer(database: Path) -> sa.Engine:
    """The engine of the only process that writes: WAL, FULL (facts: NORMAL loses acknowledged rows at a power cut)."""
    module = dbapi()
    if module.sqlite_version_info < FIXED:
        log.warning(
            "SQLite %s has the WAL-reset bug: safe only while this one process writes and checkpoints",
            module.sqlite_version,
        )
    engine = _engine(database, module, read_only=False)
    with understood(database), engine.connect() as connection:
        found = connection.exec_driver_sql("PRAGMA quick_check(1)").scalar()
        if found != "ok":
            raise IntegrityError(
                f"the ledger {database} is damaged: {found}",
                hint="Keep the file, restore the newest backup, and start again: recordings on disk are indexed anew.",
            )
    with understood(database):
        migrate(engine)
    return engine


def open_reader(database: Path) -> sa.Engine:
    """A read-only engine: it never checkpoints, so it cannot meet the WAL-reset bug."""
    if not database.exists():
        raise Unavailable(
            f"there is no ledger in {database.parent}", hint="Start the box once with `appliance run`, or check --data."
        )
    return _engine(database, dbapi(), read_only=True)


def _engine(database: Path, module: ModuleType, *, read_only: bool) -> sa.Engine:
    mode = "ro" if read_only else "rwc"
    engine = sa.create_engine(
        f"sqlite:///file:{database}?mode={mode}&uri=true",
        module=module,
        poolclass=sa.pool.NullPool if read_only else sa.pool.StaticPool,
        connect_args={"check_same_thread": False},
    )

    @sa.event.listens_for(engine, "connect")
    def prepare(connection: Any, _record: object) -> None:
        connection.isolation_level = None  # SQLAlchemy says BEGIN itself (below), so that savepoints work
        cursor = connection.cursor()
        cursor.execute("PRAGMA busy_timeout = 5000")
        cursor.execute("PRAGMA foreign_keys = ON")
        cursor.execute("PRAGMA trusted_schema = OFF")
        if not read_only:
            cursor.execute("PRAGMA journal_mode = WAL")
            cursor.execute("PRAGMA synchronous = FULL")
            cursor.execute("PRAGMA wal_autocheckpoint = 1000")
            cursor.execute("PRAGMA secure_delete = ON")  # what is erased is overwritten, not only forgotten
        cursor.close()

    @sa.event.listens_for(engine, "begin")
    def begin(connection: sa.Connection) -> None:
        connection.exec_driver_sql("BEGIN" if read_only else "BEGIN IMMEDIATE")

    return engine


def scrub(engine: sa.Engine) -> bool:
    """Empty the write-ahead log, in which pages still stand as they were before an erasure; -> False while a reader
    needs it, or the disk cannot be written: ask again."""
    connection = engine.raw_connection()
    cursor = connection.cursor()
    try:
        cursor.execute("PRAGMA busy_timeout = 0")
        busy = cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
    except dbapi().Error:
        return False
    finally:
        cursor.execute("PRAGMA busy_timeout = 5000")
        cursor.close()
        connection.close()
    return not busy


def migrate(engine: sa.Engine) -> None:
    """Bring the schema to the newest revision. Events are never touched by a migration."""
    from alembic import command  # 11 MB, which the processes that only read are spared

    config = _migrations()
    with engine.connect() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def newest_revision() -> str:
    """The schema that this version brings."""
    from alembic.script import ScriptDirectory

    return str(ScriptDirectory.from_config(_migrations()).get_current_head())


def _migrations() -> Any:
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    return config


@contextlib.contextmanager
def understood(database: Path) -> Iterator[None]:
    """Turn what SQLite says into an error that a person can act on."""
    try:
        yield
    except sa.exc.DBAPIError as error:
        said = str(error.orig)
        if any(word in said for word in ("disk is full", "readonly", "read-only", "disk I/O error", "unable to open")):
            raise StorageFull(
                f"the ledger {database} cannot be written: {said}",
                hint="Free space on the data disk, or check that it is mounted and not read-only. Recording goes on;"
                " what happens meanwhile is written when there is room again.",
            ) from error
        if "no such table" in said or "no such column" in said:
            raise Unavailable(
                f"the ledger {database} is still being set up",
                hint="It takes a moment after an installation or an update.",
            ) from error
        if "malformed" in said or "not a database" in said:
            raise IntegrityError(
                f"the ledger {database} is damaged: {said}",
                hint="Keep the file, restore the newest backup, and start again: recordings on disk are indexed anew.",
            ) from error
        raise
