"""The recording under review: what the page draws, the parts of files, what was played."""

import pytest

from tests.capture import test_excerpt as made

from .conftest import EXAM

BEGAN = made.BEGAN


@pytest.fixture
def lead(house):
    house.reach("in_exam")
    return house.user("lead")


def test_an_attempt_without_any_recording_is_drawn_with_its_feeds_empty(house, lead):
    said = lead.get(f"/api/review/{house.attempts[0]}").json
    assert [(feed["kind"], feed["segments"]) for feed in said["feeds"]] == [("webcam", []), ("screen", [])]
    assert said["live"]
    assert [one["stage"] for one in said["stages"]][-1] == "in_exam"
    page = lead.get(f"/review/{EXAM}/{house.attempts[0]}")
    assert page.status_code == 200
