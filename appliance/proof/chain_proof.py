"""The proof of an exported chain, read once from front to end: it holds, and what it names is there."""

import json
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from typing import Any

from appliance.bundle import chain_lines, named
from appliance.bundle.manifest import Manifest
from appliance.bundle.named import payloads
from appliance.errors import IntegrityError
from appliance.exam.place import place_of
from appliance.ledger import chain
from appliance.ledger.chain import Link
from appliance.proof.tree import Tree

Find = Callable[[str, str], None]
"""(file in the bundle, what is wrong with it)"""

_GAPS = frozenset({"gap.opened", "gap.closed"})
_LOOKED_AT = named.TYPES | {"segment.closed", "flag.raised", "flag.closed"}


@dataclass(slots=True)
class ChainProof:
    """`hashes` (hex) of the positions that were asked for; `heads`: attempt -> position -> hash (hex) that a box's
    chain vouches for; `stored`: exam -> when it was first said to be stored (wall seconds); `ended`: its own exam's end
    is in it."""

    wanted: Collection[int] = ()
    events: int = 0
    erased: int = 0
    hashes: dict[int, str] = field(default_factory=dict)
    heads: dict[str, dict[int, str]] = field(default_factory=dict)
    stored: dict[str, float] = field(default_factory=dict)
    ended: bool = False


def prove(tree: Tree, manifests: list[Manifest], wanted: Collection[int], find: Find) -> ChainProof | None:
    """The newest chain holds and reaches what each manifest says. None when it does not, and that was found."""
    manifest = manifests[-1]
    head = manifest.ledger
    proof = ChainProof({*wanted, *(one.ledger.position for one in manifests)})
    reading = _Reading(manifest, proof)
    try:
        links = chain_lines.stream(tree.read(head.file))
        position, hashed = chain.check(
            reading.pass_on(links), chain=head.chain, after=bytes.fromhex(head.after_hash), position=head.after
        )
    except (IntegrityError, ValueError) as error:
        find(head.file, getattr(error, "message", str(error)))
        return None
    if (position, hashed.hex()) != (head.position, head.hash):
        find(head.file, f"it ends with event {position}, the manifest says {head.position}")
        return None
    for before in manifests[:-1]:
        if proof.hashes.get(before.ledger.position) != before.ledger.hash:
            find(head.file, f"it is not the same chain as that of {before.name}")
    if reading.trouble:
        find(head.file, f"an event in it cannot be understood: {reading.trouble}")
    else:
        reading.close(find)
    return proof


class _Reading:
    """What the events say, kept as far as it is needed at the end."""

    def __init__(self, manifest: Manifest, proof: ChainProof) -> None:
        self._manifest, self._proof = manifest, proof
        self._position = manifest.ledger.after
        self._segments: dict[str, str] = {}
        self._snapshots: dict[str, list[dict[str, Any]]] = {}
        self._files: dict[str, str] = {}
        self._scans: dict[str, str] = {}
        self._gaps: dict[str, tuple[str, str, float, float | None]] | None = {}
        self.trouble = ""

    def pass_on(self, links: Iterator[Link]) -> Iterator[Link]:
        """Each link, looked at once it was checked."""
        for link in links:
            yield link
            self._position += 1
            try:
                self._see(link)
            except (IntegrityError, ValueError, KeyError, TypeError, AttributeError) as error:
                self.trouble = self.trouble or str(error)

    def _see(self, link: Link) -> None:
        proof = self._proof
        proof.events += 1
        proof.erased += link.payload is None
        if self._position in proof.wanted:
            proof.hashes[self._position] = link.hash.hex()
        if self._manifest.attempt is None:
            self._of_box(link)
        else:
            self._of_attempt(link)

    def _of_box(self, link: Link) -> None:
        envelope = json.loads(link.body)
        match envelope["type"]:
            case "exam.ended":
                self._proof.ended |= envelope["exam"] == self._manifest.exam
            case "exam.stored":
                self._proof.stored.setdefault(str(envelope["exam"]), envelope["wall_us"] / 1_000_000)
            case "chain.anchored" if link.payload is not None:
                for attempt, (position, hashed) in json.loads(link.payload)["heads"].items():
                    self._proof.heads.setdefault(attempt, {})[int(position)] = str(hashed)

    def _of_attempt(self, link: Link) -> None:
        type = json.loads(link.body)["type"]
        if type in _GAPS:
            self._gap(type, link.payload)
        if type not in _LOOKED_AT or link.payload is None:
            return
        for said in payloads([link], "segment.closed"):
            self._segments[said["path"]] = said["sha256"]
        for said in payloads([link], "flag.raised", "flag.closed"):
            self._snapshots[said["flag"]] = said["snapshots"]  # a closed flag names those of the whole episode
        self._files |= named.files([link])
        self._scans |= {path: sha256 for path, (sha256, _) in named.scans([link]).items()}

    def _gap(self, type: str, payload: bytes | None) -> None:
        if payload is None:
            self._gaps = None  # one was erased: they cannot be compared any longer
        elif self._gaps is not None:
            said = json.loads(payload)
            gap = (said["kind"], said["cause"], said["starts_at"], said.get("ends_at"))
            if type == "gap.closed":
                self._gaps[said["gap"]] = gap  # also of one whose beginning was lost
            else:
                self._gaps.setdefault(said["gap"], gap)

    def _gaps_hold(self) -> bool:
        said = sorted((gap.kind, gap.cause, gap.starts_at, gap.ends_at or 0.0) for gap in self._manifest.gaps)
        kept = None if self._gaps is None else sorted((*gap[:3], gap[3] or 0.0) for gap in self._gaps.values())
        return kept is None or said == kept

    def close(self, find: Find) -> None:
        """Recordings, snapshots and other files that the events name are in the manifest, or it says itself that they
        are missing."""
        manifest = self._manifest
        if manifest.attempt is None:
            return
        known = {file.file: file.sha256 for file in manifest.files}
        known |= {lost.file: lost.sha256 for lost in manifest.missing}
        hashes, kept_back = set(known.values()), {lost.file: lost.sha256 for lost in manifest.withheld}
        if not self._gaps_hold():
            find(manifest.name, "it does not name the same gaps in the recording as the ledger")
        try:
            for path, sha256 in self._segments.items():
                if known.get(place := self._place(path)) != sha256:
                    find(place, "the ledger says that it was recorded, and the manifest does not have it")
            for snapshot in (snapshot for kept in self._snapshots.values() for snapshot in kept):
                if snapshot["sha256"] not in hashes:
                    find(self._place(snapshot["path"]), "a flag names this snapshot, and the manifest does not have it")
            for path, sha256 in self._files.items():
                if known.get(place := self._place(path)) != sha256:
                    find(place, "the ledger names this file, and the manifest does not have it")
            for path, sha256 in self._scans.items():
                if kept_back.get(place := self._place(path)) != sha256:
                    find(place, "the ledger names this room scan, and the manifest does not say where it is")
        except (IntegrityError, KeyError, TypeError) as error:
            find(manifest.ledger.file, f"an event in it cannot be understood: {error}")

    def _place(self, path: str) -> str:
        return place_of(path, self._manifest.exam, self._manifest.attempt or "")
