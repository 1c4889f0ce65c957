"""By which names and addresses the lab reaches this box, now and once it is set up."""

import ipaddress
import socket

from flask import request

from appliance.box import authority, errand
from appliance.provision.seed import Seed


def host_name() -> str:
    """Without its domain."""
    return socket.gethostname().partition(".")[0].lower()


def port() -> str:
    """As it stands in an address: "" or ":8443"."""
    _, _, number = request.host.rpartition("]")[2].partition(":")
    return f":{number}" if number else ""


def addresses(seed: Seed) -> list[str]:
    """Of the network: the fixed one that was typed, where there is a steward to give it; else those of now."""
    if seed.network.address and errand.has_steward():
        return [str(ipaddress.ip_interface(seed.network.address).ip)]
    return [str(a) for a in authority.own_addresses() if not a.is_loopback]


def names(seed: Seed) -> list[str]:
    """What the box is called: in the lab's own network by mDNS, by the site's names where there is a domain."""
    host = (seed.lab.box if errand.has_steward() else "") or host_name()
    return [f"{host}.local", *([f"{host}.{seed.network.domain}"] if seed.network.domain else [])]


def urls(seed: Seed) -> list[str]:
    """To be typed, the best first: on this machine alone where it has no network."""
    found = [*reversed(names(seed)), *(f"[{a}]" if ":" in a else a for a in addresses(seed))]
    return [f"{request.scheme}://{one}{port()}" for one in found]


def here() -> str:
    """As this browser reaches the box now."""
    return f"{request.scheme}://{request.host}"


def trust(seed: Seed) -> str:
    """The page that brings a device to the box's certificate: plain HTTP, by address, which needs no name service.
    Under `appliance run` nothing listens at the usual port."""
    if not errand.has_steward():
        return f"{here()}/trust"
    found = addresses(seed)
    host = found[0] if found else "127.0.0.1"
    return f"http://{f'[{host}]' if ':' in host else host}/trust"


def moved(seed: Seed) -> bool:
    """Will the page be somewhere else once the box is set up?"""
    now = request.host.rpartition(":")[0] if ":" in request.host.rpartition("]")[2] else request.host
    now = now.strip("[]").lower()
    if not errand.has_steward():
        return False
    try:
        ipaddress.ip_address(now)
    except ValueError:
        return now.partition(".")[0] == host_name() != (seed.lab.box or host_name())
    return bool(seed.network.address) and now not in (*addresses(seed), "127.0.0.1", "::1")
