"""How many seats a box carries, and what an exam needs of its disk: arithmetic that can be followed by hand."""

import dataclasses
import shutil

import pytest

from appliance.box import capacity
from appliance.box.capacity import RESERVE, UNMEASURED_SEATS, Forecast, Measured
from appliance.config import CameraSettings, CaptureSettings, Settings
from appliance.errors import IntegrityError

BOX = Measured(
    at=1.0,
    cores=4.0,
    capture_cpu=0.02,
    decoder_cpu=0.03,
    memory_bytes=8_000_000_000,
    seat_memory_bytes=20_000_000,
    disk_bytes=100e6,
    flush_seconds=0.002,
    detection_seconds=0.03,
    detection_cpu=0.05,
)
SETTINGS = Settings(
    capture=CaptureSettings(webcam_bitrate=800_000, screen_bitrate=600_000),
)


def test_each_part_is_what_it_has_less_the_reserve_over_what_a_seat_takes():
    assert RESERVE == 0.3
    assert capacity.seat_bytes(SETTINGS) == pytest.approx(198_000)
    assert capacity.parts(BOX, SETTINGS) == {
        "capture": 56,  # 0.7 * 4 / 0.05
        "memory": 280,  # 0.7 * 8 GB / 20 MB
        "inference": 23,  # 0.7 / 0.03; of CPU 0.7 * 4 / (0.05 + 0.05) = 28
        "disk": 175,  # 0.7 * 1 s / (2 * 2 ms); of bytes 0.7 * 100 MB / 198 kB = 353
    }


@pytest.mark.parametrize(
    ("change", "part", "seats"),
    [
        ({"detection_cpu": 0.21}, "inference", 10),  # 0.7 * 4 / (0.05 + 0.21): the CPU of a model with many threads
        ({"flush_seconds": 0.1}, "disk", 3),
        ({"disk_bytes": 1e6}, "disk", 3),
        ({"uplink_bytes": 2e6}, "uplink", 7),
        ({"seat_memory_bytes": 1_000_000_000}, "memory", 5),
        ({"capture_cpu": 2.0}, "capture", 1),
        ({"cores": 0.01}, "capture", 0),
    ],
)
def test_the_least_part_limits_the_box_and_is_named(change, part, seats):
    found = capacity.of(dataclasses.replace(BOX, **change), SETTINGS)
    assert (found.seats, found.limited_by) == (seats, part)
    assert found.sentence == f"This box carries {seats} seats (limited by {part})."


def test_what_was_not_measured_does_not_limit():
    without = dataclasses.replace(BOX, detection_seconds=None, detection_cpu=None)
    assert "inference" not in capacity.parts(without, SETTINGS)
    assert "uplink" not in capacity.parts(BOX, SETTINGS)


def test_settings_are_above_the_measurement_which_is_above_the_default(tmp_path):
    file = tmp_path / "capacity.json"
    unmeasured = capacity.current(file, SETTINGS)
    assert (unmeasured.seats, unmeasured.source) == (UNMEASURED_SEATS, "default")
    assert "appliance capacity" in unmeasured.sentence
    capacity.write(file, BOX)
    assert capacity.read(file) == BOX
    assert capacity.current(file, SETTINGS).seats == 23
    said = dataclasses.replace(SETTINGS, capture=CaptureSettings(seats=7))
    assert (capacity.current(file, said).seats, capacity.current(file, said).source) == (7, "settings")


@pytest.mark.parametrize("text", ["", "{}", "[1]", "nonsense", '{"at": 1}'])
def test_a_file_that_makes_no_sense_is_named_and_does_not_close_the_box(tmp_path, text):
    file = tmp_path / "capacity.json"
    file.write_text(text)
    with pytest.raises(IntegrityError, match=r"capacity\.json"):
        capacity.read(file)
    found = capacity.current(file, SETTINGS)
    assert (found.seats, found.source) == (UNMEASURED_SEATS, "unreadable")
    assert "cannot be read" in found.sentence


def test_zeros_in_the_file_do_not_divide(tmp_path):
    file = tmp_path / "capacity.json"
    capacity.write(file, dataclasses.replace(BOX, flush_seconds=0.0))
    assert capacity.current(file, SETTINGS).source == "unreadable"


# --- the disk ---


def test_the_forecast_is_seats_times_bitrate_times_duration():
    found = capacity.forecast(seats=24, minutes=90, settings=SETTINGS, free=40_000_000_000)
    assert found.needs == (24 * 5400 * 198_000)
    assert found.free == 38_000_000_000  # the low-water mark is not free
    assert found.short == 0
    assert found.sentence == "Needs 26 GB, 38 GB free."


def test_what_is_missing_is_said():
    assert Forecast(41_000_000_000, 38_000_000_000).sentence == "Needs 41 GB, 38 GB free: short by 3.0 GB."


def test_cameras_of_the_lab_take_room_too():
    camera = CameraSettings(name="door", url="rtsp://a")
    with_one = dataclasses.replace(SETTINGS, camera=(camera,))
    less, more = (capacity.forecast(seats=1, minutes=60, settings=s, free=0).needs for s in (SETTINGS, with_one))
    assert more == 2 * less


def test_an_upstream_on_the_same_disk_doubles_what_is_needed(tmp_path):
    data, upstream = tmp_path / "data", tmp_path / "elsewhere" / "upstream"
    found = capacity.expected(seats=2, minutes=10, settings=SETTINGS, data=data, upstream=upstream)
    assert found.needs == (2 * 600 * 198_000 * 2)
    assert found.free <= shutil.disk_usage(tmp_path).total
    assert capacity.same_disk(data, upstream)
