"""A store in front of another that counts what is asked of it: what a question costs can be said."""

import threading
from collections.abc import Iterator
from pathlib import Path

from appliance.stores.port import ObjectStore, Stored

PAGE = 1000
"""Names that an S3 store says at a time."""


class CountedStore:
    """`requests`: what an S3 store is asked, a page of names being one; `bytes`: what was read."""

    def __init__(self, inner: ObjectStore) -> None:
        self._inner = inner
        self._lock = threading.Lock()
        self.requests = 0
        self.bytes = 0

    @property
    def address(self) -> str:
        return self._inner.address

    def put(self, key: str, source: Path | bytes, *, sha256: str) -> bool:
        self._count()
        return self._inner.put(key, source, sha256=sha256)

    def confirm(self, key: str, source: Path | bytes, *, sha256: str, listed: Stored | None = None) -> bool:
        self._count()
        return self._inner.confirm(key, source, sha256=sha256, listed=listed)

    def read(self, key: str) -> Iterator[bytes]:
        self._count()
        for piece in self._inner.read(key):
            self._count(0, len(piece))
            yield piece

    def stat(self, key: str) -> Stored | None:
        self._count()
        return self._inner.stat(key)

    def list(self, prefix: str) -> Iterator[Stored]:
        for number, found in enumerate(self._inner.list(prefix)):
            if number and number % PAGE == 0:
                self._count()
            yield found
        self._count()

    def folders(self, prefix: str) -> Iterator[str]:
        for number, name in enumerate(self._inner.folders(prefix)):
            if number and number % PAGE == 0:
                self._count()
            yield name
        self._count()

    def _count(self, requests: int = 1, size: int = 0) -> None:
        with self._lock:
            self.requests += requests
            self.bytes += size
