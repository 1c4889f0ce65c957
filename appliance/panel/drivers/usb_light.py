"""A light on USB, through busylight-core, which knows what each of some thirty models wants to hear. Colours and their
times are `pattern`'s: nothing of the library runs in a thread, and none of the models' own effects is used."""

import errno
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from appliance.box.panel import Trouble
from appliance.panel.driver import Face, PartGone

REFRESH_SECONDS = 2.0
"""The colour is said again, whether it changed or not: a Busylight goes dark when it hears nothing, and one that was
pulled out is noticed."""

SHORTEST_SECONDS = 0.08
"""Some models lose a word that comes sooner."""

RULES = "hardware/config/99-appliance-panel.rules lets the box's user in: is it installed?"
Triple = tuple[int, int, int]


class UsbLight:
    """Where several are plugged in: the one that shone before, else always the same."""

    name = "lights"
    driver = "usb"

    def __init__(self, *, brightness: float, root: Path = Path("/")) -> None:
        self._brightness = brightness
        self._root = root
        self._light: Any = None
        self._before: tuple[Any, ...] = ()
        self._called = ""
        self._shown: Triple | None = None
        self._told = 0.0

    @property
    def about(self) -> str:
        return self._called

    def open(self) -> None:
        self.close()
        kind, hardware = self._chosen()
        kind_of = _identity(kind, hardware)
        try:
            light = kind(hardware, reset=False, exclusive=True)
        except Exception as error:
            raise self._closed(kind, hardware, error) from None
        light.add_task = _no_task
        handle = hardware.handle
        for way in ("write", "send_feature_report"):
            if hasattr(handle, way):
                setattr(handle, way, _checked(getattr(handle, way)))
        self._light, self._before = light, kind_of
        self._called = f"{kind.vendor()} {light.name}"[:60]
        self._shown = None
        self._say(light.reset)

    def show(self, face: Face, now: float) -> float:
        since = max(0.0, now - face.since)
        colour = face.light.at(since).times(self._brightness)
        triple = (round(colour.red * 255), round(colour.green * 255), round(colour.blue * 255))
        if triple != self._shown or now - self._told >= REFRESH_SECONDS:
            self._say(lambda: self._light.on(triple))
            self._shown, self._told = triple, now
        return max(SHORTEST_SECONDS, min(face.light.changes_in(since), REFRESH_SECONDS))

    def close(self) -> None:
        """Dark. One that was pulled out is dark already."""
        light, self._light = self._light, None
        if light is None:
            return
        for last in (light.off, light.release):
            try:
                last()
            except Exception:  # noqa: S112 - whatever the library raises, nothing is left to do
                continue

    def _chosen(self) -> tuple[Any, Any]:
        from busylight_core import Light
        from loguru import logger

        logger.disable("busylight_core")  # it would write to the standard error stream; what it raises is told here
        found = [(kind, each) for kind, several in Light.available_hardware().items() for each in several]
        if not found:
            raise PartGone(Trouble.NOT_FOUND, "no light is on USB", hint=f"Plug one in. {RULES}")
        return min(found, key=lambda one: (_identity(*one) != self._before, *_identity(*one), one[1].path))

    def _closed(self, kind: Any, hardware: Any, error: Exception) -> PartGone:
        what = f"{kind.vendor()} {kind.__name__}"
        if not _may_use(hardware.path.decode(errors="replace"), self._root):
            return PartGone(Trouble.NOT_ALLOWED, f"{what} is there, and may not be used", hint=RULES)
        return PartGone(
            Trouble.BROKEN, f"{what} does not open: {error}", hint="Does another program hold it? Plug it in anew."
        )

    def _say(self, what: Callable[[], None]) -> None:
        from busylight_core.exceptions import LightUnavailableError

        try:
            what()
        except (LightUnavailableError, OSError):
            raise PartGone(Trouble.UNPLUGGED, f"{self._called} does not answer", hint="Plug it in again.") from None


def _identity(kind: Any, hardware: Any) -> tuple[Any, ...]:
    """Which light it is, wherever it is plugged in. One device may be several of the system's (interfaces): the path
    tells these apart."""
    return kind.vendor(), kind.__name__, hardware.serial_number or ""


def _no_task(*args: Any, **kwargs: Any) -> None:
    """In place of the library's timers: `show` is called often enough."""


def _checked(write: Callable[[bytes], int]) -> Callable[[bytes], int]:
    """hidapi returns a negative number where it could not, and the library does not look."""

    def told(data: bytes) -> int:
        done = write(data)
        if done is not None and done < 0:
            raise OSError(errno.ENODEV, os.strerror(errno.ENODEV))
        return done

    return told


def _may_use(path: str, root: Path) -> bool:
    """By the path that the library gives: of a serial device, or BUS-PORT:INTERFACE as in /sys/bus/usb/devices. True
    where it cannot be told."""
    if path.startswith("/dev/"):
        return os.access(path, os.R_OK | os.W_OK)
    device = root / "sys/bus/usb/devices" / path.split(":", maxsplit=1)[0]
    try:
        bus, number = (int((device / name).read_text(encoding="ascii")) for name in ("busnum", "devnum"))
    except (OSError, ValueError):
        return True
    return os.access(root / f"dev/bus/usb/{bus:03d}/{number:03d}", os.R_OK | os.W_OK)
