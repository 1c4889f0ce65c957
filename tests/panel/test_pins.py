"""What may be wrong with pins: gpiozero's own lgpio factory, on a kernel that is played."""

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
from appliance.panel.pattern import PATTERNS, Pattern, Step, Tone, Tune
from appliance.panel.status import Status

PINOUT = pinout.load("pi5")
GREEN_PIN, BUZZER_PIN, BUTTON_PIN = 27, 18, 23
LIGHT_PINS = (17, GREEN_PIN, 22)


def face(light=PATTERNS[Status.READY], **more):
    return Face(**{"status": "ready", "light": light, "since": 100.0, **more})


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
