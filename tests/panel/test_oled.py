"""The display: pictures against kept ones (WRITE_GOLDENS=1 writes them anew: look at them then), and luma's own drivers
on a wire that is played."""

import os
import random
from pathlib import Path

import pytest
from PIL import Image, ImageChops

from appliance.box.panel import Trouble
from appliance.panel.driver import Face, PartGone
from appliance.panel.drivers import drawing
from appliance.panel.drivers.oled import DIM, DIM_AFTER_SECONDS, LOOK_SECONDS, SHIFT_SECONDS, TURN_SECONDS, Oled
from appliance.panel.pattern import PATTERNS
from appliance.panel.status import Status

pytestmark = pytest.mark.filterwarnings("ignore:Image.Image.getdata:DeprecationWarning")
"""luma.oled uses what Pillow 14 will not have any more."""

GOLDENS = Path(__file__).parent / "goldens"


def face(*lines, status=Status.READY, **more):
    return Face(status=status.value, light=PATTERNS[status], since=0.0, lines=lines, **more)


FACES = {
    "ready": face("Ready", "box-7", "192.168.10.12", "Next exam in 42 min"),
    "recording": face("Aufnahme läuft", "12 von 12 Plätzen", "noch 38 Minuten", "192.168.10.12"),
    "attention": face("Überprüfung nötig", "Die Festplatte ist", "fast voll: 4 GB frei", "192.168.10.12"),
    "countdown": face("Switching off", "Let go to stop it", "", "in 3 s", bar=0.4),
    "identify": face(
        "exam-box-7",
        "192.168.110.112",
        "3F:9A:12:C0:88:4D:E1:",
        "07:AA:BB",
        status=Status.IDENTIFY,
        qr="https://192.168.110.112",
        bar=0.3,
    ),
    "reset": face("Alles löschen?", "Ja: 3-mal drücken", "In 14 s: nein", "exam-box-7", bar=0.1),
    "pairing": face("Pair", "192.168.10.112", "K7QP-3XMD", "4:53 left", qr="https://192.168.10.112/pair"),
    "long": face(
        "Attention: recording", "MMMMMMMMMMMMMMMMMMMMM", "a-name-that-goes-on-and-on", "é ñ ß \N{EN DASH} 漢 \x07"
    ),
}


def wrote(image):
    """How many dots shine."""
    return sum(byte.bit_count() for byte in image.tobytes())


@pytest.mark.parametrize("name", FACES)
def test_the_picture_is_the_one_that_was_looked_at(name):
    from luma.core.device import dummy

    device = dummy(mode="1")
    device.display(drawing.picture(FACES[name]))
    golden = GOLDENS / f"oled_{name}.png"
    if "WRITE_GOLDENS" in os.environ:
        GOLDENS.mkdir(exist_ok=True)
        device.image.save(golden, optimize=True)
    with Image.open(golden) as kept:
        differ = ImageChops.logical_xor(device.image, kept.convert("1")).getbbox()
    assert differ is None, f"{golden} differs within {differ}; WRITE_GOLDENS=1 writes it anew"


def read(image):
    """As a telephone would."""
    import cv2
    import numpy

    said, *_ = cv2.QRCodeDetector().detectAndDecode(numpy.pad(numpy.array(image.convert("L").resize((512, 256))), 40))
    return said


def test_the_code_is_read_by_a_camera():
    assert read(drawing.picture(FACES["pairing"])) == FACES["pairing"].qr


def test_a_code_that_says_too_much_for_the_display_is_left_out():
    lines = FACES["pairing"].lines
    assert drawing.picture(face(*lines, qr="x" * 60)).tobytes() == drawing.picture(face(*lines)).tobytes()


def test_a_code_takes_turns_with_lines_that_have_no_room_beside_it():
    one = FACES["identify"]
    plain = drawing.picture(face(*one.lines, bar=one.bar)).tobytes()
    turns = [drawing.picture(one, turn=turn) for turn in range(4)]
    assert [image.tobytes() == plain for image in turns] == [True, False, True, False]
    assert read(turns[1]) == one.qr
    assert len({drawing.picture(FACES["pairing"], turn=turn).tobytes() for turn in range(4)}) == 1


def test_the_first_line_is_larger_than_the_others():
    first, second = drawing.picture(face("HHHH")), drawing.picture(face("", "HHHH"))
    assert first.getbbox()[3] - first.getbbox()[1] > 1.3 * (second.getbbox()[3] - second.getbbox()[1])


@pytest.mark.parametrize("shift", drawing.SHIFTS)
def test_nothing_is_cut_off_however_the_picture_is_shifted(shift):
    for one in FACES.values():
        assert wrote(drawing.picture(one, shift)) == wrote(drawing.picture(one))


def test_the_bar_is_as_long_as_the_countdown_is_far():
    dots = [wrote(drawing.picture(face("x", bar=part))) for part in (-1, 0, 0.25, 0.5, 1, 7)]
    assert dots[0] == dots[1] < dots[2] < dots[3] < dots[4] == dots[5]


def test_whatever_the_lines_say_there_is_a_picture():
    some = random.Random(9)
    signs = "aM .:/-äÖß漢é\n\x1b\N{COMBINING DIAERESIS}…·°"
    for _ in range(25):
        lines = ["".join(some.choices(signs, k=some.randrange(25))) for _ in range(some.randrange(6))]
        assert drawing.picture(face(*lines, bar=some.choice((None, 0.5)), qr=some.choice(("", "x")))).size == (128, 64)


# The wire


class Wire:
    """What an SSD1306 would show, of what it is told."""

    def __init__(self):
        self.there = True
        self.error = OSError(121, "Remote I/O error")
        self.commands, self.data_sent = [], []
        self.open = True

    def _look(self):
        if not self.there:
            raise self.error

    def command(self, *said):
        self._look()
        self.commands.append(said)

    def data(self, said):
        self._look()
        self.data_sent.append(bytes(said))

    def cleanup(self):
        self.open = False

    @property
    def image(self):
        """Its memory: 8 rows of 128 bytes, each a column of 8 dots."""
        memory = self.data_sent[-1]
        image = Image.new("1", (128, 64))
        for place, byte in enumerate(memory):
            for bit in range(8):
                image.putpixel((place % 128, 8 * (place // 128) + bit), byte >> bit & 1)
        return image

    @property
    def contrast(self):
        return [said[1] for said in self.commands if said[0] == 0x81 and len(said) == 2][-1]


@pytest.fixture(scope="module")
def library():
    """Imported, it has four idle threads for as long as the process lives."""
    import luma.oled.device  # noqa: F401


@pytest.fixture(autouse=True)
def nothing_at_exit(library, monkeypatch):
    """luma would darken these when the tests end."""
    monkeypatch.setattr("luma.core.device.atexit.register", lambda _: None)


@pytest.fixture
def wire():
    return Wire()


def display(wire, **more):
    return Oled(**{"bus": 1, "address": 0x3C, "chip": "ssd1306", "brightness": 1.0, "connect": lambda *_: wire, **more})


def test_what_is_drawn_is_what_the_display_shows(wire):
    oled = display(wire)
    oled.open()
    oled.show(FACES["ready"], 0.0)
    assert wire.image.tobytes() == drawing.picture(FACES["ready"]).tobytes()
    oled.close()
    assert wire.data_sent[-1] == bytes(1024)
    assert not wire.open


@pytest.mark.parametrize("chip", ["ssd1306", "sh1106", "ssd1309"])
def test_each_chip_of_the_settings_is_one_of_lumas(wire, chip):
    oled = display(wire, chip=chip)
    oled.open()
    oled.show(FACES["ready"], 0.0)
    assert oled.about == f"i2c-1 0x3c {chip}"
    oled.close()


def test_it_is_written_only_when_the_picture_changes(wire):
    oled = display(wire)
    oled.open()
    written = []
    for now, one in ((1.0, "ready"), (2.0, "ready"), (3.0, "recording"), (4.0, "recording")):
        oled.show(FACES[one], now)
        written.append(len(wire.data_sent))
    assert written == [written[0], written[0], written[0] + 1, written[0] + 1]
    oled.close()


def test_the_picture_moves_every_few_minutes(wire):
    oled = display(wire)
    oled.open()
    seen = []
    for step in range(len(drawing.SHIFTS) + 1):
        oled.show(FACES["ready"], step * SHIFT_SECONDS)
        seen.append(wire.data_sent[-1])
    assert len(set(seen)) == len(drawing.SHIFTS)
    assert seen[0] == seen[-1]
    assert oled.show(FACES["ready"], 2 * SHIFT_SECONDS - 1) == pytest.approx(1.0)
    assert oled.show(FACES["ready"], 2 * SHIFT_SECONDS) == LOOK_SECONDS
    oled.close()


def test_lines_and_code_take_turns_without_a_new_face(wire):
    oled = display(wire)
    oled.open()
    seen = []
    for turn in range(4):
        oled.show(FACES["identify"], turn * TURN_SECONDS)
        seen.append(wire.data_sent[-1])
    assert seen[0] == seen[2] != seen[1] == seen[3]
    assert oled.show(FACES["identify"], 4 * TURN_SECONDS - 0.5) == pytest.approx(0.5)
    oled.close()


def test_it_gets_dim_while_nothing_happens_and_bright_when_something_does(wire):
    oled = display(wire)
    oled.open()
    for now, one, contrast in (
        (0.0, FACES["ready"], 255),
        (DIM_AFTER_SECONDS, FACES["ready"], round(255 * DIM)),
        (DIM_AFTER_SECONDS + 1, face("Wrong", status=Status.FAULT), 255),
        (9 * DIM_AFTER_SECONDS, face("Wrong", status=Status.FAULT), 255),
        (9 * DIM_AFTER_SECONDS + 1, FACES["pairing"], 255),
        (11 * DIM_AFTER_SECONDS, FACES["pairing"], 255),
        (11 * DIM_AFTER_SECONDS + 1, FACES["ready"], round(255 * DIM)),
        (11 * DIM_AFTER_SECONDS + 2, FACES["countdown"], 255),
    ):
        oled.show(one, now)
        assert wire.contrast == contrast, now
    oled.close()


def test_brightness_is_what_the_settings_say(wire):
    oled = display(wire, brightness=0.5)
    oled.open()
    oled.show(FACES["ready"], 0.0)
    assert wire.contrast == 128
    oled.close()


def gone(what):
    with pytest.raises(PartGone) as raised:
        what()
    return raised.value


def test_no_display_is_not_found_and_the_bus_is_let_go(wire):
    wire.there = False
    assert gone(display(wire).open).trouble is Trouble.NOT_FOUND
    assert not wire.open


def test_no_bus_is_not_found_with_what_brings_it():
    """This machine's own wire: there is no such bus."""
    oled = Oled(bus=31, address=0x3C, chip="ssd1306", brightness=1.0)
    said = gone(oled.open)
    assert said.trouble is Trouble.NOT_FOUND
    assert "dtparam=i2c_arm=on" in said.hint


def test_a_bus_that_nobody_may_use_is_said_with_what_lets_him():
    def refused(*_):
        from luma.core.error import DevicePermissionError

        raise DevicePermissionError("I2C device permission denied: /dev/i2c-1")

    said = gone(display(None, connect=refused).open)
    assert said.trouble is Trouble.NOT_ALLOWED
    assert "99-appliance-panel.rules" in said.hint


def test_unplugged_in_the_middle_is_noticed_though_nothing_changes_and_it_comes_back():
    wires = [Wire(), Wire()]
    oled = display(None, connect=lambda *_: wires[0])
    oled.open()
    assert oled.show(FACES["ready"], 0.0) == LOOK_SECONDS
    wires[0].there = False
    assert gone(lambda: oled.show(FACES["ready"], LOOK_SECONDS)).trouble is Trouble.UNPLUGGED
    oled.close()
    assert not wires[0].open
    wires.pop(0)
    oled.open()
    oled.show(FACES["ready"], 20.0)
    assert wires[0].image.tobytes() == drawing.picture(FACES["ready"]).tobytes()
    oled.close()
