"""The network as it is now: is the wire in, has the box an address, does the gateway answer, is an address free.

Without root and without a shell: the kernel's own files, and a datagram to nobody's port, after which the kernel has
asked for the neighbour and knows whether it answered.
"""

import ipaddress
import socket
import struct
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from appliance.box import authority
from appliance.web.setup.finding import Finding, State

SECONDS = 2.0
"""For a neighbour to answer."""

ARP = Path("/proc/net/arp")
Wait = Callable[[float], None]
_LOOK_SECONDS = 0.1
_DISCARD = 9
_REACHED, _UP, _GATEWAY = 0x2, 0x1, 0x2
_NOBODY = "00:00:00:00:00:00"


@dataclass(frozen=True, slots=True)
class Wire:
    """One network card. `carrier`: a cable, or an access point, is there."""

    name: str
    carrier: bool


def wires(folder: Path = Path("/sys/class/net")) -> list[Wire]:
    """Cards that are a device of this machine; where there is none (a container), whatever links it."""
    found = [entry for entry in sorted(folder.iterdir()) if entry.name != "lo"] if folder.is_dir() else []
    real = [entry for entry in found if (entry / "device").exists()]
    return [Wire(entry.name, _read(entry / "carrier") == "1") for entry in real or found]


def gateway(file: Path = Path("/proc/net/route")) -> ipaddress.IPv4Address | None:
    """Where what is not of this network goes; None where there is no way out."""
    for line in _read(file).splitlines()[1:]:
        _, destination, via, flags, *_ = line.split()
        if destination == "00000000" and int(flags, 16) & (_UP | _GATEWAY) == _UP | _GATEWAY:
            return ipaddress.IPv4Address(struct.pack("<L", int(via, 16)))
    return None


def answers(
    address: str,
    *,
    seconds: float = SECONDS,
    arp: Path = Path("/proc/net/arp"),
    wait: Callable[[float], None] = time.sleep,
) -> bool:
    """Is somebody at this address of one of the box's own networks?"""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        try:
            asking.sendto(b"", (address, _DISCARD))
        except OSError:
            return False
    until = time.monotonic() + seconds
    while not _neighbour(address, arp):
        if time.monotonic() > until:
            return False
        wait(_LOOK_SECONDS)
    return True


def _neighbour(address: str, arp: Path) -> bool:
    for line in _read(arp).splitlines()[1:]:
        ip, _, flags, hardware, *_ = line.split()
        if ip == address:
            return bool(int(flags, 16) & _REACHED) and hardware != _NOBODY
    return False


def look() -> list[Finding]:
    """All of it, in the order in which it goes wrong."""
    cards = wires()
    up = [card.name for card in cards if card.carrier]
    findings = [_found("link", State.GOOD if up else State.BAD, "link" if up else "no_link", names=", ".join(up))]
    addresses = [str(a) for a in authority.own_addresses() if not a.is_loopback]
    if not addresses:
        return [*findings, _found("address", State.BAD, "no_address")]
    findings.append(_found("address", State.GOOD, "address", addresses=", ".join(addresses)))
    way = gateway()
    if way is None:
        return [*findings, _found("gateway", State.NOTE, "no_gateway")]
    there = answers(str(way))
    return [
        *findings,
        _found("gateway", State.GOOD if there else State.WARN, "gateway" if there else "gateway_silent", gateway=way),
    ]


def fixed(address: str, own: frozenset[str] | None = None, *, there: Callable[[str], bool] = answers) -> list[Finding]:
    """A fixed address, with its prefix, that somebody has just typed: may the box take it?"""
    interface = ipaddress.ip_interface(address)
    mine = frozenset(str(a) for a in authority.own_addresses()) if own is None else own
    if str(interface.ip) in mine:
        return [_found("fixed", State.GOOD, "fixed_mine", address=interface.ip)]
    if there(str(interface.ip)):
        return [_found("fixed", State.BAD, "fixed_taken", address=interface.ip)]
    near = any(ipaddress.ip_address(a) in interface.network for a in mine if ":" not in a and interface.version == 4)
    return [
        _found(
            "fixed",
            State.GOOD if near else State.NOTE,
            "fixed_free" if near else "fixed_elsewhere",
            address=interface.ip,
        )
    ]


def _found(about: str, state: State, code: str, **values: object) -> Finding:
    return Finding(about=about, state=state, code=code, values=values)


def _read(file: Path) -> str:
    try:
        return file.read_text(encoding="ascii").strip()
    except OSError:  # a card that is switched off does not say
        return ""
