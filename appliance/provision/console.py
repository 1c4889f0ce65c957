"""What stands on the box's console before anybody signs in: name, address, fingerprint, setup code."""

import textwrap
from dataclasses import dataclass

from appliance.box.authority import own_addresses, own_names
from appliance.box.paths import Paths
from appliance.certificates import current
from appliance.config import Settings
from appliance.provision import setup_code
from appliance.provision.machine import Machine

ISSUE = "/run/issue.d/appliance.issue"
"""agetty(8) shows what lies there; it goes with the power."""


@dataclass(frozen=True, slots=True)
class Face:
    """`addresses`: by which the pages are reached, best first; `code` as people read it, "" where setup is finished."""

    name: str
    addresses: tuple[str, ...]
    fingerprint: str
    code: str = ""
    trouble: str = ""


def face(paths: Paths, settings: Settings, *, installed: bool = True) -> Face:
    """As the box is reached now."""
    shown = current.current(paths, settings)
    port = "" if installed else f":{settings.web.https_port}"
    hosts = [str(one) if one.version == 4 else f"[{one}]" for one in own_addresses() if not one.is_loopback]
    names = [name for name in shown.names if name.endswith(".local") or not shown.is_own]
    found = tuple(f"https://{host}{port}/" for host in (*names[:1], *hosts[:3]))
    return Face(own_names()[0], found, shown.fingerprint, setup_code.shown(paths) or "", shown.trouble)


def text(face: Face) -> str:
    """80 columns, plain characters: a console may have no others."""
    rows = [f"Exam box {face.name}", ""]
    if face.addresses:
        rows += [f"  {'Open' if not n else '  or'}  {address}" for n, address in enumerate(face.addresses)]
    else:
        rows.append("  No network: plug in the cable of the lab.")
    if face.code:
        rows += ["", f"  Setup code  {face.code}    (asked for by the setup page, used once)"]
    rows += ["", "  Certificate's SHA-256 fingerprint, to compare with what the browser shows:"]
    rows += [f"    {row}" for row in textwrap.wrap(face.fingerprint.replace(":", " "), 72)]
    return "\n".join(rows) + "\n"


def write(on: Machine, face: Face) -> None:
    """Only root may read the file: the code in it opens the box. What getty understands as its own is doubled."""
    on.write(ISSUE, text(face).replace("\\", "\\\\") + "\n", mode=0o600)
    on.tell("agetty", "--reload")
