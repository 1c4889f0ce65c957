"""A planner changes a rule, tries it on what was kept of an earlier session, is told what it would do, and says why."""

import pytest

from appliance.exam.detection import DetectionPolicy, in_force
from appliance.exam.flags import Sense
from appliance.inference.judges.context import Context
from appliance.inference.trace import Losses, Trace
from tests.front.room import EXAM
from tests.front.test_pages import WINDOWS, assert_accessible, sign_in
from tests.inference.seen import every

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


def keep_a_session(room):
    """Ten minutes with two absences of six seconds."""
    trace = Trace(room.paths.media / EXAM / room.attempts[0] / "trace", Losses())
    looks = [*every(300, start=1000.0), *every(6, start=1300.0, faces=(), persons=())]
    looks += [*every(294, start=1306.0), *every(6, start=1600.0, faces=(), persons=()), *every(10, start=1606.0)]
    for look in looks:
        context = Context(rules=in_force(DetectionPolicy()))
        trace.add(Sense.SIGHT, look, context, resting=frozenset(), active=frozenset())
    trace.close()


@pytest.fixture(scope="module")
def room(make_room):
    made = make_room(1)
    keep_a_session(made)
    return made


def assert_all_can_use(page, axe, what):
    for scheme, width in WINDOWS:
        page.emulate_media(color_scheme=scheme)
        page.set_viewport_size({"width": width, "height": 800})
        assert_accessible(page, axe, f"{what}, {scheme}")


@pytest.mark.long
def test_changed_rules_are_tried_before_they_hold(room, visit, axe):
    page = visit()
    sign_in(page, room, "planner")
    page.goto(f"{room.url}/exams/{EXAM}/detection")
    page.locator("summary", has_text="Rules and numbers").first.click()
    page.locator('[name="number.face_absent.seconds"]').fill("3")
    page.get_by_role("button", name="Set it").click()
    page.get_by_text("were not tried on the stored sessions").wait_for()
    assert_all_can_use(page, axe, "refused")
    page.get_by_role("button", name="Try these on earlier sessions").click()
    page.get_by_text("candidate-hours").wait_for(timeout=60_000)
    assert_all_can_use(page, axe, "tried")
    assert page.locator("tr", has_text="No face").locator("td").all_inner_texts() == ["0", "2"]
    page.get_by_label("Why it is to be set all the same").fill("short absences matter here")
    page.get_by_role("button", name="Set it").click()
    page.wait_for_url("**/detection?saved=1")
    assert page.locator('[name="number.face_absent.seconds"]').input_value() == "3"
    assert "short absences matter here" in page.content()
