"""The signed checkpoint: how far the box's chain had come when, in the hands of whoever keeps the upstream.

A C2SP signed note (c2sp.org/signed-note) in the form of c2sp.org/tlog-checkpoint. The lines: the origin, the position
of the newest event in the box's chain, its hash in base64, then extension lines. The ledger is a chain of hashes and
no Merkle tree, and the origin says so: there are no inclusion proofs, whoever checks reads the chain itself.
"""

import base64
import binascii
import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime

from appliance.bundle.keys import BoxKey, PublicKey
from appliance.errors import IntegrityError

ORIGIN = "appliance-hash-chain/"
"""What an origin begins with: site and box follow."""

FOLDER = "_box/checkpoints"

_ED25519 = b"\x01"


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """The chain of `origin` had its event `position` with this hash at `wall` (seconds, by the box's clock). `open`:
    exams that were not upstream yet; `stored`: those that were sealed in the week before, with number and SHA-256 (hex)
    of the newest manifest of each."""

    origin: str
    position: int
    hash: bytes
    wall: float
    synchronised: bool
    open: tuple[str, ...] = ()
    stored: tuple[tuple[str, int, str], ...] = ()

    def text(self) -> bytes:
        """What is signed."""
        at = datetime.fromtimestamp(self.wall, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        lines = [
            self.origin,
            str(self.position),
            base64.b64encode(self.hash).decode(),
            f"time {at}",
            f"synchronised {'yes' if self.synchronised else 'no'}",
            *(f"open {exam}" for exam in self.open),
            *(f"stored {exam} {number} {sha256}" for exam, number, sha256 in self.stored),
        ]
        return "".join(f"{line}\n" for line in lines).encode()

    @property
    def place(self) -> str:
        """Its object, relative to SITE/BOX."""
        return f"{FOLDER}/{datetime.fromtimestamp(self.wall, UTC):%Y-%m-%d}/{self.position:012d}.note"


def origin(site: str, box: str) -> str:
    """The name of a box's chain, and of the key that signs for it: no spaces and no plus, as C2SP wants."""
    return f"{ORIGIN}{site}/{box}".replace("+", "%2B")


def key_id(name: str, key: PublicKey) -> bytes:
    """The four bytes that say which key signed, as C2SP defines them for Ed25519."""
    return hashlib.sha256(name.encode() + b"\n" + _ED25519 + key.raw).digest()[:4]


def verifier_key(name: str, key: PublicKey) -> str:
    """The key as tools for signed notes want it."""
    return f"{name}+{key_id(name, key).hex()}+{base64.b64encode(_ED25519 + key.raw).decode()}"


def note(said: Checkpoint, key: BoxKey) -> bytes:
    """The signed note."""
    text = said.text()
    signature = base64.b64encode(key_id(said.origin, key.public) + key.sign(text)).decode()
    return text + f"\n— {said.origin} {signature}\n".encode()


def parse(data: bytes) -> Checkpoint:
    """What a note says, whoever signed it; IntegrityError when it is none."""
    text, _ = _parts(data)
    try:
        name, position, hashed, *more = text.decode().splitlines()
        words = [line.split(" ") for line in more]
        facts = {word[0]: word[1] for word in words}
        return Checkpoint(
            origin=name,
            position=_count(position),
            hash=_hash(hashed),
            wall=datetime.strptime(facts["time"], "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=UTC).timestamp(),
            synchronised=facts["synchronised"] == "yes",
            open=tuple(word[1] for word in words if word[0] == "open"),
            stored=tuple((word[1], _count(word[2]), word[3]) for word in words if word[0] == "stored"),
        )
    except (ValueError, KeyError, IndexError) as error:
        raise IntegrityError(f"it is not a checkpoint of a box: {error}") from None


def verified(data: bytes, key: PublicKey) -> Checkpoint:
    """What a note says, if this key signed it; IntegrityError otherwise. Signatures of others are left alone."""
    text, signatures = _parts(data)
    said = parse(data)
    expected = key_id(said.origin, key)
    for name, signature in signatures:
        if name == said.origin and signature[:4] == expected and key.verifies(signature[4:], text):
            return said
    raise IntegrityError("it was changed, or another key signed it")


def _parts(data: bytes) -> tuple[bytes, list[tuple[str, bytes]]]:
    """The text and (name, key id and signature) of each line under it."""
    text, blank, under = data.rpartition(b"\n\n")
    signatures = []
    try:
        for line in under.decode().split("\n")[:-1]:
            dash, name, signature = line.split(" ")
            if dash != "—":
                raise ValueError("no dash")
            signatures.append((name, _bytes(signature)))
    except (ValueError, binascii.Error):
        signatures = []
    if not blank or not signatures or not under.endswith(b"\n"):
        raise IntegrityError("it is not a signed note")
    return text + b"\n", signatures


def _count(text: str) -> int:
    if not text.isascii() or not text.isdigit() or (len(text) > 1 and text[0] == "0"):
        raise ValueError(f"{text[:40]!r} is no number")
    return int(text)


def _bytes(text: str) -> bytes:
    """Base64, written in the one way in which it is written."""
    data = base64.b64decode(text, validate=True)
    if base64.b64encode(data).decode() != text:
        raise ValueError(f"{text[:60]!r} is not canonical base64")
    return data


def _hash(text: str) -> bytes:
    hashed = _bytes(text)
    if len(hashed) != 32:
        raise ValueError(f"{text[:60]!r} is no SHA-256")
    return hashed
