"""The machine's configuration: what the box's user may touch, and what the power key does."""

import re

from busylight_core import Light

from .reading import HARDWARE

RULES = (HARDWARE / "config" / "99-appliance-panel.rules").read_text(encoding="utf-8")
LINES = [line for line in RULES.splitlines() if line and not line.startswith("#")]


def test_the_rules_let_in_exactly_the_usb_lights_that_the_software_knows():
    found = set()
    for line in LINES:
        if said := re.match(r'ATTRS\{idVendor\}=="(\w{4})", ATTRS\{idProduct\}=="([\w|]+)", ', line):
            found |= {(int(said[1], 16), int(product, 16)) for product in said[2].split("|")}
    assert found == set(Light.udev_rules())


def test_every_rule_gives_to_the_boxs_own_group_and_to_nobody_else():
    giving = [line for line in LINES if "GROUP=" in line]
    assert len(giving) > 10
    assert all(line.endswith('GROUP="appliance", MODE="0660"') for line in giving)
    assert not any("0666" in line or "TAG" in line for line in LINES)


def test_every_jump_of_the_rules_has_its_label_further_down():
    for goto in re.findall(r'GOTO="(\w+)"', RULES):
        assert RULES.index(f'LABEL="{goto}"') > RULES.index(f'GOTO="{goto}"')


def test_pins_and_buses_of_a_pc_are_left_alone():
    guard, label = (
        LINES.index('TEST!="/sys/firmware/devicetree/base/model", GOTO="appliance_pins_end"'),
        LINES.index('LABEL="appliance_pins_end"'),
    )
    for number, line in enumerate(LINES):
        if "gpiochip" in line or "i2c" in line:
            assert guard < number < label


def test_no_keyboard_is_readable_by_the_box():
    keys = [line for line in LINES if 'SUBSYSTEM=="input"' in line]
    assert len(keys) == 1
    assert 'ATTRS{name}=="Power Button|pwr_button"' in keys[0]


def test_the_power_key_is_the_panels_to_answer():
    said = (HARDWARE / "config" / "50-appliance-power.conf").read_text(encoding="utf-8")
    assert [line for line in said.splitlines() if line and not line.startswith("#")] == [
        "[Login]", "HandlePowerKey=ignore", "HandlePowerKeyLongPress=ignore"
    ]  # fmt: skip


def test_no_overlay_switches_the_machine_off_without_asking_the_exam():
    said = (HARDWARE / "config" / "config.txt").read_text(encoding="utf-8")
    lines = [line for line in said.splitlines() if line and not line.startswith("#")]
    assert not any(line.startswith("dtoverlay") for line in lines)
    assert {"dtparam=i2c_arm=on", "dtparam=watchdog=on"} <= set(lines)


def test_no_battery_is_charged_before_somebody_has_looked_which_it_is():
    said = (HARDWARE / "config" / "config.txt").read_text(encoding="utf-8")
    assert re.findall(r"^.*rtc_bbat_vchg.*$", said, re.MULTILINE) == ["# dtparam=rtc_bbat_vchg=3000000"]
