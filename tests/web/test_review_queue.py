"""The queue of review: what comes first, what was never looked at, what waits for whom."""

import re
import time

import pytest

from appliance.exam.events import HoldPlaced, MediaDeleted, RecordingWatched
from appliance.exam.plan import ExamPlan, Mode
from appliance.ledger import planning
from appliance.ledger.actions import exams, flags, review, sampling
from appliance.web.review import due
from tests.ledger.recorded import Clock, flag, record

from .conftest import EXAM

pytestmark = pytest.mark.slow

WHY = "A phone lay beside the keyboard from 10:02 to 10:09."


@pytest.fixture
def clock(monkeypatch):
    made = Clock()
    monkeypatch.setattr(time, "time", made)
    return made


def raised(house, number, *, back, **changes):
    return flag(house.services.writer, EXAM, house.attempts[number], at=time.time() - back, **changes)


def page(house, name="reviewer", query=""):
    answer = house.user(name).get(f"/review/{EXAM}{query}")
    assert answer.status_code == 200
    return answer.text


def words(text):
    return " ".join(re.sub(r"<[^>]+>", " ", text.split("<main", 1)[1].split("</main", 1)[0]).split())


def listed(text):
    return re.findall(r'data-flag="([^"]+)"', text)


def test_the_most_urgent_comes_first_by_severity_novelty_and_waiting_and_technical_ones_last(house):
    for number in (0, 1):
        house.reach("in_exam", number)
    low = raised(house, 0, back=500, severity="low", code="looking_away")
    again = raised(house, 0, back=400, severity="low", code="looking_away")
    high = raised(house, 1, back=300)
    technical = raised(house, 0, back=200, category="technical", code="camera_disconnected")
    medium = raised(house, 0, back=100, severity="medium", code="speech")
    assert listed(page(house)) == [high, medium, low, again, technical]
    assert "number 2 of its kind" in words(page(house))


def test_what_waits_longer_comes_before_what_was_raised_now(house, clock):
    house.reach("in_exam")
    older = raised(house, 0, back=5, severity="medium", code="speech")
    clock.passed = 3600
    newer = raised(
        house, 0, back=1800, severity="medium", code="face_absent"
    )  # it began earlier, and is known since now
    assert listed(page(house)) == [older, newer]


def test_I25_what_is_decided_leaves_the_list_and_is_found_by_its_decision(house):
    house.reach("in_exam")
    names = {back: raised(house, 0, back=back) for back in (50, 40, 30)}
    for name, decision, reason in ((names[50], "dismissed", "duplicate"), (names[40], "inconclusive", "not_recorded")):
        house.do(flags.decide, name, decision=decision, reason=reason, note="", by="reviewer")
    assert listed(page(house)) == [names[30]]
    assert listed(page(house, query="?state=dismissed")) == [names[50]]
    assert "Inconclusive: Not recorded" in words(page(house, query="?state=inconclusive"))
    assert len(listed(page(house, query="?state=all"))) == 3
    assert listed(page(house, query="?state=all&sign=low")) == listed(page(house, query="?seat=9")) == []
    assert listed(page(house, query="?state=what&sign=what")) == [names[30]]


def test_what_was_never_looked_at_says_so_and_what_was_in_shares(house, clock):
    began = clock()
    for number in (0, 1):
        house.reach("in_exam", number)
        record(house.services.writer, EXAM, house.attempts[number], starts_at=began, seconds=400)
    clock.passed = 600
    said = words(page(house))
    assert said.count("Never looked at") == 2
    assert said.count("Recordings that nobody has looked at: 2.") == 2  # the way to it, and there
    for start, end in ((0, 100), (50, 200)):  # what two people watched counts once
        watched = RecordingWatched(
            kinds=["webcam"], starts_at=began + start, ends_at=began + end, speed=2.0, by="reviewer"
        )
        house.say(watched)
    text = page(house)
    assert "50 % watched" in words(text)
    assert text.count('class="rq-seen"') == 1
    assert text.count('class="rq-unseen"') == 2


def test_deleted_and_held_recordings_are_told_apart(house):
    for number in (0, 1):
        house.reach("submitted", number)
    gone = MediaDeleted(what="recordings", why="date", files=["x"], bytes=1, due_at=1.0)
    held = {"exam": EXAM, "reason": "appeal", "by": "institution", "by_name": "I"}
    house.say(gone, 0)
    house.say(HoldPlaced(hold="h", attempt=house.attempts[1], **held), 1)
    said = words(page(house))
    assert "Deleted 20" in said
    assert "Held: not deleted" in said


def test_a_recommendation_to_refer_waits_in_the_list_of_everybody_but_its_maker(house):
    house.reach("submitted")
    house.do(review.recommend, house.attempts[0], kind="refer", text=WHY, by="reviewer", by_name="The reviewer")
    assert "your own, less than a minute ago: somebody else answers" in words(page(house))
    assert "by The reviewer" in words(page(house, "lead"))
    assert "Recommendations that wait for a second reviewer: 1" in words(house.user("lead").get("/review").text)
    assert "Refer to the institution, waits for a second reviewer" in words(page(house))


def test_blind_minutes_are_counted_for_those_who_watch_them(house, clock):
    house.plan(blind_minutes=2)
    house.reach("in_exam")
    record(house.services.writer, EXAM, house.attempts[0], starts_at=clock(), seconds=600)
    clock.passed = 700
    assert "0 of 2 minutes watched" in words(page(house))
    for _ in range(2):
        sample = house.do(sampling.draw, EXAM, by="reviewer").sample
        assert "Go on with your minute" in words(page(house))
        house.do(sampling.judge, sample, verdict="clear", flag=None, by="reviewer")
    said = words(page(house))
    assert "2 of 2 minutes watched" in said
    assert "One more minute" in said
    assert "between 0 % and 84 %" in said
    assert "Blind minutes" not in words(page(house, "proctor"))


def test_a_proctor_finds_the_own_candidates_and_no_others(house):
    for number in (0, 1):
        house.reach("submitted", number)
        raised(house, number, back=1)
    said = words(page(house, "proctor"))
    assert "Ada Lovelace" in said
    assert "Ken Thompson" not in said
    assert len(listed(page(house, "proctor"))) == 1
    assert "Ken Thompson" in words(page(house, "lead"))


def test_I3_an_exam_that_is_recorded_and_reviewed_ends_in_the_queue(house):
    house.reach("in_exam")
    house.plan(mode=Mode.RECORD_REVIEW)
    house.do(exams.end_exam, EXAM, reason="over", by="lead")
    raised(house, 0, back=1)
    for name in ("reviewer", "lead", "institution", "proctor"):
        said = words(house.user(name).get("/review").text)
        assert "Biology 101" in said
        assert "Flags that wait for a decision: 1" in said
        assert 'href="/review"' in house.user(name).get("/flags").text
    assert house.user("reviewer").get("/").headers["Location"] == "/review"
    assert "Flags that wait for review: 1" in words(house.user("planner").get(f"/exams/{EXAM}").text)


def test_nothing_to_review_and_nobody_there_are_said(house):
    assert "Nothing to review yet." in words(house.user("reviewer").get("/review").text)
    assert "Nobody has arrived." in words(page(house))
    house.plan(level="none")
    house.reach("in_exam")
    assert "Nothing was recorded in this exam" in words(page(house))
    assert "No flag waits." in words(page(house))


def test_24_candidates_with_300_flags_and_three_hours_each_are_listed_in_less_than_a_second(house, clock):
    began = clock()
    house.reach("in_exam")
    for kind in ("webcam", "screen"):
        record(
            house.services.writer, EXAM, house.attempts[0], starts_at=began, seconds=24 * 1_800, kind=kind, each=60.0
        )
    clock.passed = 24 * 1_800
    for n in range(310):
        raised(house, 0, back=n * 30.0)
    client = house.user("reviewer")
    start = time.monotonic()
    answer = client.get(f"/review/{EXAM}")
    assert time.monotonic() - start < 1.0
    assert len(listed(answer.text)) == 30
    assert "Show more (280 less urgent ones)" in answer.text
    whole = client.get(f"/review/{EXAM}?show=9999")
    assert len(listed(whole.text)) == 300
    assert "10 less urgent ones are not shown" in whole.text


def test_the_planner_decides_what_is_kept_how_long_and_how_many_minutes_are_watched(house):
    text = house.user("planner").get("/exams/new").text
    for name in ("evidence_days", "identity_days", "personal_days", "blind_minutes"):
        usual = getattr(ExamPlan(), name)
        assert re.search(rf'name="{name}" type="number" value="{usual}"', text)
    said = {"exam": "x-1", "title": "X", "starts_at": "2030-01-01T10:00", "minutes": "60", "blind_minutes": "30"}
    said |= {"evidence_days": "0", "identity_days": "5", "personal_days": "90", "retention_days": "30", "ratio": "8"}
    said |= {"warnings_before_end": "1"}
    assert house.user("planner").post("/exams", data=said).status_code == 303
    plan = house.ask(lambda c: planning.plan(c, "x-1"))
    assert (plan.blind_minutes, plan.evidence_days, plan.identity_days, plan.personal_days) == (30, 0, 5, 90)
    refused = house.user("planner").post("/exams", data={**said, "exam": "x-2", "identity_days": "400"})
    assert (refused.status_code, "400 is not from 1 to 365" in refused.text) == (400, True)


def test_the_bar_of_a_recording_draws_holes_watched_and_unwatched_stretches_where_they_are():
    strip = list(due._strip([(0.0, 50.0), (75.0, 100.0)], [(25.0, 50.0)]))
    assert strip == [(0.0, 250.0, True), (750.0, 250.0, True), (250.0, 250.0, False)]
