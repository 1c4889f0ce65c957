"""Whether an exam fits is said before it begins: seats against what the box carries, bytes against the disk."""

import re

import pytest

from appliance.box import capacity
from appliance.config import CameraSettings, CaptureSettings, Settings
from tests.box.test_capacity import BOX
from tests.web.test_planner import ROSTER, upload

from .conftest import EXAM


def shown(answer):
    """The page without the catalogue of sentences that it carries along."""
    return re.sub(r"<script.*?</script>", "", answer.text, flags=re.DOTALL)


def with_settings(house, **settings):
    object.__setattr__(house.services, "settings", Settings(**settings))


@pytest.fixture
def free(monkeypatch):
    def say(count):
        monkeypatch.setattr(capacity, "free_bytes", lambda folder: count)

    return say


def test_a_box_that_was_never_measured_says_so_and_what_it_admits(house, free):
    free(500_000_000_000)
    page = shown(house.user("planner").get(f"/exams/{EXAM}"))
    assert f"This box carries {capacity.UNMEASURED_SEATS} seats." in page
    assert "never measured" in page


def test_a_roster_that_is_too_long_is_said_when_it_is_imported(house, free):
    free(500_000_000_000)
    with_settings(house, capture=CaptureSettings(seats=1))
    client = house.user("planner")
    answer = client.post(
        f"/exams/{EXAM}/roster", data=ROSTER, content_type="text/csv", headers={"Accept": "application/json"}
    )
    assert answer.status_code == 201
    room = answer.json["room"]
    assert room["over"]
    assert room["carries"] == 1
    page = shown(client.get(f"/exams/{EXAM}"))
    assert f"This box carries 1 seats and the roster has {room['seats']}" in page
    assert "never measured" not in page


def test_a_disk_that_is_too_small_is_said_with_what_is_missing(house, free):
    free(2_000_000_000)  # all of it is kept for the low-water mark
    upload(house.user("planner"), ROSTER)
    page = shown(house.user("planner").get(f"/exams/{EXAM}"))
    assert "0.0 GB are free" in page
    assert "Short by" in page
    free(500_000_000_000)
    assert "Short by" not in shown(house.user("planner").get(f"/exams/{EXAM}"))


def test_the_boxs_page_says_who_sets_the_limit_and_names_cameras_without_passwords(house, free):
    free(1_000_000_000)
    capacity.write(house.services.paths.capacity, BOX)
    with_settings(house, camera=(CameraSettings(name="door", url="rtsp://lab:gu3ss@10.0.0.9/s"),))
    page = shown(house.user("staff").get("/box"))
    assert "Admits 23 candidates at once: it was measured, and detection sets the limit." in page
    assert "1.0 GB of the disk are free" in page
    assert "no new candidate is let in" in page
    assert "Camera door (rtsp://***@10.0.0.9/s) sees the room." in page.replace("\n", " ")
    assert "gu3ss" not in page
