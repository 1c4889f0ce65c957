"""What the page of the front shows: the light and its rhythm, the display, the parts, the pair window, in words."""

import json
import math
import socket
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from appliance.box import pairing, panel
from appliance.box.panel import Panel
from appliance.exam.permissions import Action, may
from appliance.web.auth import person
from appliance.web.context import Services, t
from appliance.web.phone import origin

SILENT_SECONDS = 5.0
"""The panel writes each second; who has not for so long does not drive the front."""

OFF = "off"
"""The status of a front that nobody drives."""

IDENTIFY = "identify"

SHOWN_SECONDS = 6.0
_WIDTH, _HEIGHT, _POINTS = 600.0, 60.0, 16

Step = tuple[float, float, float, float, str]
"""Seconds, red, green, blue, curve: as in `box.panel.Panel.light`."""


@dataclass(frozen=True, slots=True)
class Shape:
    """A step of the light as an area of the picture: the higher, the brighter."""

    points: str
    colour: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A part of the front in words."""

    name: str
    device: str
    well: bool
    said: str
    hint: str
    since: str


def shows_itself(run: Path, *, now: float) -> str:
    """The name of this box while somebody wants to know which one it is, else "" """
    said = fresh(run, now=now)
    return socket.gethostname() if said is not None and said.status == IDENTIFY else ""


def fresh(run: Path, *, now: float) -> Panel | None:
    """What the panel says; None where it is silent. Clocks may be set: a time to come is no sign of life either."""
    said = panel.read(run)
    return said if said is not None and abs(now - said.at) <= SILENT_SECONDS else None


def page(here: Services, *, now: float) -> dict[str, Any]:
    """Everything for `_panel.html`."""
    run = here.paths.run
    last, said = panel.read(run), fresh(run, now=now)
    status = said.status if said is not None and f"panel_page.status.{said.status}" in here.words else OFF
    window = pairing.window(run, now=now) if said is not None else None
    light = said.light if said is not None else ()
    base, _ = origin()
    return {
        "name": socket.gethostname(),
        "status": status,
        "silent": said is None,
        "last": "" if last is None else time.strftime("%H:%M:%S", time.localtime(last.at)),
        "since": said.since if said is not None else 0.0,
        "light": json.dumps(light),
        "shapes": list(shapes(light)),
        "lines": _lines(here, said),
        "parts": parts(said),
        "code": "" if window is None else window.shown,
        "left": "" if window is None else _left(window.until - now),
        "address": f"{base}/pair",
        "may_mend": may(person().role, Action.MEND_BOX),
    }


def _lines(here: Services, said: Panel | None) -> tuple[str, ...]:
    """Until setup is finished the display may show its code, which is for whoever stands at the box."""
    if said is None:
        return ()
    if (here.paths.provision / "setup-code").exists():
        return (t("panel_page.at_the_box"),)
    return said.lines


def parts(said: Panel | None) -> list[Part]:
    """Each with what is wrong with it, in the words of the health page."""
    found = []
    for part in said.parts if said is not None else ():
        name = t(f"panel_page.part_{part.name}")
        code = f"issue.panel_part_{part.trouble}"
        found.append(
            Part(
                name=name,
                device=part.about,
                well=not part.trouble,
                said=t(code, part=name) if part.trouble else t("panel_page.part_well"),
                hint=t(f"{code}_hint") if part.trouble else "",
                since=time.strftime("%H:%M", time.localtime(part.since)) if part.trouble and part.since else "",
            )
        )
    return found


def shapes(light: Sequence[Step]) -> Iterator[Shape]:
    """The first seconds of the pattern, over and over; dark is where nothing is drawn."""
    whole = sum(step[0] for step in light)
    if whole <= 0:
        return
    if len(light) == 1 and light[0][4] == "hold":  # one area: between several a seam would show
        light = [(SHOWN_SECONDS, *light[0][1:])]
    at = 0.0
    while at < SHOWN_SECONDS:
        for seconds, red, green, blue, curve in light:
            if at < SHOWN_SECONDS and max(red, green, blue) > 0:
                yield Shape(_area(at, seconds, curve), _colour(red, green, blue))
            at += seconds


def _area(at: float, seconds: float, curve: str) -> str:
    """The corners, from the left, back along the ground."""
    shown = min(seconds, SHOWN_SECONDS - at)
    steps = 1 if curve == "hold" else _POINTS
    top = [(shown * n / steps, _bright(curve, shown * n / steps / seconds)) for n in range(steps + 1)]
    corners = [(at, 0.0), *((at + x, y) for x, y in top), (at + shown, 0.0)]
    scale = _WIDTH / SHOWN_SECONDS
    return " ".join(f"{x * scale:.1f},{_HEIGHT * (1 - y):.1f}" for x, y in corners)


def _bright(curve: str, part: float) -> float:
    if curve == "breathe":
        return math.sin(math.pi * part)
    return 1 - part if curve == "fade" else 1.0


def _colour(red: float, green: float, blue: float) -> str:
    return "#" + "".join(f"{round(255 * min(1.0, max(0.0, part))):02x}" for part in (red, green, blue))


def _left(seconds: float) -> str:
    whole = max(0, math.ceil(seconds))
    return f"{whole // 60}:{whole % 60:02d}"
