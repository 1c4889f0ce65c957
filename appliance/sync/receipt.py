"""A fresh receipt: has the store still what it had when this box was told that it has it? Asked of the store itself,
right before anything is deleted here, and compared with the newest manifest and with the files of this box."""

import hashlib
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from appliance.box.paths import Paths
from appliance.bundle.manifest import File, FileKind, Manifest
from appliance.errors import IntegrityError, NotFound
from appliance.exam.events import AttemptStored, UpstreamAltered
from appliance.exam.place import numbered, place_of
from appliance.stores.port import ObjectStore, SourceDamaged, Stored, digest
from appliance.sync import proved

ANY = -1
"""The size of an object of which only the hash is known."""

NAMED = 20
"""Keys of each sort that an event names; how many there are stands beside them."""

_GONE = (
    "Bring them back from a copy or an older version at the store; what this box still has it sends again by itself."
)
_OTHER = "Move them aside at the store, then this box sends its own again. Ask who changed them: nobody should."
_MANIFEST = (
    "Bring it back from a copy or an older version at the store. If `site`, `box` or the store itself were changed in"
    " appliance.toml since then, change them back."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Again:
    """An object that is gone at the store and still lies here as `source`."""

    key: str
    kind: FileKind
    source: Path
    sha256: str
    size: int
    since: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What is not right at the store, by key; `again`: what of the missing can be sent again from here."""

    missing: tuple[str, ...] = ()
    other: tuple[str, ...] = ()
    again: tuple[Again, ...] = ()
    hint: str = ""

    def __bool__(self) -> bool:
        return bool(self.missing or self.other)

    @property
    def name(self) -> str:
        """Stands for just this finding."""
        said = "\n".join(["missing", *sorted(self.missing), "other", *sorted(self.other)])
        return hashlib.sha256(said.encode()).hexdigest()[:32]

    def said(self, exam: str, attempt: str) -> UpstreamAltered:
        """As the ledger is told."""
        return UpstreamAltered(
            exam=exam,
            attempt=attempt,
            missing=sorted(self.missing)[:NAMED],
            other=sorted(self.other)[:NAMED],
            objects=len(self.missing) + len(self.other),
            finding=self.name,
            hint=self.hint,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipts:
    """`site` and `box` are the names that this box has in the store."""

    store: ObjectStore
    site: str
    box: str
    paths: Paths

    def bundle(self, stored: AttemptStored, *, deleted: Collection[str]) -> "Bundle":
        """Ask for the newest manifest, and once for a list. `deleted`: paths under the media folder that went by their
        date: whoever keeps the store may have deleted them there, too. Unavailable while the store is away."""
        prefix = f"{self.site}/{self.box}/{stored.exam}/{stored.attempt}"
        name = numbered("manifest.json", stored.number)
        key = f"{prefix}/{name}"
        here = proved.closing(
            self.paths, stored.exam, stored.attempt, number=stored.number, sha256=stored.manifest_sha256
        )
        try:
            data = b"".join(self.store.read(key))
        except NotFound:
            if name not in here:
                return Bundle(receipts=self, stored=stored, prefix=prefix, lost=Finding(missing=(key,), hint=_MANIFEST))
            data = here[name].read_bytes()
        if hashlib.sha256(data).hexdigest() != stored.manifest_sha256:
            return Bundle(receipts=self, stored=stored, prefix=prefix, lost=Finding(other=(key,), hint=_MANIFEST))
        return Bundle(
            receipts=self,
            stored=stored,
            prefix=prefix,
            manifest=Manifest.from_bytes(data),
            listed={one.key: one for one in self.store.list(prefix)},
            deleted=frozenset(_places(deleted, stored)),
            closing=here,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Bundle:
    """An attempt as the store has it now. `lost`: its manifest is not what it was, so that nothing can be said of the
    rest; `deleted`: places in the bundle; `closing`: what closed it, as far as it is kept here."""

    receipts: Receipts
    stored: AttemptStored
    prefix: str
    manifest: Manifest | None = None
    listed: Mapping[str, Stored] = field(default_factory=dict)
    deleted: frozenset[str] = frozenset()
    closing: Mapping[str, Path] = field(default_factory=dict)
    lost: Finding = field(default_factory=Finding)

    def finding(self, going: Iterable[Path] = (), *, doubted: Collection[str] = ()) -> Finding:
        """What is not right. Everything that the manifest names is looked for in the list; the content of `going`,
        files of this box that are about to be deleted, is confirmed each, and so is that of `doubted`, keys that were
        not right before. Unavailable while the store is away."""
        if self.manifest is None:
            return self.lost
        wanted = list(self._wanted(self.manifest))
        missing = [file for file in wanted if self._key(file) not in self.listed]
        there = [file for file in wanted if self._key(file) in self.listed]
        other = [file for file in there if self.listed[self._key(file)].size != file.size >= 0]
        if not missing and not other:
            about = {path.resolve() for path in going}
            asked = [file for file in wanted if self._key(file) in doubted or self._is_of(file, about)]
            other = [file for file in asked if not self._confirmed(file)]
        return Finding(
            missing=tuple(map(self._key, missing)),
            other=tuple(map(self._key, other)),
            again=tuple(self._again(missing)),
            hint=" ".join([_GONE] * bool(missing) + [_OTHER] * bool(other)),
        )

    def _wanted(self, manifest: Manifest) -> Iterator[File]:
        """What the store should have: what the manifest names and did not go by its date, and what could not be sent
        when it was made and is whole again here."""
        for file in manifest.files:
            if _plain(file.file, manifest.number).isdisjoint(self.deleted):
                yield file
        for lost in manifest.missing:
            file = File(file=lost.file, kind="segment", size=0, sha256=lost.sha256)
            source = self._source(file)
            if source is not None and _sha256(source) == lost.sha256:
                yield File(file=lost.file, kind="segment", size=source.stat().st_size, sha256=lost.sha256)
        for name, path in self.closing.items():
            yield File(file=name, kind="other", size=path.stat().st_size, sha256=_sha256(path))
        if manifest.previous is not None:
            yield File(file=manifest.previous.file, kind="other", size=ANY, sha256=manifest.previous.sha256)

    def _key(self, file: File) -> str:
        return f"{self.prefix}/{file.file}"

    def _source(self, file: File) -> Path | None:
        """Where a file lies here, if it does: in the media folder, or among what was made for the bundle."""
        made = proved.made(self.receipts.paths, self.stored.exam, self.stored.attempt, file.file)
        for path in (self.closing.get(file.file), made):
            if path is not None and path.is_file():
                return path
        folder = self.receipts.paths.media / self.stored.exam / self.stored.attempt
        for place in _plain(file.file, self.stored.number):
            path = folder / place.removeprefix("media/")
            if path.is_file() and not path.is_symlink():
                return path
        return None

    def _is_of(self, file: File, paths: Collection[Path]) -> bool:
        source = self._source(file)
        return source is not None and source.resolve() in paths

    def _confirmed(self, file: File) -> bool:
        """By the store's own word; where that does not fit with the file here (which may be what is damaged), or there
        is none, by reading the object."""
        store, key, source = self.receipts.store, self._key(file), self._source(file)
        try:
            if source is not None and store.confirm(key, source, sha256=file.sha256, listed=self.listed[key]):
                return True
        except SourceDamaged:
            pass  # then the object alone can tell
        try:
            return digest(store, key) == file.sha256
        except NotFound:
            return False

    def _again(self, missing: Sequence[File]) -> Iterator[Again]:
        for file in missing:
            source = self._source(file)
            if source is not None and source.stat().st_size == file.size:
                yield Again(
                    key=self._key(file),
                    kind=file.kind,
                    source=source,
                    sha256=file.sha256,
                    size=file.size,
                    since=file.ends_at or file.starts_at or source.stat().st_mtime,
                )


def _places(deleted: Iterable[str], stored: AttemptStored) -> Iterator[str]:
    for path in deleted:
        try:
            yield place_of(path, stored.exam, stored.attempt)
        except IntegrityError:
            continue  # a report, a cache: nothing of the attempt's media


def _plain(name: str, newest: int) -> frozenset[str]:
    """What a file of a bundle may be called on this box: by its own name, or without the number of its manifest."""
    stem, dot, suffix = name.rpartition(".")
    endings = [f"-{number}" for number in range(2, newest + 1)]
    own = [f"{stem.removesuffix(ending)}{dot}{suffix}" for ending in endings if stem.endswith(ending)]
    return frozenset([name, *own])


def _sha256(path: Path) -> str:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
