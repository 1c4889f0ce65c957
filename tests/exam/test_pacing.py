"""What time does in an exam, and which part may be opened: the rules alone."""

import pytest

from appliance.errors import NotAllowed, NotFound
from appliance.exam import pacing, sections
from appliance.exam.accommodation import Switch
from appliance.exam.pacing import Due, Seat
from appliance.exam.plan import ExamPlan, Section
from appliance.exam.stage import Stage

PLAN = ExamPlan(sections=(Section(title="A", link="https://a.test", minutes=20, break_minutes=5), Section(title="B")))


def parts(plan=PLAN, **changes):
    usual = {"title": "All", "link": "https://all.test", "stored": (), "order": [], "released": (), "opened": {}}
    rest = {"stage": Stage.IN_EXAM, "open_from": 100.0, "now": 200.0}
    return sections.parts(plan, **{**usual, **rest, **changes})


def seat(**changes):
    usual = {"stage": Stage.IN_EXAM, "stage_at": 0.0, "ends_at": 10_000.0, "warned": False}
    return Seat(attempt="a", **{**usual, "whole_minutes": 90, "print_minutes": 10, **changes})


def test_an_exam_without_sections_is_one_part_with_its_own_link():
    (whole,) = parts(ExamPlan())
    assert (whole.number, whole.title, whole.link, whole.open) == (1, "All", "https://all.test", True)
    assert not parts(ExamPlan(), now=99.0)[0].open


def test_a_part_has_its_own_content_or_that_of_the_exam():
    assert [p.link for p in parts()] == ["https://a.test", "https://all.test"]
    assert [p.link for p in parts(stored={2})] == ["https://a.test", ""]


@pytest.mark.parametrize("stage", [s for s in Stage if s not in (Stage.PRINTING, Stage.IN_EXAM)])
def test_nothing_opens_but_at_work(stage):
    found = parts(stage=stage, opened={1: 150.0})
    assert not any(part.open for part in found)
    with pytest.raises(NotAllowed, match="you are in the stage"):
        sections.openable(found, 1, stage)


def test_a_plan_that_changes_meanwhile_keeps_the_order_of_what_is_left():
    assert [p.number for p in parts(order=[3, 2])] == [2, 1]
    with pytest.raises(NotFound):
        sections.openable(parts(), 3, Stage.IN_EXAM)


def test_what_is_due_and_what_is_not():
    for said, now, due in [
        (seat(), 9_399.9, []),
        (seat(), 9_400.0, [Due.WARN]),
        (seat(warned=True), 9_400.0, []),
        (seat(), 10_000.0, []),
        (seat(stage=Stage.PAUSED), 9_500.0, []),
        (seat(whole_minutes=10), 9_500.0, []),
        (seat(ends_at=None), 9_500.0, []),
        (seat(stage=Stage.PRINTING), 599.0, []),
        (seat(stage=Stage.PRINTING), 600.0, [Due.START]),
    ]:
        assert [what for _, what in pacing.due([said], now=now)] == due


def test_a_section_of_twenty_minutes_lasts_longer_by_what_stood_still_since():
    first, second = parts(opened={1: 1_000.0})
    assert pacing.window_until(first, [(500.0, 60.0), (1_100.0, 300.0)]) == 1_000 + 1_200 + 300
    assert pacing.window_until(second, []) is None


def test_an_own_break_follows_a_part_once_and_not_the_last_one():
    own = {"switches": frozenset(), "taken": []}
    assert pacing.own_break(parts(), **own) is None
    assert pacing.own_break(parts(opened={1: 150.0}), **own) == 5
    assert pacing.own_break(parts(opened={1: 150.0}), **{**own, "taken": [160.0]}) is None
    assert pacing.own_break(parts(opened={1: 150.0}), **{**own, "taken": [140.0]}) == 5
    assert pacing.own_break(parts(opened={1: 150.0, 2: 160.0}), **own) is None
    at_will = {"switches": {Switch.BREAKS}, "taken": [1.0, 2.0]}
    assert [pacing.own_break(parts(), **at_will, asked=n) for n in (0, 7, 999, -3)] == [15, 7, 120, 1]
