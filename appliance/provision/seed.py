"""`provision.toml`: what a lab's box is told once. The same file comes from a USB stick, from the setup page, or by
hand.

Everything has a default, so an empty file is a valid one. What the box cannot do without (somebody who may sign in) is
asked for on the setup page.
"""

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Lab:
    """`name` as people say it ("Physics 2.14"); `site` and `box` as the store's folders have it (docs/layout.md); `box`
    is the host name, too. Both empty: named by the machine's serial. `timezone` of the tz database."""

    name: str = ""
    site: str = ""
    box: str = ""
    timezone: str = "Etc/UTC"


@dataclass(frozen=True, slots=True, kw_only=True)
class Network:
    """Of the wired interface (`interface` empty: the first one). `address` empty: DHCP; else with its prefix, as in
    "10.4.7.20/24", and then `gateway` and `dns` as the network has them. `domain`: the site's, for the box's name."""

    interface: str = ""
    address: str = ""
    gateway: str = ""
    dns: tuple[str, ...] = ()
    domain: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Time:
    """`servers`: whom the clock follows; none: those of the network (DHCP), else the box's own clock."""

    servers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Upstream:
    """The keys of `[upstream]` in appliance.toml that a lab is told, with the store's key itself. `ca` is PEM."""

    url: str = ""
    endpoint: str = ""
    region: str = ""
    folder: str = ""
    access_key: str = ""
    secret_key: str = field(default="", repr=False)
    ca: str = ""
    limit_mbit: float = 0.0
    exam_limit_mbit: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Admin:
    """Somebody who may sign in from the first minute. `password_hash`: argon2id, from `appliance provision hash`."""

    user: str
    name: str = ""
    role: str = "admin"
    password_hash: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    """`mode`: own (the box's authority), files (`chain` and `key`, PEM), or acme (`directory`, `email`, `ca`: PEM of
    whom the ACME server itself is checked by)."""

    mode: str = "own"
    names: tuple[str, ...] = ()
    chain: str = ""
    key: str = field(default="", repr=False)
    directory: str = ""
    email: str = ""
    ca: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Retention:
    """Days that exams of this lab begin with; each exam's planner may set its own. 0: as the box does by default."""

    evidence_days: int = 0
    identity_days: int = 0
    scan_days: int = 0
    personal_days: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Seed:
    """All of it. `settings`: further sections of appliance.toml, word by word ({"capture": {"workers": 3}}); lists of
    them for [[camera]] and [[platform]]."""

    lab: Lab = field(default_factory=Lab)
    network: Network = field(default_factory=Network)
    time: Time = field(default_factory=Time)
    upstream: Upstream = field(default_factory=Upstream)
    admin: tuple[Admin, ...] = ()
    certificate: Certificate = field(default_factory=Certificate)
    retention: Retention = field(default_factory=Retention)
    settings: dict[str, dict[str, Any] | list[dict[str, Any]]] = field(default_factory=dict)
