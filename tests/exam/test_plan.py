"""How an exam is held: what fits together, when content opens, who clashes with whom."""

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from appliance.errors import BadInput
from appliance.exam.feed import Kind
from appliance.exam.plan import (
    BETWEEN,
    CheckOut,
    ExamKind,
    ExamPlan,
    Level,
    Mode,
    Order,
    Release,
    Second,
    Section,
    Sight,
    clash,
)
from appliance.exam.policy import HARD_RATIO
from appliance.exam.schedule import Held, over_full
from appliance.exam.stage import Stage

START = 1_800_000_000.0


def sections(count):
    return tuple(Section(title=f"Part {n}", link=f"https://exam.test/{n}") for n in range(1, count + 1))


@pytest.mark.parametrize(("minutes", "release", "opens"), [(30, "time", 1800), (15, "time", 900), (30, "checks", 0)])
def test_I9_content_opens_after_the_check_in_or_with_the_checks(minutes, release, opens):
    plan = ExamPlan(onboarding_minutes=minutes, release=Release(release))
    assert plan.opens_at(START) == START + opens
    assert ExamPlan().onboarding_minutes == ExamPlan().buffer_minutes == 30


def test_M20_the_room_is_taken_by_check_in_exam_and_buffer():
    plan = ExamPlan(room="B2", onboarding_minutes=15, buffer_minutes=20)
    assert plan.over_at(START, 60) == START + 95 * 60
    windows = [("bio", "B2", START, plan.over_at(START, 60))]
    for begins, over, who in [(-60, 0, None), (-60, 1, "bio"), (5699, 9000, "bio"), (5700, 9000, None)]:
        assert clash(windows, room="b2", begins_at=START + begins, over_at=START + over) == who
    assert clash(windows, room="B3", begins_at=START, over_at=START + 1) is None
    assert clash(windows, room="", begins_at=START, over_at=START + 1) is None


def test_M100_a_shuffled_order_is_told_again_by_its_seed():
    plan = ExamPlan(sections=sections(4), order=Order.SHUFFLED, seed="s")
    orders = {attempt: plan.order_for(attempt) for attempt in map(str, range(40))}
    assert all(sorted(order) == [1, 2, 3, 4] for order in orders.values())
    assert len({tuple(order) for order in orders.values()}) > 8
    assert orders == {attempt: ExamPlan.of(plan.to_json()).order_for(attempt) for attempt in orders}
    assert ExamPlan(sections=sections(4)).order_for("a") == [1, 2, 3, 4]


def test_M2_the_lowest_level_records_nothing_and_the_highest_the_screen_too():
    kinds = {level: ExamPlan(level=level).feeds for level in Level}
    assert kinds == {Level.NONE: (), Level.CAMERA: (Kind.WEBCAM,), Level.FULL: (Kind.WEBCAM, Kind.SCREEN)}


def test_M35_a_paper_exam_needs_one_camera_and_no_screen():
    assert ExamPlan(kind=ExamKind.PAPER, level=Level.FULL).feeds == (Kind.WEBCAM,)


def test_the_least_leaves_out_every_stage_that_can_be_left_out():
    assert ExamPlan().checked().stages == frozenset()
    full = ExamPlan(room_scan=True, position=True, briefing="Rules")
    assert full.stages == {Stage.ROOM_SCAN, Stage.POSITION, Stage.BRIEFING}


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        *[({name: low - 1}, f"not from {low}") for name, (low, _) in BETWEEN.items()],
        *[({name: high + 1}, f"not from .* to {high}") for name, (_, high) in BETWEEN.items()],
        ({"room": "x" * 61}, "room is longer than 60"),
        ({"briefing": "x" * 6001}, "briefing is longer"),
        ({"sections": sections(21)}, "21 sections"),
        ({"sections": (Section(title=" "),)}, "section 1: the title"),
        ({"sections": (*sections(1), Section(title="x", link="javascript:alert(1)"))}, "section 2: .* is not a link"),
        ({"sections": (Section(title="x", break_minutes=121),)}, "its break from 0 to 120"),
        ({"items": ("",)}, "allowed items"),
        ({"plagiarism_link": "file:///x"}, "not a link"),
        ({"print_minutes": 5}, "belong to a paper exam"),
        ({"pages": True, "check_out": CheckOut.PROCTOR}, "belong to a paper exam"),
        ({"kind": ExamKind.PAPER, "pages": True}, "this exam has none"),
        ({"scratch": True}, "this exam has none"),
        ({"level": Level.NONE, "position": True}, "without a camera"),
        ({"level": Level.NONE, "room_scan": True}, "without a camera"),
        ({"level": Level.NONE, "second": Second.REQUIRED}, "without a camera"),
        ({"mode": Mode.RECORD_REVIEW, "check_out": CheckOut.PROCTOR}, "nobody watches"),
        ({"mode": Mode.RECORD_REVIEW, "one_by_one": True, "sections": sections(2)}, "nobody watches"),
    ],
)
def test_what_does_not_fit_is_said(said, sentence):
    with pytest.raises(BadInput, match=sentence):
        ExamPlan(**said).checked()


def test_a_plan_is_kept_and_read_again_whole():
    plan = ExamPlan(
        mode=Mode.RECORD_REVIEW,
        kind=ExamKind.PAPER,
        sections=sections(2),
        required=frozenset({Sight.HANDS, Sight.MATERIALS}),
        items=("a calculator", "Ω"),
        check_out=CheckOut.CANDIDATE,
        pages=True,
        contact="555-0100",
    )
    assert ExamPlan.of(plan.to_json()) == plan
    assert ExamPlan.of({**plan.to_json(), "of_a_newer_box": 1}) == plan
    assert ExamPlan.of({}) == ExamPlan()


_PLAIN = st.none() | st.booleans() | st.integers(-9, 9) | st.floats() | st.text(max_size=9)
_ANY = st.recursive(_PLAIN, lambda x: st.lists(x, max_size=3) | st.dictionaries(st.text(max_size=5), x, max_size=3))


@settings(max_examples=60)
@given(st.dictionaries(st.sampled_from([*ExamPlan.__dataclass_fields__]), _ANY, max_size=4))
def test_whatever_is_sent_is_a_plan_or_refused(said):
    try:
        plan = ExamPlan.of(said).checked()
    except BadInput:
        return
    assert ExamPlan.of(plan.to_json()) == plan


# --- who watches how many at once ---


def held(exam, begins, over, ratio=8, **watched):
    return Held(exam=exam, begins_at=begins, over_at=over, ratio=ratio, watched=watched)


def test_I19_the_ratio_of_the_exam_is_the_limit():
    assert over_full([held("a", 0, 9, ratio=4, pia=4, paul=1)], "a") == []
    (found,) = over_full([held("a", 0, 9, ratio=4, pia=5, paul=1)], "a")
    assert found.sentence() == "pia would watch more than 4 candidates"


def test_M92_never_more_than_15_also_over_exams_that_overlap():
    both = [held("a", 0, 9, ratio=15, pia=10), held("b", 8, 20, ratio=15, pia=HARD_RATIO - 9)]
    assert "more than 15 candidates at the same time, in a and b" in over_full(both, "b")[0].sentence()
    assert over_full([both[0], held("b", 9, 20, ratio=15, pia=15)], "b") == []
    strict = [held("a", 0, 9, ratio=4, pia=4), held("b", 8, 20, ratio=8, pia=1)]
    assert over_full(strict, "b")[0].most == 4


def test_exams_that_follow_each_other_within_a_longer_one_are_not_added_up():
    around = held("a", 0, 100, ratio=8, pia=4)
    short = [held(name, begins, begins + 10, ratio=8, pia=4) for name, begins in (("b", 10), ("c", 20), ("d", 30))]
    for order in itertools.permutations([around, *short]):
        assert over_full(order, "a") == []
    assert over_full([around, *short, held("e", 25, 27, pia=1)], "a")[0].exams == ("a", "c", "e")
