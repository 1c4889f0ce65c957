"""A detector that is wrong at a seat is muted there, by name and with a reason, and counted where it was wrong."""

import time

import pytest

from appliance.errors import BadInput, NotAllowed
from appliance.exam.events import FlagDecided, FlagRaised, RuleMuted
from appliance.exam.health import rates
from appliance.exam.policy import ExamPolicy
from appliance.exam.roster import RosterRow
from appliance.ledger import detection, review, seats
from appliance.ledger.actions import attempts, exams, muting, plans
from appliance.ledger.record import Draft
from tests.ledger.world import bring_to_exam, build


@pytest.fixture
def world(writer):
    return build(writer)


def mute(writer, attempt, code="phone_visible", *, muted=True, reason="the lamp reflects"):
    return writer.transact(lambda t: muting.mute(t, attempt, code, muted=muted, reason=reason, by="lea", by_name="Lea"))


def told(reader):
    return [event.payload for event in reader.events(types=frozenset({RuleMuted.TYPE}))]


def flag(writer, attempt, exam, name, *, at=None, reason="detector_error"):
    raised = FlagRaised(
        flag=name,
        code="phone_visible",
        category="integrity",
        severity="high",
        kind="webcam",
        source="inference",
        onset_at=at or time.time(),
        position=None,
        stage="in_exam",
        rules="",
        models={},
        threshold=0.5,
        score=0.6,
        true=3,
        assessable=3,
        ticks=3,
        light=None,
        snapshots=[],
    )
    decided = FlagDecided(flag=name, decision="dismissed", reason=reason, note="", by="pia")
    writer.append(*(Draft(payload=said, chain=attempt, exam=exam, actor="test") for said in (raised, decided)))


def test_a_muted_rule_does_not_hold_for_that_candidate_alone(writer, reader, world):
    assert mute(writer, world.attempts["1"])
    with reader.connect() as connection:
        assert "phone_visible" not in detection.rules(connection, exam="bio", attempt=world.attempts["1"])
        assert "phone_visible" in detection.rules(connection, exam="bio", attempt=world.attempts["2"])
        (row,) = review.mutes(connection, "bio")
    assert (row.by_name, row.reason) == ("Lea", "the lamp reflects")


def test_what_is_said_twice_changes_nothing_and_unmuting_lets_it_hold_again(writer, reader, world):
    attempt = world.attempts["1"]
    assert not mute(writer, attempt, muted=False)
    assert mute(writer, attempt)
    assert not mute(writer, attempt, reason="again")
    assert mute(writer, attempt, muted=False, reason="the lamp was moved")
    assert [(said.muted, said.reason) for said in told(reader)] == [
        (True, "the lamp reflects"),
        (False, "the lamp was moved"),
    ]
    with reader.connect() as connection:
        assert "phone_visible" in detection.rules(connection, exam="bio", attempt=attempt)


@pytest.mark.parametrize(
    ("code", "reason"),
    [("manual_flag", "why"), ("nothing", "why"), ("phone_visible", " "), ("phone_visible", "x" * 501)],
)
def test_only_what_the_box_judges_by_is_muted_and_never_without_a_reason(writer, reader, world, code, reason):
    with pytest.raises(BadInput):
        mute(writer, world.attempts["1"], code, reason=reason)
    assert not told(reader)


def test_an_attempt_that_is_over_is_not_touched(writer, reader, world):
    attempt = bring_to_exam(writer, world, "1")
    writer.transact(lambda t: attempts.finish(t, attempt))
    with pytest.raises(NotAllowed, match="over"):
        mute(writer, attempt)


def test_whoever_moves_to_another_seat_leaves_the_mute_behind(writer, reader, world):
    attempt = bring_to_exam(writer, world, "1")
    mute(writer, attempt)
    writer.transact(lambda t: plans.reseat(t, attempt, seat="9", reason="the lamp", by="lea"))
    assert [(said.muted, said.reason, said.by_name) for said in told(reader)][-1] == (False, muting.MOVED, "Lea")
    with reader.connect() as connection:
        assert not review.mutes(connection, "bio")


def test_a_flag_counts_at_the_seat_where_it_was(writer, reader, world):
    attempt = bring_to_exam(writer, world, "1")
    flag(writer, attempt, "bio", "f1")
    writer.transact(lambda t: plans.reseat(t, attempt, seat="9", reason="the lamp", by="lea"))
    flag(writer, attempt, "bio", "f2", at=time.time() + 1)
    with reader.connect() as connection:
        assert [(one.place.seat, one.decided) for one in rates(seats.judged(connection, "bio"))] == [("1", 1), ("9", 1)]


def test_earlier_exams_at_the_same_seat_are_remembered_by_name(writer, reader, world):
    def later(transaction):
        policy = ExamPolicy(exam="chem", title="Chemistry", starts_at=time.time() + 600)
        exams.create_exam(transaction, policy, by="test")
        exams.import_roster(transaction, "chem", [RosterRow("1", "c1", "Candidate 1", None)], by="test")

    for name in ("f1", "f2", "f3"):
        flag(writer, world.attempts["1"], "bio", name)
    flag(writer, world.attempts["2"], "bio", "f4")
    writer.transact(later)
    with reader.connect() as connection:
        ((exam, found),) = seats.earlier(connection, "chem")
        assert seats.earlier(connection, "bio") == []
    assert exam.title == "Biology 101"
    (rate,) = rates(found)
    assert (rate.place.seat, rate.dismissed, rate.is_trouble) == ("1", 3, True)
