"""Which parts a box has, of its settings; and that nothing of the hardware's is imported before it is opened."""

import subprocess
import sys

import pytest

from appliance.config_panel import PanelSettings
from appliance.errors import ConfigError
from appliance.panel import parts


@pytest.fixture
def of(tmp_path):
    def made(has_steward=False, watch=None, **settings):
        return parts.of(PanelSettings(**settings), run=tmp_path, has_steward=has_steward, watch=watch)

    return made


def names(found):
    return [(fixture.name, fixture.driver, fixture.part is not None) for fixture in found.outputs]


def test_a_box_of_which_nobody_said_anything_looks_for_a_light_and_says_nothing_where_there_is_none(of):
    found = of()
    assert names(found) == [("lights", "usb", False)]
    assert found.button is None


def test_on_an_installed_box_the_machines_power_key_is_the_button(of):
    found = of(has_steward=True)
    assert (found.button.name, found.button.driver, found.power_key) == ("buttons", "keys", True)
    assert found.button.part is None


def test_a_light_that_was_named_is_a_part_from_the_beginning(of):
    assert names(of(lights="usb")) == [("lights", "usb", True)]


def test_a_raspberry_pi_has_lights_and_a_buzzer_at_its_pins_a_display_and_a_button(of):
    found = of(has_steward=True, lights="gpio", buttons="gpio", display="oled", pins="mock")
    assert names(found) == [("lights", "gpio", True), ("buzzer", "gpio", True), ("display", "oled", True)]
    assert (found.button.driver, found.power_key) == ("gpio", False)


def test_a_box_that_may_not_sound_has_no_buzzer(of):
    assert names(of(lights="gpio", sounds=False, pins="mock")) == [("lights", "gpio", True)]


def test_a_key_of_its_own_is_the_button(of):
    found = of(buttons="keys", key_device="/dev/input/by-id/usb-button")
    assert (found.button.driver, found.power_key) == ("keys", False)
    assert found.button.part is not None


def test_nothing_at_all(of):
    found = of(has_steward=True, lights="none", buttons="none")
    assert (found.outputs, found.button) == ((), None)


def test_terminals_show_it_as_well(of):
    assert names(of(lights="none", console="/dev/tty9", watch=1)) == [("console", "terminal", True)] * 2


def test_lights_and_button_share_one_factory_that_was_handed_in(tmp_path):
    from gpiozero.pins.mock import MockFactory, MockPWMPin

    factory = MockFactory(revision="c04170", pin_class=MockPWMPin)
    found = parts.of(PanelSettings(lights="gpio", buttons="gpio"), run=tmp_path, has_steward=False, factory=factory)
    assert not found.button.down(0.0)
    factory.pin(23).drive_low()
    assert found.button.down(0.02)
    for output in found.outputs:
        output.step(None, 0.0)
        output.stop()
    found.button.stop()
    factory.close()


def test_a_pinout_that_is_wrong_is_said_before_anything_is_opened(of, monkeypatch, tmp_path):
    monkeypatch.setattr(parts.pinout, "load", lambda board: (_ for _ in ()).throw(ConfigError("pinout.toml: schema")))
    with pytest.raises(ConfigError):
        of(lights="gpio")
    of(lights="none")


@pytest.mark.slow
def test_nothing_of_the_hardwares_is_imported_before_it_is_opened():
    code = (
        "import sys; from appliance.panel import parts;"
        "print([name for name in ('gpiozero', 'lgpio', 'busylight_core', 'hid', 'luma', 'PIL', 'loguru', 'segno')"
        " if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
