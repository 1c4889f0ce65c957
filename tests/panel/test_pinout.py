"""Which pin does what: the file that software, wiring and header agree on."""

import pytest

from appliance.errors import ConfigError
from appliance.panel import pinout

GOOD = pinout.FILE.read_text(encoding="utf-8")


@pytest.mark.parametrize("board", ["pi5", "pi4"])
def test_each_board_finds_its_chip_and_the_pins_that_the_software_uses(board):
    found = pinout.load(board)
    assert found.chip == 0
    assert found.gpio("light_red") == 17
    assert found.pins["button"].pull == "up"
    assert {one.volts for one in found.power} == {0.0, 3.3}


@pytest.mark.parametrize(("board", "revision"), [("pi5", 0xC04170), ("pi4", 0xC03111)])
def test_every_pin_lies_on_the_header_where_the_boards_maker_says_it_does(board, revision):
    from gpiozero.pins.pi import PiBoardInfo

    header = PiBoardInfo.from_revision(revision).headers["J8"].pins
    found = pinout.load(board)
    assert {pin.header: header[pin.header].name for pin in found.pins.values()} == {
        pin.header: f"GPIO{pin.gpio}" for pin in found.pins.values()
    }
    assert {one.header: header[one.header].name for one in found.power} == {
        one.header: {0.0: "GND", 3.3: "3V3", 5.0: "5V"}[one.volts] for one in found.power
    }


@pytest.mark.parametrize(
    ("old", "new", "says", "hint"),
    [
        ("schema = 1", "schema = 2", "schema is '2'", "schema = 1"),
        ("[pi5]", "[pi6]", "pi5 is missing", "[pi5]"),
        ("chip = 0  ", 'chip = "a"', "pi5.chip is 'a'", "0 to 31"),
        ("gpio = 17", "gpio = 99", "pin light_red.gpio is '99'", "0 to 27"),
        ("gpio = 17", "gpio = true", "pin light_red.gpio is 'True'", "whole number"),
        ("header = 11", "header = 41", "pin light_red.header is '41'", "1 to 40"),
        ("gpio = 17", "gpio = 27", "gpio is '27'", "each needs its own"),
        ("header = 11", "header = 13", "header is '13'", "each needs its own"),
        ('name = "light_red"', 'name = "buzzer"', "name is 'buzzer'", "each needs its own"),
        ('name = "light_red"', 'name = "lamp"', "pin light_red is missing", "[[pin]]"),
        ('name = "light_red"', "name = 1", "pin.name is '1'", "quotes"),
        ('wire = "red"', 'wire = ""', "pin light_red.wire is ''", "quotes"),
        ('pull = "up"', 'pull = "strong"', "pin button.pull is 'strong'", '"up" or "down"'),
        ('pull = "up"', "", "pin button.pull is missing", '"up"'),
        ('pull = "up"', 'pul = "up"\npull = "up"', "pin button.pul is 'up'", "no such key"),
        ("volts = 3.3", "volts = 12", "power display_power.volts is '12'", "3.3"),
        ("volts = 3.3", "volts = 3.3\namps = 1", "power display_power.amps is '1'", "no such key"),
        ("schema = 1", "schema = ", "is no TOML", "Compare"),
    ],
)
def test_what_is_wrong_is_said_with_its_key_and_what_to_write(tmp_path, old, new, says, hint):
    file = tmp_path / "pinout.toml"
    assert old in GOOD
    file.write_text(GOOD.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(ConfigError) as raised:
        pinout.load("pi5", file)
    assert says in raised.value.message
    assert hint in raised.value.hint


def test_a_file_that_is_not_there_is_said(tmp_path):
    with pytest.raises(ConfigError, match="cannot be read"):
        pinout.load("pi5", tmp_path / "none.toml")


def test_a_pin_is_a_table_of_its_own(tmp_path):
    file = tmp_path / "pinout.toml"
    file.write_text("schema = 1\npin = 3\n[pi5]\nchip = 0\n", encoding="utf-8")
    with pytest.raises(ConfigError, match="pin is"):
        pinout.load("pi5", file)
