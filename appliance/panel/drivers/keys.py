"""A button that is a key: of a USB button or keypad, or the machine's own power key. Linux' input devices are read as
they are; nothing waits.

Each device is grabbed, so that the key types nowhere else, and no other program switches the machine off by it."""

import errno
import fcntl
import os
import struct
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from appliance.box.panel import Trouble
from appliance.panel.driver import PartGone

EVENT = struct.Struct("@llHHi")
"""struct input_event: the time, type, code, value."""

_SYN, _KEY = 0, 1
_DROPPED = 3
_KEY_A, _KEY_POWER = 30, 116
_EVENTS = 64
"""Read at a time."""

_EVIOCGRAB = 0x40044590
_KEY_BYTES = 96
_EVIOCGKEY = 0x80004518 | _KEY_BYTES << 16
_WORD = 8 * struct.calcsize("@l")
_CLASS = Path("/sys/class/input")
_DEVICES = Path("/dev/input")
HELD_SECONDS = 0.15
"""A power key reports press and release at once: it counts as held for so long, which a debounce lets through."""

RULES = (
    "hardware/config/99-appliance-panel.rules lets the box's user in: is it installed, and is the device named there?"
)

_GONE = (errno.ENODEV, errno.EIO, errno.ENXIO)
Clock = Callable[[], float]


def grab(descriptor: int) -> None:
    """Nobody else hears its keys until it is closed."""
    fcntl.ioctl(descriptor, _EVIOCGRAB, 1)


def held(descriptor: int) -> set[int]:
    """Which keys are down at this moment: of one that was pressed before it was opened, no event tells."""
    bits = bytearray(_KEY_BYTES)
    fcntl.ioctl(descriptor, _EVIOCGKEY, bits)
    return {8 * place + bit for place, byte in enumerate(bits) for bit in range(8) if byte >> bit & 1}


class Keys:
    """One device, of which any key is the button."""

    name = "buttons"
    driver = "keys"

    def __init__(
        self,
        path: Path | None = None,
        *,
        grab: Callable[[int], None] = grab,
        held: Callable[[int], set[int]] = held,
        clock: Clock = time.monotonic,
    ) -> None:
        self._path = path
        self._grab = grab
        self._held_now = held
        self._clock = clock
        self._open: dict[int, Path] = {}
        self._held: set[tuple[int, int]] = set()
        self._until = 0.0

    @property
    def about(self) -> str:
        return self._path.name if self._path else ""

    def open(self) -> None:
        self.close()
        refused = None
        for path in self._devices():
            try:
                self._open[self._opened(path)] = path
            except PartGone as gone:
                if gone.trouble is not Trouble.NOT_ALLOWED:
                    raise
                refused = gone
        if refused and not self._open:
            raise refused

    def down(self) -> bool:
        for descriptor in self._open:
            self._read(descriptor)
        return bool(self._held) or self._clock() < self._until

    def close(self) -> None:
        """Closing lets go of what was grabbed."""
        while self._open:
            descriptor, _ = self._open.popitem()
            os.close(descriptor)
        self._held.clear()
        self._until = 0.0

    def _devices(self) -> Sequence[Path]:
        assert self._path is not None
        return (self._path,)

    def _means(self, code: int) -> bool:
        """Is this key the button?"""
        return True

    def _opened(self, path: Path) -> int:
        try:
            descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY)
        except FileNotFoundError:
            raise PartGone(
                Trouble.NOT_FOUND, f"there is no {path}", hint="Is it plugged in? [panel] key_device names it."
            ) from None
        except PermissionError:
            raise PartGone(Trouble.NOT_ALLOWED, f"{path} may not be read", hint=RULES) from None
        except OSError as error:
            raise PartGone(Trouble.BROKEN, f"{path}: {error.strerror}") from None
        try:
            self._grab(descriptor)
            self._look(descriptor)
        except OSError as error:
            os.close(descriptor)
            busy = error.errno == errno.EBUSY
            raise PartGone(
                Trouble.BROKEN,
                f"{path} is held by another program" if busy else f"{path} is no device with keys: {error.strerror}",
                hint="Stop the other program." if busy else "Name one of /dev/input/by-id.",
            ) from None
        return descriptor

    def _read(self, descriptor: int) -> None:
        while True:
            try:
                data = os.read(descriptor, EVENT.size * _EVENTS)
            except BlockingIOError:
                return
            except OSError as error:
                trouble = Trouble.UNPLUGGED if error.errno in _GONE else Trouble.BROKEN
                raise PartGone(trouble, f"{self._open[descriptor]}: {error.strerror}") from None
            if not data:
                raise PartGone(Trouble.UNPLUGGED, f"{self._open[descriptor]} has come to an end")
            for at in range(0, len(data) - EVENT.size + 1, EVENT.size):
                self._take(descriptor, *EVENT.unpack_from(data, at)[2:])

    def _look(self, descriptor: int) -> None:
        others = {one for one in self._held if one[0] != descriptor}
        self._held = others | {(descriptor, code) for code in self._held_now(descriptor) if self._means(code)}

    def _take(self, descriptor: int, kind: int, code: int, value: int) -> None:
        if kind == _SYN and code == _DROPPED:  # the kernel threw events away; a release may be one of them
            self._look(descriptor)
        elif kind == _KEY and self._means(code):
            if value:
                self._held.add((descriptor, code))
                self._until = self._clock() + HELD_SECONDS
            else:
                self._held.discard((descriptor, code))


class PowerKey(Keys):
    """The machine's power key, wherever the kernel has it; one of several is enough. A keyboard that has one as well is
    left alone: grabbed, it would type nothing any more."""

    def __init__(
        self,
        *,
        folder: Path = _CLASS,
        devices: Path = _DEVICES,
        grab: Callable[[int], None] = grab,
        held: Callable[[int], set[int]] = held,
        clock: Clock = time.monotonic,
    ) -> None:
        super().__init__(grab=grab, held=held, clock=clock)
        self._folder = folder
        self._place = devices

    @property
    def about(self) -> str:
        return ", ".join(_called(self._folder, path.name) for path in self._open.values())

    def _devices(self) -> Sequence[Path]:
        found = [self._place / one.name for one in sorted(self._folder.glob("event*")) if _is_power_key(one)]
        if not found:
            raise PartGone(Trouble.NOT_FOUND, "this machine has no power key that programs can read")
        return found

    def _means(self, code: int) -> bool:
        return code == _KEY_POWER


def _is_power_key(device: Path) -> bool:
    keys = _keys(device / "device" / "capabilities" / "key")
    return _KEY_POWER in keys and _KEY_A not in keys


def _keys(file: Path) -> set[int]:
    """Which keys a device has: words of bits, as the kernel prints them, the highest first."""
    try:
        words = [int(word, 16) for word in file.read_text(encoding="ascii").split()]
    except (OSError, ValueError):  # it went away in this moment
        return set()
    return {
        _WORD * place + bit for place, word in enumerate(reversed(words)) for bit in range(_WORD) if word >> bit & 1
    }


def _called(folder: Path, event: str) -> str:
    try:
        return (folder / event / "device" / "name").read_text(encoding="utf-8").strip()[:40]
    except (OSError, UnicodeDecodeError):
        return event
