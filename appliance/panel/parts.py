"""What this box has at its front, of its settings: outputs, each with a thread, and the button. What needs hardware is
imported when it is opened."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from appliance.config_panel import PanelSettings
from appliance.panel import pinout
from appliance.panel.driver import Output
from appliance.panel.drivers.gpio import Button, Buzzer, Lights, Pins
from appliance.panel.drivers.keys import Keys, PowerKey
from appliance.panel.drivers.oled import Oled
from appliance.panel.drivers.terminal import Terminal, Words
from appliance.panel.drivers.usb_light import UsbLight
from appliance.panel.fixture import Fixture, Reading


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """`power_key`: the input is the machine's own, whose press asks for a shutdown, and nothing else."""

    outputs: tuple[Fixture, ...]
    button: Reading | None
    power_key: bool = False


def of(
    settings: PanelSettings,
    *,
    run: Path,
    has_steward: bool,
    words: Words | None = None,
    factory: Any = None,
    watch: int | None = None,
) -> Parts:
    """`words`: for a terminal. `factory`: of pins, handed in by tests. `watch`: a descriptor that gets them too, where
    somebody started the panel in a terminal. ConfigError where the pinout is wrong."""
    pins = None
    if "gpio" in (settings.lights, settings.buttons):
        board = pinout.load(settings.board)
        pins = Pins(pinout=board, kind=settings.pins, run=run, factory=factory)
    outputs: list[Fixture] = []
    if pins and settings.lights == "gpio":
        outputs.append(Fixture(Lights(pins, brightness=settings.brightness)))
        if settings.sounds:
            outputs.append(Fixture(Buzzer(pins)))
    elif settings.lights in ("usb", "auto"):
        light: Output = UsbLight(brightness=settings.brightness)
        outputs.append(Fixture(light, optional=settings.lights == "auto"))
    if settings.display == "oled":
        outputs.append(
            Fixture(
                Oled(
                    bus=settings.display_bus,
                    address=settings.display_address,
                    chip=settings.display_chip,
                    brightness=settings.brightness,
                )
            )
        )
    if settings.console:
        outputs.append(Fixture(Terminal(words=words, path=Path(settings.console))))
    if watch is not None:
        outputs.append(Fixture(Terminal(words=words, descriptor=watch)))
    button, power_key = _button(settings, pins, has_steward)
    return Parts(outputs=tuple(outputs), button=button, power_key=power_key)


def _button(settings: PanelSettings, pins: Pins | None, has_steward: bool) -> tuple[Reading | None, bool]:
    """ "auto": the machine's power key, where the box may switch it off at all."""
    if settings.buttons == "gpio" and pins:
        return Reading(Button(pins)), False
    if settings.buttons == "keys":
        return Reading(Keys(Path(settings.key_device))), False
    if settings.buttons == "auto" and has_steward:
        return Reading(PowerKey(), optional=True), True
    return None, False
