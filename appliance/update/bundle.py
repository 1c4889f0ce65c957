"""The signed bundle, `NAME.update`: a tar of three files, in this order, uncompressed.

`manifest.json` says which package it is; `manifest.sig` is an Ed25519 signature over its bytes; then comes the package,
whose SHA-256 stands in the manifest. Every OpenSSL can prove it (docs/update.md).
"""

import hashlib
import io
import json
import os
import tarfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_pem_public_key

from appliance.errors import BadInput, IntegrityError, NotFound

MANIFEST, SIGNATURE = "manifest.json", "manifest.sig"
FORMAT = 1
_SMALL = 64 * 1024
_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What is signed. `installed_kilobytes`: what the package takes on disk."""

    package: str
    version: str
    architecture: str
    file: str
    size: int
    sha256: str
    installed_kilobytes: int
    format: int = FORMAT


def write(out: Path, deb: Path, manifest: Manifest, key: Path) -> None:
    """Pack and sign; `key` is an Ed25519 key as PEM."""
    signer = load_pem_private_key(key.read_bytes(), password=None)
    if not isinstance(signer, Ed25519PrivateKey):
        raise BadInput(f"{key} is no Ed25519 key", hint="Make one: openssl genpkey -algorithm ed25519 -out KEY.pem")
    said = json.dumps(asdict(manifest), indent=1).encode()
    new = out.with_name(out.name + ".new")
    with tarfile.open(new, "w", format=tarfile.USTAR_FORMAT) as tar:
        for name, data in ((MANIFEST, said), (SIGNATURE, signer.sign(said))):
            member = tarfile.TarInfo(name)
            member.size = len(data)
            tar.addfile(member, io.BytesIO(data))
        member = tarfile.TarInfo(manifest.file)
        member.size = deb.stat().st_size
        with open(deb, "rb") as package:
            tar.addfile(member, package)
    new.replace(out)


def opened(file: Path, keys: Sequence[Path], *, to: Path | None = None) -> Manifest:
    """The manifest of a bundle that is wholly as it was signed, by one of `keys`. `to`: where the package is put, once
    it is proved. IntegrityError, BadInput or NotFound say what is wrong."""
    try:
        with tarfile.open(file, "r:") as tar:
            manifest = _signed(_small(tar, MANIFEST), _small(tar, SIGNATURE), keys)
            member = tar.next()
            if member is None or member.name != manifest.file or member.size != manifest.size or not member.isfile():
                raise IntegrityError(f"the bundle does not hold {manifest.file} as its manifest says", hint=_AGAIN)
            with _content(tar, member) as package:
                _copied(package, manifest, to)
            if tar.next() is not None:
                raise IntegrityError("the bundle holds more than it should", hint=_AGAIN)
    except FileNotFoundError:
        raise NotFound(f"there is no file {file}", hint="Is the stick plugged in and mounted?") from None
    except (tarfile.TarError, EOFError):
        raise BadInput(f"{file.name} is no update bundle, or it was cut off", hint=_AGAIN) from None
    return manifest


_AGAIN = "Do not use it. Copy it anew from where it came from; ask there if that does not help."


def _small(tar: tarfile.TarFile, name: str) -> bytes:
    member = tar.next()
    if member is None or member.name != name or not member.isfile() or member.size > _SMALL:
        raise BadInput(f"this is no update bundle: {name} is not where it should be", hint=_AGAIN)
    with _content(tar, member) as data:
        return data.read()


def _content(tar: tarfile.TarFile, member: tarfile.TarInfo) -> IO[bytes]:
    data = tar.extractfile(member)
    if data is None:
        raise BadInput(f"this is no update bundle: {member.name} is no file", hint=_AGAIN)
    return data


def _signed(said: bytes, signature: bytes, keys: Sequence[Path]) -> Manifest:
    if not keys:
        raise NotFound(
            "this box knows no key that may sign its updates",
            hint="Put the maker's public key, as PEM, into /etc/appliance/update-keys (docs/update.md).",
        )
    if not any(_holds(key, said, signature) for key in keys):
        raise IntegrityError("the bundle is not signed by a key that this box trusts", hint=_AGAIN)
    try:
        manifest = Manifest(**json.loads(said))
    except (ValueError, TypeError):
        raise BadInput(
            "the bundle's manifest is of a kind that this version does not know",
            hint="Update to a version between the two first.",
        ) from None
    plain = Path(manifest.file).name == manifest.file and not manifest.file.startswith(".")
    if manifest.format != FORMAT or not plain:
        raise BadInput(f"the bundle has format {manifest.format}, this box knows {FORMAT}", hint=_AGAIN)
    return manifest


def _holds(key: Path, said: bytes, signature: bytes) -> bool:
    try:
        public = load_pem_public_key(key.read_bytes())
        if not isinstance(public, Ed25519PublicKey):
            return False
        public.verify(signature, said)
    except (ValueError, InvalidSignature):
        return False
    return True


def _copied(package: IO[bytes], manifest: Manifest, to: Path | None) -> None:
    digest = hashlib.sha256()
    new = to.with_name(to.name + ".new") if to else Path(os.devnull)
    with open(new, "wb") as out:
        while data := package.read(_CHUNK):
            digest.update(data)
            out.write(data)
    if digest.hexdigest() != manifest.sha256:
        if to:
            new.unlink()
        raise IntegrityError(f"{manifest.file} in the bundle is not what was signed: it was changed", hint=_AGAIN)
    if to:
        new.replace(to)
