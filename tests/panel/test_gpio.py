"""Lights, buzzer and button at the pins: gpiozero's own mock, and gpiozero's own lgpio factory on a kernel that is
played."""

import math
import os
import subprocess
import sys
import types
from pathlib import Path

import pytest

from appliance.box.panel import Trouble
from appliance.panel import pattern, pinout
from appliance.panel.driver import Face, PartGone
from appliance.panel.drivers.gpio import Button, Buzzer, Lights, Pins
from appliance.panel.pattern import GREEN, PATTERNS, RED, Curve, Pattern, Step, Tone, Tune
from appliance.panel.status import Status

PINOUT = pinout.load("pi5")
RED_PIN, GREEN_PIN, BLUE_PIN, BUZZER_PIN, BUTTON_PIN = 17, 27, 22, 18, 23
LIGHT_PINS = (RED_PIN, GREEN_PIN, BLUE_PIN)


@pytest.fixture
def factory():
    from gpiozero.pins.mock import MockFactory, MockPWMPin

    made = MockFactory(revision="c04170", pin_class=MockPWMPin)
    yield made
    made.close()


@pytest.fixture
def pins(factory, tmp_path):
    return Pins(pinout=PINOUT, kind="mock", run=tmp_path, factory=factory)


def face(light=PATTERNS[Status.READY], **more):
    return Face(**{"status": "ready", "light": light, "since": 100.0, **more})


def colour(factory):
    return tuple(round(factory.pin(number).state, 3) for number in LIGHT_PINS)


# Lights


def test_the_light_follows_the_pattern_and_says_when_it_changes_next(pins, factory):
    lights = Lights(pins, brightness=1.0)
    lights.open()
    assert lights.show(face(), 100.0) == pytest.approx(0.2)
    assert colour(factory) == (0, 1, 0)
    assert lights.show(face(), 100.2) == pytest.approx(2.8)
    assert colour(factory) == (0, 0, 0)
    assert lights.show(face(), 103.05) == pytest.approx(0.15)
    assert colour(factory) == (0, 1, 0)
    lights.close()


def test_a_steady_light_wants_to_be_left_alone(pins, factory):
    lights = Lights(pins, brightness=1.0)
    lights.open()
    assert lights.show(face(Pattern((Step(1.0, RED),))), 100.0) == math.inf
    assert colour(factory) == (1, 0, 0)
    lights.close()


def test_brightness_is_what_the_settings_say(pins, factory):
    lights = Lights(pins, brightness=0.25)
    lights.open()
    lights.show(face(Pattern((Step(1.0, RED),))), 100.0)
    assert colour(factory) == (0.25, 0, 0)
    lights.close()


def test_breathing_goes_up_and_down(pins, factory):
    lights = Lights(pins, brightness=1.0)
    lights.open()
    breath = face(Pattern((Step(4.0, GREEN, Curve.BREATHE),)))
    seen = []
    for quarter in range(5):
        assert lights.show(breath, 100.0 + quarter * 0.99999) <= 0.04
        seen.append(colour(factory)[1])
    assert seen == [0, pytest.approx(0.707, abs=0.01), pytest.approx(1, abs=0.01), pytest.approx(0.707, abs=0.01), 0]
    lights.close()


def test_a_pin_is_written_only_when_it_changes(pins, factory):
    lights = Lights(pins, brightness=1.0)
    lights.open()
    factory.pin(GREEN_PIN).clear_states()
    for now in (100.0, 100.05, 100.1, 100.3, 100.4, 103.0):
        lights.show(face(), now)
    assert [state.state for state in factory.pin(GREEN_PIN).states] == [0.0, 1.0, 0.0, 1.0]
    lights.close()


def test_closing_darkens_and_frees_the_pins(pins, factory):
    lights = Lights(pins, brightness=1.0)
    lights.open()
    lights.show(face(Pattern((Step(1.0, RED),))), 100.0)
    lights.close()
    assert colour(factory) == (0, 0, 0)
    lights.close()
    lights.open()
    lights.show(face(Pattern((Step(1.0, RED),))), 100.0)
    assert colour(factory) == (1, 0, 0)
    lights.close()


# Buzzer


def test_a_tune_sounds_once_and_then_is_silent_for_ever(pins, factory):
    buzzer = Buzzer(pins)
    buzzer.open()
    tune = Tune((Tone(0.1, 2000), Tone(0.1), Tone(0.2, 2700)))
    sounding = face(tune=tune, tune_since=100.0)
    pin = factory.pin(BUZZER_PIN)
    assert buzzer.show(sounding, 100.0) == pytest.approx(0.1)
    assert (pin.frequency, pin.state) == (2000, 0.5)
    assert buzzer.show(sounding, 100.11) == pytest.approx(0.09)
    assert pin.state == 0
    assert buzzer.show(sounding, 100.21) == pytest.approx(0.19)
    assert (pin.frequency, pin.state) == (2700, 0.5)
    assert buzzer.show(sounding, 100.5) == math.inf
    assert pin.state == 0
    buzzer.close()


def test_a_tune_that_goes_on_goes_on(pins, factory):
    buzzer = Buzzer(pins)
    buzzer.open()
    sounding = face(tune=Tune((Tone(0.1, 2000), Tone(0.9)), again=True), tune_since=100.0)
    assert buzzer.show(sounding, 107.05) == pytest.approx(0.05)
    assert factory.pin(BUZZER_PIN).state == 0.5
    buzzer.close()
    assert factory.pin(BUZZER_PIN).state == 0


def test_no_tune_is_silence(pins, factory):
    buzzer = Buzzer(pins)
    buzzer.open()
    buzzer.show(face(tune=Tune((Tone(9.0, 2000),)), tune_since=100.0), 100.0)
    assert buzzer.show(face(), 101.0) == math.inf
    assert factory.pin(BUZZER_PIN).state == 0
    buzzer.close()


# Button


def test_the_button_is_down_while_it_connects_the_pin_to_ground(pins, factory):
    button = Button(pins)
    button.open()
    pin = factory.pin(BUTTON_PIN)
    assert pin.pull == "up"
    assert not button.down()
    pin.drive_low()
    assert button.down()
    pin.drive_high()
    assert not button.down()
    button.close()


def test_nobody_is_called_when_the_button_changes(pins, factory):
    button = Button(pins)
    button.open()
    assert factory.pin(BUTTON_PIN).when_changed is None
    assert factory.pin(BUTTON_PIN).bounce is None
    button.close()


# The factory


def test_gpiozeros_default_is_never_asked(pins, tmp_path, monkeypatch):
    from gpiozero import Device

    monkeypatch.setenv("GPIOZERO_PIN_FACTORY", "native")
    monkeypatch.setenv("GPIOZERO_MOCK_PIN_CLASS", "nonsense")
    monkeypatch.setattr(Device, "ensure_pin_factory", lambda: pytest.fail("asked"))
    own = Pins(pinout=PINOUT, kind="mock", run=tmp_path)
    for each in (pins, own):
        parts = Lights(each, brightness=1.0), Buzzer(each), Button(each)
        for part in parts:
            part.open()
        for part in parts:
            part.close()
    assert Device.pin_factory is None


def test_a_factory_that_was_handed_in_is_not_closed(pins, factory):
    lights, button = Lights(pins, brightness=1.0), Button(pins)
    lights.open()
    button.open()
    lights.close()
    button.close()
    assert factory.pins


def test_what_is_at_the_pins_says_where(pins):
    assert Lights(pins, brightness=1.0).about == "mock: GPIO17, GPIO27, GPIO22"
    assert Button(pins).about == "mock: GPIO23"


# The kernel, played


class Kernel:
    """lgpio's functions, as far as gpiozero calls them; what each pin was told last."""

    class error(Exception):
        pass

    SET_PULL_NONE, SET_PULL_UP, SET_PULL_DOWN = 128, 32, 64
    BOTH_EDGES, RISING_EDGE, FALLING_EDGE = 3, 1, 2

    def __init__(self):
        self.label = "pinctrl-rp1"
        self.busy = set()
        self.opening = ""
        self.gone = False
        self.handles = []
        self.claimed, self.pwm, self.levels = {}, {}, {}

    def gpiochip_open(self, chip):
        if self.opening:
            raise self.error(self.opening)
        self.handles.append(f"handle {len(self.handles)} of chip {chip}")
        return self.handles[-1]

    def gpiochip_close(self, handle):
        self.handles.remove(handle)
        self.claimed.clear()

    def gpio_get_chip_info(self, handle):
        return [0, 54, "gpiochip0", self.label]

    def _look(self, gpio):
        if self.gone:
            raise self.error("unknown handle")
        if gpio in self.busy:
            raise self.error("GPIO busy")

    def gpio_claim_input(self, handle, gpio, flags=0):
        self._look(gpio)
        self.claimed[gpio] = flags

    def gpio_claim_output(self, handle, gpio, level=0, flags=0):
        self._look(gpio)
        self.claimed[gpio] = 2

    def gpio_free(self, handle, gpio):
        self._look(gpio)
        del self.claimed[gpio]

    def gpio_get_mode(self, handle, gpio):
        self._look(gpio)
        return self.claimed.get(gpio, 0)

    def gpio_read(self, handle, gpio):
        self._look(gpio)
        return self.levels.get(gpio, 1)

    def gpio_write(self, handle, gpio, level):
        self._look(gpio)
        self.levels[gpio] = level

    def tx_pwm(self, handle, gpio, hertz, duty):
        self._look(gpio)
        self.pwm[gpio] = (hertz, duty)


@pytest.fixture
def kernel(monkeypatch):
    """gpiozero's LGPIOFactory, for real, on a played lgpio."""
    made = Kernel()
    module = types.ModuleType("lgpio")
    for name in dir(made):
        if not name.startswith("__"):
            setattr(module, name, getattr(made, name))
    monkeypatch.setitem(sys.modules, "lgpio", module)
    monkeypatch.delitem(sys.modules, "gpiozero.pins.lgpio", raising=False)
    monkeypatch.setattr("gpiozero.pins.local.get_pi_revision", lambda: 0xC04170)
    monkeypatch.delenv("LG_WD", raising=False)
    yield made
    sys.modules.pop("gpiozero.pins.lgpio", None)
    os.environ.pop("LG_WD", None)


@pytest.fixture
def real(kernel, tmp_path):
    (tmp_path / "gpiochip0").touch()
    return Pins(pinout=PINOUT, kind="lgpio", run=tmp_path, devices=tmp_path)


def trouble(part):
    with pytest.raises(PartGone) as raised:
        part.open()
    return raised.value


def test_lgpio_drives_lights_buzzer_and_button(real, kernel, tmp_path):
    lights, buzzer, button = Lights(real, brightness=1.0), Buzzer(real), Button(real)
    for part in (lights, buzzer, button):
        part.open()
    assert len(kernel.handles) == 1
    lights.show(face(Pattern((Step(1.0, pattern.AMBER),))), 100.0)
    assert [kernel.pwm[pin] for pin in LIGHT_PINS] == [(100, 100), (100, 45), (100, 0)]
    buzzer.show(face(tune=Tune((Tone(1.0, 2700),)), tune_since=100.0), 100.0)
    assert kernel.pwm[BUZZER_PIN] == (2700, 50)
    assert kernel.claimed[BUTTON_PIN] == Kernel.SET_PULL_UP
    assert not button.down()
    kernel.levels[BUTTON_PIN] = 0
    assert button.down()
    assert os.environ["LG_WD"] == str(tmp_path)
    for part in (lights, buzzer):
        part.close()
    assert [kernel.pwm[pin] for pin in (*LIGHT_PINS, BUZZER_PIN)] == [(0, 0)] * 4
    assert kernel.handles
    button.close()
    assert kernel.handles == []
    assert button.about == "gpiochip0: GPIO23"


def test_a_machine_without_pins_says_so(kernel, tmp_path):
    pins = Pins(pinout=PINOUT, kind="lgpio", run=tmp_path, devices=tmp_path)
    gone = trouble(Lights(pins, brightness=1.0))
    assert gone.trouble is Trouble.NO_PINS
    assert "gpiochip0" in gone.message
    assert '"auto"' in gone.hint


def test_a_chip_that_does_not_open_is_no_pins(real, kernel):
    kernel.opening = "can not open gpiochip"
    assert trouble(Lights(real, brightness=1.0)).trouble is Trouble.NO_PINS


def test_another_chip_than_the_headers_is_left_alone(real, kernel):
    """A Pi 5 with a kernel before 6.6.45: its first chip is not the header's."""
    kernel.label = "gpio-brcmstb@107d508500"
    gone = trouble(Lights(real, brightness=1.0))
    assert gone.trouble is Trouble.NO_PINS
    assert "6.6.45" in gone.hint
    assert kernel.handles == []


def test_a_machine_that_is_no_pi_says_so(real, monkeypatch):
    from gpiozero.exc import PinUnknownPi

    def unknown():
        raise PinUnknownPi("unable to locate Pi revision")

    monkeypatch.setattr("gpiozero.pins.local.get_pi_revision", unknown)
    assert trouble(Button(real)).trouble is Trouble.NO_PINS


def test_who_may_not_use_the_pins_is_told_what_lets_him(real, monkeypatch):
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    gone = trouble(Button(real))
    assert gone.trouble is Trouble.NOT_ALLOWED
    assert "99-appliance-panel.rules" in gone.hint


def test_a_pin_that_somebody_holds_is_busy_and_taken_when_it_is_free(real, kernel):
    lights = Lights(real, brightness=1.0)
    kernel.busy = {GREEN_PIN}
    for _ in range(2):
        assert trouble(lights).trouble is Trouble.PINS_BUSY
        assert kernel.handles == []
    kernel.busy = set()
    lights.open()
    lights.show(face(), 100.0)
    assert kernel.pwm[GREEN_PIN] == (100, 100)
    lights.close()


def test_two_parts_on_one_pin_are_busy_too(real):
    first, second = Button(real), Button(real)
    first.open()
    assert trouble(second).trouble is Trouble.PINS_BUSY
    first.close()


@pytest.mark.parametrize("part", ["lights", "buzzer", "button"])
def test_pins_that_go_in_the_middle_are_said_and_come_back(real, kernel, part):
    made = {
        "lights": lambda: Lights(real, brightness=1.0),
        "buzzer": lambda: Buzzer(real),
        "button": lambda: Button(real),
    }
    one = made[part]()
    use = one.down if part == "button" else lambda: one.show(face(tune=Tune((Tone(9, 2000),)), tune_since=100.0), 100.0)
    one.open()
    kernel.gone = True
    with pytest.raises(PartGone) as raised:
        use()
    assert raised.value.trouble is Trouble.BROKEN
    one.close()
    del raised
    assert kernel.handles == []
    kernel.gone = False
    one.open()
    use()
    one.close()
    assert kernel.handles == []


@pytest.mark.slow
def test_the_real_lgpio_puts_its_pipe_into_the_run_folder_and_leaves_the_working_folder_alone(tmp_path):
    """It has a thread for as long as the process lives: so in a process of its own."""
    run, here = tmp_path / "run", tmp_path / "here"
    run.mkdir()
    here.mkdir()
    code = (
        "import os, sys; from pathlib import Path; from appliance.panel.drivers import gpio;"
        "gpio._import_lgpio(Path(sys.argv[1])); print(os.getcwd(), sorted(os.listdir(sys.argv[1])))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(run)],
        cwd=here, env={**os.environ, "PYTHONPATH": str(Path.cwd())}, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert done.stdout.split(" ", 1) == [str(here), "['.lgd-nfy0']\n"]
    assert list(here.iterdir()) == []
