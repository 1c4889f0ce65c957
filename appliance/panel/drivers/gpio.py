"""Lights, buzzer and button at the pins of a Raspberry Pi, through gpiozero.

One factory drives all pins. It is an object that each device is handed: gpiozero's own default, its environment and its
fallback to another factory are never asked. Nothing of gpiozero runs in a thread: when a colour changes is `pattern`'s,
and the button is looked at, because edges are reported that never were (gpiozero #1090)."""

import os
import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from appliance.box.panel import Trouble
from appliance.panel.driver import Face, PartGone
from appliance.panel.pattern import DARK, Colour
from appliance.panel.pinout import Pinout

T = TypeVar("T")

_MOCK_REVISION = "c04170"
"""A Raspberry Pi 5: what the mock says it is."""

RULES = "hardware/config/99-appliance-panel.rules lets the box's user in: is it installed?"

_TONE_DUTY = 0.5
"""Of a passive piezo: loudest."""

_SHORTEST_TONE = 0.01
"""Seconds between two looks at the tune."""


class Pins:
    """The factory: made for the first part that opens, closed with the last, so that a pin that somebody else holds, or
    a chip that went, is asked for anew. One that is handed in (`factory`) is used as it is, and not closed.

    lgpio makes a named pipe when it is imported, in the folder LG_WD, and makes that the working folder of the whole
    process: it gets `run`, and the working folder is put back."""

    def __init__(
        self, *, pinout: Pinout, kind: str, run: Path, factory: Any = None, devices: Path = Path("/dev")
    ) -> None:
        self.pinout = pinout
        self._kind = kind
        self._run = run
        self._given = factory
        self._devices = devices
        self._factory: Any = None
        self._users = 0
        self._lock = threading.Lock()
        self.errors: tuple[type[Exception], ...] = (OSError,)

    @property
    def about(self) -> str:
        return "mock" if self._kind == "mock" else f"gpiochip{self.pinout.chip}"

    def take(self) -> Any:
        """-> the factory. PartGone; each one that got it gives it back."""
        with self._lock:
            if self._factory is None:
                self._factory = self._given if self._given is not None else self._make()
                self.errors = self._known_errors()
            self._users += 1
            return self._factory

    def give_back(self) -> None:
        """Never raises."""
        with self._lock:
            self._users -= 1
            if self._users or self._factory is self._given:
                return
            gone, self._factory = self._factory, None
            try:
                gone.close()
            except self.errors:
                gone.pins.clear()  # they are shared by all factories of a process, and would be taken for open
                gone.close()

    def _make(self) -> Any:
        if self._kind == "mock":
            from gpiozero.pins.mock import MockFactory, MockPWMPin

            return MockFactory(revision=_MOCK_REVISION, pin_class=MockPWMPin)
        chip = self._devices / f"gpiochip{self.pinout.chip}"
        if not chip.exists():
            raise PartGone(
                Trouble.NO_PINS,
                f"this machine has no {chip}",
                hint='Without pins, set [panel] lights = "auto" and buttons = "auto".',
            )
        if not os.access(chip, os.R_OK | os.W_OK):
            raise _not_allowed(str(chip))
        lgpio = _import_lgpio(self._run)
        from gpiozero.pins.lgpio import LGPIOFactory

        try:
            factory = LGPIOFactory(chip=self.pinout.chip)
        except lgpio.error as error:
            raise PartGone(Trouble.NO_PINS, f"{chip}: {error}") from None
        label = str(lgpio.gpio_get_chip_info(factory._handle)[3])
        if "pinctrl" not in label:  # of the header: pinctrl-rp1, pinctrl-bcm2711
            factory.close()
            raise PartGone(
                Trouble.NO_PINS,
                f"{chip} is {label[:40]!r}, and not the one of the 40-pin header",
                hint="A Pi 5 needs a kernel of 6.6.45 or newer: update its system.",
            )
        return factory

    def _known_errors(self) -> tuple[type[Exception], ...]:
        from gpiozero.exc import GPIOZeroError

        if self._kind == "mock" or self._given is not None:
            return OSError, GPIOZeroError
        return OSError, GPIOZeroError, _import_lgpio(self._run).error

    def ask(self, pins: str, what: Callable[[], T]) -> T:
        """What goes wrong at the pins becomes PartGone. It carries no traceback of gpiozero's: that would keep the
        device that was half made, and with it the pin."""
        try:
            return what()
        except self.errors as error:
            gone = _gone(error, pins)
        raise gone


def _gone(error: Exception, pins: str) -> PartGone:
    said = str(error)
    if "busy" in said or "in use" in said:
        return PartGone(
            Trouble.PINS_BUSY, f"{pins}: {said}", hint="Another program holds the pins: stop it, or an overlay of it."
        )
    if "permi" in said.lower():
        return _not_allowed(pins)
    if type(error).__name__ == "PinUnknownPi":
        return PartGone(Trouble.NO_PINS, "this machine is no Raspberry Pi")
    return PartGone(Trouble.BROKEN, f"{pins}: {said}")


def _not_allowed(what: str) -> PartGone:
    return PartGone(Trouble.NOT_ALLOWED, f"{what} may not be used", hint=RULES)


def _import_lgpio(run: Path) -> Any:
    os.environ["LG_WD"] = str(run)
    folder = Path.cwd()
    try:
        import lgpio
    except OSError as error:
        raise PartGone(Trouble.NOT_ALLOWED, f"lgpio cannot make its pipe in {run}: {error.strerror}") from None
    finally:
        os.chdir(folder)
    return lgpio


class _AtPins:
    """What the three have in common: a device of gpiozero for each pin; none while it is closed."""

    driver = "gpio"
    name: str
    needs: tuple[str, ...]

    def __init__(self, pins: Pins) -> None:
        self._pins = pins
        self._devices: list[Any] = []
        self._factory: Any = None

    @property
    def about(self) -> str:
        return f"{self._pins.about}: " + ", ".join(f"GPIO{self._pins.pinout.gpio(name)}" for name in self.needs)

    def _open(self, make: Callable[[int, Any], Any]) -> None:
        self.close()
        self._factory = self._pins.take()
        try:
            for name in self.needs:
                pin = self._pins.pinout.gpio(name)
                self._devices.append(self._pins.ask(self.about, partial(make, pin, self._factory)))
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Dark and silent; the pins are free again. A chip that is gone has nothing left to darken."""
        devices, self._devices = self._devices, []
        for device in devices:
            try:
                device.close()
            except self._pins.errors:
                self._factory.release_all(device)
                device._pin = None  # else gpiozero would close it once more when it is forgotten
        if self._factory is not None:
            self._factory = None
            self._pins.give_back()


class Lights(_AtPins):
    """A light of three colours, each by pulse width. gpiozero's RGBLED is three of these, and cannot be told to let go
    of a chip that went."""

    name = "lights"
    needs = ("light_red", "light_green", "light_blue")

    def __init__(self, pins: Pins, *, brightness: float) -> None:
        super().__init__(pins)
        self._brightness = brightness
        self._shown: Colour | None = None

    def open(self) -> None:
        from gpiozero import PWMLED

        self._shown = DARK
        self._open(lambda pin, factory: PWMLED(pin, pin_factory=factory))

    def show(self, face: Face, now: float) -> float:
        since = max(0.0, now - face.since)
        colour = face.light.at(since).times(self._brightness)
        if colour != self._shown:
            self._pins.ask(self.about, partial(self._shine, colour))
            self._shown = colour
        return face.light.changes_in(since)

    def _shine(self, colour: Colour) -> None:
        for led, value in zip(self._devices, (colour.red, colour.green, colour.blue), strict=True):
            led.value = value


class Buzzer(_AtPins):
    """A passive piezo: it sounds as high as the pin swings. gpiozero's TonalBuzzer knows two octaves, and a piezo is
    loud above them."""

    name = "buzzer"
    needs = ("buzzer",)

    def __init__(self, pins: Pins) -> None:
        super().__init__(pins)
        self._hertz = 0.0

    def open(self) -> None:
        from gpiozero import PWMOutputDevice

        self._hertz = 0.0
        self._open(lambda pin, factory: PWMOutputDevice(pin, initial_value=0, pin_factory=factory))

    def show(self, face: Face, now: float) -> float:
        since = max(0.0, now - face.tune_since)
        hertz = face.tune.at(since) if face.tune else 0.0
        if hertz != self._hertz:
            self._pins.ask(self.about, partial(self._sound, hertz))
            self._hertz = hertz
        return _next_tone(face, since)

    def _sound(self, hertz: float) -> None:
        if hertz:
            self._devices[0].frequency = hertz
        self._devices[0].value = _TONE_DUTY if hertz else 0


def _next_tone(face: Face, since: float) -> float:
    """Seconds until the tune goes on; for ever where it is over."""
    if face.tune is None:
        return float("inf")
    whole = sum(tone.seconds for tone in face.tune.tones)
    rest = since % whole if face.tune.again and whole else since
    for tone in face.tune.tones:
        if rest < tone.seconds:
            return max(_SHORTEST_TONE, tone.seconds - rest)
        rest -= tone.seconds
    return _SHORTEST_TONE if face.tune.again else float("inf")


class Button(_AtPins):
    """A button between a pin and ground (or 3.3 V: `pull`)."""

    name = "buttons"
    needs = ("button",)

    def open(self) -> None:
        from gpiozero import InputDevice

        up = self._pins.pinout.pins["button"].pull == "up"
        self._open(lambda pin, factory: InputDevice(pin, pull_up=up, pin_factory=factory))

    def down(self) -> bool:
        return self._pins.ask(self.about, lambda: bool(self._devices[0].is_active))
