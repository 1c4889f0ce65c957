"""The proof of one bundle: keys, signatures, manifests, files, chain. Pure reading; findings are handed to `find`."""

import hashlib
import itertools
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from appliance.errors import IntegrityError
from appliance.exam.place import numbered, place_of
from appliance.ledger import chain
from appliance.ledger.chain import Link
from appliance.sync import chain_lines, named
from appliance.sync.keys import PublicKey
from appliance.sync.manifest import File, Manifest
from appliance.sync.named import payloads

Find = Callable[[str, str], None]
"""(file in the bundle, what is wrong with it)"""

_BLOCK = 1 << 20
_NUMBERED = re.compile(r"(?:manifest|SHA256SUMS|ledger)-([1-9][0-9]{0,4})(?:\.json|\.jsonl|\.sig)?")


@dataclass(slots=True)
class Proof:
    """What a bundle was found to be. `hashes`: position -> hash of every event; `anchors`: heads that a box's chain
    vouches for; `own`: files that belong here."""

    manifest: Manifest
    own: set[str] = field(default_factory=set)
    files: int = 0
    size: int = 0
    erased: int = 0
    hashes: dict[int, bytes] = field(default_factory=dict)
    anchors: list[dict[str, list[Any]]] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)


def prove(folder: Path, trusted: PublicKey | None, find: Find) -> Proof | None:
    """None when there is no manifest that can be believed; the reason was found."""
    key = _key(folder, trusted, find)
    if key is None:
        return None
    manifests = _manifests(folder, key, find)
    if not manifests:
        return None
    proof = Proof(manifests[-1])
    for manifest in manifests:
        proof.own |= {file.file for file in manifest.files} | set(_closing(manifest.number))
    _files(folder, manifests, proof, find)
    _extra(folder, proof, find)
    _order(manifests, find)
    _ledger(folder, manifests, proof, find)
    for missing in proof.manifest.missing:
        find(missing.file, f"it is missing: the box said so when it signed ({missing.reason})")
    proof.remarks += [f"{one.file} is not here: {one.reason}" for one in proof.manifest.withheld]
    if proof.manifest.open_feeds:
        feeds = ", ".join(proof.manifest.open_feeds)
        proof.remarks.append(f"the recording of {feeds} had not been closed when this was signed")
    return proof


def _closing(number: int) -> list[str]:
    names = ("manifest.json", "manifest.sig", "SHA256SUMS", "SHA256SUMS.sig")
    return ["box.pub", *(numbered(name, number) for name in names)]


def _read(folder: Path, name: str) -> bytes | None:
    file = folder / name
    return file.read_bytes() if file.is_file() and not file.is_symlink() else None


def _key(folder: Path, trusted: PublicKey | None, find: Find) -> PublicKey | None:
    pem = _read(folder, "box.pub")
    if pem is None:
        find("box.pub", "it is missing")
        return trusted
    try:
        key = PublicKey.from_pem(pem)
    except IntegrityError as error:
        find("box.pub", f"it was changed: {error}")
        return trusted
    if trusted is not None and key.pem != trusted.pem:
        find("box.pub", "it is not the key that was given: another box signed this, or the file was changed")
        return trusted
    return key


def _manifests(folder: Path, key: PublicKey, find: Find) -> list[Manifest]:
    """Every manifest from number 1 on that is signed, as far as they reach without a hole."""
    newest = max(map(_number, (path.name for path in folder.iterdir() if path.is_file())), default=1)
    found = []
    for number in range(1, newest + 1):
        manifest = _manifest(folder, number, key, find)
        if manifest is None:
            return []
        found.append(manifest)
    return found


def _number(name: str) -> int:
    """2 for `manifest-2.json` and whatever else comes with it; 1 for anything else. So a manifest that was taken away
    is missed as long as one of its companions is there."""
    found = _NUMBERED.fullmatch(name)
    return int(found.group(1)) if found else 1


def _manifest(folder: Path, number: int, key: PublicKey, find: Find) -> Manifest | None:
    """One manifest, if it is signed. Which of the four files was changed follows from the other three."""
    name, signature_name, sums_name, sums_signature_name = _closing(number)[1:]
    parts = {part: _read(folder, part) for part in (name, signature_name, sums_name, sums_signature_name)}
    for part, content in parts.items():
        if content is None:
            find(part, "it is missing: the bundle was not stored completely, or the file was removed")
    data, signature, sums, sums_signature = parts.values()
    if data is None or signature is None or sums is None or sums_signature is None:
        return None
    signed, sums_signed = key.verifies(signature, data), key.verifies(sums_signature, sums)
    line = f"{hashlib.sha256(data).hexdigest()}  {name}\n".encode()
    if not signed and not sums_signed:
        find("box.pub", f"neither {name} nor {sums_name} was signed by this key: one of the three was changed")
        return None
    if not signed:
        vouched = line in sums.splitlines(keepends=True)
        find(signature_name if vouched else name, "it was changed: the signature does not fit")
        return None
    try:
        manifest = Manifest.from_bytes(data)
    except IntegrityError as error:
        find(name, str(error))
        return None
    if not sums_signed:
        same = sums == manifest.sums()
        find(sums_signature_name if same else sums_name, "it was changed: the signature does not fit")
    elif sums != manifest.sums():
        find(sums_name, f"it does not say what {name} says")
    if manifest.number != number or manifest.key != key.fingerprint:
        find(name, "it is the manifest of something else")
        return None
    return manifest


def _files(folder: Path, manifests: list[Manifest], proof: Proof, find: Find) -> None:
    """Every file that any of the manifests names; one hash for each."""
    named: dict[str, File] = {}
    for manifest in manifests:
        for file in manifest.files:
            if named.setdefault(file.file, file).sha256 != file.sha256:
                find(manifest.name, f"it names other content for {file.file} than the manifest before it")
    for name, file in sorted(named.items()):
        path = folder / name
        if not path.is_file() or path.is_symlink():
            find(name, "it is missing")
            continue
        size, sha256 = _hash(path)
        if size != file.size:
            find(name, f"it was changed: it has {size} bytes instead of {file.size}")
        elif sha256 != file.sha256:
            find(name, "it was changed: its SHA-256 is not the one in the manifest")
        proof.files += 1
        proof.size += size


def _hash(path: Path) -> tuple[int, str]:
    state, size = hashlib.sha256(), 0
    with open(path, "rb") as file:
        while block := file.read(_BLOCK):
            state.update(block)
            size += len(block)
    return size, state.hexdigest()


def _extra(folder: Path, proof: Proof, find: Find) -> None:
    """Nothing that nobody signed. The folders of an exam's attempts are looked at by themselves."""
    attempts = set(proof.manifest.attempts)
    own_folders = {name.split("/")[0] for name in proof.own if "/" in name}
    for entry in sorted(folder.iterdir()):
        if entry.is_dir() and not entry.is_symlink() and entry.name in attempts:
            continue
        if entry.is_dir() and proof.manifest.attempt is None and entry.name not in own_folders:
            continue  # named by the walk over the exam's attempts
        inside = sorted(entry.rglob("*")) if entry.is_dir() and not entry.is_symlink() else [entry]
        for path in inside:
            name = path.relative_to(folder).as_posix()
            if (path.is_symlink() or not path.is_dir()) and name not in proof.own:
                find(name, "it is in no manifest")


def _order(manifests: list[Manifest], find: Find) -> None:
    """Each manifest goes on where the one before it ended, and vouches for it."""
    for before, manifest in itertools.pairwise(manifests):
        previous = manifest.previous
        subject = (before.site, before.box, before.exam, before.attempt)
        if (manifest.site, manifest.box, manifest.exam, manifest.attempt) != subject:
            find(manifest.name, f"it is of something else than {before.name}")
        elif previous is None or previous.file != before.name:
            find(manifest.name, f"it does not follow {before.name}")
        elif previous.sha256 != hashlib.sha256(before.to_bytes()).hexdigest():
            find(before.name, f"it is not the manifest that {manifest.name} follows")
        elif manifest.ledger.position < before.ledger.position:
            find(manifest.name, f"its ledger is shorter than that of {before.name}")


def _ledger(folder: Path, manifests: list[Manifest], proof: Proof, find: Find) -> None:
    """The newest chain holds, reaches what each manifest says, and everything that it names is there."""
    head = proof.manifest.ledger
    data = _read(folder, head.file)
    if data is None:
        return  # found with the files
    try:
        links = chain_lines.parse(data)
        position, hashed = chain.check(
            links, chain=head.chain, after=bytes.fromhex(head.after_hash), position=head.after
        )
    except IntegrityError as error:
        find(head.file, error.message)
        return
    if (position, hashed.hex()) != (head.position, head.hash):
        find(head.file, f"it ends with event {position}, the manifest says {head.position}")
        return
    proof.hashes = {head.after + number: link.hash for number, link in enumerate(links, 1)}
    proof.erased = sum(link.payload is None for link in links)
    for manifest in manifests[:-1]:
        if proof.hashes.get(manifest.ledger.position, b"").hex() != manifest.ledger.hash:
            find(head.file, f"it is not the same chain as that of {manifest.name}")
    try:
        _named_by_events(links, proof, find)
    except (IntegrityError, KeyError, TypeError) as error:
        find(head.file, f"an event in it cannot be understood: {error}")


def _named_by_events(links: list[Link], proof: Proof, find: Find) -> None:
    """Recordings, snapshots and other files that the events name are in the manifest, or it says itself that they are
    missing."""
    manifest = proof.manifest
    if manifest.attempt is None:
        for said in payloads(links, "chain.anchored"):
            proof.anchors.append(said["heads"])
        return
    known = {file.file: file.sha256 for file in manifest.files} | {lost.file: lost.sha256 for lost in manifest.missing}
    for said in payloads(links, "segment.closed"):
        place = place_of(said["path"], manifest.exam, manifest.attempt)
        if known.get(place) != said["sha256"]:
            find(place, "the ledger says that it was recorded, and the manifest does not have it")
    snapshots = {}
    for said in payloads(links, "flag.raised", "flag.closed"):
        snapshots[said["flag"]] = said["snapshots"]  # a closed flag names those of the whole episode
    hashes = set(known.values())
    for snapshot in (snapshot for kept in snapshots.values() for snapshot in kept):
        if snapshot["sha256"] not in hashes:
            place = place_of(snapshot["path"], manifest.exam, manifest.attempt)
            find(place, "a flag names this snapshot, and the manifest does not have it")
    for path, sha256 in named.files(links).items():
        place = place_of(path, manifest.exam, manifest.attempt)
        if known.get(place) != sha256:
            find(place, "the ledger names this file, and the manifest does not have it")
    kept_back = {lost.file: lost.sha256 for lost in manifest.withheld}
    for path, (sha256, _) in named.scans(links).items():
        place = place_of(path, manifest.exam, manifest.attempt)
        if kept_back.get(place) != sha256:
            find(place, "the ledger names this room scan, and the manifest does not say where it is")
