"""The port: an object store as this box needs one. A driver for each kind of store implements it.

Objects are immutable. A key is a relative path with `/`; see `checked`. Contract of every driver, kept by one
conformance suite (tests/sync/test_store_contract.py):

- `put` is idempotent: the same content again changes nothing and succeeds. Other content under a key that is taken is
  refused (`Conflict`), the old object stays.
- An object is there whole or not at all, also after a crash in the middle of a `put`. When `put` returns, the object
  survives a power cut.
- Errors: `SourceDamaged` when what is to be sent is missing here or is not what its hash says (the store is untouched),
  `Conflict`, `StorageFull`, and `Unavailable` for everything that may go away by itself: trying the same call again is
  always right.
"""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from appliance.errors import BadInput, IntegrityError

CHUNK = 1 << 20

_PART = re.compile(r"[A-Za-z0-9_@+=,-][A-Za-z0-9._@+=,-]{0,199}")


class Conflict(IntegrityError):
    """The store has other content under this key."""


class SourceDamaged(IntegrityError):
    """What is to be sent is not on this box, or is not what its hash says."""


@dataclass(frozen=True, slots=True)
class Stored:
    """An object that is there. `size` in bytes."""

    key: str
    size: int


class ObjectStore(Protocol):
    """See the contract above."""

    def put(self, key: str, source: Path | bytes, *, sha256: str) -> bool:
        """Store the source, whose hash is `sha256` (hex). True when it was sent, False when it was there already, which
        was found by reading it."""
        ...

    def read(self, key: str) -> Iterator[bytes]:
        """The object in pieces, as the store has it now; NotFound when it has none."""
        ...

    def stat(self, key: str) -> Stored | None:
        """Is it there, and how long?"""
        ...

    def list(self, prefix: str) -> Iterator[Stored]:
        """Every object whose key begins with `prefix` + "/", in no order; "" lists all."""
        ...


def checked(key: str) -> str:
    """The key itself; BadInput unless each part is 1-200 of A-Z a-z 0-9 . _ @ + = , - and none begins with a dot."""
    if not all(_PART.fullmatch(part) for part in key.split("/")):
        raise BadInput(f"{key[:200]!r} cannot name an object", hint="Use letters, digits and . _ - in names of files.")
    return key


def pieces(source: Path | bytes) -> Iterator[bytes]:
    """The source's bytes; SourceDamaged when it cannot be read."""
    if isinstance(source, bytes):
        yield source
        return
    try:
        with open(source, "rb") as file:
            while piece := file.read(CHUNK):
                yield piece
    except OSError as error:
        raise SourceDamaged(
            f"{source.name} cannot be read on this box: {error.strerror}",
            hint="The manifest will name it as missing; look at the data disk's health.",
        ) from error


def digest(store: ObjectStore, key: str) -> str:
    """SHA-256 (hex) of what the store has."""
    state = hashlib.sha256()
    for piece in store.read(key):
        state.update(piece)
    return state.hexdigest()
