"""What a simulated candidate does next."""

import io

from appliance.exam.stage import Stage
from appliance.simulate import pictures
from appliance.simulate.walk import moves
from appliance.web import clip


def paths(stage, **more):
    me = {"stage": stage, "name": "Ada", "now": 100.0, "exam": {"starts_at": 50.0}, **more}
    return [move.path.removeprefix("/api/me/") for move in moves(me)]


def test_nobody_starts_before_the_content_opens():
    assert paths(Stage.ADMITTED, plan={"opens_at": 101.0}) == []
    assert paths(Stage.ADMITTED, plan={"opens_at": 99.0}) == ["start"]
    assert paths(Stage.WAITING) == paths(Stage.PAUSED) == paths(Stage.SUBMITTED) == []


def test_M25_a_scan_that_is_asked_for_is_made_beside_the_exam():
    asked = {"scan": {"asked": {"reason": "x"}}, "selftest": None}
    assert paths(Stage.IN_EXAM, checkin=asked) == ["scan"]
    assert paths(Stage.ROOM_SCAN, checkin=asked) == ["scan"]


def test_a_candidate_checks_out_as_far_as_the_exam_leaves_it_to_candidates():
    missing = ["submitted", "paper", "count", "scratch"]
    own = ["tick", "pages/1", "pages/count", "tick", "release"]
    assert paths(Stage.CHECK_OUT, checkout={"by": "candidate", "missing": missing}) == own
    assert paths(Stage.CHECK_OUT, checkout={"by": "proctor", "missing": missing}) == ["pages/1"]
    assert paths(Stage.CHECK_OUT, checkout={"by": "proctor", "missing": ["submitted"]}) == []


def test_the_clip_is_one_that_the_box_takes():
    made = pictures.scan(pictures.drawn())
    assert clip.SHORTEST <= clip.webm_seconds(io.BytesIO(made)) <= clip.LONGEST
