"""Lights, buzzer and button at the pins of gpiozero's mock. `test_pins` has what may be wrong with real ones."""

import math

import pytest

from appliance.panel import pinout
from appliance.panel.driver import Face
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
