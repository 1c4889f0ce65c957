"""What a backup holds: the ledger as it is at one moment, the keys, the settings. Not the recordings: these go upstream
by themselves, and are far too large.

It is a gzipped tar; its first member, `backup.json`, names every other with length and SHA-256.
"""

import gzip
import hashlib
import io
import json
import tarfile
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Any

import sqlalchemy as sa

from appliance import __version__
from appliance.box.paths import Paths
from appliance.config import Settings
from appliance.errors import IntegrityError, StorageFull
from appliance.exam.events import BOX
from appliance.ledger import database, tables
from appliance.ledger.reader import opened

FORMAT = 1
DESCRIPTION = "backup.json"
LEDGER = "ledger/ledger.sqlite3"
_FILES = ("appliance.toml", "capacity.json", "caliper-sent.json", "provision/provision.toml", "provision/seats.json")
_LEFT_OUT = frozenset({"recovery.key"})
"""What opens a backup is in none."""

_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """One file in it."""

    path: str
    bytes: int
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Description:
    """Of which box, from when (wall seconds), and how far its ledger was: `position` and `hash` of the box's chain."""

    format: int
    version: str
    site: str
    box: str
    why: str
    made_at: float
    synchronised: bool
    exams: int
    events: int
    position: int
    hash: str
    files: tuple[Member, ...]

    @classmethod
    def of(cls, said: Any) -> "Description":
        """From JSON; IntegrityError where it is not one of ours."""
        try:
            found = cls(**{**said, "files": tuple(Member(**member) for member in said["files"])})
        except (TypeError, KeyError) as error:
            raise IntegrityError("this is no backup of a box", hint="Look at its name and where it is from.") from error
        if found.format != FORMAT:
            raise IntegrityError(
                f"this backup is of another kind ({found.format})",
                hint=f"Install appliance {found.version} or newer on this box, then restore.",
            )
        return found


def pack(paths: Paths, settings: Settings, out: IO[bytes], *, why: str, at: float, synchronised: bool) -> Description:
    """Write all of it to `out`; works while the box runs."""
    try:
        with tempfile.TemporaryDirectory(dir=paths.cache, prefix="backup-") as folder:
            copy = Path(folder) / "ledger.sqlite3"
            facts = _copy_ledger(paths.database, copy)
            files = {LEDGER: copy} | {name: paths.data / name for name in _names(paths)}
            members = tuple(_member(name, file) for name, file in files.items())
            upstream = settings.upstream
            said = Description(
                format=FORMAT, version=__version__, site=upstream.site, box=upstream.box, why=why, made_at=at,
                synchronised=synchronised, files=members, **facts,
            )  # fmt: skip
            with (
                gzip.GzipFile(fileobj=out, mode="wb", compresslevel=3, mtime=0) as packed,
                tarfile.open(fileobj=packed, mode="w|") as tar,
            ):
                content = json.dumps(asdict(said)).encode()
                _add(tar, DESCRIPTION, len(content), io.BytesIO(content))
                for member in members:
                    with open(files[member.path], "rb") as source:
                        _add(tar, member.path, member.bytes, source)
    except OSError as error:
        raise StorageFull(
            f"the backup cannot be written: {error.strerror}", hint="Free space on the data disk, then try again."
        ) from error
    return said


def unpack(source: IO[bytes], folder: Path) -> Description:
    """Read one into an empty folder, each file checked; IntegrityError where it is not whole. Nothing outside of the
    folder is ever written, whatever the tar says."""
    try:
        with tarfile.open(fileobj=source, mode="r|gz") as tar:
            first = tar.next()
            content = tar.extractfile(first) if first is not None and first.name == DESCRIPTION else None
            if content is None:
                raise IntegrityError("this is no backup of a box", hint="Look at its name and where it is from.")
            said = Description.of(json.load(content))
            wanted = {member.path: member for member in said.files}
            while (info := tar.next()) is not None:
                member, content = wanted.pop(info.name, None), tar.extractfile(info)
                if member is None or content is None:
                    raise IntegrityError(f"the backup holds {info.name[:80]!r}, which it does not name")
                _put(folder, member, content)
    except (tarfile.TarError, EOFError, ValueError) as error:
        raise IntegrityError(
            f"the backup is not whole: {error}", hint="Fetch it again, or take an older one."
        ) from error
    if wanted:
        raise IntegrityError(f"the backup is cut off: {min(wanted)} is missing", hint="Take an older one.")
    return said


def _copy_ledger(source: Path, target: Path) -> dict[str, Any]:
    """By SQLite's own online backup: one consistent moment, while the writer goes on."""
    module = database.dbapi()
    with opened(source) as ledger, ledger.connect() as connection:
        raw = connection.connection.driver_connection
        copy = module.connect(target)
        try:
            raw.backup(copy)  # type: ignore[union-attr]
            copy.execute("PRAGMA journal_mode = DELETE")
        finally:
            copy.close()
    with opened(target) as ledger, ledger.connect() as connection:
        event = tables.event.c
        head = connection.execute(
            sa.select(event.position, event.hash).where(event.chain == BOX).order_by(event.position.desc()).limit(1)
        ).first()
        return {
            "exams": connection.execute(sa.select(sa.func.count()).select_from(tables.exam)).scalar() or 0,
            "events": connection.execute(sa.select(sa.func.count()).select_from(tables.event)).scalar() or 0,
            "position": head.position if head else 0,
            "hash": head.hash.hex() if head else "",
        }


def _names(paths: Paths) -> Iterator[str]:
    for name in _FILES:
        if (paths.data / name).is_file():
            yield name
    for file in sorted(paths.keys.rglob("*")):
        if file.is_file() and not file.is_symlink() and file.name not in _LEFT_OUT and not file.name.startswith("."):
            yield str(file.relative_to(paths.data))


def _member(name: str, file: Path) -> Member:
    with open(file, "rb") as source:
        digest = hashlib.file_digest(source, "sha256").hexdigest()
    return Member(path=name, bytes=file.stat().st_size, sha256=digest)


def _add(tar: tarfile.TarFile, name: str, size: int, source: IO[bytes]) -> None:
    info = tarfile.TarInfo(name)
    info.size, info.mode = size, 0o600
    tar.addfile(info, source)


def _put(folder: Path, member: Member, content: IO[bytes]) -> None:
    target = (folder / member.path).resolve()
    if not target.is_relative_to(folder.resolve()):
        raise IntegrityError(f"the backup holds {member.path[:80]!r}, which is not of a box")
    target.parent.mkdir(parents=True, exist_ok=True)
    digest, size = hashlib.sha256(), 0
    with open(target, "xb") as out:
        target.chmod(0o600)
        while piece := content.read(_CHUNK):
            digest.update(piece)
            size += len(piece)
            out.write(piece)
    if (size, digest.hexdigest()) != (member.bytes, member.sha256):
        raise IntegrityError(f"{member.path} in the backup is not what it says", hint="Take an older one.")
