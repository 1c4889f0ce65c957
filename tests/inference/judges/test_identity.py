"""Is it still the same face: quick checks, bursts, breaks of the track, and what is never said (proctoring.md 4.2)."""

from appliance.exam.episode import Verdict
from appliance.exam.feed import Position
from appliance.inference.judges.context import Context
from appliance.inference.judges.identity import Memory, hungry, judge
from appliance.inference.look import Look
from tests.inference.heads import face, gone, like, sits, unlooked

TRUE, FALSE, UNASSESSABLE = Verdict.TRUE, Verdict.FALSE, Verdict.UNASSESSABLE
SAME, DOUBTFUL, OTHER = 0.8, 0.33, 0.1


def judged(looks, memory=None):
    """The mismatch ticks of these looks, and what is remembered after them."""
    memory, found = memory or Memory(), []
    for look in looks:
        memory, ticks = judge(memory, look, Context())
        if "identity_mismatch" in ticks:
            found.append((look.at, ticks["identity_mismatch"].verdict))
    return memory, found


def burst(score, *, start=0.0, looks=5, **facts):
    return [like(start + 0.25 * i, score, **facts) for i in range(looks)]


def test_without_a_template_nothing_is_said():
    assert judge(Memory(), sits(1.0), Context()) == (Memory(), {})


def test_a_camera_at_the_side_compares_nobody():
    beside = Context(position=Position.OBLIQUE)
    assert judge(Memory(), like(1.0, OTHER), beside) == (Memory(), {})


def test_who_is_first_seen_is_compared_by_a_burst():
    memory, _ = judge(Memory(), unlooked(0.0), Context())
    assert hungry(memory) == {Look.LIKENESS}
    memory, found = judged(burst(SAME), memory)
    assert found == [(1.0, FALSE)]
    assert hungry(memory) == frozenset()


def test_another_person_is_said_after_two_bursts():
    _, found = judged(burst(OTHER, looks=10))
    assert found == [(2.25, TRUE)]


def test_one_bad_burst_is_no_mismatch():
    _, found = judged([*burst(OTHER), *burst(SAME, start=1.25)])
    assert found == [(2.25, FALSE)]


def test_a_doubtful_burst_is_unassessable_and_starts_the_count_anew():
    memory, found = judged([*burst(OTHER), *burst(DOUBTFUL, start=1.25)])
    assert found == [(2.25, UNASSESSABLE)]
    assert (memory.low, hungry(memory)) == (0, frozenset())


def test_a_quick_check_alone_says_nothing_bad():
    memory, _ = judged(burst(SAME))
    memory, found = judged([like(5.0, OTHER, of=face())], _still_there(memory, until=5.0))
    assert found == []
    assert hungry(memory) == {Look.LIKENESS}


def test_a_quick_check_that_is_like_enough_says_so():
    memory, _ = judged(burst(SAME))
    assert judged([like(5.0, SAME)], _still_there(memory, until=5.0))[1] == [(5.0, FALSE)]


def _still_there(memory, *, until):
    at = memory.box_at + 0.5
    while at < until:
        memory, _ = judge(memory, unlooked(at), Context())
        at += 0.5
    return memory


def test_each_minute_there_is_a_burst():
    memory, _ = judged(burst(SAME))
    assert hungry(_still_there(memory, until=60.0)) == frozenset()
    assert hungry(_still_there(memory, until=62.0)) == {Look.LIKENESS}


def test_after_an_absence_and_after_a_jump_there_is_a_burst():
    memory, _ = judged(burst(SAME))
    away, _ = judged([gone(1.5), gone(2.5), unlooked(3.0)], memory)
    assert hungry(away) == {Look.LIKENESS}
    moved, _ = judge(memory, unlooked(1.5, of=face(left=300.0)), Context())
    assert hungry(moved) == frozenset()
    jumped, _ = judge(memory, unlooked(1.5, of=face(left=400.0)), Context())
    assert hungry(jumped) == {Look.LIKENESS}


def test_faces_that_are_not_fit_for_it_give_up_and_try_again_later():
    memory, found = judged([like(0.25 * i, None, reason="turned") for i in range(40)])
    assert {verdict for _, verdict in found} == {UNASSESSABLE}
    assert hungry(memory) == frozenset()
    assert hungry(_still_there(memory, until=45.0)) == {Look.LIKENESS}


def test_profile_turns_between_good_looks_do_not_count():
    looks = [like(0.25 * i, None if i % 2 else SAME, reason="turned" if i % 2 else "") for i in range(10)]
    assert judged(looks)[1] == [(2.0, FALSE)]


def test_five_minutes_without_an_answer_are_said_and_are_no_mismatch():
    memory, said = Memory(), []
    for i in range(620):
        memory, ticks = judge(memory, like(0.5 * i, None, reason="too_dark"), Context())
        said.append(ticks["identity_unverifiable"].verdict)
        assert ticks.get("identity_mismatch") is None or ticks["identity_mismatch"].verdict is UNASSESSABLE
    assert said.index(TRUE) == 600
    memory, ticks = judged(burst(SAME, start=400.0), memory)
    assert judge(memory, unlooked(401.5), Context())[1]["identity_unverifiable"].verdict is FALSE
