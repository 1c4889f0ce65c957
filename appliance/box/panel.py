"""What the box's front shows, for whoever cannot stand before it: the panel writes `run/panel.json`, and takes what
other processes ask at `run/panel.sock`. Nothing of it enters the ledger."""

import contextlib
import json
import os
import socket
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from appliance.errors import Unavailable

SCHEMA = 1
FILE, SOCKET = "panel.json", "panel.sock"
LARGEST = 4096
"""Bytes of a question."""


class Trouble(StrEnum):
    """Why a part of the panel does not work. The words are `issue.panel_part_CODE` and `..._hint`."""

    NO_PINS = "no_pins"  # this machine has none, or nobody may use them
    PINS_BUSY = "pins_busy"
    NOT_FOUND = "not_found"  # named in the settings, and never seen
    UNPLUGGED = "unplugged"  # was there, and is gone
    NOT_ALLOWED = "not_allowed"
    STUCK = "stuck"  # a button that is held for longer than anybody holds one
    BROKEN = "broken"  # it answers, and not as it should


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """`name`: lights, buzzer, buttons, display, console; `driver`: gpio, usb, oled, keys, terminal. `trouble`: a
    `Trouble`, or ""; `since`: wall seconds. `about`: what it is called, or where it is plugged in, as far as known."""

    name: str
    driver: str
    trouble: str = ""
    since: float = 0.0
    about: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """As of `at` (wall seconds). `status`: which pattern is shown (`panel.status.Status`), and since when; `lines`: of
    the display, whether there is one or not; `pairing_until`: wall seconds, 0: closed. `counters`: of queues.
    `light`: a round of the light's pattern, over and over from `since` on, as (seconds, red, green, blue, curve) of
    each step (`panel.pattern.Step`; colours 0 to 1)."""

    at: float
    status: str
    since: float
    lines: tuple[str, ...] = ()
    pairing_until: float = 0.0
    parts: tuple[Part, ...] = ()
    counters: dict[str, float] | None = None
    light: tuple[tuple[float, float, float, float, str], ...] = ()


def write(run: Path, state: Panel) -> None:
    """Let it appear at once, whole."""
    temporary = run / f".{FILE}.{os.getpid()}"
    temporary.write_text(json.dumps({"schema": SCHEMA, **asdict(state)}), encoding="utf-8")
    temporary.rename(run / FILE)


def read(run: Path) -> Panel | None:
    """What the panel said last; None where there is none, or another version's."""
    try:
        said: dict[str, Any] = json.loads((run / FILE).read_text(encoding="utf-8"))
        if said.pop("schema") != SCHEMA:
            return None
        parts = tuple(Part(**one) for one in said.pop("parts"))
        light = tuple(tuple(step) for step in said.pop("light", ()))
        return Panel(**{**said, "lines": tuple(said["lines"]), "parts": parts, "light": light})
    except (OSError, ValueError, KeyError, TypeError):
        return None


class Ask(StrEnum):
    """What another process may want of the panel. What a hand at the box may do, and only a hand, is not here."""

    IDENTIFY = "identify"
    PAIR = "pair"
    CLOSE_PAIRING = "close_pairing"


def ask(run: Path, what: Ask, *, by: str) -> None:
    """Unavailable where no panel listens, or it does not keep up."""
    with contextlib.closing(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC)) as out:
        out.setblocking(False)
        try:
            out.sendto(json.dumps({"ask": what.value, "by": by}).encode(), str(run / SOCKET))
        except OSError:
            raise Unavailable(
                "the box's panel does not answer", hint="It is started again by itself; try once more in a few seconds."
            ) from None


def listener(run: Path) -> socket.socket:
    """The panel's end; it never blocks. The kernel bounds what waits; who comes then is told at once (`ask`)."""
    place = run / SOCKET
    place.unlink(missing_ok=True)
    found = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC)
    found.setblocking(False)
    found.bind(str(place))
    return found


def asked(at: socket.socket) -> tuple[Ask, str] | None:
    """The oldest question and who asks; None where nobody does. ValueError, TypeError: it makes
    no sense."""
    try:
        data = at.recv(LARGEST)
    except BlockingIOError:
        return None
    said = json.loads(data)
    if not isinstance(said, dict):
        raise TypeError("a question is an object")
    return Ask(str(said.get("ask"))), str(said.get("by", ""))[:80]
