"""Stored sessions are judged again: the same rules give the same flags, other rules others."""

from dataclasses import replace
from pathlib import Path

import pytest

from appliance.box.paths import models_folder
from appliance.evaluate import trial
from appliance.evaluate.trial import Raised, Session
from appliance.exam.detection import DetectionPolicy, in_force
from appliance.exam.feed import Position
from appliance.exam.flags import Sense
from appliance.inference.detectors import load_detectors
from appliance.inference.judges.context import Context
from appliance.inference.replay import live_pace, replay
from appliance.inference.trace import Losses, Trace, read
from tests.inference.seen import every

CLIPS = Path(__file__).parents[3] / "shared" / "footage" / "clips"
USUAL = Context(rules=in_force(DetectionPolicy()))
LONGER = DetectionPolicy(numbers={"face_absent": {"seconds": 20.0}})
SHORTER = DetectionPolicy(numbers={"face_absent": {"seconds": 3.0}})

GONE = {"faces": (), "persons": ()}


def keep(folder, looks, context=USUAL):
    trace = Trace(folder, Losses())
    for look in looks:
        trace.add(Sense.SIGHT, look, context, resting=frozenset(), active=frozenset())
    trace.close()
    return Session(exam="biology", seat="7", folder=folder)


def absences(*seconds):
    """A candidate who is there for a minute before each."""
    looks, at = [], 1000.0
    for length in seconds:
        looks += [*every(60, start=at), *every(length, start=at + 60, **GONE)]
        at += 60 + length
    return [*looks, *every(60, start=at)]


def of(code, flags):
    return [flag for flag in flags if flag.code == code]


def run(sessions, then=LONGER, **more):
    return trial.run(sessions, DetectionPolicy(), then, **{"seconds": 60.0, "say": lambda done, of: None, **more})


def test_other_seconds_raise_other_flags(tmp_path):
    session = keep(tmp_path, absences(6, 15, 30))
    lines = list(read(session.folder))
    assert len(of("face_absent", trial.flags(lines))) == 2
    assert len(of("face_absent", trial.flags(lines, LONGER))) == 1
    assert len(of("face_absent", trial.flags(lines, SHORTER))) == 3


def test_a_rule_that_is_off_for_a_candidate_stays_off(tmp_path):
    rules = replace(USUAL.rules, rules={c: r for c, r in USUAL.rules.rules.items() if c != "face_absent"})
    session = keep(tmp_path, absences(30), replace(USUAL, rules=rules))
    assert of("face_absent", trial.flags(read(session.folder), SHORTER)) == []


def test_a_camera_that_is_moved_is_judged_from_where_it_stands(tmp_path):
    trace = Trace(tmp_path, Losses())
    aside = replace(USUAL, position=Position.OBLIQUE)
    for context, start in ((USUAL, 1000.0), (aside, 1030.0)):
        for look in every(30, start=start, **GONE):
            trace.add(Sense.SIGHT, look, context, resting=frozenset(), active=frozenset())
    trace.close()
    (flag,) = of("face_absent", trial.flags(read(tmp_path)))
    assert flag.end == pytest.approx(1030.0, abs=0.6)


def test_what_would_be_gone_and_what_would_be_added_is_listed(tmp_path):
    session = keep(tmp_path, absences(6, 15))
    fewer, more = run([session]), run([session], then=SHORTER)
    assert [(c.code, c.added) for c in fewer.changes if c.code == "face_absent"] == [("face_absent", False)]
    assert [(c.code, c.added) for c in more.changes if c.code == "face_absent"] == [("face_absent", True)]
    assert (fewer.before["face_absent"], fewer.after.get("face_absent", 0)) == (1, 0)


def test_the_same_rules_change_nothing(tmp_path):
    same = run([keep(tmp_path, absences(6, 15))], then=DetectionPolicy())
    assert same.changes == ()
    assert same.before == same.after
    assert same.false_before == same.false_after


@pytest.mark.parametrize(
    ("state", "reason", "false"),
    [
        ("", "", 1),
        ("confirmed", "", 0),
        ("dismissed", "detector_error", 1),
        ("dismissed", "innocent_action", 1),
        ("dismissed", "accommodated", 0),
        ("dismissed", "room_event", 0),
        ("dismissed", "duplicate", 0),
        ("inconclusive", "unclear_picture", 1),  # nobody could say that it was right
    ],
)
def test_an_alert_is_false_unless_somebody_confirmed_it_or_it_was_not_the_detector(tmp_path, state, reason, false):
    flag = Raised("face_absent", "webcam", 1060.0, 1075.0)
    decided = Raised("face_absent", "webcam", 1061.5, 1074.0), state, reason
    session = Session(exam="a", seat="1", folder=tmp_path, decided=(decided,))
    assert trial.false_alerts(session, [flag]) == false


def test_a_technical_note_is_no_alert_about_a_person(tmp_path):
    session = Session(exam="a", seat="1", folder=tmp_path)
    assert trial.false_alerts(session, [Raised("lighting_poor", "webcam", 0.0, 20.0)]) == 0


@pytest.mark.parametrize(
    ("other", "same"),
    [
        (Raised("speech", "webcam", 12.0, 15.0), True),
        (Raised("speech", "webcam", 12.1, 15.0), False),
        (Raised("speech", "webcam", 2.0, 30.0), True),
        (Raised("noise", "webcam", 5.0, 10.0), False),
        (Raised("speech", "phone", 5.0, 10.0), False),
    ],
)
def test_flags_are_of_the_same_thing_within_two_seconds(other, same):
    flag = Raised("speech", "webcam", 5.0, 10.0)
    assert flag.is_same(other) is other.is_same(flag) is same


def test_hours_are_those_in_which_somebody_was_watched(tmp_path):
    keep(tmp_path, [*every(60, start=1000.0), *every(60, start=9000.0)])
    assert trial.watched_seconds(read(tmp_path)) == pytest.approx(119.0)


def test_when_the_time_is_over_the_first_session_was_tried_and_it_is_said(tmp_path):
    sessions = [keep(tmp_path / str(number), absences(6)) for number in range(3)]
    steps = []
    found = run(sessions, seconds=0.0, say=lambda done, of: steps.append((done, of)))
    assert (found.sessions, found.all_sessions) == (1, 3)
    assert steps == [(0, 3), (3, 3)]


@pytest.mark.slow
@pytest.mark.skipif(not CLIPS.is_dir(), reason="the footage is not here")
@pytest.mark.skipif(not (models_folder() / "pack.json").is_file(), reason="no model pack: appliance models prepare")
@pytest.mark.parametrize(
    "name", ["A13_second_face_enters", pytest.param("A24_camera_frozen_then_black", marks=pytest.mark.long)]
)
def test_a_real_clip_that_was_kept_raises_the_flags_that_it_raised_live(tmp_path, name):
    trace = Trace(tmp_path, Losses())
    detectors = load_detectors(models_folder(), threads=1)
    live = replay(CLIPS / f"{name}.mp4", detectors, pace=live_pace(), rules=USUAL.rules, trace=trace)
    trace.close()
    again = trial.flags(read(tmp_path))
    assert live.found
    assert {(flag.code, flag.onset) for flag in again} == {(flag.code, flag.onset) for flag in live.found}
