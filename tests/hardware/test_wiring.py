"""The wiring, the pinout that software reads, the bill of materials and the resistors' arithmetic say the same."""

import pytest

from appliance.panel import pinout

from .reading import bom, toml, wiring

COLOURS = {"BK": "black", "BU": "blue", "GN": "green", "GY": "gray", "OG": "orange", "RD": "red", "VT": "violet",
           "WH": "white", "YE": "yellow"}  # fmt: skip


def wired() -> dict[str, tuple[int, str, str]]:
    """Name of each wire -> number on the header, what is printed there, colour."""
    said = wiring()
    header = said["connectors"]["A1"]
    labels = dict(zip(header["pins"], header["pinlabels"], strict=True))
    found = {}
    for set_ in said["connections"]:
        ends = {name: pins for each in set_ if isinstance(each, dict) for name, pins in each.items()}
        if "A1" not in ends:
            continue
        (bundle,) = (name for name in ends if name.startswith("W"))
        wires = said["cables"][bundle]
        for pin, wire in zip(ends["A1"], ends[bundle], strict=True):
            found[wires["wirelabels"][wire - 1]] = (pin, labels[pin], COLOURS[wires["colors"][wire - 1]])
    return found


def test_every_pin_of_the_pinout_is_wired_as_it_says_and_nothing_else_is_wired():
    said = pinout.load("pi5")
    expected = {pin.name: (pin.header, f"GPIO{pin.gpio}", pin.wire) for pin in said.pins.values()}
    expected |= {one.name: (one.header, "GND" if one.volts == 0 else "3V3", one.wire) for one in said.power}
    assert wired() == expected


def test_no_wire_of_the_wiring_is_left_without_an_end():
    said = wiring()
    labels = [label for bundle in said["cables"].values() for label in bundle["wirelabels"]]
    assert sorted(labels) == sorted(wired())


# What is printed on the header of every Raspberry Pi since the B+.
HEADER = {1: "3V3", 3: "GPIO2", 5: "GPIO3", 6: "GND", 9: "GND", 11: "GPIO17", 12: "GPIO18", 13: "GPIO27", 14: "GND",
          15: "GPIO22", 16: "GPIO23", 20: "GND"}  # fmt: skip


def test_the_header_has_these_signals_where_the_wiring_says():
    header = wiring()["connectors"]["A1"]
    assert dict(zip(header["pins"], header["pinlabels"], strict=True)) == HEADER


def test_lights_and_buzzer_are_on_pins_that_are_pulled_down_until_software_takes_them():
    """Otherwise the buzzer shrieks, and the light is on, while the machine starts."""
    pins = pinout.load("pi5").pins
    assert all(9 <= pins[name].gpio <= 27 for name in ("light_red", "light_green", "light_blue", "buzzer"))


def test_the_serial_console_and_spi_are_left_free():
    used = {pin.gpio for pin in pinout.load("pi5").pins.values()}
    assert not used & {14, 15, *range(7, 12)}


def test_every_part_of_the_wiring_is_in_the_bill_of_materials_and_the_reverse():
    said = wiring()
    wired_parts = {*said["connectors"], *said["cables"]} - {"A1"}
    panel = [row for row in bom() if row["variant"] == "pi" and row["group"] == "panel"]
    assert {reference for row in panel for reference in row["reference"].split()} == wired_parts
    assert any(row["reference"] == "A1" and "Raspberry Pi 5" in row["part"] for row in bom())


def test_resistors_are_worth_the_same_in_wiring_bill_of_materials_and_arithmetic():
    said = wiring()["connectors"]
    rows = {reference: row["part"] for row in bom() for reference in row["reference"].split()}
    for load in toml("wiring/currents.toml")["load"]:
        worth = "1 kilohm" if load["ohm"] == 1000 else f"{load['ohm']} ohm"
        assert said[load["resistor"]]["type"] == worth
        assert f"Resistor {worth}," in rows[load["resistor"]]


def test_a_pin_carries_at_most_8_mA_and_all_of_them_at_most_50():
    said = toml("wiring/currents.toml")
    assert (said["pin_ma"], said["together_ma"]) == (8.0, 50.0)
    most = {load["pin"]: (said["volts"] - load["volts_least"]) / load["ohm"] * 1000 for load in said["load"]}
    assert max(most.values()) <= said["pin_ma"]
    assert sum(most.values()) <= said["together_ma"]
    plain = {pin.name for pin in pinout.load("pi5").pins.values() if not pin.bus}
    assert most.keys() == plain


@pytest.mark.parametrize("load", toml("wiring/currents.toml")["load"], ids=lambda load: load["pin"])
def test_each_resistor_is_wired_to_the_pin_whose_current_it_limits(load):
    paths = wiring()["connections"]
    header = pinout.load("pi5").pins[load["pin"]].header
    (near,) = (path for path in paths if header in path[0].get("A1", ()))
    if {"C1": [1, 2]} in near:  # the button's resistor comes after its capacitor
        (near,) = (path for path in paths if {"C1": [1]} in path)
    assert load["resistor"] in near
