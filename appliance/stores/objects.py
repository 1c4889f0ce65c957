"""Azure, Google and WebDAV as object stores, through obstore: what it can do is less than what the S3 driver does.

It says no checksum that could be compared, so that every receipt reads the object back whole. An upload that breaks off
begins anew. What goes in one piece is in memory meanwhile: 16 MiB at most on Azure and Google, on WebDAV all of it.
"""

import contextlib
import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import obstore
from obstore.exceptions import AlreadyExistsError, BaseError, PermissionDeniedError, UnauthenticatedError

from appliance.errors import ApplianceError, NotFound, StorageFull, Unavailable
from appliance.stores.port import (
    CHUNK,
    Conflict,
    Pace,
    Refused,
    SourceDamaged,
    Stored,
    Unhurried,
    checked,
    digest,
    pieces,
)

WHOLE = 16 << 20
"""Up to here an object is sent in one piece, and only if nobody was faster."""
PART = 5 << 20
_PARTS_AT_ONCE = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """What a kind of store can do. `creates`: it takes an object only if there is none of the name; `parts`: it takes
    one in parts. Without the first, an object is put beside its name and then copied there."""

    creates: bool = True
    parts: bool = True


WEBDAV = Kind(creates=False, parts=False)


class ObjectsStore:
    """The objects under `prefix` of `inner`, a store of obstore. `shown`: its address in words."""

    def __init__(
        self, inner: Any, *, shown: str, prefix: str = "", kind: Kind | None = None, pace: Pace | None = None
    ) -> None:
        self._inner, self._kind, self._pace = inner, kind or Kind(), pace or Unhurried()
        self._prefix = f"{checked(prefix.strip('/'))}/" if prefix.strip("/") else ""
        self.address = shown

    def put(self, key: str, source: Path | bytes, *, sha256: str) -> bool:
        name = self._name(key)
        size = _checked(source, sha256)
        if self.stat(key) is not None:
            self._same(key, sha256)
            return False
        try:
            with self._understood():
                self._send(name, source, size, sha256)
        except AlreadyExistsError:
            self._same(key, sha256)
            return False
        return True

    def confirm(self, key: str, source: Path | bytes, *, sha256: str, listed: Stored | None = None) -> bool:
        """By reading it back."""
        try:
            return digest(self, key) == sha256
        except NotFound:
            return False

    def read(self, key: str) -> Iterator[bytes]:
        name = self._name(key)
        with self._understood(f"the upstream has no {key}"):
            stream = obstore.get(self._inner, name).stream(min_chunk_size=CHUNK)
        while True:
            with self._understood():
                piece = next(stream, None)
            if piece is None:
                return
            yield bytes(piece)

    def stat(self, key: str) -> Stored | None:
        name = self._name(key)
        try:
            with self._understood("it is not there"):
                return Stored(key, obstore.head(self._inner, name)["size"])
        except NotFound:
            return None

    def list(self, prefix: str) -> Iterator[Stored]:
        start = self._name(prefix) if prefix else self._prefix.rstrip("/")
        with self._understood():
            pages = iter(obstore.list(self._inner, start or None, chunk_size=1000))
        while True:
            with self._understood():
                page = next(pages, None)
            if page is None:
                return
            for found in page:
                if not found["path"].rpartition("/")[2].startswith("."):
                    yield Stored(found["path"].removeprefix(self._prefix), found["size"])

    def folders(self, prefix: str) -> Iterator[str]:
        start = self._name(prefix) if prefix else self._prefix.rstrip("/")
        with self._understood():
            found = obstore.list_with_delimiter(self._inner, start or None)["common_prefixes"]
        yield from (path.rstrip("/").rpartition("/")[2] for path in found)

    def _name(self, key: str) -> str:
        return self._prefix + checked(key)

    def _send(self, name: str, source: Path | bytes, size: int, sha256: str) -> None:
        if self._kind.parts and size > WHOLE:
            # Such a store takes parts only as what may be written over: nobody was there a moment ago.
            obstore.put(
                self._inner,
                name,
                _verified(source, self._pace, sha256),
                use_multipart=True,
                chunk_size=PART,
                max_concurrency=_PARTS_AT_ONCE,
            )
            return
        data = b"".join(_verified(source, self._pace, sha256))
        if self._kind.creates:
            obstore.put(self._inner, name, data, mode="create")
            return
        folder, slash, last = name.rpartition("/")
        beside = f"{folder}{slash}.{last}.partial"
        obstore.put(self._inner, beside, data, use_multipart=False)
        try:
            obstore.copy(self._inner, beside, name, overwrite=False)
        finally:
            obstore.delete(self._inner, beside)

    def _same(self, key: str, sha256: str) -> None:
        if digest(self, key) != sha256:
            raise Conflict(
                f"the upstream has other content in {key}",
                hint="Move that object aside at the upstream; the box sends its own again by itself.",
            )

    @contextlib.contextmanager
    def _understood(self, missing: str = "") -> Iterator[None]:
        """Errors of the library become ours; AlreadyExistsError passes."""
        try:
            yield
        except (ApplianceError, AlreadyExistsError):
            raise
        except FileNotFoundError as error:
            if missing:
                raise NotFound(missing) from None
            raise Refused(
                f"there is no such place: {self.address}",
                hint="Make the container, bucket or folder there, or correct `url` under [upstream].",
            ) from error
        except (BaseError, OSError, ValueError) as error:
            raise self._told(error) from error

    def _told(self, error: Exception) -> ApplianceError:
        for sign, kind, message, hint in _TROUBLES:
            if isinstance(error, sign) if isinstance(sign, type) else re.search(sign, str(error)):
                return kind(message.format(self.address), hint=hint)
        return Unavailable(
            f"the store {self.address} does not answer as it should",
            hint="Look at cable, network and firewall. The box tries again by itself.",
        )


_TROUBLES: tuple[tuple[type[Exception] | str, type[ApplianceError], str, str], ...] = (
    (
        UnauthenticatedError,
        Refused,
        "the store {} does not take these credentials",
        "Look at `credentials_file` and `profile` under [upstream]; docs/stores.md says what the file holds.",
    ),
    (
        PermissionDeniedError,
        Refused,
        "the credentials may not do this at {}",
        "Give them the rights that docs/stores.md lists. What waits is sent by itself then.",
    ),
    (
        r"code: 507\b|QuotaExceeded|InsufficientStorage",
        StorageFull,
        "the store {} takes no more: it is full",
        "Free space or raise the quota there; what waits is sent by itself then.",
    ),
    (
        "UnknownIssuer|InvalidCertificate|CertificateError",
        Refused,
        "the certificate of {} is not signed by an authority that this box trusts",
        "Ask who runs the store for its authority's certificate and set `ca_file` under [upstream].",
    ),
    (
        "dns error",
        Unavailable,
        "no host is called as {} says",
        "Is the box's network or name server away? If the name is wrong, correct it under [upstream].",
    ),
    (
        r"non-2xx status code: 4(?!08|09|25|29)",
        Refused,
        "the store {} refuses to be asked like this",
        "Compare url and endpoint under [upstream] with docs/stores.md.",
    ),
)
"""By what an error is known (its class, or what its text holds): what is raised, and its words."""


def _checked(source: Path | bytes, sha256: str) -> int:
    """The length of a source that is what its hash says."""
    size = 0
    for piece in _verified(source, Unhurried(), sha256):
        size += len(piece)
    return size


def _verified(source: Path | bytes, pace: Pace, sha256: str) -> Iterator[bytes]:
    """Its pieces; SourceDamaged after the last one when it is not what its hash says, so that nothing is kept of it."""
    state = hashlib.sha256()
    for piece in pieces(source, pace):
        state.update(piece)
        yield piece
    if state.hexdigest() != sha256:
        name = source.name if isinstance(source, Path) else "what was to be sent"
        raise SourceDamaged(
            f"{name} is not what it was when it was recorded",
            hint="The manifest will name it as missing; look at the data disk's health.",
        )
