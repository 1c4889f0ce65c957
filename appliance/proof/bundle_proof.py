"""The proof of one bundle: keys, signatures, manifests, files, chain. Pure reading; findings are handed to `find`."""

import hashlib
import itertools
import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

from appliance.bundle.authorities import Authorities
from appliance.bundle.keys import PublicKey
from appliance.bundle.manifest import File, Manifest
from appliance.errors import IntegrityError
from appliance.exam.place import numbered
from appliance.proof import chain_proof
from appliance.proof.chain_proof import ChainProof, Find
from appliance.proof.tree import Tree, sums, whole
from appliance.proof.trusted import Trusted

_NUMBERED = re.compile(r"(?:manifest|SHA256SUMS|ledger)-([1-9][0-9]{0,4})(?:\.json|\.jsonl|\.sig|\.p7s|\.tsr)?")


@dataclass(slots=True)
class Proof:
    """What a bundle was found to be. `manifest`: the newest; `sums`: the SHA-256 (hex) of each from number 1 on; `own`:
    files that belong here; `chain`: None when it does not hold."""

    manifest: Manifest
    sums: list[str]
    own: set[str] = field(default_factory=set)
    files: int = 0
    size: int = 0
    chain: ChainProof | None = None
    remarks: list[str] = field(default_factory=list)


def prove(
    tree: Tree, trusted: Trusted, find: Find, *, authorities: Authorities, wanted: Collection[int] = ()
) -> Proof | None:
    """None when there is no manifest that can be believed; the reason was found. `wanted`: positions of its chain whose
    hashes are asked for."""
    key = _key(tree, trusted, find)
    if key is None:
        return None
    manifests = _manifests(tree, key, find)
    if not manifests:
        return None
    proof = Proof(manifests[-1], [hashlib.sha256(manifest.to_bytes()).hexdigest() for manifest in manifests])
    if not trusted.suits(key, proof.manifest.site, proof.manifest.box):
        find("box.pub", f"no key that was given is that of {proof.manifest.site}/{proof.manifest.box}")
    for manifest in manifests:
        proof.own |= {file.file for file in manifest.files} | set(_closing(manifest.number))
        proof.own |= set(_countersigned(manifest.number))
    _files(tree, manifests, proof, find)
    if tree.listed:
        _extra(tree, proof, find)
    else:
        proof.remarks.append("a web server lists nothing: whether there are files that nobody signed is not known")
    _order(manifests, find)
    if tree.has(proof.manifest.ledger.file):  # else it was found with the files
        proof.chain = chain_proof.prove(tree, manifests, wanted, find)
    for missing in proof.manifest.missing:
        find(missing.file, f"it is missing: the box said so when it signed ({missing.reason})")
    _countersignatures(tree, manifests, authorities, proof, find)
    proof.remarks += [f"{one.file} is not here: {one.reason}" for one in proof.manifest.withheld]
    if proof.manifest.open_feeds:
        feeds = ", ".join(proof.manifest.open_feeds)
        proof.remarks.append(f"the recording of {feeds} had not been closed when this was signed")
    return proof


def _closing(number: int) -> list[str]:
    names = ("manifest.json", "manifest.sig", "SHA256SUMS", "SHA256SUMS.sig")
    return ["box.pub", *(numbered(name, number) for name in names)]


def _countersigned(number: int) -> tuple[str, str]:
    """Files that may be there: they are over the manifest, so none can name them."""
    return numbered("manifest.p7s", number), numbered("manifest.tsr", number)


def _read(tree: Tree, name: str, find: Find) -> bytes | None:
    try:
        return whole(tree, name)
    except IntegrityError as error:
        find(name, error.message)
        return None


def _key(tree: Tree, trusted: Trusted, find: Find) -> PublicKey | None:
    pem = _read(tree, "box.pub", find)
    if pem is None:
        find("box.pub", "it is missing")
        return trusted.only
    try:
        key = PublicKey.from_pem(pem)
    except IntegrityError as error:
        find("box.pub", f"it was changed: {error}")
        return trusted.only
    if not trusted.knows(key):
        find("box.pub", "it is not the key that was given: another box signed this, or the file was changed")
        return trusted.only
    return key


def _manifests(tree: Tree, key: PublicKey, find: Find) -> list[Manifest]:
    """Every manifest from number 1 on that is signed, as far as they reach without a hole."""
    if tree.listed:
        newest = max(map(_number, tree.files()), default=1)
    else:
        newest = next(n for n in itertools.count(1) if not _any(tree, _closing(n + 1)[1:]))
    found = []
    for number in range(1, newest + 1):
        manifest = _manifest(tree, number, key, find)
        if manifest is None:
            return []
        found.append(manifest)
    return found


def _any(tree: Tree, names: Iterable[str]) -> bool:
    return any(tree.has(name) for name in names)


def _number(name: str) -> int:
    """2 for `manifest-2.json` and whatever else comes with it; 1 for anything else. So a manifest that was taken away
    is missed as long as one of its companions is there."""
    found = _NUMBERED.fullmatch(name)
    return int(found.group(1)) if found else 1


def _manifest(tree: Tree, number: int, key: PublicKey, find: Find) -> Manifest | None:
    """One manifest, if it is signed. Which of the four files was changed follows from the other three."""
    name, signature_name, sums_name, sums_signature_name = _closing(number)[1:]
    parts = {part: _read(tree, part, find) for part in (name, signature_name, sums_name, sums_signature_name)}
    for part, content in parts.items():
        if content is None:
            find(part, "it is missing: the bundle was not stored completely, or the file was removed")
    data, signature, listed, listed_signature = parts.values()
    if data is None or signature is None or listed is None or listed_signature is None:
        return None
    signed, listed_signed = key.verifies(signature, data), key.verifies(listed_signature, listed)
    line = f"{hashlib.sha256(data).hexdigest()}  {name}\n".encode()
    if not signed and not listed_signed:
        find("box.pub", f"neither {name} nor {sums_name} was signed by this key: one of the three was changed")
        return None
    if not signed:
        vouched = line in listed.splitlines(keepends=True)
        find(signature_name if vouched else name, "it was changed: the signature does not fit")
        return None
    try:
        manifest = Manifest.from_bytes(data)
    except IntegrityError as error:
        find(name, str(error))
        return None
    if not listed_signed:
        same = listed == manifest.sums()
        find(sums_signature_name if same else sums_name, "it was changed: the signature does not fit")
    elif listed != manifest.sums():
        find(sums_name, f"it does not say what {name} says")
    if manifest.number != number or manifest.key != key.fingerprint:
        find(name, "it is the manifest of something else")
        return None
    return manifest


def _files(tree: Tree, manifests: list[Manifest], proof: Proof, find: Find) -> None:
    """Every file that any of the manifests names; one hash for each."""
    named: dict[str, File] = {}
    for manifest in manifests:
        for file in manifest.files:
            if named.setdefault(file.file, file).sha256 != file.sha256:
                find(manifest.name, f"it names other content for {file.file} than the manifest before it")
    for name, size, sha256 in sums(tree, sorted(named)):
        file = named[name]
        if size < 0:
            find(name, "it is missing")
            continue
        if size != file.size:
            find(name, f"it was changed: it has {size} bytes instead of {file.size}")
        elif sha256 != file.sha256:
            find(name, "it was changed: its SHA-256 is not the one in the manifest")
        proof.files += 1
        proof.size += size


def _extra(tree: Tree, proof: Proof, find: Find) -> None:
    """Nothing that nobody signed. The folders of an exam's attempts are looked at by themselves, and so are folders
    that belong to nobody (by the walk over the exam's attempts)."""
    exam = proof.manifest.attempt is None
    own_folders = {name.split("/")[0] for name in proof.own if "/" in name}
    for name in tree.files():
        top, inside, _ = name.partition("/")
        if exam and inside and (top in proof.manifest.attempts or top not in own_folders):
            continue
        if name not in proof.own:
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


def _countersignatures(
    tree: Tree, manifests: list[Manifest], authorities: Authorities, proof: Proof, find: Find
) -> None:
    """The site's certificate and the time stamp, where the box had them made."""
    for manifest in manifests:
        data = manifest.to_bytes()
        for name, check in zip(
            _countersigned(manifest.number), (authorities.certificate, authorities.time), strict=True
        ):
            made = _read(tree, name, find)
            newest = manifest is manifests[-1]
            try:
                said = check(made, data, manifest.made_at)
            except IntegrityError as error:
                find(name, error.message)
            else:
                if said and newest:
                    proof.remarks.append(f"{name}: {said}")
