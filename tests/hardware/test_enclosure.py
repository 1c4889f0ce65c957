"""The enclosure: its measures fit the board and what is bought, and both parts can be printed."""

import math
import re
import shutil
import subprocess
import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from types import SimpleNamespace

import pytest

from .reading import HARDWARE, ROOT, drawing, measures

OF = SimpleNamespace(**measures())
ENCLOSURE = HARDWARE / "enclosure"


def test_the_board_is_the_raspberry_pi_5s():
    """From its mechanical drawing."""
    assert (OF.board_x, OF.board_y) == (85, 56)
    assert (OF.hole_inset, OF.hole_x, OF.hole_y) == (3.5, 58, 49)
    assert (OF.usb_c_at, OF.hdmi_1_at, OF.hdmi_2_at) == (11.2, 25.8, 39.2)
    assert (OF.ethernet_at, OF.usb_1_at, OF.usb_2_at) == (10.2, 29.1, 47)


def test_no_wall_is_thinner_than_two_millimetres():
    assert min(OF.wall, OF.floor_z, OF.top_z, OF.ring_wall) >= 2
    assert OF.top_z - OF.label_deep >= 1.6, "under the label it may be a little less"
    assert (OF.column - OF.lid_screw_through) / 2 >= 2
    assert OF.slot_apart - OF.slot >= 2


@pytest.mark.parametrize(
    "openings",
    [
        [(OF.usb_c_at, OF.plug_usb_c), (OF.hdmi_1_at, OF.plug_hdmi), (OF.hdmi_2_at, OF.plug_hdmi)],
        [(OF.ethernet_at, OF.jack_ethernet), (OF.usb_1_at, OF.jack_usb), (OF.usb_2_at, OF.jack_usb)],
    ],
    ids=["in front", "on the right"],
)
def test_between_two_openings_stand_two_millimetres(openings):
    for (left, left_wide), (right, right_wide) in pairwise(openings):
        assert right - right_wide / 2 - (left + left_wide / 2) >= 2


def test_a_column_stands_clear_of_the_board_and_of_every_opening():
    from_corner = math.hypot(OF.column_out + 3, OF.column_out + 3) - 3
    assert from_corner - OF.column / 2 >= 0.5
    inner_end = OF.column / 2 - OF.column_out
    assert OF.usb_c_at - OF.plug_usb_c / 2 > inner_end
    assert OF.usb_2_at + OF.jack_usb / 2 < OF.board_y - inner_end


def test_jacks_reach_through_the_wall_and_hardly_beyond_it():
    assert OF.gap < OF.jack_out <= OF.gap + OF.wall


def test_what_sits_in_the_lid_has_room_below_it():
    usb, disk, header = 16, 16 + 1.6 + 4, 16 + 1.6 + 2.5 + 14
    assert OF.button_x - OF.button / 2 > 65, "beside the M.2 HAT+, which is 65 mm long"
    assert OF.head - 30 > usb, "the button's body, above USB"
    assert OF.head - 7 > header, "the buzzer, above sockets on the stacking header"
    assert OF.head - OF.display_deep - 12 > disk, "the display's pins, above the disk"


def test_nothing_in_the_lid_overlaps():
    discs = {
        "light": (OF.light_x, OF.light_y, OF.light_collar / 2),
        "button": (OF.button_x, OF.button_y, 21 / 2),
        "buzzer": (OF.buzzer_x, OF.buzzer_y, OF.buzzer / 2 + OF.ring_wall),
    }
    for one, (x, y, radius) in discs.items():
        assert radius <= x <= OF.board_x - radius + OF.gap, one
        assert radius <= y <= OF.board_y - radius + OF.gap, one
        for other, (x2, y2, radius2) in discs.items():
            assert one == other or math.hypot(x - x2, y - y2) > radius + radius2, (one, other)
        aside = max(abs(x - OF.display_x) - OF.display_module_x / 2, abs(y - OF.display_y) - OF.display_module_y / 2)
        assert aside > radius, (one, "display")
    window_low = OF.display_y + OF.display_window_up - OF.display_window_y / 2
    assert OF.label_y + OF.label_high / 2 < window_low - 2


def test_a_screw_is_as_long_as_the_bill_of_materials_says():
    board_screw, lid_screw = 12, 16
    into_spacer = board_screw - (OF.floor_z + OF.under + OF.board_z)
    assert 2.5 <= into_spacer <= 6
    into_lid = lid_screw - (OF.rim - OF.lid_screw_head_deep)
    assert 8 <= into_lid <= OF.slots_high[0] - 1


def test_the_pictures_are_those_that_are_drawn_small_and_shown_with_a_description():
    readme = (HARDWARE / "README.md").read_text(encoding="utf-8")
    shown = {file: words for words, file in re.findall(r"!\[([^\]]*)\]\(pictures/(\w+\.png)\)", readme)}
    there = {file.name: file.stat().st_size for file in (HARDWARE / "pictures").iterdir()}
    assert there.keys() == {f"{name}.png" for name in ("wiring", *drawing().STEPS)}
    assert shown.keys() == there.keys()
    assert all(len(words) > 20 for words in shown.values())
    assert all(size < 150_000 for size in there.values())


@pytest.fixture(scope="module")
def parts(tmp_path_factory):
    """Each part's triangles."""
    if not shutil.which("openscad"):
        pytest.skip("openscad is not installed: apt-get install openscad")
    folder = tmp_path_factory.mktemp("parts")
    command = ("openscad", "-o")
    with ThreadPoolExecutor() as workers:
        done = {
            part: workers.submit(
                subprocess.run,
                [*command, str(folder / f"{part}.stl"), str(ENCLOSURE / f"{part}.scad")],
                capture_output=True, text=True, timeout=120,
            )
            for part in drawing().PARTS
        }  # fmt: skip
    for part, each in done.items():
        said = each.result()
        assert said.returncode == 0, said.stderr
        assert "WARNING" not in said.stderr, (part, said.stderr)
    return {part: triangles((folder / f"{part}.stl").read_text(encoding="utf-8")) for part in done}


Point = tuple[float, float, float]


def triangles(stl: str) -> list[tuple[Point, Point, Point]]:
    points = [tuple(float(n) for n in line.split()[1:]) for line in stl.splitlines() if "vertex" in line]
    return [tuple(points[i : i + 3]) for i in range(0, len(points), 3)]


@pytest.mark.slow
@pytest.mark.parametrize("part", drawing().PARTS)
def test_a_part_is_one_closed_solid_of_the_size_that_the_parameters_say(parts, part):
    found = parts[part]
    edges = Counter((a, b) for triangle in found for a, b in zip(triangle, triangle[1:] + triangle[:1], strict=True))
    assert all(count == edges[b, a] == 1 for (a, b), count in edges.items()), "an edge without a neighbour"
    points = {point for triangle in found for point in triangle}
    size = [max(axis) - min(axis) for axis in zip(*points, strict=True)]
    assert size == pytest.approx([OF.outer_x, OF.outer_y, OF.rim if part == "tray" else OF.lid_z], abs=0.02)
    assert pieces(found) == 1


def pieces(found: list[tuple[Point, Point, Point]]) -> int:
    """Of how many parts that do not touch."""
    parent: dict[Point, Point] = {}

    def root(point: Point) -> Point:
        while parent.setdefault(point, point) != point:
            parent[point] = point = parent[parent[point]]
        return point

    for a, b, c in found:
        parent[root(a)] = root(b)
        parent[root(b)] = root(c)
    return len({root(point) for point in parent})


def is_round_hole(found: list[tuple[Point, Point, Point]], x: float, y: float, wide: float, z: float) -> bool:
    """Is there a ring of corners around (x, y), so far away, at this height?"""
    around = {
        round(math.degrees(math.atan2(point[1] - y, point[0] - x))) % 360
        for triangle in found
        for point in triangle
        if abs(point[2] - z) < 0.01 and abs(math.hypot(point[0] - x, point[1] - y) - wide / 2) < 0.02
    }
    return len(around) >= 6 and max(b - a for a, b in pairwise([*sorted(around), min(around) + 360])) <= 72


@pytest.mark.slow
def test_the_screws_meet_the_boards_holes_and_the_lids_columns(parts):
    for x in (OF.hole_inset, OF.hole_inset + OF.hole_x):
        for y in (OF.hole_inset, OF.hole_inset + OF.hole_y):
            assert is_round_hole(parts["tray"], x, y, OF.board_screw, 0)
            assert is_round_hole(parts["tray"], x, y, OF.board_screw, OF.floor_z + OF.under)
    for x in (-OF.column_out, OF.board_x + OF.column_out):
        for y in (-OF.column_out, OF.board_y + OF.column_out):
            assert is_round_hole(parts["tray"], x, y, OF.lid_screw_through, OF.rim)
            assert is_round_hole(parts["tray"], x, y, OF.lid_screw_head, 0)
            assert is_round_hole(parts["lid"], x, y, OF.lid_screw, 0)


@pytest.mark.slow
def test_light_and_button_go_through_the_lid(parts):
    for x, y, wide in ((OF.light_x, OF.light_y, OF.light), (OF.button_x, OF.button_y, OF.button)):
        assert is_round_hole(parts["lid"], x, y, wide, OF.lid_z)


@pytest.mark.slow
def test_the_wiring_is_drawn_and_names_every_wire(tmp_path):
    if not shutil.which("dot"):
        pytest.skip("graphviz is not installed: apt-get install graphviz")
    tool = ROOT / ".venv" / "bin" / "wireviz"
    command = [sys.executable, str(tool), "-f", "s", "-o", str(tmp_path), str(HARDWARE / "wiring" / "panel.yml")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    drawn = (tmp_path / "panel.svg").read_text(encoding="utf-8")
    for label in ("light_red", "ground_display", "GPIO23", "220 ohm", "470 ohm"):
        assert label in drawn
