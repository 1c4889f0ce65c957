"""The port: a tree of files to prove. A folder here, a place in an object store, or what a web server gives out.

Names are relative, with `/`. Nothing is kept but the names of one exam; content is read in pieces.
"""

import hashlib
import itertools
import os
import ssl
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Protocol, TypeVar

from appliance.errors import BadInput, ConfigError, IntegrityError, NotFound, Unavailable
from appliance.stores.port import CHUNK, ObjectStore

SMALL = 64 << 20
"""What is read as a whole (manifests, lists, keys) is not longer than this."""

AT_ONCE = 8
"""Files read at the same time over a network."""

T = TypeVar("T")

_TIMEOUT_SECONDS = 30.0
_TRIES = 3


class Tree(Protocol):
    """`name`: where it is, as it may be shown. `listed`: it can say what is there; where it cannot, `files` and
    `folders` are empty, and only what is asked for by name is found. `at_once`: how many to read at the same time."""

    @property
    def name(self) -> str: ...
    @property
    def listed(self) -> bool: ...
    @property
    def at_once(self) -> int: ...

    def files(self) -> list[str]:
        """Every file under it, sorted; a link is none, but is named."""
        ...

    def folders(self) -> list[str]:
        """The folders right under it, sorted."""
        ...

    def loose(self) -> list[str]:
        """Files right under it, where no evidence belongs; a store's owner may keep there what he likes."""
        ...

    def has(self, file: str) -> bool:
        """Is there such a file?"""
        ...

    def read(self, file: str) -> Iterator[bytes]:
        """Its content; NotFound, also for a link."""
        ...

    def under(self, folder: str) -> "Tree":
        """The tree that begins there."""
        ...


def whole(tree: Tree, file: str) -> bytes | None:
    """A small file; None when there is none. IntegrityError when it is too long to be what it should be."""
    data = bytearray()
    try:
        for piece in tree.read(file):
            data += piece
            if len(data) > SMALL:
                raise IntegrityError("it is far too long to be what its name says")
    except NotFound:
        return None
    return bytes(data)


def each(tree: Tree, files: Iterable[str], work: Callable[[str], T]) -> Iterator[T]:
    """What `work` makes of each file, in order; several at the same time where that is quicker."""
    if tree.at_once == 1:
        yield from map(work, files)
        return
    waiting = iter(files)
    with ThreadPoolExecutor(tree.at_once, thread_name_prefix="verify") as pool:
        while batch := list(itertools.islice(waiting, 16 * tree.at_once)):
            yield from pool.map(work, batch)


def sums(tree: Tree, files: Iterable[str]) -> Iterator[tuple[str, int, str]]:
    """Each file in order, with its size and SHA-256 (hex): -1 and "" where it is missing."""
    yield from each(tree, files, lambda file: _sum(tree, file))


def _sum(tree: Tree, file: str) -> tuple[str, int, str]:
    for attempt in range(1, _TRIES):
        try:
            return _summed(tree, file)
        except Unavailable:
            time.sleep(attempt)  # a long look at a store outlives a line that was cut
    return _summed(tree, file)


def _summed(tree: Tree, file: str) -> tuple[str, int, str]:
    state, size = hashlib.sha256(), 0
    try:
        for piece in tree.read(file):
            state.update(piece)
            size += len(piece)
    except NotFound:
        return file, -1, ""
    return file, size, state.hexdigest()


class FolderTree:
    """On this machine. Links are not followed."""

    listed = True
    at_once = 1

    def __init__(self, root: Path) -> None:
        self._root = root

    @property
    def name(self) -> str:
        return str(self._root)

    def files(self) -> list[str]:
        found = []
        for folder, folders, names in os.walk(self._root, onerror=_not_read):
            here = Path(folder)
            links = [name for name in folders if (here / name).is_symlink()]
            found += [(here / name).relative_to(self._root).as_posix() for name in (*names, *links)]
        return sorted(found)

    def folders(self) -> list[str]:
        return sorted(one.name for one in self._entries() if one.is_dir(follow_symlinks=False))

    def loose(self) -> list[str]:
        return sorted(one.name for one in self._entries() if not one.is_dir(follow_symlinks=False))

    def has(self, file: str) -> bool:
        path = self._root / file
        return path.is_file() and not path.is_symlink()

    def read(self, file: str) -> Iterator[bytes]:
        if not self.has(file):
            raise NotFound(f"there is no file {file}")
        try:
            with open(self._root / file, "rb") as opened:
                while piece := opened.read(CHUNK):
                    yield piece
        except OSError as error:
            _not_read(error)

    def under(self, folder: str) -> "FolderTree":
        return FolderTree(self._root / folder)

    def _entries(self) -> list[os.DirEntry[str]]:
        try:
            with os.scandir(self._root) as entries:
                return list(entries)
        except OSError as error:
            _not_read(error)
            return []


def _not_read(error: OSError) -> None:
    raise Unavailable(
        f"{error.filename} cannot be read: {error.strerror}", hint="Give the right to read it, or look at the disk."
    )


class StoreTree:
    """In an object store. What an exam has is listed once, for it and its attempts."""

    listed = True
    at_once = AT_ONCE

    def __init__(self, store: ObjectStore, prefix: str = "", above: "StoreTree | None" = None) -> None:
        self._store, self._prefix, self._above = store, prefix, above
        self._files: dict[str, None] | None = None

    @property
    def name(self) -> str:
        return f"{self._store.address}/{self._prefix}" if self._prefix else self._store.address

    def files(self) -> list[str]:
        if self._files is None:
            above = self._above
            if above is not None and above._files is not None:
                inner = self._prefix.removeprefix(above._prefix).strip("/") + "/"
                self._files = {name.removeprefix(inner): None for name in above._files if name.startswith(inner)}
            else:
                start = f"{self._prefix}/" if self._prefix else ""
                found = sorted(one.key.removeprefix(start) for one in self._store.list(self._prefix))
                self._files = dict.fromkeys(found)
        return list(self._files)

    def folders(self) -> list[str]:
        if self._files is not None:
            return sorted({name.split("/")[0] for name in self._files if "/" in name})
        return sorted(self._store.folders(self._prefix))

    def loose(self) -> list[str]:
        return []

    def has(self, file: str) -> bool:
        if self._files is not None:
            return file in self._files
        return self._store.stat(self._key(file)) is not None

    def read(self, file: str) -> Iterator[bytes]:
        if self._files is not None and file not in self._files:
            raise NotFound(f"there is no {file}")  # as it was listed a moment ago: spares a question
        try:
            yield from self._store.read(self._key(file))
        except BadInput:
            raise NotFound(f"{file} cannot be in a store") from None

    def under(self, folder: str) -> "StoreTree":
        return StoreTree(self._store, self._key(folder), self)

    def _key(self, name: str) -> str:
        return f"{self._prefix}/{name}" if self._prefix else name


class WebTree:
    """One bundle, or one exam, behind an address. A web server lists nothing: what is there beside it stays unknown."""

    listed = False
    at_once = AT_ONCE

    def __init__(self, address: str, *, ca: Path | None = None) -> None:
        parts = urllib.parse.urlsplit(address)
        if not parts.netloc or parts.query or parts.fragment or "@" in parts.netloc:
            raise BadInput(
                f"{address[:100]!r} is not the address of a folder",
                hint="Give the address of a bundle, https://HOST/SITE/BOX/EXAM, without a name, a password or a query.",
            )
        self._address, self._ca = address.rstrip("/"), ca
        try:
            self._tls = ssl.create_default_context(cafile=ca and str(ca)) if parts.scheme == "https" else None
        except (OSError, ssl.SSLError) as error:
            raise ConfigError(f"{ca} is no certificate authority: {error}", hint="It is a PEM file.") from None

    @property
    def name(self) -> str:
        return self._address

    def files(self) -> list[str]:
        return []

    def folders(self) -> list[str]:
        return []

    def loose(self) -> list[str]:
        return []

    def has(self, file: str) -> bool:
        try:
            with self._open(file):
                return True
        except NotFound:
            return False

    def read(self, file: str) -> Iterator[bytes]:
        with self._open(file) as answer:
            told, got = answer.headers.get("Content-Length", ""), 0
            try:
                while piece := answer.read(CHUNK):
                    got += len(piece)
                    yield piece
            except OSError as error:
                raise self._away(file, error) from None
            if told.isdigit() and got < int(told):
                raise self._away(file, OSError("the line was cut"))

    def under(self, folder: str) -> "WebTree":
        return WebTree(f"{self._address}/{folder}", ca=self._ca)

    def _open(self, file: str) -> "urllib.response.addinfourl":
        address = f"{self._address}/{urllib.parse.quote(file)}"
        for attempt in itertools.count(1):
            try:
                found = urllib.request.urlopen(address, timeout=_TIMEOUT_SECONDS, context=self._tls)  # noqa: S310
                return found  # type: ignore[no-any-return]  # urlopen is not typed
            except urllib.error.HTTPError as error:
                error.close()
                if error.code in {404, 410}:
                    raise NotFound(f"there is no {file}") from None
                if error.code < 500 or attempt == _TRIES:
                    raise self._away(file, OSError(f"the server said {error.code} {error.reason}")) from None
            except OSError as error:
                if attempt == _TRIES or isinstance(getattr(error, "reason", None), ssl.SSLError):
                    raise self._away(file, error) from None
            time.sleep(attempt)
        raise AssertionError("unreachable")

    def _away(self, file: str, error: OSError) -> Unavailable:
        return Unavailable(
            f"{self._address}/{file} cannot be read: {getattr(error, 'reason', error)}",
            hint="Try again once the server can be reached; a certificate of one's own authority goes with --ca FILE.",
        )
