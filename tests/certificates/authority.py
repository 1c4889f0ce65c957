"""A site's own authority: a root, one below it, and what it issues, well or badly."""

import datetime
from dataclasses import dataclass, field
from functools import cached_property

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from appliance.box.authority import own_names

NOW = datetime.datetime(2026, 11, 22, 12, tzinfo=datetime.UTC)
DAY = datetime.timedelta(days=1)
BOX = own_names()[1]
"""A name by which this machine is reached wherever the tests run."""


def new_key():
    return ec.generate_private_key(ec.SECP256R1())


def issued(key, *, by=None, signer=None, name="box", ca=False, names=(), begins=-1.0, days=90.0, usage=None, now=NOW):
    """A certificate for the key, by itself or by another one."""
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(by.subject if by is not None else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now + begins * DAY)
        .not_valid_after(now + days * DAY)
        .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
    )
    if names:
        builder = builder.add_extension(
            x509.SubjectAlternativeName([x509.DNSName(one) for one in names]), critical=False
        )
    if not ca:
        builder = builder.add_extension(
            x509.ExtendedKeyUsage([usage or ExtendedKeyUsageOID.SERVER_AUTH]), critical=False
        )
    return builder.sign(signer or key, hashes.SHA256())


@dataclass
class Site:
    """Its certificates and keys."""

    now: datetime.datetime = NOW
    key: ec.EllipticCurvePrivateKey = field(default_factory=new_key)
    below_key: ec.EllipticCurvePrivateKey = field(default_factory=new_key)

    @cached_property
    def root(self):
        return issued(self.key, name="Site root", ca=True, days=3650, now=self.now)

    @cached_property
    def below(self):
        return issued(
            self.below_key, by=self.root, signer=self.key, name="Site servers", ca=True, days=1000, now=self.now
        )

    def leaf(self, key, names=(BOX,), **changes):
        return issued(key, by=self.below, signer=self.below_key, names=names, now=self.now, **changes)


def pem(*things):
    """Certificates and keys, one after the other."""
    return b"".join(
        one.public_bytes(serialization.Encoding.PEM)
        if isinstance(one, x509.Certificate)
        else one.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        for one in things
    )
