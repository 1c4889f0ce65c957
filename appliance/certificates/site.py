"""The site's certificate in the box: asked for, installed, put back. `keys/site.pem` is the one in use,
`keys/site.old.pem` the one before it, `keys/request.pem` the key of the newest request and what was asked."""

import datetime
from collections.abc import Sequence
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from appliance.box import secret
from appliance.box.paths import Paths
from appliance.certificates import chain, chosen, reach
from appliance.certificates.chain import Chain, Handed, Key
from appliance.config import Settings
from appliance.errors import BadInput, NotFound, StorageFull, Unavailable

FILE, OLD, REQUEST = "site.pem", "site.old.pem", "request.pem"


def installed(paths: Paths) -> Chain | None:
    """The one in use; None where there is none. Unavailable when it is damaged."""
    file = paths.keys / FILE
    try:
        handed = chain.read(file.read_bytes())
        return Chain(handed.keys[0], tuple(handed.certificates)) if handed.certificates[0] else None
    except FileNotFoundError:
        return None
    except (OSError, BadInput, IndexError):
        raise Unavailable(
            f"the site's certificate {file} cannot be read", hint="Install it again, or take back the one before."
        ) from None


def request(paths: Paths, settings: Settings) -> bytes:
    """A certificate signing request (PEM) for all names by which a site's authority may know this box; its key stays
    here. The same one as long as the names are the same."""
    https = chosen.of(paths, settings)
    names = reach.of(https).site
    if not names:
        raise BadInput(
            "the box does not know by which name the site's authority knows it",
            hint="Tell it the name: [https] domain or names in appliance.toml, or the field on the page.",
        )
    known = pending(paths)
    if known is not None and _names(known[1]) == names:
        return known[1].public_bytes(serialization.Encoding.PEM)
    key = ec.generate_private_key(ec.SECP256R1())
    made = signing_request(key, names)
    _write(paths.keys / REQUEST, chain.pem_of(key) + made)
    return made


def signing_request(key: ec.EllipticCurvePrivateKey, names: Sequence[str]) -> bytes:
    """PEM, for these names."""
    return (
        x509.CertificateSigningRequestBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names[0][:64])]))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name) for name in names]), critical=False)
        .sign(key, hashes.SHA256())
        .public_bytes(serialization.Encoding.PEM)
    )


def pending(paths: Paths) -> tuple[Key, x509.CertificateSigningRequest] | None:
    """The newest request and its key."""
    try:
        content = (paths.keys / REQUEST).read_bytes()
        return chain.read(content).keys[0], x509.load_pem_x509_csr(content)
    except (OSError, BadInput, IndexError, ValueError):
        return None


def _names(asked: x509.CertificateSigningRequest) -> tuple[str, ...]:
    said = asked.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    return tuple(said.get_values_for_type(x509.DNSName))


def install(
    paths: Paths, settings: Settings, handed: Handed, *, now: datetime.datetime | None = None, mode: str = "files"
) -> Chain:
    """Check it and use it from now on; the one before is kept. BadInput says what is wrong, and nothing has changed."""
    https = chosen.of(paths, settings)
    found = reach.of(https)
    known = pending(paths)
    made = chain.checked(
        handed,
        reached=[*found.names, *map(str, found.addresses)],
        now=now or datetime.datetime.now(datetime.UTC),
        own=[known[0]] if known else [],
    )
    use(paths, made)
    if https.mode != mode:
        chosen.write(paths, mode=mode)
    return made


def use(paths: Paths, made: Chain) -> None:
    """Put it in the place of the one there is, which is kept unless it is the same."""
    file = paths.keys / FILE
    try:
        if file.exists() and file.read_bytes() != made.pem():
            secret.write(paths.keys / OLD, file.read_bytes())
    except OSError as error:
        raise StorageFull(f"{file} cannot be kept: {error.strerror}", hint="Check the disk.") from None
    _write(file, made.pem())


def has_older(paths: Paths) -> bool:
    """Is there one to go back to?"""
    return (paths.keys / OLD).exists()


def back(paths: Paths, settings: Settings) -> None:
    """Use the certificate before this one; twice is as it was."""
    file, old = paths.keys / FILE, paths.keys / OLD
    try:
        before = old.read_bytes()
    except FileNotFoundError:
        raise NotFound(
            "there is no certificate before this one", hint="To show the box's own: appliance certificate own"
        ) from None
    handed = chain.read(before)
    if file.exists():
        _write(old, file.read_bytes())
    _write(file, Chain(handed.keys[0], tuple(handed.certificates)).pem())
    if chosen.of(paths, settings).mode == "own":
        chosen.write(paths, mode="files")


def _write(file: Path, content: bytes) -> None:
    try:
        secret.write(file, content)
    except OSError as error:
        raise StorageFull(f"{file} cannot be written: {error.strerror}", hint="Check the disk.") from None
