"""The settings of the box's front: lights, buttons, buzzer, display. `config` reads them."""

import re
from dataclasses import dataclass

from appliance.errors import ConfigError

LIGHTS = ("auto", "gpio", "usb", "none")
BUTTONS = ("auto", "gpio", "keys", "none")
DISPLAYS = ("none", "oled")
PINS = ("lgpio", "mock")
BOARDS = ("pi5", "pi4")
CHIPS = ("ssd1306", "sh1106", "ssd1309")
_DEVICE = re.compile(r"/dev/[A-Za-z0-9/_.:+-]{1,120}")


@dataclass(frozen=True, slots=True, kw_only=True)
class PanelSettings:
    """What the box has at its front; hardware/README.md builds it.

    `lights`: "auto" (a USB light where one is plugged in), "gpio", "usb", "none". `buttons`: "auto" (the machine's own
    power key, on an installed box), "gpio", "keys" (the device `key_device`), "none". `display`: "none", "oled" (on I2C
    `display_bus`, at `display_address`, with `display_chip`). `console`: a terminal that shows the lines, "" for none.
    `pins`: who drives the pins, never another one; `board`: which part of hardware/pinout.toml holds. `brightness`:
    0 to 1. `sounds`: may the buzzer sound at all?"""

    lights: str = "auto"
    buttons: str = "auto"
    key_device: str = ""
    display: str = "none"
    display_bus: int = 1
    display_address: int = 0x3C
    display_chip: str = "ssd1306"
    console: str = ""
    pins: str = "lgpio"
    board: str = "pi5"
    brightness: float = 1.0
    sounds: bool = True

    def __post_init__(self) -> None:
        for name, known in (
            ("lights", LIGHTS),
            ("buttons", BUTTONS),
            ("display", DISPLAYS),
            ("display_chip", CHIPS),
            ("pins", PINS),
            ("board", BOARDS),
        ):
            if (value := getattr(self, name)) not in known:
                raise ConfigError(
                    f"[panel] {name} is {value[:40]!r}", hint=f"Use one of {', '.join(map(repr, known))}."
                )
        if not 0.05 <= self.brightness <= 1:
            raise ConfigError(f"[panel] brightness is {self.brightness}", hint="Use 0.05 to 1.")
        if not 0 <= self.display_bus <= 31 or not 0x03 <= self.display_address <= 0x77:
            raise ConfigError(
                "[panel] display_bus and display_address are no place on an I2C bus", hint="Use 0 to 31, and 3 to 119."
            )
        for name in ("key_device", "console"):
            if (value := getattr(self, name)) and not _DEVICE.fullmatch(value):
                raise ConfigError(f"[panel] {name} is {value[:60]!r}", hint="Write the path of a device in /dev.")

    def check(self) -> None:
        """ConfigError where one key needs another."""
        if (self.buttons == "keys") != bool(self.key_device):
            raise ConfigError(
                '[panel] buttons = "keys" and key_device go together',
                hint="Name the device, as in /dev/input/by-id/usb-...-event-kbd: hardware/README.md.",
            )
