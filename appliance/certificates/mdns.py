"""The box's name in the lab without any DNS server: `NAME.local`, which avahi says on the network. Where another
machine has the same name, avahi takes another: asked here, over its socket. It is NAME-2.local, but a second lab-7 is
lab-8.local, which is some other box's: so nobody should guess it."""

import re
import socket
from pathlib import Path

from appliance.box.authority import Address

SOCKET = Path("/run/avahi-daemon/socket")
_SECONDS = 0.5
_ANSWER = re.compile(rb"\+ \S+ \d+ ([A-Za-z0-9-]{1,63}\.local)\.?\s*")


def is_running(at: Path = SOCKET) -> bool:
    """Does somebody say the box's name?"""
    return at.is_socket()


def name(addresses: list[Address], at: Path = SOCKET) -> str | None:
    """By which `.local` name the box is found, as avahi has it registered for one of its addresses; None where it has
    none, or does not run."""
    for address in addresses:
        if not address.is_loopback and (found := _asked(f"RESOLVE-ADDRESS {address}\n", at)):
            return found
    return None


def _asked(question: str, at: Path) -> str | None:
    if not is_running(at):
        return None
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as avahi:
        avahi.settimeout(_SECONDS)
        try:
            avahi.connect(str(at))
            avahi.sendall(question.encode())
            answer = avahi.recv(1024)
        except OSError:
            return None
    found = _ANSWER.fullmatch(answer)
    return found[1].decode().lower() if found else None
