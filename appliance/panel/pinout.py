"""Which pin does what: hardware/pinout.toml, read. What is wrong in it is said with the key and what to write there."""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from appliance.errors import ConfigError

FILE = Path(__file__).parent / "pinout.toml"
SCHEMA = 1
NEEDED = ("light_red", "light_green", "light_blue", "buzzer", "button", "display_data", "display_clock")
PULLS = ("", "up", "down")
VOLTS = (0, 3.3, 5)
_HIGHEST_GPIO, _HIGHEST_HEADER = 27, 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Pin:
    """`gpio`: the number that software uses (BCM); `header`: as it is counted on the 40-pin header; `wire`: its colour;
    `pull`: "up", "down", "" for none; `bus`: whose it is, "" for a plain pin."""

    name: str
    gpio: int
    header: int
    wire: str
    pull: str = ""
    bus: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Power:
    """A pin of the header that only carries current. `volts` 0: ground."""

    name: str
    volts: float
    header: int
    wire: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Pinout:
    """Of one board. `chip`: the number of its /dev/gpiochip."""

    chip: int
    pins: Mapping[str, Pin]
    power: tuple[Power, ...]

    def gpio(self, name: str) -> int:
        """The number that software uses."""
        return self.pins[name].gpio


def load(board: str, file: Path = FILE) -> Pinout:
    """ConfigError names the key and says what to do."""
    try:
        said = tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"{file} cannot be read: {error.strerror}", hint="Install the package again.") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{file.name} is no TOML: {error}", hint="Compare it with the one of the project.") from None
    if said.get("schema") != SCHEMA:
        raise _wrong(file, "schema", said.get("schema"), f"Write schema = {SCHEMA}, or use the file of this version.")
    if not isinstance(said.get(board), dict):
        raise _wrong(file, board, said.get(board), f"Add a table [{board}] with its chip.")
    chip = _number(file, f"{board}.chip", said[board].get("chip"), 0, 31)
    pins = [_pin(file, each) for each in _tables(file, said, "pin")]
    power = tuple(_power(file, each) for each in _tables(file, said, "power"))
    _once(file, "name", [pin.name for pin in pins] + [one.name for one in power])
    _once(file, "gpio", [pin.gpio for pin in pins])
    _once(file, "header", [pin.header for pin in pins] + [one.header for one in power])
    for name in NEEDED:
        if name not in {pin.name for pin in pins}:
            raise _wrong(file, f"pin {name}", None, "Add a [[pin]] of this name: the software uses it.")
    return Pinout(chip=chip, pins={pin.name: pin for pin in pins}, power=power)


def _pin(file: Path, said: dict[str, Any]) -> Pin:
    name = _text(file, "pin.name", said.get("name"))
    for key in said.keys() - {"name", "gpio", "header", "wire", "pull", "bus"}:
        raise _wrong(file, f"pin {name}.{key}", said[key], "There is no such key; take it out.")
    if (pull := said.get("pull", "")) not in PULLS:
        raise _wrong(file, f"pin {name}.pull", pull, 'Use "up" or "down", or leave it out.')
    if name == "button" and not pull:
        raise _wrong(file, "pin button.pull", None, 'A button needs one: "up" where it connects the pin to ground.')
    return Pin(
        name=name,
        gpio=_number(file, f"pin {name}.gpio", said.get("gpio"), 0, _HIGHEST_GPIO),
        header=_number(file, f"pin {name}.header", said.get("header"), 1, _HIGHEST_HEADER),
        wire=_text(file, f"pin {name}.wire", said.get("wire")),
        pull=pull,
        bus=str(said.get("bus", "")),
    )


def _power(file: Path, said: dict[str, Any]) -> Power:
    name = _text(file, "power.name", said.get("name"))
    for key in said.keys() - {"name", "volts", "header", "wire"}:
        raise _wrong(file, f"power {name}.{key}", said[key], "There is no such key; take it out.")
    if (volts := said.get("volts")) not in VOLTS or isinstance(volts, bool):
        raise _wrong(file, f"power {name}.volts", volts, "Use 0 (ground), 3.3 or 5.")
    return Power(
        name=name,
        volts=float(volts),
        header=_number(file, f"power {name}.header", said.get("header"), 1, _HIGHEST_HEADER),
        wire=_text(file, f"power {name}.wire", said.get("wire")),
    )


def _tables(file: Path, said: dict[str, Any], key: str) -> list[dict[str, Any]]:
    found = said.get(key, [])
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        raise _wrong(file, key, found, f"Write each as [[{key}]].")
    return found


def _text(file: Path, key: str, value: Any) -> str:
    if not isinstance(value, str) or not value:
        raise _wrong(file, key, value, "Write a word in quotes.")
    return value


def _number(file: Path, key: str, value: Any, low: int, high: int) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
        raise _wrong(file, key, value, f"Use a whole number from {low} to {high}.")
    return value


def _once(file: Path, key: str, values: Sequence[str | int]) -> None:
    for value in values:
        if values.count(value) > 1:
            raise _wrong(file, key, value, "Two pins have the same; each needs its own.")


def _wrong(file: Path, key: str, value: Any, hint: str) -> ConfigError:
    what = "is missing" if value is None else f"is {str(value)[:40]!r}"
    return ConfigError(f"{file.name}: {key} {what}", hint=hint)
