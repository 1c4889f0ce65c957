"""The end-of-line test: its walk, what it measures, and a whole one on a terminal that is played and pins that are
gpiozero's mock."""

import fcntl
import json
import os
import re
import termios
import time
from pathlib import Path

import pytest

from appliance.box.panel import Part as FrontPart
from appliance.config import Settings
from appliance.config_panel import PanelSettings
from appliance.errors import BadInput, Unavailable
from appliance.panel import alone, end_of_line, measured, parts, tester
from appliance.panel.end_of_line import STEPS, Answer, How, Outcome, Part, Result, Walk, answered
from appliance.panel.fixture import stop_all
from appliance.panel.measured import Machine, Press, judged, pressed
from appliance.panel.pattern import PATTERNS
from appliance.panel.status import Status
from appliance.web.strings import Catalogue

ROOT = Path(__file__).parents[2]
WORDS = Catalogue.load(strict=True)
GERMAN = WORDS.under(Catalogue.load(language="de", strict=True))
RED, GREEN, BLUE, BUTTON = 17, 27, 22, 23
LIGHT = Walk(steps=end_of_line.steps_of({"lights"}))


# The steps


def test_every_status_has_a_step_that_shows_its_own_pattern():
    for status in Status:
        step = next(step for step in STEPS if step.name == f"pattern_{status}")
        assert end_of_line.face(step, 5.0).light is PATTERNS[status]


def test_a_box_is_tested_for_the_parts_that_it_has_and_every_box_for_its_machine():
    assert {step.part for step in end_of_line.steps_of({"display", "buttons"})} == {"display", "buttons", "machine"}
    assert all(step.how is How.MEASURED for step in end_of_line.steps_of(()))


@pytest.mark.parametrize("words", [WORDS, GERMAN])
def test_every_step_has_its_question_in_both_languages(words):
    for step in STEPS:
        if not step.name.startswith("pattern_"):
            assert words(f"panel_test.{step.name}")


def test_the_card_on_paper_has_the_same_steps_in_the_same_order():
    card = ROOT / "hardware/TEST.md"
    said = re.findall(r"`([a-z_]+)`", card.read_text(encoding="utf-8"))
    names = [step.name for step in STEPS]
    assert list(dict.fromkeys(name for name in said if name in names)) == names


def test_the_display_lights_every_dot_when_it_is_asked_whether_it_does():
    from appliance.panel.drivers import drawing

    step = next(step for step in STEPS if step.name == "display_pixels")
    assert set(drawing.picture(end_of_line.face(step, 0.0)).tobytes()) == {255}


# The walk


def test_yes_passes_a_step_and_no_fails_it_and_both_go_on():
    walk = answered(answered(LIGHT, Answer.YES), Answer.NO)
    assert walk.at == 2
    assert walk.outcomes["light_red"].passed
    assert "light_green" in walk.failed
    assert "light_red" not in walk.failed


def test_once_more_stays_and_back_goes_back_as_far_as_there_is_something():
    assert answered(LIGHT, Answer.AGAIN) == LIGHT
    assert answered(LIGHT, Answer.BACK) == LIGHT
    assert answered(answered(LIGHT, Answer.NO), Answer.BACK).step.name == "light_red"


def test_a_step_that_is_done_once_more_has_its_newest_outcome():
    walk = answered(answered(answered(LIGHT, Answer.NO), Answer.BACK), Answer.YES)
    assert walk.outcomes["light_red"].passed


def test_what_was_measured_is_not_changed_by_a_key():
    found = Outcome(step="light_red", passed=False)
    assert not answered(LIGHT, Answer.YES, found).outcomes["light_red"].passed


def test_it_can_be_cancelled_at_any_step():
    walk = answered(LIGHT, Answer.QUIT)
    assert walk.cancelled
    assert walk.step is None


def test_passed_is_what_passed_in_every_step_and_never_what_has_mock_pins():
    walk = LIGHT
    while walk.step:
        walk = answered(walk, Answer.YES)
    assert end_of_line.result(walk, mock=False) is Result.PASSED
    assert end_of_line.result(walk, mock=True) is Result.MOCK
    assert end_of_line.result(LIGHT, mock=False) is Result.FAILED


@pytest.mark.parametrize(("key", "answer"), [("y", "yes"), ("J", "yes"), ("n", "no"), ("x", None), ("", None)])
def test_keys(key, answer):
    assert end_of_line.meant(key) == answer


# The button


def test_a_clean_press_has_no_bounce():
    assert pressed([1.0, 1.2]) == Press(presses=1, held=pytest.approx(0.2))


def test_changes_that_follow_at_once_are_one_press_that_bounced():
    found = pressed([1.0, 1.002, 1.006, 1.2, 1.201, 1.205])
    assert (found.presses, found.bounces) == (1, 4)
    assert found.bounce == pytest.approx(0.006)
    assert found.held == pytest.approx(0.2)


@pytest.mark.parametrize(
    ("step", "found", "passed", "said"),
    [
        ("button_press", Press(presses=1, held=0.2), True, "One press"),
        ("button_press", Press(), False, "Nothing was pressed"),
        ("button_press", Press(presses=2, held=0.2), False, "more than once"),
        ("button_press", Press(presses=1, held=0.2, bounces=9, bounce=0.07), False, "bounces for 70 ms"),
        ("button_press", Press(stuck=True), False, "held"),
        ("button_hold", Press(presses=1, held=2.9), False, "2.90 s only"),
        ("button_hold", Press(presses=1, held=3.4), True, "3.40 s"),
    ],
)
def test_what_is_made_of_a_press(step, found, passed, said):
    outcome = judged(step, found, WORDS)
    assert outcome.passed is passed
    assert said in outcome.sentence


# The machine


@pytest.fixture
def machine(tmp_path):
    root = tmp_path / "root"
    for name, text in {
        "sys/class/thermal/thermal_zone0/temp": "48200",
        "sys/devices/platform/soc/soc:firmware/get_throttled": "0",
        "sys/class/watchdog/watchdog0/timeout": "15",
        "sys/class/rtc/rtc0/since_epoch": "1000003",
        "sys/class/net/eth0/device/vendor": "1",
        "sys/class/net/eth0/carrier": "1",
        "sys/class/net/eth0/speed": "1000",
    }.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)

    def measure(step, **changes):
        for name, text in changes.items():
            file = next(root.rglob(name))
            file.unlink() if text is None else file.write_text(text)
        return Machine(words=WORDS, data=tmp_path, root=root, wall=lambda: 1_000_000.0).measure(step)

    return measure


def test_a_machine_in_order_passes_and_says_its_numbers(machine):
    assert machine("temperature").numbers == {"celsius": 48.2}
    assert machine("watchdog").numbers == {"seconds": 15}
    assert machine("clock").numbers == {"seconds": 3.0}
    assert machine("network").numbers == {"mbit": 1000}
    assert all(machine(step).passed for step in ("temperature", "voltage", "watchdog", "clock", "network"))


@pytest.mark.parametrize(
    ("step", "changes", "said"),
    [
        ("temperature", {"temp": "81000"}, "too hot"),
        ("temperature", {"temp": None}, "does not say"),
        ("voltage", {"get_throttled": "50005"}, "Too little voltage (0x50005)"),
        ("voltage", {"get_throttled": "40000"}, "slowed down"),
        ("watchdog", {"watchdog0": None}, "There is none"),
        ("clock", {"since_epoch": "100"}, "Is its battery in?"),
        ("clock", {"since_epoch": None}, "There is none"),
        ("network", {"speed": "10"}, "Only 10"),
        ("network", {"carrier": "0"}, "No cable"),
    ],
)
def test_what_is_wrong_with_a_machine_is_said_with_what_to_do(machine, step, changes, said, tmp_path):
    if "watchdog0" in changes:
        folder = tmp_path / "root/sys/class/watchdog/watchdog0"
        folder.rename(folder.with_name("other"))
        changes = {}
    outcome = machine(step, **changes)
    assert not outcome.passed
    assert said in outcome.sentence


def test_a_machine_that_does_not_measure_its_voltage_is_not_to_blame(machine):
    assert machine("voltage", get_throttled=None).passed


def test_a_disk_with_little_room_fails(machine, monkeypatch):
    monkeypatch.setattr(measured, "_DISK_BYTES", 10**18)
    assert "a new box has 100" in machine("disk").sentence


# A whole one


class World:
    """Somebody at the terminal, whose fingers press the pin at the times that were said; time goes when it is waited
    for."""

    def __init__(self, keys, presses, factory):
        self.keys = list(keys)
        self.presses = dict(presses)
        self.lines = ["AL", "S-0042"]
        self.factory = factory
        self.said = []
        self.lights = {}
        self.now = 100.0
        self.due = []

    def say(self, text):
        self.said.append(text)
        for step, offsets in list(self.presses.items()):
            if WORDS(f"panel_test.{step}") in text and offsets:
                self.due = [self.now + offset for offset in offsets.pop(0)]

    def forget(self):
        pass

    def key(self):
        question = next(text for text in reversed(self.said) if text.startswith("\n["))
        if len(self.lights) < 4:
            time.sleep(0.01)  # the lights' own thread
            self.lights[question] = tuple(self.factory.pin(pin).state for pin in (RED, GREEN, BLUE))
        return self.keys.pop(0) if self.keys else ""

    def line(self, prompt):
        return self.lines.pop(0)

    def sleep(self, seconds):
        self.now = min([self.now + 0.02, *self.due[:1]])
        if self.due and self.now >= self.due[0]:
            self.due.pop(0)
            pin = self.factory.pin(BUTTON)
            pin.drive_high() if not pin.state else pin.drive_low()

    def clock(self):
        return self.now


@pytest.fixture
def walked(machine, tmp_path):
    """-> what came of a test of lights and a button at pins."""
    from gpiozero.pins.mock import MockFactory, MockPWMPin

    factory = MockFactory(revision="c04170", pin_class=MockPWMPin)

    class Good:
        def measure(self, step):
            return Outcome(step=step, passed=True, sentence="fine")

    def walk(keys, presses):
        settings = PanelSettings(lights="gpio", buttons="gpio", sounds=False, pins="mock")
        made = parts.of(settings, run=tmp_path, has_steward=False, factory=factory)
        for output in made.outputs:
            output.start()
        world = World(keys, presses, factory)
        try:
            one = tester.Tester(
                parts=made, console=world, machine=Good(), words=WORDS, clock=world.clock, sleep=world.sleep
            )
            return one.walk(), world
        finally:
            stop_all(made.outputs)
            made.button.stop()

    yield walk
    factory.close()


SEEN = sum(step.part is Part.LIGHTS for step in STEPS)
PRESS, HOLD = [1.0, 1.003, 1.005, 1.3], [1.0, 4.4]


def test_a_good_box_passes_from_the_first_colour_to_the_network(walked):
    walk, world = walked("y" * SEEN, {"button_press": [list(PRESS)], "button_hold": [list(HOLD)]})
    assert walk.failed == ()
    assert len(walk.outcomes) == len(walk.steps)
    assert walk.outcomes["button_press"].numbers["bounces"] == 2
    assert walk.outcomes["button_hold"].numbers["held_seconds"] == pytest.approx(3.4, abs=0.03)
    colours = list(world.lights.values())[:4]
    assert colours == [(1, 0, 0), (0, 1, 0), (0, 0, 1), (1, 1, 1)]


def test_a_key_that_means_nothing_asks_again_and_a_no_is_in_the_result(walked):
    walk, world = walked("xn" + "y" * (SEEN - 1), {"button_press": [list(PRESS)], "button_hold": [list(HOLD)]})
    assert walk.failed == ("light_red",)
    assert sum(WORDS("panel_test.wrong_key") in text for text in world.said) == 1


def test_a_press_that_was_bad_can_be_done_once_more_and_cannot_be_answered_with_yes(walked):
    keys = "y" * SEEN + "yr"
    walk, _ = walked(keys, {"button_press": [[1.0, 1.2, 1.5, 1.7], list(PRESS)], "button_hold": [list(HOLD)]})
    assert walk.failed == ()


def test_nobody_presses_and_the_test_goes_on_and_says_so(walked):
    walk, world = walked("y" * SEEN + "nn", {})
    assert walk.failed == ("button_press", "button_hold")
    assert any("Nothing was pressed" in text for text in world.said)


def test_a_terminal_that_ends_cancels(walked):
    walk, _ = walked("yy", {})
    assert walk.cancelled


# The command


class Typist:
    """Types the same key for ever."""

    def __init__(self, key, lines):
        self.pressed, self.lines, self.said = key, list(lines), []

    def say(self, text):
        self.said.append(text)

    def forget(self):
        pass

    def key(self):
        return self.pressed

    def close(self):
        pass

    def line(self, prompt):
        return self.lines.pop(0)


@pytest.fixture
def run(paths):
    def made(key="y", lines=("AL", "S-0042"), **panel):
        settings = Settings(panel=PanelSettings(**{"lights": "none", "buttons": "none", **panel}))
        console = Typist(key, lines)
        return tester.run(paths=paths, settings=settings, words=WORDS, console=console), "\n".join(console.said)

    return made


def test_mock_pins_are_said_loudly_and_never_pass(run, paths):
    code, said = run("n", lights="gpio", pins="mock")
    found = json.loads((paths.provision / "panel-test.json").read_text())
    assert code == 1
    assert found["result"] == "mock"
    assert "NOTHING REAL IS TESTED" in said
    assert "MOCK" in said
    assert (found["serial"], found["by"]) == ("S-0042", "AL")


def test_the_result_is_written_with_every_step_and_the_one_before_stays_beside_it(run, paths):
    run("n")
    first = (paths.provision / "panel-test.json").read_text()
    code, said = run("n")
    found = json.loads((paths.provision / "panel-test.json").read_text())
    assert [step["step"] for step in found["steps"]] == [step.name for step in end_of_line.steps_of(())]
    assert (paths.provision / "panel-test.before.json").read_text() == first
    assert code == (1 if found["failed"] else 0)
    assert f"Box S-0042, version {found['version']}" in said


def test_initials_and_a_serial_that_make_no_sense_are_asked_for_again(run):
    _, said = run("n", lines=["", "A1", "AL", "???", "S-0042"])
    assert said.count(WORDS("panel_test.who_wrong")) == 2
    assert said.count(WORDS("panel_test.serial_wrong")) == 1


def test_a_cancelled_test_leaves_an_earlier_result_as_it_was(run, paths):
    run("n")
    before = (paths.provision / "panel-test.json").read_text()
    code, said = run("q")
    assert code == 1
    assert "Nothing was written" in said
    assert (paths.provision / "panel-test.json").read_text() == before


def test_the_panels_process_has_the_pins_and_is_not_robbed_of_them(run, paths):
    with open(paths.run / alone.LOCK, "a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(Unavailable, match="has the pins") as caught:
            run()
    assert "systemctl stop appliance-panel" in caught.value.hint


def test_without_a_terminal_it_says_where_to_start_it(paths):
    with pytest.raises(BadInput, match="nobody sits at a terminal"):
        tester.run(paths=paths, settings=Settings(), words=WORDS)


def test_a_real_terminal_gives_single_keys_forgets_what_came_before_and_is_left_as_it_was():
    hand, end = os.openpty()
    try:
        before = termios.tcgetattr(end)
        tty = tester.Tty(end)
        os.write(hand, b"y")
        tty.forget()
        os.write(hand, b"n\x1b[A")
        assert [tty.key(), tty.key()] == ["n", "?"]
        tty.close()
        assert termios.tcgetattr(end) == before
    finally:
        os.close(hand)
        os.close(end)


def test_the_card_names_what_did_not_pass():
    walk = answered(LIGHT, Answer.NO)
    known = [FrontPart(name="lights", driver="gpio", about="gpiochip0")]
    found = end_of_line.report(walk, mock=False, serial="S-1", version="9", by="AL", at="2026", parts=known)
    card = tester.printed(found, WORDS)
    assert "NOT PASSED" in card
    assert "lights: gpio gpiochip0" in card
    assert "Not passed: light_red, light_green" in card
