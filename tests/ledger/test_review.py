"""Flags by reviewers, decisions, recommendations and outcomes: what is allowed, to whom, and what stands then."""

import threading
import time

import pytest

from appliance.errors import BadInput, NotAllowed
from appliance.exam.accommodation import Switch
from appliance.exam.flags import REASONS, Decision
from appliance.exam.review import Standing
from appliance.ledger import review as rows
from appliance.ledger import state
from appliance.ledger.actions import attempts, exams, flags, review
from tests.ledger.recorded import Clock, record
from tests.ledger.world import bring_to_exam, build

pytestmark = pytest.mark.slow

ADA = {"by": "rae", "by_name": "Rae"}
BEN = {"by": "ben", "by_name": "Ben"}
WHY = "A phone lay beside the keyboard from 10:02 to 10:09."


@pytest.fixture
def world(writer):
    return build(writer)


@pytest.fixture
def attempt(writer, world):
    return bring_to_exam(writer, world, "1")


@pytest.fixture
def ask(writer):
    def call(action, *args, **kwargs):
        return writer.transact(lambda t: action(t, *args, **kwargs))

    call.state = lambda query, *args, **kwargs: writer.transact(lambda t: query(t.connection, *args, **kwargs))
    return call


@pytest.fixture
def clock(monkeypatch):
    made = Clock()
    monkeypatch.setattr(time, "time", made)
    return made


def decided(decision, reason="", note="", by="pia", was=None):
    return {"decision": decision, "reason": reason, "note": note, "by": by, "was": was}


# --- deciding ---


def test_I5_a_flag_is_left_as_inconclusive_with_a_reason_and_opened_again(ask, reader, attempt):
    flag = ask(flags.raise_flag, attempt, by="pia", note="")
    with pytest.raises(BadInput, match="inconclusive needs a reason"):
        ask(flags.decide, flag, **decided("inconclusive", "duplicate"))
    for reason in REASONS[Decision.INCONCLUSIVE]:
        ask(flags.decide, flag, **decided("inconclusive", reason, note="too dark"))
    row = ask.state(state.flag, flag)
    assert (row.state, row.reason, row.note, row.decided_by) == ("inconclusive", "context_needed", "too dark", "pia")
    ask(flags.decide, flag, **decided("open", was="inconclusive", by="lea"))
    assert ask.state(state.flag, flag).state == "open"
    said = [event.payload.decision for event in reader.events(types=frozenset({"flag.decided"}))]
    assert said == ["inconclusive"] * 4 + ["open"]  # undoing is an entry of its own, nothing is erased


def test_I5_of_two_reviewers_racing_the_second_reads_who_was_first(ask, attempt):
    flag = ask(flags.raise_flag, attempt, by="pia", note="")
    start, said = threading.Barrier(2), []

    def decide(by, decision, reason):
        start.wait()
        try:
            ask(flags.decide, flag, **decided(decision, reason, by=by, was="open"))
            said.append((by, ""))
        except NotAllowed as error:
            said.append((by, error.message))

    people = [("pia", "inconclusive", "unclear_picture"), ("lea", "confirmed", "")]
    threads = [threading.Thread(target=decide, args=who) for who in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    ((first, _),) = [one for one in said if not one[1]]
    ((_, refused),) = [one for one in said if one[1]]
    what = {"pia": "left as inconclusive by Pia", "lea": "confirmed by Lea"}[first]
    assert refused == f"this flag was {what} meanwhile"
    assert ask.state(state.flag, flag).decided_by == first


# --- flags of reviewers ---


def test_I6_a_reviewer_raises_a_flag_at_a_place_of_a_finished_recording(ask, writer, world, attempt, clock):
    began = clock()
    record(writer, world.exam, attempt, starts_at=began, seconds=60, kind="screen")
    clock.passed = 60
    ask(attempts.finish, attempt)
    clock.passed = 3600
    flag = ask(
        flags.raise_at,
        attempt,
        starts_at=began + 20,
        ends_at=began + 30,
        code="phone_visible",
        severity="high",
        note=" at the edge ",
        kind="screen",
        by="rae",
    )
    row = ask.state(state.flag, flag)
    assert (row.onset_at, row.ended_at, row.position) == (began + 20, began + 30, 20.0)
    assert (row.code, row.category, row.severity, row.kind, row.source) == (
        *("phone_visible", "integrity", "high"),
        *("screen", "rae"),
    )
    assert (row.facts["note"], row.facts["stage"], row.state) == ("at the edge", "in_exam", "open")


def test_I6_a_moment_needs_no_end(ask, attempt, clock):
    flag = ask(flags.raise_at, attempt, starts_at=clock(), by="rae")
    row = ask.state(state.flag, flag)
    assert (row.ended_at, row.code, row.severity, row.kind) == (None, "manual_flag", "medium", "webcam")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"starts": 5.0}, "while the attempt was going on"),
        ({"starts": -3600.0}, "while the attempt was going on"),
        ({"ends": -1.0}, "while the attempt was going on"),
        ({"code": "cheating"}, "not a kind of flag"),
        ({"severity": "grave"}, "not a severity"),
        ({"kind": "camera"}, "not a feed"),
        ({"note": "x" * 20_000}, "the note has 20000 characters; at most 2000 fit"),
    ],
)
def test_what_is_wrong_with_a_reviewers_flag_is_said(ask, attempt, change, words):
    now = time.time()
    starts, ends = now + change.pop("starts", 0.0), change.pop("ends", None)
    ends = None if ends is None else now + ends
    with pytest.raises(BadInput, match=words):
        ask(flags.raise_at, attempt, starts_at=starts, ends_at=ends, by="rae", **change)


def test_who_never_came_has_no_place_for_a_flag(ask, world):
    with pytest.raises(NotAllowed, match="never arrived"):
        ask(flags.raise_at, world.attempts["2"], starts_at=time.time(), by="rae")


def test_notes_stand_beside_a_flag_and_decide_nothing(ask, attempt):
    flag = ask(flags.raise_flag, attempt, by="pia", note="")
    ask(flags.note_on, flag, text="I know this calculator.", by="pia", by_name="Pia")
    ask(flags.note_on, flag, text="مرحبا 👋", **BEN)
    assert [(one.by_name, one.text) for one in ask.state(rows.notes, attempt=attempt)] == [
        ("Pia", "I know this calculator."),
        ("Ben", "مرحبا 👋"),
    ]
    assert ask.state(state.flag, flag).state == "open"
    with pytest.raises(BadInput, match="20000 characters"):
        ask(flags.note_on, flag, text="x" * 20_000, **BEN)


def test_a_flag_takes_so_many_notes_and_says_when_it_is_full(ask, attempt, monkeypatch):
    monkeypatch.setattr(flags, "MOST_NOTES", 2)
    flag = ask(flags.raise_flag, attempt, by="pia", note="")
    for _ in range(2):
        ask(flags.note_on, flag, text="x", **BEN)
    with pytest.raises(NotAllowed, match="has 2 notes"):
        ask(flags.note_on, flag, text="x", **BEN)


# --- what should happen next ---


def test_M103_to_refer_waits_until_another_person_agrees(ask, attempt):
    made = ask(review.recommend, attempt, kind="refer", text=WHY, **ADA)
    assert ask.state(rows.recommendation, made).standing is Standing.WAITS
    with pytest.raises(NotAllowed, match="another person"):
        ask(review.answer, made, agreed=True, **ADA)
    ask(review.answer, made, agreed=True, text="", **BEN)
    row = ask.state(rows.recommendation, made)
    assert (row.standing, row.answered_by) == (Standing.STANDS, "ben")
    with pytest.raises(NotAllowed, match="agreed with by Ben already"):
        ask(review.answer, made, agreed=False, text="no", by="cid", by_name="Cid")


def test_M103_no_concern_stands_at_once(ask, attempt):
    made = ask(review.recommend, attempt, kind="no_concern", text="", **ADA)
    assert ask.state(rows.recommendation, made).standing is Standing.STANDS


def test_to_refer_needs_reasons_in_a_sentence(ask, attempt):
    with pytest.raises(BadInput, match="needs its reasons"):
        ask(review.recommend, attempt, kind="refer", text="see flags", **ADA)
    with pytest.raises(BadInput, match="not a recommendation"):
        ask(review.recommend, attempt, kind="guilty", text=WHY, **ADA)


def test_one_recommendation_at_a_time_until_it_is_withdrawn_or_not_agreed_with(ask, attempt):
    made = ask(review.recommend, attempt, kind="refer", text=WHY, **ADA)
    with pytest.raises(NotAllowed, match="Rae has made a recommendation already"):
        ask(review.recommend, attempt, kind="no_concern", text="", **BEN)
    with pytest.raises(BadInput, match="needs a reason"):
        ask(review.answer, made, agreed=False, **BEN)
    ask(review.answer, made, agreed=False, text="It is the calculator.", **BEN)
    with pytest.raises(NotAllowed, match="Ben did not agree"):
        ask(review.withdraw, made, by="rae", lead=False)
    again = ask(review.recommend, attempt, kind="refer", text=WHY, **ADA)
    with pytest.raises(NotAllowed, match="only Rae"):
        ask(review.withdraw, again, by="ben", lead=False)
    ask(review.withdraw, again, by="lea", lead=True)
    with pytest.raises(NotAllowed, match="withdrawn meanwhile"):
        ask(review.answer, again, agreed=True, **BEN)
    ask(review.recommend, attempt, kind="no_concern", text="", **BEN)
    assert [row.standing.value for row in ask.state(rows.recommendations, attempt=attempt)] == [
        *("not_agreed", "withdrawn", "stands")
    ]


def test_of_two_second_reviewers_at_once_one_answers(ask, attempt):
    made = ask(review.recommend, attempt, kind="refer", text=WHY, **ADA)
    start, refused = threading.Barrier(2), []

    def answer(name):
        start.wait()
        try:
            ask(review.answer, made, agreed=True, by=name, by_name=name.title())
        except NotAllowed as error:
            refused.append((name, error.message))

    threads = [threading.Thread(target=answer, args=(name,)) for name in ("ben", "cid")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    first = ask.state(rows.recommendation, made).answered_by
    ((name, message),) = refused
    assert {first, name} == {"ben", "cid"}
    assert f"agreed with by {first.title()} already" in message


def test_M103_the_outcome_is_the_institutions_and_can_be_taken_back(ask, reader, attempt):
    said = {"by": "ina", "by_name": "Ina"}
    for words in ("No further steps.", "No further steps.", "Oral exam.", ""):
        ask(review.record_outcome, attempt, outcome=words, **said)
    assert ask.state(rows.outcomes, attempt=attempt) == []
    kept = [event.payload.outcome for event in reader.events(types=frozenset({"outcome.recorded"}))]
    assert kept == ["No further steps.", "Oral exam.", ""]
    with pytest.raises(BadInput, match="the outcome has 2001 characters"):
        ask(review.record_outcome, attempt, outcome="x" * 2001, **said)


def test_a_rule_that_is_off_for_a_candidate_is_raised_by_nobody_without_saying_why(ask, attempt):
    ask(exams.accommodate, attempt, [Switch.GAZE], by="ina")
    with pytest.raises(NotAllowed, match="not applied to this candidate"):
        ask(flags.raise_at, attempt, starts_at=time.time(), code="looking_away", by="rae")
