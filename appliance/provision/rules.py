"""What must hold in a seed, section by section: the same rules for the file, the command and the setup page. Pure but
for the tables of time zones."""

import dataclasses
import difflib
import ipaddress
import math
import re
import zoneinfo
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from appliance import config
from appliance.errors import ConfigError
from appliance.exam.permissions import USERS
from appliance.exam.plan import BETWEEN
from appliance.provision import pem
from appliance.provision.lines import Path
from appliance.provision.seed import Admin, Certificate, Lab, Network, Retention, Seed, Time, Upstream

LABEL = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
"""A host name without its domain (RFC 1123); folders of the store take the same."""

_PART = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_HOST = re.compile(rf"(?=.{{1,253}}$){_PART}(?:\.{_PART})*", re.IGNORECASE)
_INTERFACE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,14}")
_USER = re.compile(r"[a-z0-9][a-z0-9._@-]{0,63}")
_ARGON2 = re.compile(r"\$argon2id\$v=19\$m=(\d+),t=(\d+),p=(\d+)\$[A-Za-z0-9+/]{11,86}\$[A-Za-z0-9+/]{22,86}")
_LEAST_MEMORY = 19_456
"""KiB: OWASP's least for argon2id."""

_MOST_MEMORY = 262_144
_STORES = ("s3", "az", "gs", "dav", "davs")
_MODES = ("own", "files", "acme")
_DAYS = {
    "evidence_days": BETWEEN["evidence_days"],
    "identity_days": BETWEEN["identity_days"],
    "scan_days": BETWEEN["scan_retention_days"],
    "personal_days": BETWEEN["personal_days"],
}
OURS = {
    "upstream": (
        "site", "box", "url", "endpoint", "region", "folder", "credentials_file", "ca_file", "limit_mbit",
        "exam_limit_mbit",
    ),
    "retention": tuple(_DAYS),
    "https": ("mode", "domain", "names", "acme_directory", "acme_email", "acme_ca_file"),
}  # fmt: skip
"""Keys of appliance.toml that a seed has words of its own for."""


@dataclass(frozen=True, slots=True)
class Fault:
    """`where`: as in ("network", "address") or ("admin", 0, "user"). `sentence`: what is wrong and what to write."""

    where: Path
    sentence: str


def faults(seed: Seed, *, now: float) -> list[Fault]:
    """Everything that does not hold. `now`: wall seconds, for certificates."""
    return [
        *_lab(seed.lab),
        *_network(seed.network),
        *_time(seed.time),
        *_upstream(seed.upstream),
        *_admins(seed.admin),
        *_certificate(seed.certificate, now),
        *_retention(seed.retention),
        *_settings(seed.settings),
    ]


def _lab(lab: Lab) -> Iterator[Fault]:
    if len(lab.name) > 120 or not _printable(lab.name):
        yield Fault(("lab", "name"), "name is one line of 120 characters at most")
    for key, value in (("site", lab.site), ("box", lab.box)):
        if value and not LABEL.fullmatch(value):
            yield Fault(
                ("lab", key), f"{key} {_quoted(value)} takes a-z, 0-9 and dashes inside, 63 at most: as in physics-214"
            )
    if not _is_zone(lab.timezone):
        near = _near_zone(lab.timezone)
        hint = f"did you mean {near}?" if near else "write it as in Europe/Berlin"
        yield Fault(("lab", "timezone"), f"there is no time zone {_quoted(lab.timezone)}; {hint}")


def _network(network: Network) -> Iterator[Fault]:
    if network.interface and not _INTERFACE.fullmatch(network.interface):
        yield Fault(("network", "interface"), f"{_quoted(network.interface)} names no interface: as in enp1s0")
    if network.domain and (not _HOST.fullmatch(network.domain) or network.domain != network.domain.lower()):
        yield Fault(("network", "domain"), f"{_quoted(network.domain)} is no domain: as in lab.example.edu")
    for number, server in enumerate(network.dns):
        if _address(server) is None:
            yield Fault(("network", "dns"), f"dns {number + 1}, {_quoted(server)}, is no address: as in 10.4.0.1")
    if len(network.dns) > 3:
        yield Fault(("network", "dns"), "dns takes three servers at most")
    if network.address:
        yield from _addresses(network)
    elif network.gateway:
        yield Fault(("network", "gateway"), "a gateway needs an address; without one both come by DHCP")


def _addresses(network: Network) -> Iterator[Fault]:
    own, gateway = _interface(network.address), _address(network.gateway)
    if own is None:
        said = _quoted(network.address)
        yield Fault(("network", "address"), f"{said} is no address with its prefix: as in 10.4.7.20/24")
    elif _no_machine(own):
        yield Fault(("network", "address"), f"{own.ip} names the network {own.network} itself, not a machine in it")
    if not network.gateway:
        return
    if gateway is None:
        yield Fault(("network", "gateway"), f"{_quoted(network.gateway)} is no address: as in 10.4.7.1")
    elif own is not None and gateway == own.ip:
        yield Fault(("network", "gateway"), "the gateway is the box's own address")
    elif own is not None and gateway not in own.network and not gateway.is_link_local:
        yield Fault(("network", "gateway"), f"the gateway {gateway} is not in the network {own.network} of the address")


def _no_machine(own: ipaddress.IPv4Interface | ipaddress.IPv6Interface) -> bool:
    """IPv4's first and last address of a network are nobody's."""
    edges = (own.network.network_address, own.network.broadcast_address)
    return own.version == 4 and own.network.prefixlen < 31 and own.ip in edges


def _time(time: Time) -> Iterator[Fault]:
    for server in time.servers:
        if _address(server) is None and not _HOST.fullmatch(server):
            yield Fault(("time", "servers"), f"{_quoted(server)} is no name or address of a time server")
    if len(time.servers) > 8:
        yield Fault(("time", "servers"), "servers takes eight at most")


def _upstream(upstream: Upstream) -> Iterator[Fault]:
    if upstream.url and upstream.folder:
        yield Fault(("upstream", "folder"), "there is a url and a folder: name one of them, the box has one upstream")
    if upstream.url:
        yield from _url(upstream.url)
    elif upstream.endpoint or upstream.access_key:
        key = "endpoint" if upstream.endpoint else "access_key"
        yield Fault(("upstream", key), f"{key} needs a url: as in s3://BUCKET")
    if upstream.endpoint and not is_web(upstream.endpoint):
        yield Fault(("upstream", "endpoint"), f"{_quoted(_shown(upstream.endpoint))} is no address: https://HOST:PORT")
    if upstream.folder and not upstream.folder.startswith("/"):
        yield Fault(("upstream", "folder"), f"{_quoted(upstream.folder)} does not begin with /")
    if bool(upstream.access_key) != bool(upstream.secret_key):
        key = "secret_key" if upstream.access_key else "access_key"
        yield Fault(("upstream", key), "access_key and secret_key go together")
    for key in ("url", "endpoint", "region", "folder", "access_key", "secret_key"):
        if not _printable(getattr(upstream, key)):
            yield Fault(("upstream", key), f"{key} is more than one line")
    if upstream.ca and (why := pem.not_certificates(upstream.ca)):
        yield Fault(("upstream", "ca"), f"ca: {why}")
    for key in ("limit_mbit", "exam_limit_mbit"):
        value = getattr(upstream, key)
        if not (math.isfinite(value) and 0 <= value <= 100_000):
            yield Fault(("upstream", key), f"{key} is {value}: 0 (no limit) to 100000")


def _url(url: str) -> Iterator[Fault]:
    try:
        parts = urlsplit(url)
    except ValueError:
        yield Fault(("upstream", "url"), "url is no address: as in s3://BUCKET/PREFIX")
        return
    if parts.scheme not in _STORES:
        kinds = ", ".join(f"{kind}://" for kind in _STORES)
        yield Fault(("upstream", "url"), f"url {_quoted(_shown(url))} names no kind of store: {kinds}")
    elif "@" in parts.netloc:
        yield Fault(("upstream", "url"), "url holds a key: write it as access_key and secret_key")
    elif not parts.netloc or parts.query or parts.fragment:
        yield Fault(("upstream", "url"), f"url {_quoted(_shown(url))} is not as in s3://BUCKET/PREFIX")


def _admins(admins: tuple[Admin, ...]) -> Iterator[Fault]:
    roles = [str(role.value) for role in USERS]
    for number, one in enumerate(admins):
        where = ("admin", number)
        if not one.user:
            continue  # said already: it has no user
        if not _USER.fullmatch(one.user) or one.user == "candidate":
            yield Fault((*where, "user"), f"{_quoted(one.user)} cannot name a user: 1-64 of a-z, 0-9 and . - _ @")
        if one.user in [other.user for other in admins[:number]]:
            yield Fault((*where, "user"), f"there are two admins {_quoted(one.user)}")
        if one.role not in roles:
            yield Fault((*where, "role"), f"{_quoted(one.role)} is no role: {', '.join(roles)}")
        if len(one.name) > 120 or not _printable(one.name):
            yield Fault((*where, "name"), "name is one line of 120 characters at most")
        if why := _not_argon2id(one.password_hash):
            yield Fault((*where, "password_hash"), why)


def _not_argon2id(said: str) -> str:
    """Why not; never with the hash itself."""
    make = "make one with `appliance provision hash`"
    if not said:
        return f"this admin has no password_hash: {make}"
    match = _ARGON2.fullmatch(said)
    if not match:
        return f"password_hash is not argon2id's ($argon2id$v=19$...): {make}"
    memory, rounds, _ = map(int, match.groups())
    if memory < _LEAST_MEMORY or rounds < 1:
        return f"password_hash was made too cheaply ({memory} KiB; {_LEAST_MEMORY} at least): {make}"
    if memory > _MOST_MEMORY or rounds > 20:
        return f"password_hash costs too much for this box ({memory} KiB, {rounds} rounds): {make}"
    return ""


def _certificate(certificate: Certificate, now: float) -> Iterator[Fault]:
    given = {name for name in ("chain", "key", "directory", "email", "ca") if getattr(certificate, name)}
    takes = {"own": set(), "files": {"chain", "key"}, "acme": {"directory", "email", "ca"}}
    if certificate.mode not in _MODES:
        yield Fault(("certificate", "mode"), f"{_quoted(certificate.mode)} is no mode: {', '.join(_MODES)}")
    else:
        for name in sorted(given - takes[certificate.mode]):
            yield Fault(("certificate", name), f'{name} does not go with mode = "{certificate.mode}"')
    for name in certificate.names:
        if not _HOST.fullmatch(name) or name != name.lower():
            yield Fault(("certificate", "names"), f"{_quoted(name)} is no name of a host: as in box.lab.example.edu")
    if certificate.mode == "files":
        for name in sorted({"chain", "key"} - given):
            yield Fault(("certificate", name), f'mode = "files" needs {name} (PEM)')
        for key, why in pem.not_a_pair(certificate.chain, certificate.key, now=now):
            yield Fault(("certificate", key), why)
    if certificate.mode == "acme":
        if not is_web(certificate.directory) or not certificate.directory.startswith("https://"):
            yield Fault(("certificate", "directory"), 'mode = "acme" needs a directory: https://HOST/PATH')
        if certificate.ca and (why := pem.not_certificates(certificate.ca)):
            yield Fault(("certificate", "ca"), f"ca: {why}")
    if certificate.email and not re.fullmatch(r"[^\s@<>,]+@[^\s@<>,]+", certificate.email):
        yield Fault(("certificate", "email"), f"{_quoted(certificate.email)} is no mail address")


def _retention(retention: Retention) -> Iterator[Fault]:
    for name, (_, most) in _DAYS.items():
        days = getattr(retention, name)
        if not 0 <= days <= most:
            yield Fault(("retention", name), f"{name} is {days}: 0 (as the box does by default) to {most}")


def _settings(settings: dict[str, Any]) -> Iterator[Fault]:
    """Key by key, so that each is told; then each section, for what its keys must have together."""
    for section, table in settings.items():
        where = ("settings", section)
        if isinstance(table, dict):
            ours = [key for key in OURS.get(section, ()) if key in table]
            for key in ours:
                own = "lab" if key in ("site", "box") else "certificate" if section == "https" else section
                yield Fault((*where, key), f"{key} stands in the seed's own [{own}]")
            others = [(key, value) for key, value in table.items() if key not in ours]
            wrong = [(key, why) for key, value in others if (why := _refused(section, {key: value}))]
            for key, why in wrong:
                yield Fault((*where, key), why)
            if wrong or ours:
                continue
        if why := _refused(section, table, together=True):
            yield Fault(where, why)


def _refused(section: str, content: Any, *, together: bool = False) -> str:
    """Why the box would not take it; `together`: also what its keys need of each other."""
    try:
        found = config.of({section: content}, where="settings")
        if together and hasattr(getattr(found, section), "check"):
            getattr(found, section).check()
    except ConfigError as error:
        return f"{error.message.removeprefix('settings: ')}; {error.hint[:1].lower()}{error.hint[1:]}".rstrip("; .")
    return ""


def is_web(address: str) -> bool:
    """http:// or https://, a host, no password in it."""
    try:
        parts = urlsplit(address)
        named = bool(parts.hostname) and "@" not in parts.netloc and parts.port != 0
    except ValueError:
        return False
    return named and parts.scheme in ("http", "https")


def _is_zone(name: str) -> bool:
    try:
        zoneinfo.ZoneInfo(name)
    except (ValueError, OSError, zoneinfo.ZoneInfoNotFoundError):
        return False
    return bool(name)


def _near_zone(name: str) -> str:
    near = difflib.get_close_matches(name, zoneinfo.available_timezones(), n=1)
    return near[0] if near else ""


def _address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        return None


def _interface(text: str) -> ipaddress.IPv4Interface | ipaddress.IPv6Interface | None:
    try:
        return ipaddress.ip_interface(text) if "/" in text else None
    except ValueError:
        return None


def _printable(text: str) -> bool:
    return text.isprintable()


def _quoted(text: str) -> str:
    return repr(text[:80])


def _shown(url: str) -> str:
    """Without what stands before an @."""
    scheme, _, rest = url.rpartition("://")
    return f"{scheme}://{rest.rpartition('@')[2]}" if scheme else rest.rpartition("@")[2]


def without_secrets(seed: Seed) -> Seed:
    """To be shown and kept: what only the box may know is left out."""
    return dataclasses.replace(
        seed,
        upstream=dataclasses.replace(seed.upstream, secret_key=""),
        admin=tuple(dataclasses.replace(one, password_hash="") for one in seed.admin),
        certificate=dataclasses.replace(seed.certificate, key=""),
    )
