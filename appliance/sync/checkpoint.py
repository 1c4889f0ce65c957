"""The signed checkpoint: how far the box's chain had come when, in the hands of whoever keeps the upstream.

A C2SP signed note (c2sp.org/signed-note) in the form of c2sp.org/tlog-checkpoint. The lines: the origin, the position
of the newest event in the box's chain, its hash in base64, then extension lines. The ledger is a chain of hashes and
no Merkle tree, and the origin says so: there are no inclusion proofs, whoever checks reads the chain itself.

Everything in it follows from the chain up to that position, and Ed25519 is deterministic: the same position is always
the same bytes under the same name. So a restart sends nothing twice, and nothing of it has to be remembered.
"""

import base64
import binascii
import hashlib
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

from appliance.errors import IntegrityError
from appliance.exam.events import BOX, ExamStored
from appliance.ledger import planning, tables
from appliance.ledger.reader import Reader
from appliance.ledger.record import SELECT, Event
from appliance.sync.keys import BoxKey, PublicKey
from appliance.sync.store import Conflict, ObjectStore

ORIGIN = "appliance-hash-chain/"
"""What an origin begins with: site and box follow."""

FOLDER = "_box/checkpoints"

SAID_SECONDS = 7 * 86_400.0
"""For how long each checkpoint repeats that an exam is upstream: long enough that many do."""

_ED25519 = b"\x01"


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """The chain of `origin` had its event `position` with this hash at `wall` (seconds, by the box's clock). `open`:
    exams that were not upstream yet; `stored`: exam -> the number of its newest manifest, of those that were sealed in
    the week before."""

    origin: str
    position: int
    hash: bytes
    wall: float
    synchronised: bool
    open: tuple[str, ...] = ()
    stored: tuple[tuple[str, int], ...] = ()

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
            *(f"stored {exam} {number}" for exam, number in self.stored),
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
            stored=tuple((word[1], _count(word[2])) for word in words if word[0] == "stored"),
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


class Checkpoints:
    """Says upstream how far the ledger is, at most each `seconds` and only when it moved. It belongs to one thread."""

    def __init__(self, *, key: BoxKey, site: str, box: str, seconds: float) -> None:
        self._key = key
        self._origin = origin(site, box)
        self._folder = f"{site}/{box}"
        self._seconds = seconds
        self._tried: float | None = None
        self._read_to = 0
        self._stored: dict[str, tuple[float, int]] = {}
        self.last: Checkpoint | None = None

    def due(self, now: float) -> bool:
        """`now`: monotonic seconds. Cheap: asks nobody."""
        return self._tried is None or now - self._tried >= self._seconds

    def turn(self, store: ObjectStore, reader: Reader, now: float) -> bool:
        """Send the newest one if it is time and there is one; -> was one sent? What the store raises is raised, and the
        next call tries again: how long to wait is the caller's to know."""
        if not self.due(now):
            return False
        said = self.newest(reader)
        sent = False
        if said is not None and (self.last is None or said.position > self.last.position):
            data = note(said, self._key)
            self._put(store, f"{self._folder}/{said.place}", data)
            self.last, sent = said, True
        self._tried = now
        return sent

    def newest(self, reader: Reader) -> Checkpoint | None:
        """As the ledger is now; None when it is empty."""
        event = tables.event.c
        with reader.connect() as connection:
            row = connection.execute(
                sa.select(event.position, event.hash, event.body)
                .where(event.chain == BOX)
                .order_by(event.position.desc())
                .limit(1)
            ).first()
            if row is None:
                return None
            envelope: dict[str, Any] = json.loads(row.body)
            wall = envelope["wall_us"] / 1_000_000
            self._learn(connection, row.position)
            return Checkpoint(
                origin=self._origin,
                position=row.position,
                hash=row.hash,
                wall=wall,
                synchronised=bool(envelope["synchronised"]),
                open=tuple(_open(connection)),
                stored=tuple(
                    (exam, number) for exam, (at, number) in sorted(self._stored.items()) if at >= wall - SAID_SECONDS
                ),
            )

    def _learn(self, connection: sa.Connection, until: int) -> None:
        """Exams that were sealed since the last time."""
        event = tables.event.c
        query = SELECT.where(event.chain == BOX, event.position > self._read_to, event.type == ExamStored.TYPE)
        for found in map(Event.from_row, connection.execute(query.order_by(event.position))):
            if isinstance(found.payload, ExamStored):
                self._stored[found.payload.exam] = (found.wall, found.payload.number)
        self._read_to = until

    def _put(self, store: ObjectStore, key: str, data: bytes) -> None:
        sha256 = hashlib.sha256(data).hexdigest()
        if store.put(key, data, sha256=sha256) and not store.confirm(key, data, sha256=sha256):
            raise Conflict(
                f"the upstream does not give back what it was given for {key}",
                hint="Move that file aside at the upstream and look at its disk; the box sends its own again.",
            )


def _open(connection: sa.Connection) -> list[str]:
    """Exams whose evidence is not sealed upstream, but for practice runs: these stay on the box."""
    practice = {exam for exam, plan in planning.plans(connection).items() if plan.practice}
    row = tables.exam.c
    names = connection.execute(sa.select(row.exam).where(row.stored_at.is_(None)).order_by(row.exam)).scalars()
    return [name for name in names if name not in practice]
