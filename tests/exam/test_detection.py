"""What a planner sets, and which rules hold for one candidate then."""

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.errors import BadInput
from appliance.exam import accommodation, limits
from appliance.exam.accommodation import Switch
from appliance.exam.detection import (
    LOUD_AT,
    PRESETS,
    QUIET_AT,
    DetectionPolicy,
    Prohibited,
    Stake,
    in_force,
    plain_names,
)
from appliance.exam.flags import RULES, RULES_VERSION, Source, Unit

CODES = sorted(RULES)
CHANGEABLE = [(code, name) for code, rule in RULES.items() for name in limits.of(rule)]
NUMBERS = st.dictionaries(st.sampled_from(CHANGEABLE), st.floats(0, 1), max_size=6)
"""Where between its two limits each number stands."""


def value_of(code, name, where):
    bounds = limits.of(RULES[code])[name]
    value = bounds.low + where * (bounds.high - bounds.low)
    return float(round(value)) if bounds.whole else value


@st.composite
def policies(draw):
    switched = draw(st.dictionaries(st.sampled_from(CODES), st.booleans(), max_size=8))
    numbers: dict[str, dict[str, float]] = {}
    for (code, name), where in draw(NUMBERS).items():
        numbers.setdefault(code, {})[name] = value_of(code, name, where)
    words = [plain_names(draw(st.lists(st.text("abc./-", min_size=1, max_size=9), max_size=3))) for _ in range(2)]
    return DetectionPolicy(
        stake=draw(st.sampled_from(Stake)),
        on=frozenset(code for code, on in switched.items() if on),
        off=frozenset(code for code, on in switched.items() if not on),
        numbers=numbers,
        allowed=frozenset(draw(st.sets(st.sampled_from(Prohibited)))),
        apps=words[0],
        not_sites=words[1],
        identity=draw(st.booleans()),
        paper=draw(st.booleans()),
    )


@given(policies())
def test_what_is_written_down_is_read_as_it_was(policy):
    assert DetectionPolicy.from_json(json.loads(json.dumps(policy.to_json()))) == policy


@given(policies(), st.sets(st.sampled_from(Switch)))
def test_M39_no_rule_holds_that_an_accommodation_or_the_exam_switches_off(policy, granted):
    switches = granted | ({Switch.PAPER} if policy.paper else set())
    for code, rule in in_force(policy, granted).rules.items():
        assert not switches & set(rule.off_by)
        assert code not in policy.off
        assert rule.source is not Source.PERSON


@given(policies(), st.sampled_from(CHANGEABLE), st.floats(0, 1))
def test_the_version_changes_exactly_with_what_holds(policy, place, where):
    code, name = place
    before = in_force(policy)
    numbers = {c: dict(changes) for c, changes in policy.numbers.items()}
    numbers.setdefault(code, {})[name] = value_of(code, name, where)
    after = in_force(DetectionPolicy.from_json(policy.to_json() | {"numbers": numbers}))
    assert (before.version == after.version) == (before.rules == after.rules)
    assert after.version.startswith(RULES_VERSION)


def test_the_version_changes_with_a_number_that_another_one_makes_pointless():
    """Of a single tick no share is asked; it still is the rule's."""
    single = {"hits": 1.0}
    one, two = ({"numbers": {"face_absent": {**single, "share": share}}} for share in (0.5, 0.9))
    assert in_force(DetectionPolicy.from_json(one)).version != in_force(DetectionPolicy.from_json(two)).version


@pytest.mark.parametrize("changed", [{"apps": ["word"]}, {"not_sites": ["a.example"]}, {"allowed": ["book"]}])
def test_the_version_changes_with_what_is_allowed(changed):
    assert in_force(DetectionPolicy.from_json(changed)).version != in_force(DetectionPolicy()).version


def test_the_usual_numbers_of_every_rule_lie_within_its_limits():
    for code, name in CHANGEABLE:
        assert limits.of(RULES[code])[name].hold(limits.value(RULES[code], name)), (code, name)


def test_a_rule_without_a_threshold_has_none_to_change():
    for rule in RULES.values():
        assert (rule.unit is Unit.NONE) == ("threshold" not in limits.of(rule)), rule.code
        assert rule.unit is not Unit.NONE or rule.threshold == 0.0


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"numbers": {"looking_away": {"threshold": 300}}}, ["looking_away", "threshold", "1 to 90", "30"]),
        ({"numbers": {"phone_visible": {"hits": 2.5}}}, ["phone_visible", "hits", "whole number", "3"]),
        ({"numbers": {"phone_visible": {"share": 0}}}, ["phone_visible", "share", "0.1 to 1"]),
        ({"numbers": {"phone_visible": {"colour": 1}}}, ["phone_visible", "'colour'", "threshold, seconds"]),
        ({"numbers": {"print_screen": {"threshold": 1}}}, ["print_screen", "threshold", "on and off"]),
        ({"numbers": {"phone_visible": {"threshold": math.nan}}}, ["phone_visible", "threshold", "not a number"]),
        ({"numbers": {"phone_visible": {"threshold": True}}}, ["phone_visible", "threshold", "not a number"]),
        ({"numbers": {"phone_visible": 3}}, ["numbers", "table"]),
        ({"numbers": {"no_such": {"threshold": 1}}}, ["no_such", "no flag"]),
        ({"off": ["speech"], "on": ["speech"]}, ["speech", "both on and off"]),
        ({"off": "speech"}, ["off", "list"]),
        ({"off": [3]}, ["off", "list"]),
        ({"stake": "enormous"}, ["stake", "'enormous'", "low, medium, high"]),
        ({"allowed": ["gun"]}, ["allowed", "'gun'", "book"]),
        ({"identity": "yes"}, ["identity", "true nor false"]),
        ({"apps": ["x" * 200]}, ["apps", "no name", "120"]),
        ({"apps": [f"app {n}" for n in range(101)]}, ["apps", "101", "100"]),
        ({"sites": ["a\x07b"]}, ["sites", "no name"]),
        ({"sites": ["a.example"], "not_sites": ["https://A.example/"]}, ["a.example", "both"]),
        ({"colour": 1}, ["'colour'", "no setting", "stake"]),
    ],
)
def test_a_wrong_value_is_refused_in_words_that_name_the_field(said, words):
    with pytest.raises(BadInput) as caught:
        DetectionPolicy.from_json(said)
    for word in words:
        assert word in f"{caught.value.message} {caught.value.hint}"


@given(st.recursive(st.none() | st.booleans() | st.floats() | st.text(max_size=5), st.lists, max_leaves=4))
def test_whatever_stands_in_a_field_is_read_or_refused(value):
    for field in DetectionPolicy().to_json():
        try:
            policy = DetectionPolicy.from_json({field: value})
        except BadInput:
            continue
        assert DetectionPolicy.from_json(policy.to_json()) == policy


def test_names_are_compared_plainly():
    assert plain_names([" Microsoft Word ", "https://Example.org/", "", "microsoft word"]) == (
        "microsoft word",
        "example.org",
    )


def test_M33_the_stake_chooses_the_detectors_and_each_can_be_switched_by_itself():
    low = in_force(DetectionPolicy(stake=Stake.LOW))
    assert not {rule.channel for rule in low.rules.values()} & QUIET_AT[Stake.LOW]
    assert "looking_away" in in_force(DetectionPolicy(stake=Stake.LOW, on=frozenset({"looking_away"})))
    assert "speech" not in in_force(DetectionPolicy(off=frozenset({"speech"})))
    assert LOUD_AT[Stake.HIGH] <= in_force(DetectionPolicy(stake=Stake.HIGH)).rules.keys()
    assert not LOUD_AT[Stake.HIGH] & in_force(DetectionPolicy()).rules.keys()


def test_on_paper_nobody_is_told_of_for_looking_down():
    assert "looking_down" in in_force(DetectionPolicy())
    assert "looking_down" not in in_force(DetectionPolicy(paper=True))


def test_every_preset_holds_and_the_sensitive_one_asks_for_three_of_three():
    assert all(preset.checked() is preset for preset in PRESETS.values())
    phone = in_force(PRESETS["sensitive"])["phone_visible"]
    assert (phone.threshold, phone.share, phone.hits) == (0.20, 1.0, 3)


# --- accommodations ---


@pytest.mark.parametrize("text", ["breaks gaze", "gaze|breaks", " Breaks | GAZE ", "gaze gaze breaks"])
def test_accommodations_are_names_between_spaces_or_bars(text):
    assert accommodation.read(text) == {Switch.BREAKS, Switch.GAZE}


def test_no_accommodation_is_none():
    assert accommodation.read(" | ") == frozenset()


def test_an_accommodation_that_is_not_known_is_named_with_those_that_are():
    with pytest.raises(BadInput) as caught:
        accommodation.read("breaks dyslexia")
    assert "'dyslexia'" in caught.value.message
    assert all(switch in caught.value.hint for switch in Switch)


def test_every_accommodation_switches_something_off():
    used = {switch for rule in RULES.values() for switch in rule.off_by}
    assert set(Switch) == used
