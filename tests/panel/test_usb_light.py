"""A light on USB: the library's own classes on a hidapi that is played, so that the bytes are those of the models."""

import math
import os
import threading

import pytest

from appliance.box.panel import Trouble
from appliance.panel.driver import Face, PartGone
from appliance.panel.drivers.usb_light import REFRESH_SECONDS, SHORTEST_SECONDS, UsbLight
from appliance.panel.pattern import AMBER, GREEN, PATTERNS, RED, Curve, Pattern, Step
from appliance.panel.status import Status

BLINK = {"vendor_id": 0x27B8, "product_id": 0x01ED, "manufacturer_string": "ThingM", "product_string": "blink(1) mk2"}
FLAG = {"vendor_id": 0x04D8, "product_id": 0xF372, "manufacturer_string": "Luxafor", "product_string": "LUXAFOR FLAG"}
BUSYLIGHT = {"vendor_id": 0x27BB, "product_id": 0x3BCD, "manufacturer_string": "PLENOM", "product_string": "BUSYLIGHT"}
MOUSE = {"vendor_id": 0x046D, "product_id": 0xC077, "manufacturer_string": "Logitech", "product_string": "Mouse"}


class Bus:
    """hidapi: what is plugged in, and what was written to it."""

    def __init__(self):
        self.plugged = {}
        self.wrote = {}
        self.open = set()
        self.refuses = False

    def plug(self, path, model, serial=""):
        self.plugged[path.encode()] = {
            **model, "path": path.encode(), "serial_number": serial, "release_number": 1,
            "usage_page": 0, "usage": 0, "interface_number": 0, "bus_type": 1,
        }  # fmt: skip
        self.wrote.setdefault(path.encode(), [])

    def unplug(self, path):
        del self.plugged[path.encode()]

    def enumerate(self):
        return list(self.plugged.values())

    def device(self):
        return Handle(self)

    def last(self, path):
        return self.wrote[path.encode()][-1]


class Handle:
    def __init__(self, bus):
        self.bus = bus
        self.path = b""

    def open_path(self, path):
        if self.bus.refuses or path not in self.bus.plugged:
            raise OSError("open failed")
        self.path = path
        self.bus.open.add(path)

    def _told(self, way, data):
        if self.path not in self.bus.plugged:
            return -1
        self.bus.wrote[self.path].append((way, bytes(data)))
        return len(data)

    def write(self, data):
        return self._told("write", data)

    def send_feature_report(self, data):
        return self._told("feature", data)

    def close(self):
        self.bus.open.discard(self.path)


@pytest.fixture(scope="module")
def library():
    """Imported, libusb has a thread and files for as long as the process lives."""
    import busylight_core  # noqa: F401


@pytest.fixture
def bus(library, monkeypatch):
    made = Bus()
    monkeypatch.setattr("hid.enumerate", made.enumerate)
    monkeypatch.setattr("hid.device", made.device)
    monkeypatch.setattr("busylight_core.hardware.list_ports.comports", lambda: [])
    return made


@pytest.fixture
def light():
    made = UsbLight(brightness=1.0)
    yield made
    made.close()


def steady(colour):
    return Face(status="recording", light=Pattern((Step(1.0, colour),)), since=100.0)


def test_a_blink_hears_its_colour_as_a_feature_report(bus, light):
    bus.plug("1-1:1.0", BLINK)
    light.open()
    light.show(steady(AMBER), 100.0)
    assert bus.last("1-1:1.0") == ("feature", bytes([1, ord("c"), 255, 115, 0, 0, 10, 0]))
    assert light.about == "ThingM Blink(1)"


def test_a_flag_hears_its_colour_for_all_its_leds(bus, light):
    bus.plug("1-1:1.0", FLAG)
    light.open()
    light.show(steady(AMBER), 100.0)
    assert bus.last("1-1:1.0") == ("write", bytes([1, 0xFF, 255, 115, 0]))
    assert light.about == "Luxafor Flag"


def test_a_busylight_is_told_again_and_again_and_no_timer_of_the_library_runs(bus, light):
    before = threading.active_count()
    bus.plug("1-1:1.0", BUSYLIGHT)
    light.open()
    assert light.show(steady(RED), 100.0) == REFRESH_SECONDS
    light.show(steady(RED), 101.0)
    light.show(steady(RED), 102.0)
    light.show(steady(RED), 104.0)
    assert threading.active_count() == before
    said = bus.wrote[b"1-1:1.0"][1:]
    assert len(said) == 3
    assert set(said) == {said[0]}
    assert len(said[0][1]) == 64
    assert said[0][1][:5] == bytes([0x10, 0, 100, 0, 0])  # jump to the first step; red at 100 of 100


def test_it_follows_the_pattern_and_is_written_only_when_it_changes(bus, light):
    bus.plug("1-1:1.0", FLAG)
    light.open()
    ready = Face(status="ready", light=PATTERNS[Status.READY], since=100.0)
    assert light.show(ready, 100.0) == pytest.approx(0.2)
    light.show(ready, 100.1)
    assert light.show(ready, 100.25) == REFRESH_SECONDS
    light.show(ready, 101.0)
    assert [data[2:] for _, data in bus.wrote[b"1-1:1.0"][1:]] == [bytes([0, 255, 0]), bytes(3)]


def test_breathing_does_not_write_faster_than_every_model_can_hear(bus, light):
    bus.plug("1-1:1.0", FLAG)
    light.open()
    breath = Face(status="starting", light=Pattern((Step(4.0, GREEN, Curve.BREATHE),)), since=100.0)
    assert light.show(breath, 101.0) == SHORTEST_SECONDS


def test_brightness_is_what_the_settings_say(bus):
    bus.plug("1-1:1.0", FLAG)
    light = UsbLight(brightness=0.2)
    light.open()
    light.show(steady(RED), 100.0)
    assert bus.last("1-1:1.0")[1] == bytes([1, 0xFF, 51, 0, 0])
    light.close()


def test_closing_darkens_and_lets_go(bus, light):
    bus.plug("1-1:1.0", FLAG)
    light.open()
    light.show(steady(RED), 100.0)
    light.close()
    assert bus.last("1-1:1.0")[1] == bytes([1, 0xFF, 0, 0, 0])
    assert bus.open == set()


def test_no_light_is_not_found_and_other_devices_are_left_alone(bus, light):
    bus.plug("1-1:1.0", MOUSE)
    with pytest.raises(PartGone) as raised:
        light.open()
    assert raised.value.trouble is Trouble.NOT_FOUND
    assert bus.wrote[b"1-1:1.0"] == []


@pytest.mark.parametrize("model", [BLINK, FLAG, BUSYLIGHT])
def test_unplugged_and_plugged_in_elsewhere(bus, light, model):
    bus.plug("1-1:1.0", model)
    light.open()
    light.show(steady(RED), 100.0)
    bus.unplug("1-1:1.0")
    light.show(steady(RED), 101.0)  # nothing is written, so that nothing is noticed yet
    with pytest.raises(PartGone) as raised:
        light.show(steady(RED), 102.0)
    assert raised.value.trouble is Trouble.UNPLUGGED
    light.close()
    with pytest.raises(PartGone):
        light.open()
    bus.plug("1-4:1.0", model)
    light.open()
    light.show(steady(RED), 110.0)
    assert any(bus.last("1-4:1.0")[1])


def test_of_several_it_is_always_the_same_and_after_a_replug_the_one_before(bus, light):
    bus.plug("1-3:1.0", BLINK, serial="B")
    bus.plug("1-2:1.0", BLINK, serial="A")
    bus.plug("1-1:1.0", FLAG)
    light.open()
    assert bus.open == {b"1-1:1.0"}
    bus.unplug("1-1:1.0")
    light.open()
    assert bus.open == {b"1-2:1.0"}
    bus.plug("1-1:1.0", FLAG)
    bus.unplug("1-2:1.0")
    bus.plug("1-9:1.0", BLINK, serial="A")
    light.open()
    assert bus.open == {b"1-9:1.0"}


def test_one_that_another_program_holds_is_broken(bus, light):
    bus.plug("1-1:1.0", FLAG)
    bus.refuses = True
    with pytest.raises(PartGone) as raised:
        light.open()
    assert raised.value.trouble is Trouble.BROKEN
    assert "another program" in raised.value.hint


@pytest.mark.parametrize("path", ["1-1:1.0", "/dev/ttyACM0"])
def test_one_that_nobody_may_use_is_said_with_what_lets_him(bus, tmp_path, monkeypatch, path):
    about = tmp_path / "sys/bus/usb/devices/1-1"
    about.mkdir(parents=True)
    (about / "busnum").write_text("1\n")
    (about / "devnum").write_text("7\n")
    asked = []
    monkeypatch.setattr(os, "access", lambda place, mode: bool(asked.append(str(place))))
    bus.plug(path, FLAG)
    bus.refuses = True
    with pytest.raises(PartGone) as raised:
        UsbLight(brightness=1.0, root=tmp_path).open()
    assert raised.value.trouble is Trouble.NOT_ALLOWED
    assert "99-appliance-panel.rules" in raised.value.hint
    assert asked == [str(tmp_path / "dev/bus/usb/001/007") if path.startswith("1") else path]


def test_the_library_writes_nothing_to_the_standard_error_stream(bus, light, capfd):
    bus.plug("1-1:1.0", FLAG)
    light.open()
    bus.unplug("1-1:1.0")
    with pytest.raises(PartGone):
        light.show(steady(RED), 100.0)
    light.close()
    assert capfd.readouterr() == ("", "")


def test_a_dark_light_is_looked_after_too(bus, light):
    bus.plug("1-1:1.0", FLAG)
    light.open()
    assert light.show(Face(status="off", light=Pattern((Step(math.inf),)), since=100.0), 100.0) == REFRESH_SECONDS
