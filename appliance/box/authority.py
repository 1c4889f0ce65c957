"""The box's own certificate authority, so that browsers in the lab can reach it by HTTPS: they give camera, microphone
and screen to nothing else.

The root is made once and kept under `keys/`. It can vouch for little more than this box (RFC 5280 4.2.1.10): for
names that mean nothing outside (`.local` and the like), for names of the site's domain where the box was told it, for
the name and the addresses that the box had when it was made, and for addresses of private networks. So the box may be
renamed and move without a new root. What browsers see is a leaf, made anew when it is about to expire or when the box
has another name or address.

A box may be born with a wrong clock: the root is valid from a day before any box was built, and a leaf from the future
is made anew.
"""

import datetime
import ipaddress
import socket
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import ifaddr
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from appliance.box.secret import made_once, write
from appliance.errors import StorageFull, Unavailable

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

ROOT_DAYS = 3650
ROOT_BEGINS = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)
"""Whatever the clock says when the root is made, it holds from here on, and for ten years from here at least."""

LEAF_DAYS = 397
"""The most that browsers take."""

RENEW_DAYS = 30
_NOWHERE = ("198.51.100.1", 9)
"""An address that is nobody's (RFC 5737), to be asked for the way."""

_DISK = "Check that the disk is mounted and not full."
_SKEW = datetime.timedelta(hours=1)
"""A laptop's clock may be a little behind."""

PRIVATE = tuple(
    ipaddress.ip_network(net)
    for net in ("127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16",
                "::1/128", "fc00::/7", "fe80::/10")
)  # fmt: skip
"""Networks whose addresses mean something else in every building, so that vouching for them harms nobody outside."""

NOWHERE = ("local", "localhost", "internal", "home.arpa")
"""Domains that nobody owns (RFC 6762, 6761, 8375 and ICANN's .internal): likewise."""


def own_names() -> list[str]:
    """What this machine is called on its network."""
    name = socket.gethostname().partition(".")[0].lower()
    return list(dict.fromkeys([name, f"{name}.local", "localhost"]))


def own_addresses() -> list[Address]:
    """Addresses of this machine: first the one by which it goes out, loopback last, IPv4 before IPv6; none of one link
    alone."""
    found: set[Address] = set()
    for adapter in ifaddr.get_adapters():
        for ip in adapter.ips:
            found.add(ipaddress.ip_address(ip.ip if isinstance(ip.ip, str) else ip.ip[0]))
    usable = [address for address in found if not address.is_link_local]
    outward = _outward()
    return sorted(usable, key=lambda a: (a.is_loopback, a != outward, a.version, int(a)))


def _outward() -> Address | None:
    """By which address this machine goes out; nothing is sent. None where there is no network."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        try:
            asking.connect(_NOWHERE)
        except OSError:
            return None
        return ipaddress.ip_address(asking.getsockname()[0])


@dataclass(frozen=True, slots=True)
class Leaf:
    """What a server shows: its key, itself and the root, as PEM. Valid from `begins` `until`."""

    pem: bytes = field(repr=False)
    names: tuple[str, ...]
    addresses: tuple[Address, ...]
    begins: datetime.datetime
    until: datetime.datetime

    def covers(self, names: Iterable[str], addresses: Iterable[Address], now: datetime.datetime) -> bool:
        """Is it for exactly these, now and for a while yet?"""
        same = set(names) == set(self.names) and set(addresses) == set(self.addresses)
        return same and self.begins <= now and self.until - now > datetime.timedelta(days=RENEW_DAYS)


class Authority:
    """The root of this box. `zones`: further names that it should vouch for, and those below them: the site's domain. A
    root that no device can have yet is made anew when it may not vouch for one of them; one that was given out stays.
    StorageFull when the keys cannot be written."""

    def __init__(self, keys: Path, *, zones: Sequence[str] = ()) -> None:
        self.file = root = keys / "authority.pem"
        self._fresh = keys / "authority.fresh"
        self._leaf_file = keys / "leaf.pem"
        try:
            if not root.exists():
                write(self._fresh, b"no device has this authority yet\n")
            self._key, self.certificate = _parsed(made_once(root, lambda: _new_root(zones)))
            wanted = (own_names()[0], *zones)
            if self._fresh.exists() and not all(map(self.may_vouch_for_name, wanted)):
                write(root, _new_root(zones))
                self._key, self.certificate = _parsed(root.read_bytes())
        except OSError as error:
            raise StorageFull(f"{root} cannot be written: {error.strerror}", hint=_DISK) from None
        except ValueError as error:
            raise Unavailable(
                f"the box's certificate authority {root} is damaged: {error}",
                hint="Bring the file back from a copy. If you remove it, every device has to trust the new one.",
            ) from None

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the certificate, as browsers show it: AB:CD:..."""
        return self.certificate.fingerprint(hashes.SHA256()).hex(":").upper()

    def pem(self) -> bytes:
        """The certificate to install."""
        return self.certificate.public_bytes(serialization.Encoding.PEM)

    def der(self) -> bytes:
        """The same as phones want it."""
        return self.certificate.public_bytes(serialization.Encoding.DER)

    def given(self) -> None:
        """A device may have it from now on: it is never made anew by itself."""
        try:
            self._fresh.unlink(missing_ok=True)
        except OSError as error:
            raise StorageFull(f"{self._fresh} cannot be removed: {error.strerror}", hint=_DISK) from None

    def leaf(self, names: Iterable[str], addresses: Iterable[Address], *, now: datetime.datetime | None = None) -> Leaf:
        """A leaf for these names and addresses, as far as the root may vouch for them: the one there is, or a new
        one."""
        now = now or datetime.datetime.now(datetime.UTC)
        allowed = [name for name in dict.fromkeys(names) if self.may_vouch_for_name(name)]
        reached = [address for address in dict.fromkeys(addresses) if self.may_vouch_for(address)]
        known = self._known_leaf()
        if known is not None and known.covers(allowed, reached, now):
            return known
        return self._new_leaf(allowed, reached, now)

    def may_vouch_for(self, address: Address) -> bool:
        """A private address, or one that the box had when the root was made."""
        said = [one.value for one in self._permitted() if isinstance(one, x509.IPAddress)]
        nets = [net for net in said if isinstance(net, ipaddress.IPv4Network | ipaddress.IPv6Network)]
        return any(address in net for net in nets if net.version == address.version)

    def may_vouch_for_name(self, name: str) -> bool:
        """One of the names it was made for, or one below."""
        zones = [said.value for said in self._permitted() if isinstance(said, x509.DNSName)]
        return any(name == zone or name.endswith("." + zone) for zone in zones)

    def _permitted(self) -> Sequence[x509.GeneralName]:
        constraints = self.certificate.extensions.get_extension_for_class(x509.NameConstraints).value
        return constraints.permitted_subtrees or []

    # --- the leaf ---

    def _known_leaf(self) -> Leaf | None:
        try:
            pem = self._leaf_file.read_bytes()
            certificate = x509.load_pem_x509_certificate(pem)
            certificate.verify_directly_issued_by(self.certificate)
            if serialization.load_pem_private_key(pem, None).public_key() != certificate.public_key():
                return None
            said = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        except Exception:  # whatever is wrong with it: it is made anew
            return None
        return Leaf(
            pem,
            tuple(said.get_values_for_type(x509.DNSName)),
            tuple(a for a in said.get_values_for_type(x509.IPAddress) if isinstance(a, Address)),
            certificate.not_valid_before_utc,
            certificate.not_valid_after_utc,
        )

    def _new_leaf(self, names: list[str], addresses: list[Address], now: datetime.datetime) -> Leaf:
        key, begins = ec.generate_private_key(ec.SECP256R1()), now - _SKEW
        until = begins + datetime.timedelta(days=LEAF_DAYS)
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, (names or ["box"])[0][:64])])
        said = [*(x509.DNSName(name) for name in names), *(x509.IPAddress(address) for address in addresses)]
        certificate = (
            _builder(subject=subject, issuer=self.certificate.subject, key=key, begins=begins, until=until)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_usage(signs_certificates=False), critical=True)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
            .add_extension(x509.SubjectAlternativeName(said), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key()), critical=False)
            .sign(self._key, hashes.SHA256())
        )
        pem = _pem_of(key) + certificate.public_bytes(serialization.Encoding.PEM) + self.pem()
        try:
            write(self._leaf_file, pem)
        except OSError as error:
            raise StorageFull(f"{self._leaf_file} cannot be written: {error.strerror}", hint=_DISK) from None
        holds = certificate.not_valid_before_utc, certificate.not_valid_after_utc
        return Leaf(pem, tuple(names), tuple(addresses), *holds)


def _is_private(address: Address) -> bool:
    return any(address in net for net in PRIVATE if net.version == address.version)


def _new_root(further: Sequence[str]) -> bytes:
    """Key and certificate, as PEM."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.datetime.now(datetime.UTC)
    mark = x509.SubjectKeyIdentifier.from_public_key(key.public_key()).digest[:3].hex().upper()
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"Exam box {own_names()[0][:40]} {mark}")])
    zones = dict.fromkeys((*NOWHERE, own_names()[0], *further))
    permitted: list[x509.GeneralName] = [x509.DNSName(zone) for zone in zones]
    own = [ipaddress.ip_network(a) for a in own_addresses()]
    permitted += [
        x509.IPAddress(net) for net in (*PRIVATE, *(net for net in own if not _is_private(net.network_address)))
    ]
    until = max(now, ROOT_BEGINS) + datetime.timedelta(days=ROOT_DAYS)
    certificate = (
        _builder(subject=name, issuer=name, key=key, begins=ROOT_BEGINS, until=until)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs_certificates=True), critical=True)
        .add_extension(x509.NameConstraints(permitted_subtrees=permitted, excluded_subtrees=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    return _pem_of(key) + certificate.public_bytes(serialization.Encoding.PEM)


def _parsed(root: bytes) -> tuple[ec.EllipticCurvePrivateKey, x509.Certificate]:
    key = serialization.load_pem_private_key(root, None)
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise ValueError("its key is of another kind")  # noqa: TRY004
    return key, x509.load_pem_x509_certificate(root)


def _builder(
    *,
    subject: x509.Name,
    issuer: x509.Name,
    key: ec.EllipticCurvePrivateKey,
    begins: datetime.datetime,
    until: datetime.datetime,
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begins)
        .not_valid_after(until)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates, key_cert_sign=signs_certificates, crl_sign=signs_certificates,
        content_commitment=False, key_encipherment=False, data_encipherment=False, key_agreement=False,
        encipher_only=False, decipher_only=False,
    )  # fmt: skip


def _pem_of(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
