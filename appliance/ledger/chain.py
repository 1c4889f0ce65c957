"""The hash chain, pure.

The body of an event is RFC 8785 (canonical JSON) of its envelope, in which the payload stands as SHA-256(salt ||
payload bytes), and which holds the hash of the event before it in the same chain. The hash of an event is SHA-256 of
its body. A payload can be erased without breaking the chain; the salt keeps an erased one from being guessed.
"""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import rfc8785

from appliance.box.clock import Stamp
from appliance.errors import BadInput, IntegrityError

GENESIS = bytes(32)
"""What the first event of a chain has before it."""


@dataclass(frozen=True, slots=True)
class Link:
    """The bytes of one event as they are stored. `payload` and `salt` are None once erased."""

    body: bytes
    hash: bytes
    payload: bytes | None
    salt: bytes | None


def canonical(value: Any) -> bytes:
    """RFC 8785 bytes; BadInput for what JSON cannot say (NaN, integers over 2**53)."""
    try:
        return rfc8785.dumps(value)
    except (rfc8785.CanonicalizationError, RecursionError) as error:
        raise BadInput(f"this cannot be written as canonical JSON: {error}") from None


def make(
    *,
    id: str,
    chain: str,
    position: int,
    type: str,
    version: int,
    exam: str | None,
    actor: str,
    at: Stamp,
    payload: dict[str, Any],
    salt: bytes,
    prev: bytes,
) -> Link:
    """The next event of a chain. Times are whole microseconds: exact in JSON for 285 years of uptime."""
    payload_bytes = canonical(payload)
    body = canonical(
        {
            "id": id,
            "chain": chain,
            "position": position,
            "type": type,
            "version": version,
            "exam": exam,
            "actor": actor,
            "wall_us": round(at.wall * 1_000_000),
            "monotonic_us": at.monotonic_ns // 1000,
            "boot": at.boot,
            "synchronised": at.synchronised,
            "payload": _payload_hash(salt, payload_bytes),
            "prev": prev.hex(),
        }
    )
    return Link(body=body, hash=hashlib.sha256(body).digest(), payload=payload_bytes, salt=salt)


def check(links: Iterable[Link], *, chain: str, after: bytes = GENESIS, position: int = 0) -> tuple[int, bytes]:
    """Walk a chain from the event at `position` whose hash is `after`; -> (position, hash) of its head.

    IntegrityError names the first event that is changed, missing, moved or of another chain.
    """
    for link in links:
        position += 1
        where = f"event {position} of chain {chain}"
        if hashlib.sha256(link.body).digest() != link.hash:
            raise IntegrityError(f"{where} was changed: its hash does not fit")
        envelope = _envelope(link.body, where)
        if envelope.get("chain") != chain or envelope.get("position") != position:
            raise IntegrityError(f"{where} is not where it belongs: an event before it is missing or was moved")
        if envelope.get("prev") != after.hex():
            raise IntegrityError(f"{where} does not follow from the one before it")
        if (link.payload is None) != (link.salt is None):
            raise IntegrityError(f"the payload of {where} was changed: it is half erased")
        whole = link.payload is not None and link.salt is not None
        if whole and envelope.get("payload") != _payload_hash(link.salt or b"", link.payload or b""):
            raise IntegrityError(f"the payload of {where} was changed")
        after = link.hash
    return position, after


def _envelope(body: bytes, where: str) -> dict[str, Any]:
    try:
        envelope = json.loads(body)
    except ValueError:
        envelope = None
    if not isinstance(envelope, dict):
        raise IntegrityError(f"{where} cannot be read")
    return envelope


def _payload_hash(salt: bytes, payload: bytes) -> str:
    return hashlib.sha256(salt + payload).hexdigest()
