"""What a report says of detection beside flags: what was in force when, what could be judged, check-in, the room."""

import io
import json
from zoneinfo import ZoneInfo

import pypdf
import pytest

from appliance.exam import events
from appliance.exam.accommodation import Switch
from appliance.exam.detection import DetectionPolicy, Stake, in_force
from appliance.exam.events import BOX
from appliance.exam.flags import RULES
from appliance.ledger.actions import exams
from appliance.report import collect, csv_report, detection, json_report, judged, pdf, view, words
from appliance.report.facts import by_cause, by_detector
from appliance.report.moments import Zone
from tests.report.evidence import START

pytestmark = pytest.mark.slow  # together too long for `make check`

UTC = Zone(ZoneInfo("UTC"))
LATER = START + 10**9
"""After everything that these tests write at the wall's own time."""


@pytest.fixture
def attempt(evidence):
    return evidence.sit("1")


@pytest.fixture
def facts(connected, paths, attempt):
    def of(now=LATER):
        with connected() as connection:
            return collect.attempt_facts(connection, attempt, media=paths.media, now=now)

    return of


def set_policy(evidence, policy, *, override=""):
    evidence.writer.transact(lambda t: exams.set_detection(t, "bio", policy, by="pia", override=override))


@pytest.fixture
def paper(paths):
    return lambda facts: text_of(facts, paths.media)


def text_of(facts, media):
    with io.BytesIO(pdf.attempt_pdf(facts, UTC, media=media)) as file:
        return " ".join(
            "".join(page.extract_text() for page in pypdf.PdfReader(file).pages).replace("\u200b", "").split()
        )


def test_until_somebody_sets_something_the_usual_rules_held(facts):
    (usual,) = facts().in_force
    assert (usual.since_at, usual.by, usual.version) == (None, "", in_force(DetectionPolicy()).version)


def test_each_change_is_told_with_its_time_its_author_and_its_rules(evidence, facts):
    policy = DetectionPolicy(stake=Stake.HIGH, off=frozenset({"noise"}), numbers={"looking_away": {"threshold": 25.0}})
    set_policy(evidence, policy, override="tried last week")
    said = facts()
    change = said.in_force[-1]
    assert (change.by, change.override, change.version) == ("Pia", "tried last week", in_force(policy).version)
    assert change.since_at > START
    assert said.versions.rules == change.version
    line = judged.in_force(said.in_force, UTC)[-1]
    for part in ("stake high", "off: Noise", "Looking away: Degrees to the side 25", "Set although: tried last week"):
        assert part in line["what"]
    rules = json.loads(json_report.attempt_bytes(said, UTC))["rules_in_force"]
    assert rules["looking_away"]["threshold"] == 25.0
    assert "noise" not in rules
    assert not any("off_by" in rule for rule in rules.values())


def test_a_change_while_the_exam_ran_is_an_open_point(evidence, attempt, facts):
    assert not any("changed" in point for point in facts().open_points)
    for stake in (Stake.LOW, Stake.HIGH):
        set_policy(evidence, DetectionPolicy(stake=stake))
    assert any("changed 2 times while the exam ran" in point for point in facts().open_points)


def test_a_base_line_that_is_missing_or_late_is_an_open_point(evidence, attempt, facts):
    evidence.covered(attempt)
    assert any("No base line was taken at check-in:" in point for point in facts().open_points)
    for late, said in ((True, "only after the start"), (False, None)):
        taken = events.BaselineTaken(kind="webcam", values={}, objects=[], late=late)
        evidence.append(taken, attempt, actor="inference")
        points = [point for point in facts().open_points if "base line" in point]
        assert [said in point for point in points] == ([True] if said else [])


def test_what_is_set_after_the_exam_was_not_in_force(evidence, connected, paths, attempt, facts):
    set_policy(evidence, DetectionPolicy(stake=Stake.LOW))
    assert len(facts(now=START).in_force) == 1


def test_models_stand_with_the_time_from_which_they_judged(evidence, facts):
    for version in ("a", "a", "b"):
        started = events.ProcessStarted(process="inference", version="0.1.0", models={"yunet": version})
        evidence.append(started, BOX, actor="inference", exam=None)
    changes = facts().versions.judged_by
    assert [change.models for change in changes] == [{"yunet": "a"}, {"yunet": "b"}]
    assert changes[0].since_at <= changes[1].since_at


def test_what_each_detector_could_judge_is_told_by_feed(evidence, attempt, facts):
    ticks = {"face_absent": [90, 100], "multiple_people": [100, 100], "speech": [0, 50], "no_such": [1, 1]}
    evidence.append(events.AnalysisCovered(kind="webcam", ticks=ticks), attempt, actor="inference")
    evidence.append(events.AnalysisCovered(kind="phone", ticks={"hands_wandering": [0, 0]}), attempt, actor="inference")
    told = {(one.channel, one.kind): one.share for one in by_detector(facts().coverage)}
    assert told == {("presence", "webcam"): 0.95, ("hands", "phone"): None, ("sound", "webcam"): 0.0}


def test_what_nobody_looked_at_is_summed_by_cause(evidence, attempt, facts):
    for sense, cause, at, seconds in (
        ("sight", "late", 10, 3),
        ("sight", "late", 20, 4),
        ("hearing", "no_sound", 30, 5),
    ):
        missed = events.AnalysisMissed(
            kind="webcam", starts_at=START + at, ends_at=START + at + seconds, cause=cause, sense=sense
        )
        evidence.append(missed, attempt, actor="inference")
    said = facts()
    assert by_cause(said.unseen, now=START) == {("hearing", "no_sound"): 5.0, ("sight", "late"): 7.0}
    assert "sound: no sound arrived, 5.0 s" in view.of_attempt(said, UTC)["unseen_by_cause"]


def test_times_of_fewer_looks_are_told_while_they_concern_the_attempt(evidence, connected):
    for at, share in ((10, 0.5), (20, 0.25), (30, 1.0), (40, 0.8)):
        evidence.append(events.AnalysisReduced(share=share), BOX, actor="inference", exam=None, at=START + at)
    with connected() as connection:
        told = detection.reduced(connection, since=START + 15, until=START + 35)
        rest = detection.reduced(connection, since=START + 35, until=START + 60)
    assert [(span.starts_at - START, span.ends_at - START, span.share) for span in told] == [
        (10, 20, 0.5),
        (20, 30, 0.25),
    ]
    assert [(span.starts_at - START, span.ends_at) for span in rest] == [(40, None)]


def test_an_event_of_the_room_stands_with_whom_it_showed_at(evidence, attempt, connected, facts, paper):
    for name, seen in (("r1", [attempt, "x"]), ("r2", ["x", "y"])):
        said = events.RoomNoticed(
            event=name, exam="bio", code="noise", attempts=seen, onset_at=START, ended_at=START + 4
        )
        evidence.append(said, BOX, actor="inference")
    (event,) = facts().room_events
    assert (event.code, event.seats) == ("noise", 2)
    assert "Events of the room" in paper(facts())


def test_check_in_says_the_base_line_the_comparison_and_the_decision(evidence, attempt, facts):
    assert judged.check_in(facts(), UTC)[0][1].startswith("not taken")
    taken = events.BaselineTaken(kind="webcam", values={"yaw": 1.5}, objects=["cup"], late=True)
    evidence.append(taken, attempt, actor="inference")
    pictured = events.IdentityPictured(photo="p", photo_sha256="1", face="f", face_sha256="2")
    compared = events.IdentityCompared(photo_sha256="1", score=0.52, limit=0.36, reason="", model="sface")
    decided = events.IdentityDecided(decision="matched", by="pia")
    for said in (pictured, compared, decided):
        evidence.append(said, attempt, actor="pia")
    asked = events.ChallengeAsked(challenge="c", steps=["left", "blink"], by="pia")
    evidence.append(asked, attempt, actor="pia")
    evidence.append(events.ChallengeAnswered(challenge="c", seen=["done", "unassessable"]), attempt, actor="inference")
    said = " | ".join(": ".join(line) for line in judged.check_in(facts(), UTC))
    for part in (
        "only after the start; on the desk: cup",
        "likeness 0.52, alike from 0.36 on; it decides nothing",
        "matched, by Pia",
        "left: seen, blink: could not be judged",
    ):
        assert part in said


def test_a_flag_says_what_its_judge_saw_and_with_which_numbers(evidence, attempt, facts, paper):
    evidence.flag(
        attempt, "looking_away", why={"direction": "left", "yaw": 41.234}, numbers={"seconds": 5.0, "up": 20.0}
    )
    said = facts()
    flag = next(flag for flag in said.flags if flag.code == "looking_away")
    assert (flag.numbers["up"], flag.why["direction"]) == (20.0, "left")
    text = paper(said)
    assert "direction left, yaw 41.2" in text
    assert "Degrees up 20" in text
    assert '""direction"": ""left""' in csv_report.csv_bytes([said], UTC).decode()


def test_rules_that_are_not_applied_are_told_without_a_reason(evidence, attempt, facts, paper):
    switches = {Switch.READING_ALOUD, Switch.HEARING_AID}
    evidence.writer.transact(lambda t: exams.accommodate(t, attempt, switches, by="pia"))
    said = facts()
    assert {"speech", "headphones"} <= set(said.not_applied)
    everything = (
        paper(said) + json_report.attempt_bytes(said, UTC).decode() + csv_report.csv_bytes([said], UTC).decode()
    )
    assert "Rules not applied:" in everything
    assert "Speaking" in everything
    assert not any(switch in everything for switch in (*switches, "accommodated_", "attempt.accommodated"))


def test_the_institutions_list_has_neutral_codes(evidence, attempt, facts):
    data = csv_report.accommodations_bytes([facts()], {attempt: frozenset({Switch.GAZE, Switch.BREAKS})}, UTC)
    assert ",breaks gaze," in data.decode()


def test_every_usual_rule_is_named_on_paper(facts, paper):
    text = paper(facts()).replace(" ", "")
    for code in in_force(DetectionPolicy()).rules:
        assert words.flag(code).replace(" ", "") in text, code
    assert len(RULES) > 50
