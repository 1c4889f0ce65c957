"""A planner tries changed rules on what an earlier session left, and may activate what is not refused."""

import time

import pytest

from appliance.exam.detection import DetectionPolicy, in_force
from appliance.exam.flags import Sense
from appliance.inference.judges.context import Context
from appliance.inference.trace import Losses, Trace
from appliance.ledger import detection
from tests.inference.seen import every

from .conftest import EXAM

pytestmark = pytest.mark.slow  # whole conversations with a server, or a process of their own

PAGE = f"/plan/{EXAM}/thresholds"
STRICT = DetectionPolicy(numbers={"face_absent": {"seconds": 3.0}})
"""Raises the five absences of six seconds that the usual rule leaves alone."""

JSON = {"Accept": "application/json"}


@pytest.fixture
def planner(house):
    return house.user("planner")


def keep_a_session(house):
    """Ten minutes, with five absences of six seconds."""
    folder = house.services.paths.media / EXAM / house.attempts[0] / "trace"
    trace = Trace(folder, Losses())
    context = Context(rules=in_force(DetectionPolicy()))
    for start in range(0, 600, 120):
        looks = [*every(114, start=1000.0 + start), *every(6, start=1114.0 + start, faces=(), persons=())]
        for look in looks:
            trace.add(Sense.SIGHT, look, context, resting=frozenset(), active=frozenset())
    trace.close()


def tried(planner, policy):
    """Begin a trial and wait for its end."""
    answer = planner.post(PAGE, json={"policy": policy.to_json()}, headers=JSON)
    assert answer.status_code == 202
    until = time.monotonic() + 60
    while time.monotonic() < until:
        said = planner.get(PAGE, headers=JSON).json
        if said["state"] != "running":
            return said
        page = planner.get(PAGE)
        if page.headers.get("Refresh") != "2":  # it ended between the two questions
            said = planner.get(PAGE, headers=JSON).json
            assert said["state"] != "running", "a page that waits asks again by itself"
            return said
        time.sleep(0.2)
    raise AssertionError("the trial does not end")


def ended(house):
    """The newest trial, when it is over."""
    run, until = house.services.trials.newest(EXAM), time.monotonic() + 60
    while not run.over and time.monotonic() < until:
        time.sleep(0.1)
    return run


def in_force_now(house):
    return house.ask(lambda c: detection.policy(c, EXAM))


def test_without_stored_sessions_anything_may_be_set(house, planner):
    assert planner.get(PAGE, headers=JSON).json == {"state": "none"}
    assert "No session was kept yet" in planner.get(PAGE).text
    answer = planner.post(f"/exams/{EXAM}/detection", json={"policy": STRICT.to_json()}, headers=JSON)
    assert answer.status_code == 200
    assert in_force_now(house) == STRICT


def test_what_was_not_tried_is_refused_unless_somebody_says_why(house, planner):
    keep_a_session(house)
    refused = planner.post(f"/exams/{EXAM}/detection", json={"policy": STRICT.to_json()}, headers=JSON)
    assert refused.status_code == 409
    assert "not tried" in refused.json["error"]
    said = {"policy": STRICT.to_json(), "override": "the exam begins in a minute"}
    assert planner.post(f"/exams/{EXAM}/detection", json=said, headers=JSON).status_code == 200
    (event,) = house.events("exam.detection_set")
    assert event.payload.override == "the exam begins in a minute"


def test_more_false_alerts_than_the_limit_are_shown_and_refused_without_a_reason(house, planner):
    keep_a_session(house)
    said = tried(planner, STRICT)
    assert said["state"] == "done", said
    assert (said["sessions"], said["all_sessions"], said["too_many"]) == (1, 1, True)
    assert said["hours"] == pytest.approx(600 / 3600, rel=0.01)
    assert said["before"].get("face_absent", 0) == 0
    assert said["after"]["face_absent"] == 5
    assert said["false_per_hour_after"] > 20
    assert [(c["seat"], c["code"], c["added"]) for c in said["changes"] if c["code"] == "face_absent"] == [
        ("1", "face_absent", True)
    ] * 5
    page = planner.get(PAGE).text
    assert 'name="override"' in page
    refused = planner.post(f"/exams/{EXAM}/detection", json={"policy": STRICT.to_json()}, headers=JSON)
    assert refused.status_code == 409
    assert "false alerts in a candidate-hour" in refused.json["error"]
    assert in_force_now(house) == DetectionPolicy()


@pytest.mark.long
def test_what_raises_no_more_may_be_set_and_needs_no_reason(house, planner):
    keep_a_session(house)
    calm = DetectionPolicy(numbers={"face_absent": {"seconds": 20.0}})
    said = tried(planner, calm)
    assert (said["state"], said["too_many"]) == ("done", False)
    assert 'name="override"' not in planner.get(PAGE).text
    answer = planner.post(f"/exams/{EXAM}/detection", json={"policy": calm.to_json()}, headers=JSON)
    assert answer.status_code == 200
    (event,) = house.events("exam.detection_set")
    assert event.payload.override == ""


@pytest.mark.long
def test_a_trace_that_cannot_be_read_is_named_and_the_others_are_tried(house, planner):
    keep_a_session(house)
    broken = house.services.paths.media / EXAM / house.attempts[1] / "trace"
    broken.mkdir(parents=True)
    (broken / "0001.jsonl.gz").write_bytes(b"no trace at all")
    said = tried(planner, STRICT)
    assert (said["sessions"], said["all_sessions"]) == (1, 2)
    assert "seat" in said["unreadable"][0] or "is no trace" in said["unreadable"][0]


def test_the_form_of_what_is_detected_is_tried_as_it_stands(house, planner):
    keep_a_session(house)
    answer = planner.post(PAGE, data={"stake": "medium", "number.face_absent.seconds": "3"})
    assert (answer.status_code, answer.headers["Location"]) == (303, PAGE)
    run = ended(house)
    assert run.policy.numbers == {"face_absent": {"seconds": 3.0}}
    assert run.trial is not None, run.failure


def test_one_trial_at_a_time(house, planner):
    keep_a_session(house)
    assert planner.post(PAGE, json={"policy": {}}, headers=JSON).status_code == 202
    assert planner.post(PAGE, json={"policy": {}}, headers=JSON).status_code == 409
    assert ended(house).trial is not None


@pytest.mark.parametrize(
    "said", [{}, {"policy": 3}, {"policy": {"mood": 1}}, {"policy": {"numbers": {"ufo": {"seconds": 1}}}}]
)
def test_what_is_no_policy_is_refused(house, planner, said):
    answer = planner.post(PAGE, json=said, headers=JSON)
    assert answer.status_code == 400
    assert house.services.trials.newest(EXAM) is None
