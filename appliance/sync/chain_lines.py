"""A chain as a file: one event a line, canonical JSON, `{"body", "hash", "payload", "salt"}`.

`body` and `payload` are the very bytes that are hashed, as text; `hash` and `salt` are hex. `payload` and `salt` are
null where the payload was erased, or is withheld because it concerns somebody else: the chain holds without it.
"""

import json

import rfc8785

from appliance.errors import IntegrityError
from appliance.ledger.chain import Link


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
    links = []
    for number, text in enumerate(data.splitlines(), 1):
        try:
            said = json.loads(text)
            payload, salt = said["payload"], said["salt"]
            links.append(
                Link(
                    body=said["body"].encode(),
                    hash=bytes.fromhex(said["hash"]),
                    payload=None if payload is None else payload.encode(),
                    salt=None if salt is None else bytes.fromhex(salt),
                )
            )
        except (ValueError, KeyError, TypeError, AttributeError):
            raise IntegrityError(f"line {number} is not an event") from None
    return links
