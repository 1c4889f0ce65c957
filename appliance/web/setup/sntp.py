"""By how much the box's clock is wrong: one question to a time server (SNTP, RFC 4330), and what the device says that
a person sits at.

Pure but for the one datagram.
"""

import secrets
import socket
import struct
import time
from collections.abc import Callable
from dataclasses import dataclass

from appliance.box import clock
from appliance.errors import Unavailable
from appliance.web.setup.finding import Finding, State

PORT = 123
SECONDS = 2.0
CLOSE = 0.5
"""Seconds off that evidence does not mind."""

DEVICE_CLOSE = 60.0
"""A telephone's clock is set by its network; one that is this far off means that the box is wrong, or the phone."""

_EPOCH = 2_208_988_800
_PACKET = struct.Struct("!BBbb11I")
_CLIENT, _SERVER, _UNSYNCHRONISED = 3, 4, 3


@dataclass(frozen=True, slots=True)
class Reading:
    """`offset`: what must be added to this clock, seconds; `delay`: the way there and back."""

    offset: float
    delay: float


def ask(server: str, *, port: int = PORT, seconds: float = SECONDS, now: Callable[[], float] = time.time) -> Reading:
    """One question. Unavailable says why there is no answer to be believed."""
    nonce = secrets.randbits(32)
    question = _PACKET.pack(4 << 3 | _CLIENT, 0, 0, 0, *([0] * 9), nonce, nonce)
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(server, port, type=socket.SOCK_DGRAM)[0]
        with socket.socket(family, kind, protocol) as line:
            line.settimeout(seconds)
            line.connect(address)
            sent = now()
            line.send(question)
            answer = line.recv(512)
            came = now()
    except (OSError, UnicodeError):
        raise Unavailable(f"the time server {server} does not answer") from None
    return read(answer, nonce=nonce, sent=sent, came=came, server=server)


def read(answer: bytes, *, nonce: int, sent: float, came: float, server: str) -> Reading:
    """What the answer says; Unavailable where it is none, or the server itself does not know the time."""
    if len(answer) < _PACKET.size:
        raise Unavailable(f"what {server} answers is no time")
    first, stratum, _, _, *numbers = _PACKET.unpack_from(answer)
    if first & 7 != _SERVER or numbers[5:7] != [nonce, nonce]:
        raise Unavailable(f"what {server} answers is no time")
    if first >> 6 == _UNSYNCHRONISED or not 1 <= stratum <= 15:
        raise Unavailable(f"the time server {server} says that it does not know the time itself")
    received, transmitted = (_seconds(numbers[n], numbers[n + 1]) for n in (7, 9))
    return Reading(((received - sent) + (transmitted - came)) / 2, (came - sent) - (transmitted - received))


def _seconds(whole: int, part: int) -> float:
    return whole + (0 if whole & 0x8000_0000 else 1 << 32) - _EPOCH + part / (1 << 32)


def look(servers: tuple[str, ...], *, asked: Callable[[str], Reading] = ask) -> list[Finding]:
    """Each server that was named; where none was, what the box itself knows of its clock."""
    if not servers:
        bound = clock.error_bound()
        if bound is None:
            return [Finding(about="clock", state=State.NOTE, code="clock_own")]
        return [Finding(about="clock", state=State.GOOD, code="clock_kept", values={"bound": f"{bound:.2f}"})]
    return [_judged(server, asked) for server in servers]


def _judged(server: str, asked: Callable[[str], Reading]) -> Finding:
    try:
        reading = asked(server)
    except Unavailable as error:
        return Finding(
            about="clock", state=State.WARN, code="server_silent", values={"server": server}, said=error.message
        )
    off = abs(reading.offset)
    state, code = (State.GOOD, "server") if off <= CLOSE else (State.WARN, "server_off")
    return Finding(about="clock", state=state, code=code, values={"server": server, "off": f"{off:.2f}"})


def compared(device: float, *, box: float) -> Finding:
    """The clock of the device at which the setup is done, beside the box's. Wall seconds."""
    off = abs(device - box)
    if off <= DEVICE_CLOSE:
        return Finding(about="device", state=State.GOOD, code="device", values={"off": f"{off:.0f}"})
    return Finding(about="device", state=State.WARN, code="device_off", values={"off": spoken(off)})


def spoken(seconds: float) -> str:
    """As h:mm:ss, with days in front where it is long."""
    whole = round(seconds)
    days, rest = divmod(whole, 86_400)
    hours, rest = divmod(rest, 3_600)
    said = f"{hours}:{rest // 60:02d}:{rest % 60:02d}"
    return f"{days} d {said}" if days else said
