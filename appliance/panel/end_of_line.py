"""The end-of-line test of a box that was just put together: its steps, what each shows, and what comes of the answers.
Pure; `tester` walks somebody through it. hardware/TEST.md is the same list on paper."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from appliance.box.panel import Part as FrontPart
from appliance.panel.driver import Face
from appliance.panel.drivers.drawing import ALL_ON
from appliance.panel.pattern import BLUE, DARK, GREEN, PATTERNS, RED, WHITE, Colour, Pattern, Tone, Tune
from appliance.panel.pattern import Step as Shine
from appliance.panel.status import Status

SCHEMA = 1


class Part(StrEnum):
    """What a step is about: as `box.panel.Part.name` has it, and what a machine has beside."""

    LIGHTS = "lights"
    BUZZER = "buzzer"
    DISPLAY = "display"
    BUTTONS = "buttons"
    POWER_KEY = "power_key"
    MACHINE = "machine"


class How(StrEnum):
    """Who judges."""

    SEEN = "seen"  # a person says whether it was so
    PRESSED = "pressed"  # a person presses, the box measures
    MEASURED = "measured"  # the box alone


@dataclass(frozen=True, slots=True)
class Step:
    """The question is `panel_test.NAME`."""

    name: str
    part: Part
    how: How = How.SEEN


COLOURS: Mapping[str, Colour] = {
    "light_red": RED, "light_green": GREEN, "light_blue": BLUE, "light_white": WHITE,
}  # fmt: skip

STEPS = (
    *(Step(name, Part.LIGHTS) for name in COLOURS),
    Step("light_brightness", Part.LIGHTS),
    *(Step(f"pattern_{status}", Part.LIGHTS) for status in Status),
    Step("buzzer_tones", Part.BUZZER),
    Step("display_pixels", Part.DISPLAY),
    Step("display_text", Part.DISPLAY),
    Step("display_qr", Part.DISPLAY),
    Step("button_press", Part.BUTTONS, How.PRESSED),
    Step("button_hold", Part.BUTTONS, How.PRESSED),
    Step("power_key", Part.POWER_KEY, How.PRESSED),
    Step("temperature", Part.MACHINE, How.MEASURED),
    Step("voltage", Part.MACHINE, How.MEASURED),
    Step("watchdog", Part.MACHINE, How.MEASURED),
    Step("clock", Part.MACHINE, How.MEASURED),
    Step("disk", Part.MACHINE, How.MEASURED),
    Step("network", Part.MACHINE, How.MEASURED),
)

_BRIGHTNESS = Pattern((*(Shine(1.5, WHITE.times(share)) for share in (1.0, 0.4, 0.1)), Shine(1.0)))
_TONES = Tune(
    (Tone(0.3, 600), Tone(0.2), Tone(0.3, 1200), Tone(0.2), Tone(0.3, 2400), Tone(1.0)), again=True, quiet=False
)
QR = "https://appliance.invalid/panel-test"
TEXT = ("1234567890", "ABCDEFGHIJKLMNOPQRS", "abcdefghijklmnopqrs", "+-/.:,()")


def steps_of(parts: Collection[str]) -> tuple[Step, ...]:
    """Those of the parts that this box has; the machine it always has."""
    return tuple(step for step in STEPS if step.part in parts or step.part is Part.MACHINE)


def face(step: Step, since: float) -> Face:
    """What lights, buzzer and display do during a step."""
    light = Pattern((Shine(1.0, DARK),))
    if step.name in COLOURS:
        light = Pattern((Shine(1.0, COLOURS[step.name]),))
    elif step.name == "light_brightness":
        light = _BRIGHTNESS
    elif step.name.startswith("pattern_"):
        light = PATTERNS[Status(step.name.removeprefix("pattern_"))]
    return Face(
        status=ALL_ON if step.name == "display_pixels" else step.name,
        light=light,
        since=since,
        lines=TEXT if step.name == "display_text" else ("Test", "", "", ""),
        qr=QR if step.name == "display_qr" else "",
        tune=_TONES if step.name == "buzzer_tones" else None,
        tune_since=since,
    )


class Answer(StrEnum):
    """What a key means."""

    YES = "yes"
    NO = "no"
    AGAIN = "again"
    BACK = "back"
    QUIT = "quit"


KEYS: Mapping[str, Answer] = {
    "y": Answer.YES, "j": Answer.YES, "n": Answer.NO, "r": Answer.AGAIN, "b": Answer.BACK, "q": Answer.QUIT,
}  # fmt: skip
"""The same in every language, but that a German says j for yes."""


def meant(key: str) -> Answer | None:
    """None where a key means nothing."""
    return KEYS.get(key.lower())


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """Of a step. `sentence`: what was found, for the card; `numbers`: what was measured."""

    step: str
    passed: bool
    sentence: str = ""
    numbers: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Walk:
    """How far it is. A step that is done once more has its newest outcome."""

    steps: tuple[Step, ...]
    at: int = 0
    outcomes: Mapping[str, Outcome] = field(default_factory=dict)
    cancelled: bool = False

    @property
    def step(self) -> Step | None:
        """The one that comes next; None where it is over."""
        return self.steps[self.at] if self.at < len(self.steps) and not self.cancelled else None

    @property
    def failed(self) -> tuple[str, ...]:
        """Steps that did not pass, or were not done."""
        passed = {name for name, outcome in self.outcomes.items() if outcome.passed}
        return tuple(step.name for step in self.steps if step.name not in passed)


def answered(walk: Walk, answer: Answer, found: Outcome | None = None) -> Walk:
    """What an answer makes of it. `found`: what the box measured, whose verdict no key changes: yes and no go on."""
    step = walk.step
    if step is None or answer is Answer.AGAIN:
        return walk
    if answer is Answer.QUIT:
        return replace(walk, cancelled=True)
    if answer is Answer.BACK:
        return replace(walk, at=max(0, walk.at - 1))
    outcome = found or Outcome(step=step.name, passed=answer is Answer.YES)
    return replace(walk, at=walk.at + 1, outcomes={**walk.outcomes, step.name: outcome})


class Result(StrEnum):
    """MOCK: the pins were none, so nothing was tested."""

    PASSED = "passed"
    FAILED = "failed"
    MOCK = "mock"


def result(walk: Walk, *, mock: bool) -> Result:
    """Passed is what passed in every step, on real parts."""
    if mock:
        return Result.MOCK
    return Result.FAILED if walk.failed else Result.PASSED


def report(
    walk: Walk, *, mock: bool, serial: str, version: str, by: str, at: str, parts: Collection[FrontPart]
) -> dict[str, Any]:
    """As it is written. `at`: ISO 8601; `by`: initials."""
    return {
        "schema": SCHEMA,
        "result": result(walk, mock=mock).value,
        "serial": serial,
        "version": version,
        "at": at,
        "by": by,
        "parts": [{"name": part.name, "driver": part.driver, "about": part.about} for part in parts],
        "failed": list(walk.failed),
        "steps": [
            {
                "step": step.name,
                "part": step.part.value,
                "passed": bool(found and found.passed),
                "sentence": found.sentence if found else "",
                "numbers": dict(found.numbers) if found else {},
            }
            for step in walk.steps
            for found in [walk.outcomes.get(step.name)]
        ],
    }
