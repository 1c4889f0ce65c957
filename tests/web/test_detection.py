"""What is detected: the planner's page sets it, shows it again, and says what does not fit; and the help on flags."""

import json
import re

import pytest
from hypothesis import given

from appliance.exam import limits
from appliance.exam.detection import PRESETS, DetectionPolicy, Stake, in_force
from appliance.exam.flags import RULES
from appliance.ledger import detection
from appliance.web.detection_form import form_of, policy_of
from tests.exam.test_detection import policies

from .conftest import EXAM

pytestmark = pytest.mark.slow

PAGE = f"/exams/{EXAM}/detection"


@pytest.fixture
def planner(house):
    return house.user("planner")


def words_of(answer):
    """What a person reads: without the catalogue that every page brings along."""
    return re.sub(r'<script type="application/json".*?</script>', "", answer.text, flags=re.DOTALL)


def stored(house):
    return house.ask(lambda c: detection.policy(c, EXAM))


def said(house):
    return [event.payload for event in house.events("exam.detection_set")]


@given(policies())
def test_a_form_says_what_the_policy_says(policy):
    read, wrong = policy_of(form_of(policy))
    assert not wrong
    assert in_force(read) == in_force(policy) or in_force(read).rules == in_force(policy).rules
    assert (read.stake, read.on, read.off, read.allowed) == (policy.stake, policy.on, policy.off, policy.allowed)
    assert (read.apps, read.not_sites, read.paper) == (policy.apps, policy.not_sites, policy.paper)


def test_what_is_set_stands_in_the_ledger_and_on_the_page(house, planner):
    form = {"stake": "high", "identity": "on", "apps": "Word\n\nCalculator", "allowed.book": "on"}
    form |= {"channel.sound": "off", "rule.speech": "on", "number.looking_away.threshold": "25,5"}
    answer = planner.post(PAGE, data=form)
    assert answer.status_code == 303
    policy = stored(house)
    assert policy.stake is Stake.HIGH
    assert policy.identity
    assert policy.apps == ("word", "calculator")
    assert "speech" in in_force(policy)
    assert "second_voice" not in in_force(policy)
    assert policy.numbers == {"looking_away": {"threshold": 25.5}}
    (event,) = said(house)
    assert (event.by, event.policy, event.override) == ("planner", policy.to_json(), "")
    page = words_of(planner.get(answer.headers["Location"]))
    assert 'value="25.5"' in page
    assert "Set. It holds from now on." in page
    assert "calculator" in page


def test_setting_the_same_again_writes_nothing(house, planner):
    for _ in range(2):
        planner.post(PAGE, data={"stake": "low"})
    assert len(said(house)) == 1


@pytest.mark.parametrize(
    ("field", "typed", "sentence"),
    [
        ("number.looking_away.threshold", "300", "from 1 to 90; usual is 30"),
        ("number.looking_away.threshold", "many", "from 1 to 90"),
        ("number.phone_visible.hits", "2.5", "whole number from 1 to 100"),
        ("number.phone_visible.share", "nan", "from 0.1 to 1"),
        ("apps", "x" * 200, "120 characters"),
        ("not_sites", "a.example", "both"),
    ],
)
def test_what_does_not_fit_is_said_at_its_field_and_what_was_typed_stays(house, planner, field, typed, sentence):
    page = planner.post(PAGE, data={"stake": "low", "sites": "a.example", field: typed})
    assert page.status_code == 400
    assert sentence in words_of(page)
    assert f'href="#field-{field}"' in page.text
    assert re.search(rf'id="field-{re.escape(field)}"[^>]*aria-invalid="true"', page.text)
    assert typed in page.text
    assert said(house) == []


def test_a_fault_is_named_by_its_flag_and_its_number(planner):
    page = planner.post(PAGE, data={"number.looking_away.threshold": "300"})
    assert "Looking away, Degrees to the side</a>" in words_of(page)


def test_a_section_with_a_fault_is_open(planner):
    page = planner.post(PAGE, data={"number.looking_away.threshold": "300"}).text
    attention = page[page.index('id="channel-attention"') :]
    assert attention[: attention.index("</summary>")].rindex("<details open>")


def test_the_sensitive_numbers_are_filled_in_and_not_set(house, planner):
    page = planner.post(PAGE, data={"stake": "low", "preset": "sensitive"})
    assert page.status_code == 200
    phone = PRESETS["sensitive"].numbers["phone_visible"]
    for name, value in phone.items():
        assert re.search(rf'name="number.phone_visible.{name}"[^>]*value="{value:g}"', page.text)
    assert said(house) == []


def test_an_exam_that_runs_can_be_changed_and_the_page_says_so(house, planner):
    house.reach("in_exam")
    assert "The exam is running" in words_of(planner.get(PAGE))
    assert planner.post(PAGE, data={"stake": "low"}).status_code == 303


def test_an_exam_that_has_ended_cannot(house, planner):
    planner.post(f"/exams/{EXAM}/end", data={"reason": "over"})
    page = words_of(planner.get(PAGE))
    assert "The exam has ended" in page
    assert "Set it" not in page
    answer = planner.post(PAGE, json={"policy": {"stake": "low"}})
    assert answer.status_code == 409
    assert "has ended" in answer.json["error"]
    assert said(house) == []


def test_by_json(house, planner):
    policy = DetectionPolicy(stake=Stake.LOW, numbers={"looking_away": {"threshold": 40.0}})
    answer = planner.post(PAGE, json={"policy": policy.to_json(), "override": "tried last week"})
    assert answer.json["policy"] == policy.to_json()
    assert said(house)[0].override == ""  # none was needed
    read = planner.get(PAGE, headers={"Accept": "application/json"}).json["policy"]
    assert DetectionPolicy.from_json(read) == policy
    refused = planner.post(PAGE, json={"policy": {"numbers": {"looking_away": {"threshold": 300}}}})
    assert refused.status_code == 400
    assert "looking_away: threshold" in refused.json["error"]
    assert planner.post(PAGE, json={"override": "x"}).status_code == 400


def test_every_number_that_can_be_changed_stands_on_the_page_beside_the_usual_one(planner):
    page = words_of(planner.get(PAGE))
    for code, rule in RULES.items():
        for name in limits.of(rule):
            assert f'name="number.{code}.{name}"' in page
            assert f'placeholder="{limits.value(rule, name):g}"' in page


# --- help on flags ---


def test_I27_everybody_who_signed_in_reads_what_each_flag_is(lasting):
    for user in ("proctor", "reviewer", "planner", "institution", "staff", "auditor"):
        page = words_of(lasting.user(user).get("/flags"))
        assert all(f'id="flag-{code}"' in page for code in RULES), user
        assert "no acceptable model sees them" in page


def test_the_numbers_are_those_in_force_in_the_exam_that_is_chosen(house, planner):
    numbers = {"looking_away": {"threshold": 41.5}}
    planner.post(PAGE, json={"policy": {"numbers": numbers, "off": ["speech"]}})
    page = words_of(house.user("proctor").get(f"/flags?exam={EXAM}"))
    assert "41.5 (usual: 30)" in page
    assert "off in this exam" in page
    assert "41.5" not in words_of(house.user("proctor").get("/flags"))


def test_an_exam_without_a_candidate_of_ones_own_is_not_told_of(house, planner):
    planner.post(PAGE, json={"policy": {"numbers": {"looking_away": {"threshold": 41.5}}}})
    for attempt in house.attempts:
        planner.post(f"/exams/{EXAM}/assign", json={"attempt": attempt, "proctor": ""})
    page = words_of(house.user("proctor").get(f"/flags?exam={EXAM}"))
    assert "41.5" not in page
    assert "Biology" not in page


def test_what_is_set_is_json_all_the_way(house, planner):
    planner.post(PAGE, data={"stake": "low"})
    assert json.loads(json.dumps(said(house)[0].policy)) == stored(house).to_json()
