"""Certificates and keys as somebody pasted them: do they belong together, and do they still hold? Pure."""

import datetime
import itertools
from collections.abc import Iterator

from cryptography import x509
from cryptography.hazmat.primitives import serialization


def not_certificates(text: str) -> str:
    """Why this is not one certificate or more; "" where it is."""
    return "" if _certificates(text) else "this is no certificate in PEM (-----BEGIN CERTIFICATE-----)"


def not_a_pair(chain: str, key: str, *, now: float) -> Iterator[tuple[str, str]]:
    """("chain" or "key", what is wrong)."""
    certificates = _certificates(chain)
    if chain and not certificates:
        yield "chain", "chain is no certificate in PEM (-----BEGIN CERTIFICATE-----)"
    private = _public_half(key)
    if key and private is None:
        yield "key", "key is no private key in PEM, or it has a passphrase"
    if not certificates:
        return
    leaf, moment = certificates[0], datetime.datetime.fromtimestamp(now, datetime.UTC)
    if private is not None and private != _spki(leaf):
        yield "key", "key does not belong to the first certificate of chain"
    for number, certificate in enumerate(certificates):
        which = "the certificate" if not number else f"certificate {number + 1} of chain"
        if certificate.not_valid_after_utc <= moment:
            yield "chain", f"{which} expired on {certificate.not_valid_after_utc:%Y-%m-%d}"
        elif certificate.not_valid_before_utc > moment:
            yield "chain", f"{which} is not valid before {certificate.not_valid_before_utc:%Y-%m-%d}"
    for child, parent in itertools.pairwise(certificates):
        if child.issuer != parent.subject:
            yield "chain", "the certificates of chain do not follow each other: the box's own first, then its issuer's"
            return


def _certificates(text: str) -> list[x509.Certificate]:
    try:
        return x509.load_pem_x509_certificates(text.encode())
    except ValueError:
        return []


def _public_half(key: str) -> bytes | None:
    try:
        private = serialization.load_pem_private_key(key.encode(), None)
    except (ValueError, TypeError):
        return None
    form = (serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return private.public_key().public_bytes(*form)


def _spki(certificate: x509.Certificate) -> bytes:
    form = (serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return certificate.public_key().public_bytes(*form)
