"""Blind sampling: which minutes can be drawn, who gets them, and what is made of them."""

import time

import pytest

from appliance.errors import BadInput, NotAllowed
from appliance.exam import sampling as rules
from appliance.exam.events import ExamPlanned, GapClosed, GapOpened, MediaDeleted
from appliance.exam.plan import ExamPlan
from appliance.exam.sampling import AROUND
from appliance.ledger import review, state
from appliance.ledger.actions import attempts, flags, notes, sampling, sitting
from appliance.ledger.record import Draft
from tests.ledger.recorded import Clock, flag, record
from tests.ledger.world import bring_to_exam, build

pytestmark = pytest.mark.slow


class Sampled:
    """One candidate in the exam since an hour, recorded from the beginning."""

    def __init__(self, writer, clock):
        self.writer, self.clock = writer, clock
        self.world = build(writer)
        self.exam = self.world.exam
        self.attempt = bring_to_exam(writer, self.world, "2")
        self.began = clock()
        self.paths = record(writer, self.exam, self.attempt, starts_at=self.began, seconds=3610)
        clock.passed += 3600

    def do(self, action, *args, **kwargs):
        return self.writer.transact(lambda t: action(t, *args, **kwargs))

    def ask(self, query, *args, **kwargs):
        return self.writer.transact(lambda t: query(t.connection, *args, **kwargs))

    def say(self, *payloads):
        self.writer.append(*(Draft(payload=p, chain=self.attempt, exam=self.exam, actor="test") for p in payloads))

    def plan(self, **settings):
        said = ExamPlanned(exam=self.exam, plan=ExamPlan(**settings).to_json(), by="test")
        self.writer.append(Draft(payload=said, chain="box", exam=self.exam, actor="test"))

    def minutes(self, **changes):
        row = self.ask(state.attempt, self.attempt)
        drawn = self.ask(review.samples, self.exam)
        until = self.clock() - sampling.SETTLED
        return self.ask(sampling.unflagged, row, drawn, **{"until": until, **changes})

    def draw(self, by="rae", **changes):
        return self.do(sampling.draw, self.exam, by=by, **changes)

    def judge(self, sample, verdict="clear", by="rae", **said):
        self.do(sampling.judge, sample, verdict=verdict, by=by, **{"flag": None, **said})


@pytest.fixture
def sampled(writer, monkeypatch):
    clock = Clock()
    monkeypatch.setattr(time, "time", clock)
    return Sampled(writer, clock)


def test_of_an_hour_that_is_recorded_without_a_flag_59_minutes_can_be_drawn_while_it_runs(sampled):
    assert len(sampled.minutes()) == 59


def test_what_is_near_a_flag_whatever_was_decided_about_it_cannot(sampled):
    at = sampled.began + 600
    one = flag(sampled.writer, sampled.exam, sampled.attempt, at=at, source="pia", severity="low")
    sampled.do(flags.decide, one, decision="dismissed", reason="duplicate", note="", by="pia")
    assert all(end <= at - AROUND or start >= at + AROUND for start, end in sampled.minutes())
    assert len(sampled.minutes()) == 57


def test_a_flag_that_goes_on_takes_all_that_is_left(sampled):
    flag(sampled.writer, sampled.exam, sampled.attempt, at=sampled.began + 600 + AROUND)
    assert len(sampled.minutes()) == 10


def test_breaks_gaps_deleted_files_and_what_came_after_the_end_cannot(sampled):
    at = sampled.began
    gap = GapOpened(gap="g", kind="webcam", cause="network", starts_at=at + 600)
    sampled.say(gap, GapClosed(gap="g", kind="webcam", cause="network", starts_at=at + 600, ends_at=at + 1200))
    assert len(sampled.minutes()) == 49
    gone = sampled.paths[:60]
    sampled.say(MediaDeleted(what="recordings", why="date", files=gone, bytes=1, due_at=0.0))
    assert len(sampled.minutes()) == 39
    assert min(start for start, _ in sampled.minutes()) >= at + 1200
    sampled.do(attempts.finish, sampled.attempt)
    sampled.clock.passed += 600
    assert len(sampled.minutes()) == 40  # of what is over, the last minute too


def test_a_break_cannot(sampled):
    sampled.do(sitting.begin_break, sampled.attempt, minutes=5, by="pia")
    record(sampled.writer, sampled.exam, sampled.attempt, starts_at=sampled.clock(), seconds=600, kind="webcam")
    sampled.clock.passed += 600
    assert max(end for _, end in sampled.minutes()) <= sampled.began + 3601


def test_a_minute_is_given_once_and_to_the_same_person_until_it_is_judged(sampled):
    first = sampled.draw()
    assert sampled.draw() == first
    assert first.ends_at - first.starts_at == 60
    other = sampled.draw(by="ben")
    assert (other.starts_at, other.by) != (first.starts_at, "rae")
    sampled.judge(first.sample)
    assert sampled.draw().sample not in (first.sample, other.sample)


def test_a_minute_that_nobody_judged_for_an_hour_goes_to_whoever_asks_next(sampled):
    first = sampled.draw()
    sampled.clock.passed += sampling.FREE_AFTER + 1
    given = sampled.draw(by="ben")
    assert (given.starts_at, given.attempt, given.by) == (first.starts_at, first.attempt, "ben")
    with pytest.raises(NotAllowed, match="given to another reviewer"):
        sampled.judge(first.sample)
    sampled.judge(given.sample, by="ben")
    assert sampled.draw().starts_at != first.starts_at
    assert sampled.ask(review.summary, sampled.exam).judged == 1


def test_a_minute_whose_recording_was_deleted_waits_for_nobody(sampled):
    first = sampled.draw()
    sampled.say(MediaDeleted(what="recordings", why="date", files=sampled.paths, bytes=1, due_at=0.0))
    with pytest.raises(NotAllowed, match="no minute to watch"):
        sampled.draw()
    sampled.clock.passed += sampling.FREE_AFTER + 1
    with pytest.raises(NotAllowed, match="no minute to watch"):
        sampled.draw(by="ben")
    assert first.verdict is None


def test_a_minute_can_be_drawn_again_from_what_the_ledger_holds(sampled, reader):
    found = [(sampled.attempt, span) for span in sampled.minutes()]
    sample = sampled.draw()
    (said,) = [event.payload for event in reader.events(types=frozenset({"sample.drawn"}))]
    assert (said.among, len(said.seed)) == (59, 32)
    assert rules.draw(found, seed=said.seed) == (sampled.attempt, (sample.starts_at, sample.ends_at))


def test_nobody_is_given_a_minute_of_a_candidate_they_proctored_or_looked_at(sampled):
    sampled.do(notes.attend, sampled.attempt, kind="look", by="lea")
    with pytest.raises(NotAllowed, match="no minute to watch"):
        sampled.draw(by="lea")
    assert sampled.draw(by="rae").attempt == sampled.attempt


def test_as_many_are_asked_for_as_the_plan_says_and_more_on_request(sampled):
    sampled.plan(blind_minutes=1)
    sampled.judge(sampled.draw().sample)
    with pytest.raises(NotAllowed, match="asks for 1 minutes"):
        sampled.draw()
    assert sampled.draw(more=True).verdict is None


def test_what_was_found_needs_a_flag_in_the_minute(sampled):
    sample = sampled.draw()
    raised = {"by": "rae", "note": ""}
    outside = sampled.do(flags.raise_at, sampled.attempt, starts_at=sample.ends_at + 5, **raised)
    for wrong, words in ((None, "needs a flag"), (outside, "does not lie in the minute")):
        with pytest.raises(BadInput, match=words):
            sampled.judge(sample.sample, "found", flag=wrong)
    inside = sampled.do(flags.raise_at, sampled.attempt, starts_at=sample.starts_at + 5, **raised)
    sampled.judge(sample.sample, "found", flag=inside, text="a note was passed")
    with pytest.raises(NotAllowed, match="judged already"):
        sampled.judge(sample.sample)


def test_only_who_a_minute_was_drawn_for_judges_it(sampled):
    with pytest.raises(NotAllowed, match="another reviewer"):
        sampled.judge(sampled.draw().sample, by="ben")
    with pytest.raises(BadInput, match="not a verdict"):
        sampled.judge(sampled.draw().sample, "guilty")


def test_the_rate_of_what_flags_miss_has_bounds_and_counts_what_could_be_judged(sampled):
    for verdict in ("clear", "clear", "unclear", "clear"):
        sampled.judge(sampled.draw().sample, verdict)
    missed = sampled.ask(review.summary, sampled.exam)
    assert (missed.judged, missed.found, missed.low) == (3, 0, 0.0)
    assert 0.70 < missed.high < 0.71  # none of three is not none
