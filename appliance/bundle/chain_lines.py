"""A chain as a file: one event a line, canonical JSON, `{"body", "hash", "payload", "salt"}`.

`body` and `payload` are the very bytes that are hashed, as text; `hash` and `salt` are hex. `payload` and `salt` are
null where the payload was erased, or is withheld because it concerns somebody else: the chain holds without it.
"""

import json
from collections.abc import Iterable, Iterator

import rfc8785

from appliance.errors import IntegrityError
from appliance.ledger.chain import Link

LONGEST = 16 << 20
"""No event's line is longer (bytes)."""


def line(link: Link, *, withhold: bool = False) -> bytes:
    """One event."""
    shown = link.payload is not None and link.salt is not None and not withhold
    said = {
        "body": link.body.decode(),
        "hash": link.hash.hex(),
        "payload": link.payload.decode() if shown and link.payload is not None else None,
        "salt": link.salt.hex() if shown and link.salt is not None else None,
    }
    return rfc8785.dumps(said) + b"\n"


def parse(data: bytes) -> list[Link]:
    """The events of a file; IntegrityError names the line that is none."""
    return list(stream(iter([data])))


def stream(pieces: Iterable[bytes]) -> Iterator[Link]:
    """The events of a file that is read in pieces, one at a time; IntegrityError names the line that is none."""
    number, rest = 0, b""
    for piece in pieces:
        *lines, rest = (rest + piece).split(b"\n")
        for text in lines:
            number += 1
            yield _link(number, text)
        if len(rest) > LONGEST:
            break
    if rest:
        yield _link(number + 1, rest[:LONGEST])


def _link(number: int, text: bytes) -> Link:
    try:
        said = json.loads(text)
        payload, salt = said["payload"], said["salt"]
        return Link(
            body=said["body"].encode(),
            hash=bytes.fromhex(said["hash"]),
            payload=None if payload is None else payload.encode(),
            salt=None if salt is None else bytes.fromhex(salt),
        )
    except (ValueError, KeyError, TypeError, AttributeError):
        raise IntegrityError(f"line {number} is not an event") from None
