"""The episode rules as properties: whatever the ticks, these hold."""

import itertools
from dataclasses import replace

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from appliance.exam.episode import (
    CAUSES,
    QUIET,
    Closed,
    Episode,
    Raised,
    Tick,
    Verdict,
    advance,
    finish,
    resume,
    suppress,
)
from appliance.exam.flags import RULES

pytestmark = pytest.mark.slow  # together too long for `make check`

TRUE, FALSE, UNASSESSABLE = Verdict.TRUE, Verdict.FALSE, Verdict.UNASSESSABLE

rules = st.sampled_from(sorted(RULES.values(), key=lambda rule: rule.code))


@st.composite
def streams(draw, verdicts=tuple(Verdict)):
    """Ticks in the order of time: runs of one verdict, at uneven distances."""
    runs = st.tuples(st.sampled_from(verdicts), st.integers(1, 30), st.sampled_from((0.1, 0.25, 0.5, 1.0, 3.0)))
    at, ticks = 1000.0, []
    for verdict, count, step in draw(st.lists(runs, max_size=8)):
        for _ in range(count):
            at += step
            score = (at * 7.3) % 1.0
            ticks.append(Tick(at=at, verdict=verdict, position=at - 1000, score=score, light=score * 255))
    for i in draw(st.lists(st.integers(0, 239), max_size=6)):  # and here and there another one
        if i < len(ticks):
            ticks[i] = replace(ticks[i], verdict=draw(st.sampled_from(verdicts)))
    return ticks


def run(rule, ticks, state=QUIET):
    """-> state, [(time, output)]"""
    outputs = []
    for tick in ticks:
        state, said = advance(rule, state, tick)
        outputs += [(tick.at, output) for output in said]
    return state, outputs


def every(seconds, verdict, *, start=0.0, step=0.5, **facts):
    count = int(seconds / step) + 1
    return [Tick(at=start + i * step, verdict=verdict, **facts) for i in range(count)]


def raised(outputs):
    return [(at, output) for at, output in outputs if isinstance(output, Raised)]


def closed(outputs):
    return [(at, output) for at, output in outputs if isinstance(output, Closed)]


# --- properties ---


@given(rules, streams())
def test_never_fires_before_its_time(rule, ticks):
    for at, output in raised(run(rule, ticks)[1]):
        assert at - output.episode.onset_at >= rule.seconds


@given(rules, streams())
def test_fires_only_on_what_the_rule_asks_for(rule, ticks):
    for at, output in raised(run(rule, ticks)[1]):
        window = [tick for tick in ticks if output.episode.onset_at <= tick.at <= at]
        true = sum(tick.verdict is TRUE for tick in window)
        assessable = sum(tick.verdict is not UNASSESSABLE for tick in window)
        assert window[0].verdict is TRUE
        assert window[-1].verdict is TRUE
        assert true >= rule.hits
        assert true >= rule.share * assessable
        assert assessable >= rule.coverage * len(window)
        episode = output.episode
        assert (episode.true, episode.assessable, episode.ticks) == (true, assessable, len(window))
        assert episode.score == max(tick.score for tick in window if tick.verdict is TRUE)


@given(rules, streams())
def test_raised_and_closed_take_turns(rule, ticks):
    state, outputs = run(rule, ticks)
    kinds = [type(output) for _, output in outputs]
    assert kinds == [Raised, Closed] * (len(kinds) // 2) + [Raised] * (len(kinds) % 2)
    assert (state.open is not None) == bool(len(kinds) % 2)


@given(rules, streams(verdicts=(FALSE, UNASSESSABLE)))
def test_nothing_true_nothing_raised(rule, ticks):
    assert run(rule, ticks)[1] == []


@given(rules, streams(verdicts=(UNASSESSABLE,)))
def test_what_cannot_be_judged_says_nothing(rule, ticks):
    state, outputs = run(rule, ticks)
    assert outputs == []
    assert state.pending == ()


@given(rules, st.data())
def test_one_missed_tick_never_prevents(rule, data):
    """True for twice the time: whichever tick is missed or wrong, the rule fires."""
    step = data.draw(st.sampled_from((0.25, 0.5, 1.0)))
    assume(rule.hits == 1 or step <= 1.0)
    ticks = every(2 * rule.seconds + 6 * step, TRUE, step=step)
    missed = data.draw(st.integers(0, len(ticks) - 1))
    other = data.draw(st.sampled_from((FALSE, UNASSESSABLE, None)))
    if rule.share == 1.0:
        other = data.draw(st.sampled_from((UNASSESSABLE, None)))
    middle = [] if other is None else [replace(ticks[missed], verdict=other)]
    assert raised(run(rule, [*ticks[:missed], *middle, *ticks[missed + 1 :]])[1])


@given(rules, streams())
def test_episodes_that_are_close_are_one(rule, ticks):
    """Unless the cap of ten minutes cut it, the next episode begins more than `merge_within` after the last ended."""
    outputs = [output for _, output in run(rule, ticks)[1]]
    for before, after in itertools.pairwise(outputs):
        if isinstance(before, Closed) and isinstance(after, Raised):
            assert after.episode.onset_at - before.ended_at > rule.merge_within


@given(rules, streams())
def test_memory_is_bounded(rule, ticks):
    state = QUIET
    for tick in ticks:
        state, _ = advance(rule, state, tick)
        if state.pending:
            assert state.pending[0].verdict is TRUE
            assert tick.at - state.pending[0].at <= rule.seconds + rule.merge_within


@given(rules, streams(), streams())
def test_a_clock_set_back_breaks_nothing(rule, first, second):
    state, outputs = run(rule, first)
    state, more = run(rule, [replace(tick, at=tick.at - 500) for tick in second], state)
    kinds = [type(output) for _, output in outputs + more]
    assert kinds == [Raised, Closed] * (len(kinds) // 2) + [Raised] * (len(kinds) % 2)


@given(rules, streams())
def test_finish_closes_what_is_open(rule, ticks):
    state, outputs = run(rule, ticks)
    end = ticks[-1].at if ticks else 0.0
    after, said = finish(state, end)
    assert after == QUIET
    assert len(said) == len(raised(outputs)) - len(closed(outputs))
    for output in said:
        assert output.episode.last_at <= output.ended_at <= end


# --- examples ---

FACE = RULES["face_absent"]
PHONE = RULES["phone_visible"]


def test_fires_when_the_duration_has_passed():
    _, outputs = run(FACE, [*every(3, FALSE), *every(10, TRUE, start=4.0)])
    ((at, output),) = outputs
    assert (at, output.episode.onset_at) == (12.0, 4.0)
    assert (output.episode.true, output.episode.ticks) == (17, 17)


def test_two_glances_apart_are_not_one_absence():
    ticks = [*every(4, TRUE), *every(4, FALSE, start=4.5), *every(4, TRUE, start=9.0)]
    assert run(FACE, ticks)[1] == []


def test_a_short_interruption_does_not_reset():
    ticks = [*every(3, TRUE), *every(1, FALSE, start=3.5), *every(10, TRUE, start=5.0)]
    ((at, output), *_) = run(FACE, ticks)[1]
    assert (at, output.episode.onset_at) == (8.0, 0.0)


def test_one_missed_tick_does_not_reset_even_when_nothing_can_be_judged_after_it():
    ticks = [
        *every(4, TRUE),
        Tick(at=4.5, verdict=FALSE),
        *every(3, UNASSESSABLE, start=5.0),
        *every(3, TRUE, start=8.5),
    ]
    ((_, output), *_) = run(FACE, ticks)[1]
    assert output.episode.onset_at == 0.0


def test_after_the_clock_was_set_back_time_counts_anew():
    ticks = [*every(5, TRUE, start=1000.0), *every(10, TRUE, start=500.0)]
    ((at, output),) = run(FACE, ticks)[1]
    assert (at, output.episode.onset_at) == (508.0, 500.0)


def test_an_open_episode_ends_after_the_clock_was_set_back():
    ticks = [*every(10, TRUE, start=1000.0), Tick(at=1010.5, verdict=FALSE), *every(5, FALSE, start=500.0)]
    _, outputs = run(FACE, ticks)
    ((at, over),) = closed(outputs)
    assert (at, over.ended_at) == (503.0, 1010.0)


def test_an_old_sighting_is_forgotten():
    state, _ = run(FACE, [*every(1, TRUE), *every(40, UNASSESSABLE, start=1.5)])
    assert state.pending == ()


def test_the_share_counts_only_what_could_be_judged():
    ticks = [Tick(at=i / 2, verdict=UNASSESSABLE if i % 2 else TRUE) for i in range(20)]
    assert len(raised(run(FACE, ticks)[1])) == 1
    ticks = [Tick(at=i / 2, verdict=FALSE if i % 2 else TRUE) for i in range(20)]
    assert run(FACE, ticks)[1] == []


def test_too_little_coverage_never_fires():
    ticks = [Tick(at=i / 2, verdict=UNASSESSABLE if i % 3 else TRUE) for i in range(60)]
    assert run(FACE, ticks)[1] == []


def test_closes_after_the_merge_time_and_ends_at_the_last_true_tick():
    ticks = [*every(10, TRUE), *every(20, FALSE, start=10.5)]
    _, outputs = run(FACE, ticks)
    ((at, over),) = closed(outputs)
    assert over.ended_at == 10.0
    assert 20.0 < at <= 20.5


def test_the_same_soon_after_is_the_same_episode():
    ticks = [*every(10, TRUE), *every(6, FALSE, start=10.5), *every(10, TRUE, start=17.0), *every(20, FALSE, start=28)]
    _, outputs = run(FACE, ticks)
    assert [type(output) for _, output in outputs] == [Raised, Closed]
    over = outputs[1][1]
    assert over.episode.onset_at == 0.0
    assert over.ended_at == 27.0


def test_a_flicker_soon_after_does_not_prolong():
    ticks = [*every(10, TRUE), *every(4, FALSE, start=10.5), *every(1, TRUE, start=15), *every(20, FALSE, start=16.5)]
    _, outputs = run(FACE, ticks)
    assert closed(outputs)[0][1].ended_at == 10.0


def test_later_it_is_another_episode():
    ticks = [*every(10, TRUE), *every(15, FALSE, start=10.5), *every(10, TRUE, start=26)]
    _, outputs = run(FACE, ticks)
    assert [type(output) for _, output in outputs] == [Raised, Closed, Raised]


def test_what_cannot_be_judged_keeps_an_episode_open():
    ticks = [*every(10, TRUE), *every(60, UNASSESSABLE, start=10.5)]
    state, outputs = run(FACE, ticks)
    assert len(outputs) == 1
    assert state.active


def test_ten_minutes_at_most_then_a_new_one():
    _, outputs = run(FACE, every(1300, TRUE))
    assert [type(output) for _, output in outputs] == [Raised, Closed, Raised, Closed, Raised]
    assert outputs[1][1].ended_at - outputs[0][1].episode.onset_at == FACE.longest


def test_slow_ticks_still_fire():
    """An overloaded box looks once in three seconds; two people beside each other are found all the same."""
    assert raised(run(RULES["multiple_people"], every(30, TRUE, step=3.0))[1])


def test_the_peak_is_the_strongest_true_tick():
    scores = [0.6, 0.9, 0.7]
    ticks = [Tick(at=float(i), verdict=TRUE, score=score) for i, score in enumerate(scores)]
    ((_, output),) = run(PHONE, ticks)[1]
    assert (output.episode.score, output.episode.peak_at) == (0.9, 1.0)


def test_light_is_the_mean_and_doubts_are_counted():
    ticks = [Tick(at=float(i), verdict=TRUE, light=100.0 + 10 * i, doubt=i == 1) for i in range(3)]
    ((_, output),) = run(PHONE, ticks)[1]
    assert output.episode.light == pytest.approx(110.0)
    assert output.episode.doubts == 1
    assert output.episode.coverage == 1.0


def test_an_episode_of_an_earlier_process_goes_on():
    ((_, output),) = run(FACE, every(8, TRUE))[1]
    state, outputs = run(FACE, every(5, TRUE, start=12.0), resume(output.episode))
    assert outputs == []
    assert state.open.onset_at == 0.0
    assert state.open.true == 17 + 11
    _, outputs = run(FACE, every(20, FALSE, start=12.0), resume(output.episode))
    assert [type(output) for _, output in outputs] == [Closed]


def test_one_root_cause_one_event():
    ticks = {code: Tick(at=1.0, verdict=TRUE, score=0.5) for code in RULES}
    for cause, silenced in CAUSES.items():
        assert cause not in silenced
        after = suppress(ticks, {cause})
        for code, tick in after.items():
            assert (tick.verdict is UNASSESSABLE) == (code in silenced)
    assert suppress(ticks, set()) == ticks
    assert suppress(ticks, {"phone_visible"}) == ticks


def test_an_episode_says_how_much_could_be_judged():
    episode = Episode(
        onset_at=0.0,
        position=None,
        last_at=1.0,
        score=None,
        peak_at=0.0,
        true=3,
        assessable=5,
        ticks=10,
        doubts=0,
        light=None,
        lights=0,
    )
    assert episode.coverage == 0.5
