"""The manifest: what an attempt or an exam consists of. Pure: values in, canonical bytes out, and back.

A bundle (the folder of an attempt or of an exam upstream) has one manifest, and another one each time that events came
after it. All stay; the highest number counts, and each names the one before it by hash. Number 1 has no number in its
file names: `manifest.json`, then `manifest-2.json`, `ledger-2.jsonl`, `report-2/` and so on.
"""

import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import PurePosixPath
from typing import Any, Literal

import rfc8785

from appliance.errors import IntegrityError
from appliance.exam.place import numbered

SCHEMA = "appliance.manifest/1"

FileKind = Literal["ledger", "report", "snapshot", "segment", "playlist", "other"]


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """One file of a bundle. `file` is relative to the bundle's folder, `size` in bytes, `sha256` in hex; times are wall
    seconds, None where a file has none."""

    file: str
    kind: FileKind
    size: int
    sha256: str
    starts_at: float | None = None
    ends_at: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """The part of a chain that is exported to `file`: the events after position `after` up to `position`, with the
    hashes (hex) of the events at both. An attempt's begins at the beginning: `after` is 0."""

    file: str
    chain: str
    after: int
    after_hash: str
    position: int
    hash: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """A span of a feed without media; `ends_at` None: still open when the manifest was made."""

    kind: str
    cause: str
    starts_at: float
    ends_at: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Missing:
    """A file that the ledger names and the box could not send, and why."""

    file: str
    sha256: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """Another manifest, by its file (relative to this bundle's folder) and hash; its chain's head."""

    file: str
    sha256: str
    position: int
    hash: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """`attempt` is None for an exam's. `attempts` (an exam's only): attempt -> its newest manifest. `open_feeds` were
    still open when the box stopped waiting for them. `withheld`: what the ledger names and never leaves the
    box, since it has a date of its own to be deleted."""

    number: int
    site: str
    box: str
    exam: str
    attempt: str | None
    made_at: float
    synchronised: bool
    key: str
    ledger: Head
    files: tuple[File, ...]
    gaps: tuple[Gap, ...] = ()
    missing: tuple[Missing, ...] = ()
    withheld: tuple[Missing, ...] = ()
    open_feeds: tuple[str, ...] = ()
    attempts: dict[str, Reference]
    previous: Reference | None = None

    def to_bytes(self) -> bytes:
        """RFC 8785: the same values are always the same bytes."""
        said = {"schema": SCHEMA, **_plain(asdict(self))}
        if not self.withheld:
            del said["withheld"]  # manifests of before there was such a thing stay the same bytes
        return rfc8785.dumps(said)

    @classmethod
    def from_bytes(cls, data: bytes) -> "Manifest":
        """IntegrityError says what does not fit."""
        try:
            said = json.loads(data)
            if (schema := said.pop("schema")) != SCHEMA:
                raise IntegrityError(_foreign(str(schema)))
            manifest = cls(
                **{
                    **said,
                    "ledger": Head(**said["ledger"]),
                    "files": tuple(File(**file) for file in said["files"]),
                    "gaps": tuple(Gap(**gap) for gap in said["gaps"]),
                    "missing": tuple(Missing(**missing) for missing in said["missing"]),
                    "withheld": tuple(Missing(**missing) for missing in said.get("withheld", ())),
                    "open_feeds": tuple(said["open_feeds"]),
                    "attempts": {name: Reference(**reference) for name, reference in said["attempts"].items()},
                    "previous": said["previous"] and Reference(**said["previous"]),
                }
            )
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise IntegrityError(f"it cannot be read: {error}") from None
        for file in manifest.files:
            if not _inside(file.file):
                raise IntegrityError(f"it names {file.file!r}, which is not inside its folder")
        return manifest

    @property
    def name(self) -> str:
        """Its own file."""
        return numbered("manifest.json", self.number)

    def sums(self) -> bytes:
        """What `sha256sum -c` reads: every file of the bundle, the manifest itself, and the manifests it refers to."""
        lines = {file.file: file.sha256 for file in self.files}
        lines[self.name] = hashlib.sha256(self.to_bytes()).hexdigest()
        others = [*self.attempts.values(), *([self.previous] if self.previous else [])]
        lines.update({other.file: other.sha256 for other in others})
        return "".join(f"{lines[name]}  {name}\n" for name in sorted(lines)).encode()


def _foreign(schema: str) -> str:
    kind, _, version = SCHEMA.rpartition("/")
    if schema.rpartition("/")[0] != kind:
        return f"it is not of the kind {SCHEMA}"
    return (
        f"a newer box wrote it ({schema[:60]}, this program reads /{version}): install the newest version of this"
        " program and verify again; nothing is known to be wrong"
    )


def _inside(file: str) -> bool:
    path = PurePosixPath(file)
    return not path.is_absolute() and ".." not in path.parts and str(path) == file and path.parts != ()


def _plain(value: Any) -> Any:
    """Tuples as lists, all the way down."""
    if isinstance(value, dict):
        return {name: _plain(inner) for name, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(inner) for inner in value]
    return value
