"""The facts of a report are those of the ledger."""

import sqlite3
from zoneinfo import ZoneInfo

import pytest

from appliance.errors import NotFound
from appliance.exam import events
from appliance.exam.flags import MANUAL, Decision
from appliance.ledger.actions import flags as flag_actions
from appliance.report import collect, view
from appliance.report.facts import PictureState, Span, decisions, seconds_of
from appliance.report.moments import Zone
from tests.report.evidence import START, jpeg


@pytest.fixture
def facts(connected, paths):
    def of(attempt, now=START + 100):
        with connected() as connection:
            return collect.attempt_facts(connection, attempt, media=paths.media, now=now)

    return of


@pytest.fixture
def of_exam(connected, paths):
    def of(now=START + 100):
        with connected() as connection:
            return collect.exam_facts(connection, "bio", media=paths.media, now=now)

    return of


def test_who_when_and_how_it_went(evidence, facts):
    attempt = evidence.sit("1")
    evidence.over(attempt)
    said = facts(attempt)
    assert (said.seat, said.candidate, said.name, said.proctor) == ("1", "c1", "Candidate 1", "Pia")
    assert said.stage == "submitted"
    assert said.started_at is not None
    assert said.closed_at == said.stage_at
    assert said.exam.title == "Biology 101"
    assert said.exam.delete_at == pytest.approx(said.closed_at + 30 * 86400)
    names = [step.event for step in said.steps]
    assert names[0] == "attempt.created"
    assert [name for name in names if name.startswith("attempt.")][-1] == "attempt.finished"
    assert {"feed.opened", "feed.closed"} <= set(names)
    assert not {"segment.closed", "flag.raised", "message.sent"} & set(names)
    admitted = next(step for step in said.steps if step.event == "attempt.admitted")
    assert (admitted.actor, admitted.detail) == ("Pia", "by Pia")
    assert said.ledger.position == 30
    assert len(said.ledger.hash) == 64


def test_a_gap_stays_one_and_says_how_much_of_it_was_filled_late(evidence, facts):
    attempt = evidence.sit("1")
    gap = evidence.gap(attempt, at=START + 40, seconds=8.0)
    evidence.fill(attempt, gap, START + 40, 4.0)
    evidence.fill(attempt, gap, START + 44, 3.5)
    evidence.over(attempt)
    said = facts(attempt)
    assert [(span.starts_at, span.filled) for span in said.gaps] == [(START + 20, 0.0), (START + 40, 7.5)]
    [_, line] = view.of_attempt(said, Zone(ZoneInfo("UTC")))["gaps"]["lines"]
    assert (line["length"], line["cause"]) == ("8.0 s", "connection lost; 7.5 s filled late")


def test_coverage_recordings_gaps_and_what_was_not_looked_at(evidence, facts):
    attempt = evidence.sit("1")
    evidence.over(attempt)
    evidence.covered(attempt)  # detection was restarted: two lives, each with its part
    said = facts(attempt)
    assert {(rule.code, rule.assessable, rule.ticks) for rule in said.coverage} == {
        ("face_absent", 10620, 10800),
        ("phone_visible", 5300, 5400),
        ("lighting_poor", 10800, 10800),
    }
    webcam = next(recording for recording in said.recordings if recording.kind == "webcam")
    assert (webcam.starts_at, webcam.ends_at, webcam.seconds) == (START, START + 60, 60)
    assert (webcam.segments, webcam.share, webcam.closed) == (2, 1.0, True)
    assert said.gaps == (Span(kind="webcam", cause="connection_lost", starts_at=START + 20, ends_at=START + 24.5),)
    assert seconds_of(said.unseen, now=0) == 8.0
    assert said.unseen[0].cause == "overload"


def test_calls_are_listed_and_the_silence_between_them_is_no_hole(evidence, facts):
    attempt = evidence.sit("1")
    for n, (name, at) in enumerate((("Pia", START), ("Lea", START + 600))):
        said = events.CallStarted(call=f"call{n}", by=name.lower(), by_name=name)
        evidence.append(said, attempt, actor=name.lower(), at=at)
        evidence.record(attempt, "call", seconds=30, at=at)
        ended = events.CallEnded(call=f"call{n}", by=name.lower(), reason="hung up")
        evidence.append(ended, attempt, actor=name.lower(), at=at + 40)
    evidence.close(attempt, "call", at=START + 640)
    said = facts(attempt)
    assert [(call.who, call.starts_at, call.ends_at) for call in said.calls] == [
        ("Pia", START, START + 40),
        ("Lea", START + 600, START + 640),
    ]
    call = next(recording for recording in said.recordings if recording.kind == "call")
    assert (call.seconds, call.idle) == (60, pytest.approx(560))
    assert call.share == pytest.approx(60 / 80), "of the 80 seconds of calls"
    steps = [(step.event, step.detail) for step in said.steps if step.event.startswith("call.")]
    assert steps[:2] == [("call.started", "by Pia"), ("call.ended", "by Pia: hung up")]


def test_a_phone_is_a_feed_of_its_own_with_the_place_of_its_camera(evidence, facts):
    attempt = evidence.sit("1")
    said = [
        events.PhoneScanned(pairing="p1", browser="Chrome on Android"),
        events.PhoneConfirmed(pairing="p1", by="pia"),
        events.FeedPositioned(kind="phone", position="paper", by="pia"),
    ]
    for payload in said:
        evidence.append(payload, attempt, actor="pia", at=START)
    evidence.record(attempt, "phone", seconds=30, at=START)
    evidence.append(events.PhoneRefused(pairing="p1", by="pia", reason="shows the ceiling"), attempt, at=START + 40)
    evidence.close(attempt, "phone", at=START + 40)
    found = facts(attempt)
    places = {recording.kind: recording.position for recording in found.recordings}
    assert (places["webcam"], places["phone"]) == ("front", "paper")
    steps = {step.event: step.detail for step in found.steps}
    assert steps["phone.scanned"] == "Chrome on Android"
    assert steps["phone.confirmed"] == "by Pia"
    assert steps["feed.positioned"] == "phone: over paper"
    assert steps["phone.refused"] == "by Pia: shows the ceiling"


def test_a_recording_with_a_hole_says_how_much_is_on_disk(evidence, facts):
    attempt = evidence.sit("1")
    evidence.record(attempt, "webcam", seconds=30, at=START + 90)
    evidence.finish(attempt)
    evidence.close(attempt, "webcam", at=START + 120)
    webcam = next(recording for recording in facts(attempt).recordings if recording.kind == "webcam")
    assert webcam.share == pytest.approx(90 / 120)


def test_flags_with_their_numbers_and_what_people_made_of_them(evidence, facts):
    attempt = evidence.sit("1")
    evidence.over(attempt)
    phone, face = facts(attempt).flags
    assert (phone.code, phone.true, phone.assessable, phone.ticks, phone.score) == ("phone_visible", 11, 13, 14, 0.91)
    assert (phone.decision, phone.reason, phone.note) == (Decision.DISMISSED, "innocent_action", "a calculator")
    assert (phone.decided_by, phone.raised_by) == ("Pia", None)
    assert [snapshot.moment for snapshot in phone.snapshots] == ["onset", "peak", "last"]
    assert {snapshot.state for snapshot in phone.snapshots} == {PictureState.KEPT}
    assert (face.decision, face.decided_by) == (Decision.OPEN, None)
    assert decisions((phone, face)) == {"open": 1, "confirmed": 0, "dismissed": 1, "inconclusive": 0}


def test_a_flag_that_a_person_raised_says_who(evidence, facts):
    attempt = evidence.sit("1")
    evidence.writer.transact(lambda t: flag_actions.raise_flag(t, attempt, by="pia", note="looked under the desk"))
    [flag] = [flag for flag in facts(attempt).flags if flag.code == MANUAL]
    assert (flag.raised_by, flag.remark) == ("Pia", "looked under the desk")


def test_pictures_that_are_gone_changed_or_elsewhere_are_said(evidence, facts, paths):
    attempt = evidence.sit("1")
    evidence.over(attempt)
    pictures = sorted(paths.media.glob(f"bio/{attempt}/snapshots/*.jpg"))
    pictures[0].unlink()
    pictures[1].write_bytes(jpeg(99))
    said = facts(attempt)
    states = [snapshot.state for flag in said.flags for snapshot in flag.snapshots]
    assert sorted(states) == ["changed", "kept", "kept", "kept", "kept", "missing"]
    assert "1 snapshot is missing on the box." in said.open_points
    assert "1 snapshot is not what the ledger says." in said.open_points


def test_a_path_out_of_the_media_folder_is_not_followed(evidence, facts, paths):
    attempt = evidence.sit("1")
    (paths.data / "secret.jpg").write_bytes(jpeg(1))
    outside = evidence.picture(attempt, "f", "onset") | {"path": "../secret.jpg"}
    evidence.picture = lambda *_: outside
    evidence.flag(attempt, "camera_covered")
    [flag] = [flag for flag in facts(attempt).flags if flag.code == "camera_covered"]
    assert {snapshot.state for snapshot in flag.snapshots} == {PictureState.MISSING}


def test_M62_chat_and_warnings(evidence, facts):
    attempt = evidence.sit("1")
    evidence.chat(attempt, "Please look here.", kind="warning")
    said = facts(attempt)
    question, warning, unanswered = said.messages
    assert (question.sender, question.from_candidate, question.text) == ("Candidate 1", True, "May I use a ruler?")
    assert (warning.kind, warning.sender) == ("warning", "Pia")
    assert warning.acknowledged_at is not None
    assert unanswered.acknowledged_at is None
    assert "1 warning was not acknowledged by the candidate." in said.open_points


def test_an_attempt_that_goes_on_is_said_to(evidence, facts):
    attempt = evidence.sit("1")
    said = facts(attempt)
    assert said.closed_at is None
    assert "The attempt was not over when this report was written." in said.open_points
    assert said.exam.delete_at is None
    webcam = next(recording for recording in said.recordings if recording.kind == "webcam")
    assert (webcam.closed, webcam.ends_at) == (False, START + 100)


def test_an_attempt_that_never_was_has_nothing_to_say(evidence, facts):
    said = facts(evidence.world.attempts["2"])
    assert (said.started_at, said.recordings, said.flags, said.coverage) == (None, (), (), ())
    assert not any("record" in point for point in said.open_points)


def test_open_points_name_what_weakens_the_report(evidence, facts):
    attempt = evidence.sit("1")
    poor = events.AnalysisCovered(kind="webcam", ticks={"face_absent": [10, 100], "camera_frozen": [100, 100]})
    evidence.append(poor, attempt, actor="inference")
    damaged = events.SegmentDamaged(kind="screen", path=f"bio/{attempt}/screen/x.mp4", reason="cut off")
    evidence.append(damaged, attempt)
    evidence.gap(attempt, seconds=None)
    evidence.finish(attempt)
    points = " ".join(facts(attempt).open_points)
    assert "1 flag has not been decided by a person." in points
    assert "Less than half of the time could be judged for: No face seen." in points
    assert "1 file of the screen could not be read and was set aside." in points
    assert "1 gap in the recording has no end in the ledger." in points
    assert "The recording of the webcam had not been closed" in points


def test_detection_that_said_nothing_is_an_open_point(evidence, facts):
    attempt = evidence.sit("1")
    evidence.finish(attempt)
    assert any("Detection did not say" in point for point in facts(attempt).open_points)


def test_versions_of_rules_models_and_software(evidence, facts):
    attempt = evidence.sit("1")
    said = facts(attempt, now=START + 10**9).versions
    assert said.rules.startswith(*said.rules_of_flags)
    assert said.models == {"ssd_mobilenet_v2_coco": "int8 5f3a"}
    assert said.software == {"capture": "0.1.0", "inference": "0.1.0", "sync": "0.1.0"}


def test_an_erased_payload_is_said_to_be_erased(evidence, facts, paths):
    attempt = evidence.sit("1")
    with sqlite3.connect(paths.database) as database:
        database.execute(
            "UPDATE payload SET salt = NULL, body = NULL WHERE event IN"
            " (SELECT id FROM event WHERE chain = ? AND type = 'attempt.signed')",
            (attempt,),
        )
    database.close()
    signed = next(step for step in facts(attempt).steps if step.event == "attempt.signed")
    assert signed.detail == "erased"


def test_an_exam_is_its_attempts_by_seat(evidence, of_exam):
    first = evidence.sit("1")
    evidence.over(first)
    evidence.append(events.LedgerOverflowed(process="capture", lost=7), events.BOX, exam=None)
    evidence.end_exam()
    said = of_exam()
    assert [attempt.seat for attempt in said.attempts] == ["1", "2"]
    assert said.attempts[1].stage == "ended"
    assert said.ledger.chain == "box"
    points = " ".join(said.open_points)
    assert "1 candidate of 2 did not start the exam." in points
    assert "1 flag has not been decided by a person." in points
    assert "could not keep 7 events" in points


def test_what_is_not_there_is_said_in_words(evidence, facts, connected, paths):
    with pytest.raises(NotFound):
        facts("0123456789abcdef")
    with connected() as connection, pytest.raises(NotFound):
        collect.exam_facts(connection, "chemistry", media=paths.media, now=0)
