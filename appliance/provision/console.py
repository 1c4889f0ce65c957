"""What stands on the box's console before anybody signs in: name, address, fingerprint, setup code."""

from dataclasses import dataclass

from appliance.box.authority import own_addresses, own_names
from appliance.box.paths import Paths
from appliance.certificates import current
from appliance.config import Settings
from appliance.provision import setup_code
from appliance.provision.machine import Machine

_HALF = 16
"""Bytes of a fingerprint on a line."""

ISSUE = "/run/issue.d/appliance.issue"
"""agetty(8) shows what lies there; it goes with the power."""


@dataclass(frozen=True, slots=True)
class Face:
    """`addresses`: by which the box is reached, best first, `code` as people read it, "" where setup is finished: until
    then addresses lead to the page that lets a device trust the box."""

    name: str
    addresses: tuple[str, ...]
    fingerprint: str
    code: str = ""
    trouble: str = ""


def face(paths: Paths, settings: Settings) -> Face:
    """As the box is reached now."""
    shown, code = current.current(paths, settings), setup_code.shown(paths) or ""
    scheme, port, usual = ("http", settings.web.port, 80) if code else ("https", settings.web.https_port, 443)
    hosts = [str(one) if one.version == 4 else f"[{one}]" for one in own_addresses() if not one.is_loopback]
    names = [name for name in shown.names if name.endswith(".local") or not shown.is_own]
    found = tuple(f"{scheme}://{host}" + (f":{port}" if port != usual else "") for host in (*names[:1], *hosts[:2]))
    return Face(own_names()[0], found if hosts else (), shown.fingerprint, code, shown.trouble)


def text(face: Face) -> str:
    """80 columns, plain characters: a console may have no others. docs/cards/power-on.md shows it."""
    first, *others = face.addresses or ("(no network: plug in the cable of the lab)",)
    parts = face.fingerprint.split(":")
    shown = [":".join(half) for half in (parts[:_HALF], parts[_HALF:]) if half]
    rows = [f"Exam box  {face.name}"]
    if face.code:
        rows += [f"1. On any computer in this network open   {first}"]
        rows += [f"                                  (or {other})" for other in others]
        rows += ["2. Compare the fingerprint there with", *(f"   {half}" for half in shown)]
        rows += [f"3. The setup code is                      {face.code}"]
    else:
        rows += [f"Open   {first}", *(f"  (or {other})" for other in others)]
        rows += ["Fingerprint of its certificate", *(f"   {half}" for half in shown)]
    return "\n".join(rows) + "\n"


def write(on: Machine, face: Face) -> None:
    """Only root may read the file: the code in it opens the box. What getty understands as its own is doubled."""
    on.write(ISSUE, text(face).replace("\\", "\\\\") + "\n", mode=0o600)
    on.tell("agetty", "--reload")
