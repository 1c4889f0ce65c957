"""A key as the button: events as the kernel writes them, through a named pipe in place of the device."""

import errno
import os

import pytest

from appliance.box.panel import Trouble
from appliance.panel.driver import PartGone
from appliance.panel.drivers import keys
from appliance.panel.drivers.keys import EVENT, HELD_SECONDS, Keys, PowerKey

ENTER, SPACE, POWER = 28, 57, 116
KEYBOARD = "1000000000007 ff9f207ac14057ff febeffdfffefffff fffffffffffffffe"
"""As a common USB keyboard's: it says that it has a power key too."""
ACPI_BUTTON = "10000000000000 0"
SYSTEM_CONTROL = "4000 10000000000000 0"


class Device:
    """A pipe that is written as the kernel would."""

    def __init__(self, path):
        self.path = path
        os.mkfifo(path)
        self.end = os.open(path, os.O_RDWR | os.O_NONBLOCK)

    def says(self, *events):
        os.write(self.end, b"".join(EVENT.pack(0, 0, *event) for event in events))

    def key(self, code, value):
        self.says((1, code, value), (0, 0, 0))

    def unplug(self):
        os.close(self.end)
        self.end = -1
        self.path.unlink()

    def close(self):
        if self.end >= 0:
            os.close(self.end)


def none_held(_):
    return set()


class Clock:
    now = 100.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def device(tmp_path):
    made = Device(tmp_path / "event0")
    yield made
    made.close()


@pytest.fixture
def grabbed():
    return []


@pytest.fixture
def button(device, clock, grabbed):
    made = Keys(device.path, grab=grabbed.append, held=none_held, clock=clock)
    made.open()
    yield made
    made.close()


def test_an_event_is_as_long_as_the_kernels():
    assert EVENT.size == 24


def test_any_key_of_the_device_is_the_button(button, device, clock):
    assert not button.down()
    for code in (ENTER, SPACE):
        device.key(code, 1)
        assert button.down()
        clock.now += 1
        device.key(code, 2)  # it repeats
        assert button.down()
        clock.now += 1
        assert button.down()
        device.key(code, 0)
        clock.now += HELD_SECONDS
        assert not button.down()


def test_two_keys_are_down_until_both_are_up(button, device, clock):
    device.key(ENTER, 1)
    device.key(SPACE, 1)
    button.down()
    clock.now += 1
    device.key(ENTER, 0)
    assert button.down()
    device.key(SPACE, 0)
    assert not button.down()


def test_the_device_is_grabbed_so_that_the_key_types_nowhere_else(button, grabbed):
    assert len(grabbed) == 1


def test_what_is_no_key_is_not_the_button(button, device):
    device.says((2, 0, 5), (4, 4, 458756), (0, 0, 0))
    assert not button.down()


def test_events_that_the_kernel_threw_away_leave_no_key_held(button, device, clock):
    device.key(ENTER, 1)
    assert button.down()
    clock.now += 1
    device.says((0, 3, 0))
    assert not button.down()


def test_a_key_that_was_down_before_it_was_opened_is_down(device, clock):
    """Held from power on: the reset."""
    button = Keys(device.path, grab=lambda _: None, held=lambda _: {ENTER}, clock=clock)
    button.open()
    assert button.down()
    device.key(ENTER, 0)
    assert not button.down()
    button.close()


def test_which_keys_are_down_is_asked_as_the_kernel_wants_it(monkeypatch):
    def ioctl(descriptor, request, bits):
        assert (descriptor, request, len(bits)) == (7, 0x80604518, 96)  # EVIOCGKEY(96)
        bits[ENTER // 8] |= 1 << ENTER % 8
        bits[POWER // 8] |= 1 << POWER % 8

    monkeypatch.setattr(keys.fcntl, "ioctl", ioctl)
    assert keys.held(7) == {ENTER, POWER}


def test_a_lot_of_events_is_read_to_the_end(button, device, clock):
    device.says(*[(1, ENTER, value) for _ in range(200) for value in (1, 0)], (1, ENTER, 1))
    clock.now += 1
    assert button.down()


def test_unplugged_and_plugged_in_again(button, device, tmp_path, clock):
    device.key(ENTER, 1)
    assert button.down()
    device.unplug()
    with pytest.raises(PartGone) as raised:
        button.down()
    assert raised.value.trouble is Trouble.UNPLUGGED
    with pytest.raises(PartGone) as raised:
        button.open()
    assert raised.value.trouble is Trouble.NOT_FOUND
    again = Device(tmp_path / "event0")
    button.open()
    assert not button.down()
    again.key(ENTER, 1)
    assert button.down()
    again.close()


@pytest.mark.parametrize(
    ("number", "trouble"),
    [(errno.ENODEV, Trouble.UNPLUGGED), (errno.EIO, Trouble.UNPLUGGED), (errno.EINVAL, Trouble.BROKEN)],
)
def test_the_kernels_errors_have_names(button, monkeypatch, number, trouble):
    def read(descriptor, size):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(keys.os, "read", read)
    with pytest.raises(PartGone) as raised:
        button.down()
    assert raised.value.trouble is trouble


def test_a_device_that_nobody_may_read_is_said_with_what_lets_it_in(tmp_path, monkeypatch):
    def refused(*_):
        raise PermissionError(errno.EACCES, "no")

    monkeypatch.setattr(keys.os, "open", refused)
    with pytest.raises(PartGone) as raised:
        Keys(tmp_path / "event0").open()
    assert raised.value.trouble is Trouble.NOT_ALLOWED
    assert "99-appliance-panel.rules" in raised.value.hint


def test_what_is_no_input_device_is_said(device):
    with pytest.raises(PartGone) as raised:
        Keys(device.path).open()
    assert raised.value.trouble is Trouble.BROKEN
    assert "by-id" in raised.value.hint


def test_a_device_that_another_program_holds_is_said(device):
    def busy(_):
        raise OSError(errno.EBUSY, "busy")

    with pytest.raises(PartGone, match="another program"):
        Keys(device.path, grab=busy).open()


# The machine's power key


@pytest.fixture
def machine(tmp_path):
    """/sys/class/input and /dev/input of a NUC with a keyboard."""
    made = {}
    (tmp_path / "dev").mkdir()
    for number, (name, bits) in enumerate(
        [
            ("Power Button", ACPI_BUTTON),
            ("USB Keyboard", KEYBOARD),
            ("System Control", SYSTEM_CONTROL),
            ("Mouse", "0"),
        ]
    ):
        about = tmp_path / "sys" / f"event{number}" / "device"
        (about / "capabilities").mkdir(parents=True)
        (about / "capabilities" / "key").write_text(f"{bits}\n")
        (about / "name").write_text(f"{name}\n")
        made[name] = Device(tmp_path / "dev" / f"event{number}")
    yield made
    for device in made.values():
        device.close()


@pytest.fixture
def power_key(machine, tmp_path, clock, grabbed):
    made = PowerKey(folder=tmp_path / "sys", devices=tmp_path / "dev", grab=grabbed.append, held=none_held, clock=clock)
    made.open()
    yield made
    made.close()


def test_the_power_key_is_found_wherever_it_is_and_no_keyboard_is_taken_away(power_key, grabbed):
    assert power_key.about == "Power Button, System Control"
    assert len(grabbed) == 2


def test_a_press_that_is_over_at_once_is_seen_all_the_same(power_key, machine, clock):
    machine["Power Button"].key(POWER, 1)
    machine["Power Button"].key(POWER, 0)
    assert power_key.down()
    clock.now += HELD_SECONDS / 2
    assert power_key.down()
    clock.now += HELD_SECONDS / 2
    assert not power_key.down()


def test_one_that_may_not_be_read_is_left_out_where_there_is_another(machine, tmp_path, monkeypatch):
    """The rules of udev let in what is a power key and nothing else."""
    real = os.open

    def only_the_first(path, flags):
        if path.name == "event2":
            raise PermissionError(errno.EACCES, "no")
        return real(path, flags)

    monkeypatch.setattr(keys.os, "open", only_the_first)
    key = PowerKey(folder=tmp_path / "sys", devices=tmp_path / "dev", grab=lambda _: None, held=none_held)
    key.open()
    assert key.about == "Power Button"
    key.close()


def test_only_the_power_key_counts(power_key, machine):
    machine["System Control"].key(142, 1)
    assert not power_key.down()
    machine["System Control"].key(POWER, 1)
    assert power_key.down()


def test_a_machine_without_a_power_key_says_so(tmp_path):
    with pytest.raises(PartGone) as raised:
        PowerKey(folder=tmp_path, devices=tmp_path).open()
    assert raised.value.trouble is Trouble.NOT_FOUND


def test_capabilities_that_cannot_be_read_are_none(tmp_path):
    (tmp_path / "event0" / "device" / "capabilities").mkdir(parents=True)
    (tmp_path / "event0" / "device" / "capabilities" / "key").write_text("zz\n")
    with pytest.raises(PartGone):
        PowerKey(folder=tmp_path, devices=tmp_path).open()


def test_when_one_of_two_cannot_be_had_the_other_is_let_go(machine, tmp_path, clock):
    calls = []

    def second_is_busy(descriptor):
        calls.append(descriptor)
        if len(calls) == 2:
            raise OSError(errno.EBUSY, "busy")

    key = PowerKey(folder=tmp_path / "sys", devices=tmp_path / "dev", grab=second_is_busy, held=none_held, clock=clock)
    with pytest.raises(PartGone):
        key.open()
    key.close()
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(calls[0])
