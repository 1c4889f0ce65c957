"""What a hand at the button does: presses and holds, with the bounce taken out. Pure: the button as it was, is it down,
what time is it -> the button as it is, and what happened. Nothing is done by guess: a button that was down when we
came, that nobody looked at for a while, or that is held for longer than anybody holds one, does nothing until it is
free."""

import math
from dataclasses import dataclass, replace
from enum import StrEnum


class Signal(StrEnum):
    """What happened."""

    PRESSED = "pressed"
    TAPPED = "tapped"  # released before PAIR_FROM
    PAIR = "pair"  # released between PAIR_FROM and OFF_AT
    OFF = "off"  # held until OFF_AT; or the machine's power key was pressed
    RESET_HELD = "reset_held"  # held from power-on until RESET_AT
    STUCK = "stuck"
    FREED = "freed"  # it was stuck, and is up


STABLE = 0.05
"""Seconds: a contact bounces for less."""

PAIR_FROM, OFF_AT, RESET_AT, STUCK_AT = 3.0, 5.0, 10.0, 30.0

UNSEEN = 0.5
"""Seconds without a look, after which nobody knows whether it was down all the time."""

KEY_RESTS = 1.0
"""Seconds between two presses of the power key: a machine may tell of one press twice."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Button:
    """As of `looked` (monotonic seconds). `raw`: as it was read, since `raw_since`; `down`: without the bounce, since
    `since`. `spent`: what is left of this hold counts no more. `power_on`: it is held since the power came."""

    looked: float
    raw: bool = False
    raw_since: float = 0.0
    down: bool = False
    since: float = 0.0
    spent: bool = False
    power_on: bool = False
    stuck: bool = False

    @property
    def held(self) -> float:
        """Seconds of a hold that may still do something; 0 where there is none."""
        counts = self.down and self.raw and (self.power_on or not self.spent)
        return self.looked - self.since if counts else 0.0


def start(down: bool, now: float, *, power_on: bool = False) -> Button:
    """How it is found. A button that is down already was not pressed for us: it can ask for the reset, where the power
    came just now (`power_on`), and nothing else."""
    since = now if down else -math.inf
    return Button(
        looked=now, raw=down, raw_since=now, down=down, since=since, spent=down, power_on=down and power_on
    )  # fmt: skip


def sample(button: Button, down: bool, now: float) -> tuple[Button, tuple[Signal, ...]]:
    """A look at the button: many times a second."""
    unseen = now - button.looked > UNSEEN
    if down != button.raw:
        button = replace(button, raw=down, raw_since=now)
    if unseen:
        raw_since = now if down else button.raw_since
        button = replace(button, spent=button.down, power_on=False, raw_since=raw_since)
    button = replace(button, looked=now)
    if down != button.down and now - button.raw_since >= STABLE:
        return _went_down(button) if down else _went_up(button)
    if button.down and down:
        return _is_held(button, now - button.since)
    return button, ()


def press(button: Button, down: bool, now: float) -> tuple[Button, tuple[Signal, ...]]:
    """The machine's power key, in the place of `sample`: a press asks for the shutdown at once, because the firmware
    cuts the power of who holds it. The kernel took the bounce out, so one look at it is a press."""
    rested = now - button.since >= KEY_RESTS
    button = replace(button, looked=now, raw=down, raw_since=button.raw_since if down == button.raw else now)
    if down and not button.down:
        pressed = replace(button, down=True, since=now, spent=True)
        return pressed, (Signal.PRESSED, Signal.OFF) if rested else ()
    if not down and button.down:
        return _went_up(replace(button, raw_since=now))
    if down and not button.stuck and now - button.since >= STUCK_AT:
        return replace(button, stuck=True), (Signal.STUCK,)
    return button, ()


def _went_down(button: Button) -> tuple[Button, tuple[Signal, ...]]:
    return replace(button, down=True, since=button.raw_since, spent=False, power_on=False), (Signal.PRESSED,)


def _went_up(button: Button) -> tuple[Button, tuple[Signal, ...]]:
    """What it meant, by how long it was down. The moment of going up is where the bounce began."""
    held = button.raw_since - button.since
    up = replace(button, down=False, since=button.raw_since, spent=False, power_on=False, stuck=False)
    if button.stuck:
        return up, (Signal.FREED,)
    if button.spent:
        return up, ()
    return up, (Signal.TAPPED if held < PAIR_FROM else Signal.PAIR,)


def _is_held(button: Button, held: float) -> tuple[Button, tuple[Signal, ...]]:
    if held >= STUCK_AT and not button.stuck:
        return replace(button, spent=True, power_on=False, stuck=True), (Signal.STUCK,)
    if button.power_on and held >= RESET_AT:
        return replace(button, power_on=False), (Signal.RESET_HELD,)
    if not button.spent and held >= OFF_AT:
        return replace(button, spent=True), (Signal.OFF,)
    return button, ()
