"""The port: an object store as this box needs one. A driver for each kind of store implements it.

Objects are immutable. A key is a relative path with `/`; see `checked`. Contract of every driver, kept by one
conformance suite (tests/stores/contract.py):

- `put` is idempotent: the same content again changes nothing and succeeds. Other content under a key that is taken is
  refused (`Conflict`), the old object stays.
- `confirm` is the receipt: it asks the store anew for what it has. Nothing is deleted on this box without one.
- Several threads may call it at the same time.
- An object is there whole or not at all, also after a crash in the middle of a `put`. When `put` returns, the object
  survives a power cut.
- Errors: `SourceDamaged` when what is to be sent is missing here or is not what its hash says (the store is untouched),
  `Conflict`, `StorageFull`, `Refused` when the store does not take us as we are (a person has to do something: key,
  bucket, certificate, clock), and `Unavailable` for everything that may go away by itself: trying the same call again
  is always right.
- What is sent is asked of `pace` first, piece by piece, so that a limit holds over all uploads together.
"""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from appliance.errors import BadInput, IntegrityError, Unavailable

CHUNK = 1 << 20

_PART = re.compile(r"[A-Za-z0-9_@+=,-][A-Za-z0-9._@+=,-]{0,199}")


class Conflict(IntegrityError):
    """The store has other content under this key."""


class SourceDamaged(IntegrityError):
    """What is to be sent is not on this box, or is not what its hash says."""


class Refused(Unavailable):
    """The store is there and does not take us as we are: a wrong key, bucket, certificate or clock, no right to write,
    a name that another box has taken. It goes on by itself once somebody has put it right."""


@dataclass(frozen=True, slots=True)
class Stored:
    """An object that is there. `size` in bytes; `checksum`: what the store itself took of the content, in the words of
    its driver, "" where it has none."""

    key: str
    size: int
    checksum: str = ""


class Pace(Protocol):
    """How fast bytes may leave."""

    def take(self, size: int) -> None:
        """Wait until `size` bytes may be sent."""
        ...


class Unhurried:
    """No limit."""

    def take(self, size: int) -> None:
        """At once."""


class ObjectStore(Protocol):
    """See the contract above. `address`: where it is, in words that may be shown."""

    @property
    def address(self) -> str: ...

    def put(self, key: str, source: Path | bytes, *, sha256: str) -> bool:
        """Store the source, whose hash is `sha256` (hex). True when it was sent, False when just this was there."""
        ...

    def confirm(self, key: str, source: Path | bytes, *, sha256: str, listed: Stored | None = None) -> bool:
        """Does the store have just this content? By reading it back, or by a checksum that the store took of what it
        received, compared with the source's own. `listed`: what `list` said of it a moment ago, where that is enough.
        False when it has other content or none."""
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

    def folders(self, prefix: str) -> Iterator[str]:
        """The names right under `prefix` that have objects under them, in no order, without listing these; "" for the
        topmost."""
        ...


def checked(key: str) -> str:
    """The key itself; BadInput unless each part is 1-200 of A-Z a-z 0-9 . _ @ + = , - and none begins with a dot."""
    if not all(_PART.fullmatch(part) for part in key.split("/")):
        raise BadInput(f"{key[:200]!r} cannot name an object", hint="Use letters, digits and . _ - in names of files.")
    return key


def pieces(source: Path | bytes, pace: Pace | None = None) -> Iterator[bytes]:
    """The source's bytes, no faster than `pace`; SourceDamaged when it cannot be read."""
    pace = pace or Unhurried()
    if isinstance(source, bytes):
        pace.take(len(source))
        yield source
        return
    try:
        with open(source, "rb") as file:
            while piece := file.read(CHUNK):
                pace.take(len(piece))
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
