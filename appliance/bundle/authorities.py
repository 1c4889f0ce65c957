"""Whose certificates countersign a manifest: the site's (CMS), a time-stamping service's (RFC 3161). Checking only.

Checked are the signature, that certificates were issued by one another up to the authority that was given, and that
they were valid when they signed. Revocation, and what a profile asks of certificates beyond that, `openssl` checks.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import pkcs7

from appliance.errors import BadInput, IntegrityError, NotFound

_MESSAGE_DIGEST = bytes.fromhex("06092a864886f70d010904")
_SHA256 = bytes.fromhex("0609608648016503040201")
_DEPTH = 6


@dataclass(frozen=True, slots=True)
class Authorities:
    """Certificates that are trusted; none: what was signed is compared with the manifest, and not whose it is."""

    site: tuple[x509.Certificate, ...] = ()
    tsa: tuple[x509.Certificate, ...] = ()

    @classmethod
    def read(cls, site: Path | None, tsa: Path | None) -> "Authorities":
        """From PEM files. NotFound, BadInput."""
        return cls((site and certificates(site)) or (), (tsa and certificates(tsa)) or ())

    def certificate(self, made: bytes | None, data: bytes, at: float) -> str:
        """What `manifest.p7s` says of a manifest made `at` wall seconds; "" for nothing. IntegrityError when it does
        not fit."""
        if made is None:
            return "there is none: the box had no certificate of the site when it signed" if self.site else ""
        signer, others = _signer(made, data)
        who = signer.subject.rfc4514_string()
        if not self.site:
            return f"it fits, by {who}; --site-ca FILE checks whose certificate that is"
        _issued(signer, others, self.site, datetime.fromtimestamp(at, UTC))
        return f"it fits, by {who}, a certificate of the site's authority"

    def time(self, made: bytes | None, data: bytes, at: float) -> str:
        """The same for `manifest.tsr`."""
        if made is None:
            return "there is none: no time stamp was made" if self.tsa else ""
        from rfc3161_client import VerificationError, VerifierBuilder, decode_timestamp_response

        try:
            answer = decode_timestamp_response(ordered(made))
            when = answer.tst_info.gen_time
            imprint = answer.tst_info.message_imprint.message
            if not self.tsa:
                known = {hashlib.new(name, data).digest() for name in ("sha256", "sha384", "sha512")}
                if imprint not in known:
                    raise IntegrityError("it is the time stamp of something else")
                return f"it says {when:%Y-%m-%d %H:%M:%S} UTC; --tsa-ca FILE checks who said so"
            builder = VerifierBuilder()
            for one in self.tsa:
                builder = builder.add_root_certificate(one)
            builder.build().verify_message(answer, data)
        except (VerificationError, ValueError) as error:
            raise IntegrityError(f"it does not fit, or is not of that authority: {error}") from None
        return f"this manifest existed on {when:%Y-%m-%d} at {when:%H:%M:%S} UTC"


def certificates(file: Path) -> tuple[x509.Certificate, ...]:
    """Of a PEM file."""
    try:
        return tuple(x509.load_pem_x509_certificates(file.read_bytes()))
    except OSError as error:
        raise NotFound(
            f"the certificate {file} cannot be read: {error.strerror}", hint="Name a PEM file that can be read."
        ) from None
    except ValueError:
        raise BadInput(f"{file} has no certificate", hint="It is a PEM file: -----BEGIN CERTIFICATE-----.") from None


def ordered(answer: bytes) -> bytes:
    """A time stamp with its certificates in the order of DER, which services made of OpenSSL do not keep and the
    library insists on. No signature is over that order."""
    try:
        _, token = _inside(answer)
        _, content = _inside(token)
        [signed_data] = _inside(content)
        [found] = [one for one in _inside(signed_data) if one[0] == 0xA0]
        start, _ = _header(found, 0)
        return answer.replace(found, found[:start] + b"".join(sorted(_inside(found))), 1)
    except (ValueError, IndexError):
        return answer  # without certificates, or none at all: the library says what is wrong


def _signer(made: bytes, data: bytes) -> tuple[x509.Certificate, list[x509.Certificate]]:
    """Who signed, of all whose certificates are in it; IntegrityError unless they signed just `data`."""
    try:
        found = pkcs7.load_der_pkcs7_certificates(made)
        _, content = _inside(made)
        [signed_data] = _inside(content)
        *_, infos = _inside(signed_data)
        [info] = _inside(infos)
        _, sid, algorithm, *more = _inside(info)
        attributes = more[0] if more[0][0] == 0xA0 else None
        signature = _value(more[2 if attributes else 1])
        _, serial = _inside(sid)
        number = int.from_bytes(_value(serial), "big", signed=True)
        [signer] = [one for one in found if one.serial_number == number]
        if not algorithm.count(_SHA256):
            raise IntegrityError("it uses another hash than SHA-256: check it with `openssl cms`")
        if attributes is not None and not _vouches(attributes, data):
            raise IntegrityError("it is the signature of something else")
        _check(signer, signature, data if attributes is None else b"\x31" + attributes[1:])
    except (ValueError, IndexError, TypeError):
        raise IntegrityError("it is not a CMS signature of one signer") from None
    except InvalidSignature:
        raise IntegrityError("it was changed: the signature does not fit") from None
    return signer, [one for one in found if one is not signer]


def _vouches(attributes: bytes, data: bytes) -> bool:
    digest = hashlib.sha256(data).digest()
    for attribute in _inside(attributes):
        name, values = _inside(attribute)
        if name == _MESSAGE_DIGEST:
            return [_value(value) for value in _inside(values)] == [digest]
    return False


def _check(certificate: x509.Certificate, signature: bytes, data: bytes) -> None:
    match certificate.public_key():
        case rsa.RSAPublicKey() as key:
            key.verify(signature, data, padding.PKCS1v15(), hashes.SHA256())
        case ec.EllipticCurvePublicKey() as key:
            key.verify(signature, data, ec.ECDSA(hashes.SHA256()))
        case _:
            raise IntegrityError("it uses a kind of key that is not known here: check it with `openssl cms`")


def _issued(
    signer: x509.Certificate, others: list[x509.Certificate], roots: tuple[x509.Certificate, ...], at: datetime
) -> None:
    """IntegrityError unless the signer's certificate leads to one of the roots, each valid at that time."""
    one = signer
    for _ in range(_DEPTH):
        if not one.not_valid_before_utc <= at <= one.not_valid_after_utc:
            raise IntegrityError(f"the certificate of {one.subject.rfc4514_string()} was not valid when it signed")
        if one in roots or any(_by(one, root) for root in roots):
            return
        above = [issuer for issuer in others if _may_issue(issuer) and _by(one, issuer)]
        if not above:
            break
        one = above[0]
    raise IntegrityError(f"the certificate of {signer.subject.rfc4514_string()} is not of the authority that was given")


def _by(one: x509.Certificate, issuer: x509.Certificate) -> bool:
    try:
        one.verify_directly_issued_by(issuer)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True


def _may_issue(certificate: x509.Certificate) -> bool:
    try:
        return certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except (x509.ExtensionNotFound, ValueError):
        return False


def _inside(element: bytes) -> list[bytes]:
    """The elements in a DER element (or in a row of one)."""
    return list(_elements(_value(element))) if element[0] & 0x20 else []


def _value(element: bytes) -> bytes:
    start, length = _header(element, 0)
    return element[start : start + length]


def _elements(data: bytes) -> Iterator[bytes]:
    at = 0
    while at < len(data):
        start, length = _header(data, at)
        if start + length > len(data):
            raise ValueError("cut")
        yield data[at : start + length]
        at = start + length


def _header(data: bytes, at: int) -> tuple[int, int]:
    length = data[at + 1]
    if length < 0x80:
        return at + 2, length
    more = length & 0x7F
    return at + 2 + more, int.from_bytes(data[at + 2 : at + 2 + more], "big")
