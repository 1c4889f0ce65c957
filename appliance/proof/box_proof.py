"""What a box vouched for in its checkpoints, held against what is there of its exams. Pure reading."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from appliance.bundle import note
from appliance.bundle.keys import PublicKey
from appliance.bundle.note import Checkpoint
from appliance.errors import IntegrityError
from appliance.proof.bundle_proof import Proof
from appliance.proof.chain_proof import Find
from appliance.proof.tree import Tree, each, whole
from appliance.proof.trusted import Trusted

FOLDER = "_box"
_OTHERS = ("box.pub", "backups/")
"""What lies there beside the checkpoints. Copies of the ledger are for who has the recovery key."""

_PUBLIC, _NOTES = f"{FOLDER}/box.pub", f"{note.FOLDER}/"


@dataclass(slots=True)
class Vouched:
    """`key`: the box's, None where it has none that can be believed; `heads`: position -> (hash in hex, wall seconds);
    `newest`: the checkpoint that reaches furthest; `stored`: exam -> number -> (SHA-256 of that manifest, wall
    seconds)."""

    key: PublicKey | None = None
    heads: dict[int, tuple[str, float]] = field(default_factory=dict)
    newest: Checkpoint | None = None
    stored: dict[str, dict[int, tuple[str, float]]] = field(default_factory=dict)

    def goes_on(self, exam: str) -> bool:
        """Was it not upstream yet, by the newest word of the box?"""
        return self.newest is not None and exam in self.newest.open


def read(tree: Tree, trusted: Trusted, find: Find, since: float = 0.0) -> Vouched:
    """Everything under `_box` of a box's folder. `since` (wall seconds): checkpoints of days before are not read."""
    vouched = Vouched(_key(tree, trusted, find))
    first = f"checkpoints/{datetime.fromtimestamp(since, UTC):%Y-%m-%d}"
    files = [name for name in tree.under(FOLDER).files() if not name.startswith(_OTHERS) and not _before(name, first)]
    key = vouched.key
    if key is None:
        return vouched

    def look(name: str) -> tuple[str, Checkpoint | str]:
        place = f"{FOLDER}/{name}"
        try:
            data = whole(tree, place) if place.startswith(_NOTES) else None
            return place, note.verified(data, key) if data is not None else "it is nothing that a box puts there"
        except IntegrityError as error:
            return place, error.message

    for place, said in each(tree, files, look):
        if isinstance(said, str):
            find(place, said)
        else:
            _learn(vouched, place, said, find)
    return vouched


def _before(name: str, first: str) -> bool:
    """Is it a note of a day before?"""
    return name.endswith(".note") and name.startswith("checkpoints/") and name < first


def _key(tree: Tree, trusted: Trusted, find: Find) -> PublicKey | None:
    try:
        pem = whole(tree, _PUBLIC)
        key = PublicKey.from_pem(pem) if pem is not None else None
    except IntegrityError as error:
        find(_PUBLIC, f"it was changed: {error.message}")
        return None
    if key is None:
        find(_PUBLIC, "it is missing: the key of the box whose name this is")
        return trusted.only
    if not trusted.knows(key):
        find(_PUBLIC, "it is not the key that was given: another box has this name, or the file was changed")
        return None
    return key


def _learn(vouched: Vouched, place: str, said: Checkpoint, find: Find) -> None:
    if said.place != place:
        find(place, f"it is the checkpoint of event {said.position}: it was moved here")
        return
    known = vouched.heads.setdefault(said.position, (said.hash.hex(), said.wall))
    if known[0] != said.hash.hex():
        find(place, f"the box vouched for two different events {said.position}: it has two histories")
    if vouched.newest is not None and vouched.newest.origin != said.origin:
        find(place, f"it is of {said.origin}: it was moved here")
        return
    if vouched.newest is None or said.position > vouched.newest.position:
        vouched.newest = said
    for exam, number, sha256 in said.stored:
        first = vouched.stored.setdefault(exam, {}).setdefault(number, (sha256, said.wall))
        if first[0] != sha256:
            find(place, f"the box vouched for two different manifests of {exam} with the number {number}")


def compare(vouched: Vouched, exams: Mapping[str, Proof | None], since: float, find: Find) -> None:
    """What the box vouched for is what is there. `exams`: every folder of an exam, None where it could not be proved.
    `since` (wall seconds): what was stored before is not missed."""
    for name, proof in exams.items():
        if proof is not None:
            _exam(vouched, name, proof, find)
    stored = {exam: min(at for _, at in numbers.values()) for exam, numbers in vouched.stored.items()}
    for proof in exams.values():
        if proof is not None and proof.chain is not None:
            for exam, at in proof.chain.stored.items():
                stored[exam] = min(at, stored.get(exam, at))
    for exam, at in sorted(stored.items()):
        if exam not in exams and at >= since:
            find(exam, f"it is missing: the box says that all of it was here on {_when(at)}")


def _exam(vouched: Vouched, name: str, proof: Proof, find: Find) -> None:
    manifest, newest = proof.manifest, vouched.newest
    if vouched.key is not None and manifest.key != vouched.key.fingerprint:
        find(f"{name}/{manifest.name}", f"it was signed by another key than that in {_PUBLIC}")
    if newest is not None and newest.origin != note.origin(manifest.site, manifest.box):
        find(FOLDER, f"its checkpoints are of {newest.origin}, its exams of {manifest.site}/{manifest.box}")
    for number, (sha256, at) in sorted(vouched.stored.get(name, {}).items()):
        if number > len(proof.sums):
            what = (
                f"TRUNCATED: the box had stored manifest {number} on {_when(at)}, the newest here is {len(proof.sums)}"
            )
            find(f"{name}/{manifest.name}", what)
        elif proof.sums[number - 1] != sha256:
            find(f"{name}/{manifest.name}", f"it is not manifest {number} that the box vouched for on {_when(at)}")
    chain, head = proof.chain, manifest.ledger
    if chain is None:
        return
    for position in sorted(vouched.heads):
        if head.after < position <= head.position and chain.hashes.get(position) != vouched.heads[position][0]:
            on = _when(vouched.heads[position][1])
            what = f"the box vouched for another event {position} on {on}: the chain was written anew"
            find(f"{name}/{head.file}", what)
            return


def remarks(vouched: Vouched, exams: Mapping[str, Proof | None]) -> list[str]:
    """What can be concluded, precisely."""
    newest = vouched.newest
    if newest is None:
        return ["there are no checkpoints: whether its end was cut off cannot be seen"]
    ends = max((proof.manifest.ledger.position for proof in exams.values() if proof is not None), default=0)
    said = (
        f"{len(vouched.heads)} checkpoints; the box last vouched for event {newest.position}, on {_when(newest.wall)}"
    )
    if not newest.synchronised:
        said += " by a clock that was not synchronised"
    if newest.position > ends:
        more = "exams that go on" if newest.open else "other things than the exams here"
        said += f"; what is here of its chain ends at event {ends}: what came after concerns {more}"
    return [said]


def _when(wall: float) -> str:
    return f"{datetime.fromtimestamp(wall, UTC):%Y-%m-%d %H:%M:%S} UTC"
