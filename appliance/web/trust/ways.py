"""By which addresses a browser reaches the box: by HTTPS, and the plain page that leads there."""

import ipaddress
import time
from dataclasses import dataclass

from flask import request

from appliance.box import errand, health
from appliance.certificates.current import Certified
from appliance.web.context import services


@dataclass(frozen=True, slots=True)
class Ways:
    """`origins`: of HTTPS, the best first, as browsers and policies write them; none where the box has no HTTPS.
    `here`: that of them which goes with the address in use. `page`: this page, in plain."""

    origins: tuple[str, ...]
    here: str
    page: str


def of(shown: Certified) -> Ways:
    """Of this box, for whoever asks now."""
    ports = _ports()
    asked = _host(request.host)
    if ports is None:
        return Ways((), "", "")
    secure, plain = ports
    hosts = [
        *(name for name in shown.names if name != "localhost"),
        *(str(address) for address in shown.addresses if not address.is_loopback),
    ]
    origins = tuple(_origin("https", host, secure) for host in hosts)
    known = {*hosts, *shown.names, *map(str, shown.addresses)}
    reached = asked if asked in known else hosts[0] if hosts else "localhost"
    outward = [str(one) for one in shown.addresses if not one.is_loopback]
    page = outward[0] if outward else reached
    return Ways(origins, _origin("https", reached, secure), f"{_origin('http', page, plain)}/trust")


def _ports() -> tuple[int, int] | None:
    """Of HTTPS and of plain HTTP: the door says its own, nginx has those of the settings."""
    here = services()
    door = health.read(here.paths.health, "door", now=time.time())
    if door["healthy"] and "https" in door:
        return int(door["https"]), int(door["plain"])
    return (here.settings.web.https_port, here.settings.web.port) if errand.has_steward() else None


def _host(host: str) -> str:
    """`box.local:8080` -> box.local, `[fd00::1]:8080` -> fd00::1, in the usual spelling."""
    name = host[1:].partition("]")[0] if host.startswith("[") else host.partition(":")[0]
    try:
        return str(ipaddress.ip_address(name))
    except ValueError:
        return name.lower()


def _origin(scheme: str, host: str, port: int) -> str:
    usual = {"https": 443, "http": 80}[scheme]
    return f"{scheme}://{f'[{host}]' if ':' in host else host}" + ("" if port == usual else f":{port}")
