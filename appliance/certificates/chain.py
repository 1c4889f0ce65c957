"""A site's certificate as somebody hands it in: read in any of the usual forms, put in order, and checked. Pure."""

import contextlib
import datetime
import ipaddress
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import pkcs7, pkcs12
from cryptography.x509.oid import ExtendedKeyUsageOID

from appliance.errors import BadInput

Key = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey
T = TypeVar("T", bound=x509.ExtensionType)

RSA_BITS = 2048
CURVES = ("secp256r1", "secp384r1", "secp521r1")
MOST_BYTES = 200_000
_WEAK = ("md5", "sha1")
_BEGIN = b"-----BEGIN "


@dataclass(frozen=True, slots=True)
class Chain:
    """A key, its certificate, and the certificates that lead up from it, each issued by the next."""

    key: Key = field(repr=False)
    certificates: tuple[x509.Certificate, ...]

    @property
    def leaf(self) -> x509.Certificate:
        """The box's own."""
        return self.certificates[0]

    def pem(self) -> bytes:
        """Key and chain, as servers want them."""
        return pem_of(self.key) + b"".join(one.public_bytes(serialization.Encoding.PEM) for one in self.certificates)


@dataclass(slots=True)
class Handed:
    """What was in the files that somebody handed in."""

    certificates: list[x509.Certificate] = field(default_factory=list)
    keys: list[Key] = field(default_factory=list, repr=False)


def read(*files: bytes, password: str = "") -> Handed:
    """PEM with anything in any order, DER, PKCS#7 (.p7b) and PKCS#12 (.pfx, with its password). BadInput says what a
    file is instead."""
    found = Handed()
    for content in files:
        if len(content) > MOST_BYTES:
            raise BadInput("the file is too large for a certificate", hint="Send the certificate, its chain and key.")
        _read_one(content, password.encode() or None, found)
    return found


def _read_one(content: bytes, password: bytes | None, found: Handed) -> None:
    if _BEGIN in content:
        _read_pem(content, password, found)
        return
    with contextlib.suppress(ValueError):
        found.certificates.append(x509.load_der_x509_certificate(content))
        return
    with contextlib.suppress(ValueError):
        found.certificates += pkcs7.load_der_pkcs7_certificates(content)
        return
    try:
        key, leaf, others = pkcs12.load_key_and_certificates(content, password)
    except (ValueError, TypeError) as error:
        if "assword" in str(error):
            raise BadInput("the password of the file does not fit", hint="Type the one it was exported with.") from None
        raise BadInput(
            "this is neither a certificate nor a key",
            hint="Send what the authority gave you: .pem, .crt, .cer, .p7b or .pfx.",
        ) from None
    found.certificates += [one for one in (leaf, *others) if one is not None]
    if key is not None:
        found.keys.append(_usable(key))


def _read_pem(content: bytes, password: bytes | None, found: Handed) -> None:
    for block in content.split(_BEGIN)[1:]:
        label, whole = block.partition(b"-----")[0], _BEGIN + block
        try:
            if label in (b"CERTIFICATE", b"X509 CERTIFICATE", b"TRUSTED CERTIFICATE"):
                found.certificates.append(x509.load_pem_x509_certificate(whole))
            elif label == b"PKCS7":
                found.certificates += pkcs7.load_pem_pkcs7_certificates(whole)
            elif label.endswith(b"PRIVATE KEY"):
                found.keys.append(_usable(serialization.load_pem_private_key(whole, password)))
        except TypeError:
            raise BadInput(
                "the key is protected by a password" if password is None else "the key has no password",
                hint="Type the password of the key, or leave it empty where it has none.",
            ) from None
        except ValueError:
            name = label.decode("ascii", "replace").lower()
            raise BadInput(
                f"the {name} in the file cannot be read: it is damaged, or the password does not fit",
                hint="Copy the file again, whole, with its lines BEGIN and END.",
            ) from None


def _usable(key: object) -> Key:
    if isinstance(key, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey):
        return key
    raise BadInput("the key is of a kind that browsers do not take", hint="Use an EC key (P-256) or RSA of 2048 bits.")


def checked(handed: Handed, *, reached: Iterable[str], now: datetime.datetime, own: Sequence[Key] = ()) -> Chain:
    """The chain in order, fit for a server that is reached by `reached` (names and addresses). `own`: keys of requests
    that this box made. BadInput says what is wrong with it."""
    if not handed.certificates:
        raise BadInput("there is no certificate in it", hint="Send the certificate that the authority gave you.")
    found = _pair(handed, own)
    if found is None:
        raise BadInput(
            "the key does not fit any certificate in it" if handed.keys else "the key of this certificate is missing",
            hint="Send the key that was made for it, or ask for a certificate with the request that this box makes.",
        )
    key, leaf = found
    _check_leaf(key, leaf, now)
    _check_names(leaf, list(reached))
    return Chain(key, (leaf, *_above(leaf, handed.certificates, now)))


def _pair(handed: Handed, own: Sequence[Key]) -> tuple[Key, x509.Certificate] | None:
    for key in (*handed.keys, *own):
        for certificate in handed.certificates:
            if certificate.public_key() == key.public_key():
                return key, certificate
    return None


def _check_leaf(key: Key, leaf: x509.Certificate, now: datetime.datetime) -> None:
    if leaf.not_valid_after_utc <= now:
        raise BadInput(
            f"the certificate expired on {leaf.not_valid_after_utc:%Y-%m-%d}", hint="Ask the authority for a new one."
        )
    if leaf.not_valid_before_utc > now:
        raise BadInput(
            f"the certificate is valid from {leaf.not_valid_before_utc:%Y-%m-%d %H:%M} UTC on, and the box's clock "
            f"says {now:%Y-%m-%d %H:%M} UTC",
            hint="Is the box's clock right? If it is, install the certificate later.",
        )
    constraints = _extension(leaf, x509.BasicConstraints)
    if constraints is not None and constraints.ca:
        raise BadInput(
            "this is the certificate of an authority and not of a server",
            hint="Send the server certificate, and never the key of an authority.",
        )
    usage = _extension(leaf, x509.ExtendedKeyUsage)
    if usage is not None and not {ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE} & set(
        usage
    ):
        raise BadInput(
            "the certificate is not for servers (server authentication is missing)",
            hint="Ask for one of the template for web servers.",
        )
    _check_strength(key, leaf)


def _check_strength(key: Key, leaf: x509.Certificate) -> None:
    if isinstance(key, rsa.RSAPrivateKey) and key.key_size < RSA_BITS:
        raise BadInput(
            f"the key is too weak: RSA of {key.key_size} bits", hint=f"Use RSA of {RSA_BITS} bits or more, or EC P-256."
        )
    if isinstance(key, ec.EllipticCurvePrivateKey) and key.curve.name not in CURVES:
        raise BadInput(f"browsers do not take keys on the curve {key.curve.name}", hint="Use P-256 or P-384.")
    signed_with = leaf.signature_hash_algorithm
    if signed_with is None or signed_with.name in _WEAK:
        raise BadInput(
            "the certificate is signed in a way that browsers do not take",
            hint="The authority has to sign with SHA-256 or better.",
        )


def _check_names(leaf: x509.Certificate, reached: list[str]) -> None:
    said = names(leaf)
    if not said:
        raise BadInput(
            "the certificate names no host (it has no subject alternative names)",
            hint="Browsers read the alternative names only. Ask for a certificate with the names of this box.",
        )
    if not any(covers(leaf, one) for one in reached):
        raise BadInput(
            f"the certificate is for {', '.join(said[:5])}, and this box is reached by {', '.join(reached[:5])}",
            hint="Ask for one of these names; or tell the box its name ([https] names), if it is called that.",
        )


def _above(leaf: x509.Certificate, among: Sequence[x509.Certificate], now: datetime.datetime) -> list[x509.Certificate]:
    """From the leaf's issuer upwards, in order, without the root: who trusts it has it. What is not part of it is left
    out."""
    found: list[x509.Certificate] = []
    at = leaf
    while at.issuer != at.subject:
        above = next((one for one in among if one not in (leaf, *found) and _issued(at, one)), None)
        if above is None:
            break
        if above.not_valid_after_utc <= now:
            raise BadInput(
                f"a certificate of its chain expired on {above.not_valid_after_utc:%Y-%m-%d}: "
                f"{above.subject.rfc4514_string()[:120]}",
                hint="Ask the authority for its present chain.",
            )
        found.append(above)
        at = above
    return found


def _issued(certificate: x509.Certificate, by: x509.Certificate) -> bool:
    try:
        certificate.verify_directly_issued_by(by)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True


def is_complete(chain: Chain) -> bool:
    """Does it lead up to an authority that signs itself, as far as it can be seen? Where not, devices need the
    authority `chain.certificates[-1].issuer` themselves."""
    last = chain.certificates[-1]
    return last.issuer == last.subject


def names(certificate: x509.Certificate) -> tuple[str, ...]:
    """The names and addresses a certificate is for."""
    said = _extension(certificate, x509.SubjectAlternativeName)
    if said is None:
        return ()
    return (*said.get_values_for_type(x509.DNSName), *map(str, said.get_values_for_type(x509.IPAddress)))


def covers(certificate: x509.Certificate, name: str) -> bool:
    """Is it for this name or address? `*.example.edu` is for one label more (RFC 6125)."""
    said = [one.lower() for one in names(certificate)]
    with contextlib.suppress(ValueError):
        return str(ipaddress.ip_address(name)) in said
    name = name.lower().rstrip(".")
    return name in said or ("." in name and f"*.{name.partition('.')[2]}" in said)


def fingerprint(certificate: x509.Certificate) -> str:
    """SHA-256, as browsers show it: AB:CD:..."""
    return certificate.fingerprint(hashes.SHA256()).hex(":").upper()


def pem_of(key: Key) -> bytes:
    """A private key."""
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _extension(certificate: x509.Certificate, kind: type[T]) -> T | None:
    try:
        return certificate.extensions.get_extension_for_class(kind).value
    except x509.ExtensionNotFound:
        return None
