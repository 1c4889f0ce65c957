"""Patterns of light and sound, as pure functions of time. Statuses are told apart by rhythm, so that nobody needs to
see colour; nothing flashes more than three times in a second (WCAG 2.2, 2.3.1)."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from appliance.panel.status import Status


class Curve(StrEnum):
    """How brightness goes within a step."""

    HOLD = "hold"
    BREATHE = "breathe"  # up and down again, as half a sine
    FADE = "fade"  # from full to dark


@dataclass(frozen=True, slots=True)
class Colour:
    """0 to 1 each."""

    red: float
    green: float
    blue: float

    def times(self, brightness: float) -> "Colour":
        return Colour(self.red * brightness, self.green * brightness, self.blue * brightness)


DARK = Colour(0, 0, 0)
RED, GREEN, BLUE, WHITE = Colour(1, 0, 0), Colour(0, 1, 0), Colour(0, 0, 1), Colour(1, 1, 1)
AMBER, CYAN = Colour(1, 0.45, 0), Colour(0, 0.8, 1)


@dataclass(frozen=True, slots=True)
class Step:
    """`seconds` of a colour."""

    seconds: float
    colour: Colour = DARK
    curve: Curve = Curve.HOLD


@dataclass(frozen=True, slots=True)
class Pattern:
    """Steps, over and over."""

    steps: tuple[Step, ...]

    @property
    def seconds(self) -> float:
        """Of one round."""
        return sum(step.seconds for step in self.steps)

    @property
    def steady(self) -> bool:
        """Does nothing ever change?"""
        return len(self.steps) == 1 and self.steps[0].curve is Curve.HOLD

    def at(self, seconds: float) -> Colour:
        """What shines so long after it began."""
        rest = seconds % self.seconds
        for step in self.steps:
            if rest < step.seconds:
                return step.colour.times(_brightness(step.curve, rest / step.seconds))
            rest -= step.seconds
        return self.at(0.0)

    def changes_in(self, seconds: float) -> float:
        """How long what `at` says stays as it is: 1/25 s within a curve."""
        if self.steady:
            return math.inf
        rest = seconds % self.seconds
        for step in self.steps:
            if rest < step.seconds:
                return step.seconds - rest if step.curve is Curve.HOLD else min(0.04, step.seconds - rest)
            rest -= step.seconds
        return 0.04


def _brightness(curve: Curve, part: float) -> float:
    if curve is Curve.BREATHE:
        return math.sin(math.pi * part)
    return 1 - part if curve is Curve.FADE else 1.0


@dataclass(frozen=True, slots=True)
class Tone:
    """`hertz` 0: silence."""

    seconds: float
    hertz: float = 0.0


@dataclass(frozen=True, slots=True)
class Tune:
    """Tones, once, or over and over. `quiet`: not while an exam is on."""

    tones: tuple[Tone, ...]
    again: bool = False
    quiet: bool = True

    def at(self, seconds: float) -> float:
        """Hertz that sound so long after it began; 0: silence."""
        whole = sum(tone.seconds for tone in self.tones)
        rest = seconds % whole if self.again else seconds
        for tone in self.tones:
            if rest < tone.seconds:
                return tone.hertz
            rest -= tone.seconds
        return 0.0


def _flashes(colour: Colour, times: int, *, dark: float, on: float = 0.2, off: float = 0.2) -> tuple[Step, ...]:
    return (*((Step(on, colour), Step(off)) * times)[:-1], Step(dark))


PATTERNS: Mapping[Status, Pattern] = {
    Status.STARTING: Pattern((Step(4.0, BLUE, Curve.BREATHE),)),
    Status.READY: Pattern((Step(0.2, GREEN), Step(2.8))),
    Status.RECORDING: Pattern((Step(1.0, RED),)),
    Status.ATTENTION: Pattern(_flashes(AMBER, 2, dark=1.4)),
    Status.RECORDING_ATTENTION: Pattern(
        (Step(1.8, RED), Step(0.3), Step(0.2, AMBER), Step(0.2), Step(0.2, AMBER), Step(0.3))
    ),
    Status.SYNCING: Pattern((Step(1.5, CYAN), Step(1.5))),
    Status.OFFLINE: Pattern((Step(1.0, GREEN), Step(0.3), Step(0.2, GREEN), Step(2.5))),
    Status.FAULT: Pattern((Step(0.2, RED), Step(0.2))),
    Status.SHUTTING_DOWN: Pattern((Step(1.0, AMBER, Curve.FADE),)),
    Status.IDENTIFY: Pattern(_flashes(WHITE, 3, dark=1.0, on=0.18, off=0.18)),
}
