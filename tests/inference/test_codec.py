"""What detection saw goes to plain values and comes back the same; what would tell who somebody is does not."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

import pytest

from appliance.exam.detection import DetectionPolicy, Stake
from appliance.inference.baseline import Baseline
from appliance.inference.boxes import Box
from appliance.inference.codec import plain, restore
from appliance.inference.faces import Face
from appliance.inference.head import Head
from appliance.inference.likeness import Likeness
from appliance.inference.observe import Observation
from appliance.inference.onsets import Burst
from appliance.inference.sound import Heard

from .seen import face, person, phone, seen

HEARD = Heard(
    at=1763800000.5,
    position=12.5,
    level=-30.25,
    envelope=(-30.5, -31.0),
    floor=-60.0,
    chances=(0.5, 0.25),
    bursts=(Burst(1763800000.25, -20.0),),
    elsewhere="7",
)


@pytest.mark.parametrize(
    "thing",
    [
        seen(),
        seen(view=None, faces=None, persons=None, phones=None, waits=True),
        seen(faces=(face(), face(left=20.0)), persons=(person(), person(left=0.0)), phones=(phone(),)),
        seen(candidate=face(), head=Head(yaw=3.5, pitch=-2.0), enrolled=True, likeness=Likeness(0.5)),
        seen(likeness=Likeness(None, "turned")),
        HEARD,
        Baseline(yaw=1.5, head=Box(0.25, 0.25, 0.5, 0.5), objects=frozenset({"cup", "book"})),
        DetectionPolicy(
            stake=Stake.HIGH, off=frozenset({"noise"}), numbers={"speech": {"threshold": 0.625}}, trace=True
        ),
    ],
    ids=lambda thing: type(thing).__name__,
)
def test_it_comes_back_as_it_was(thing):
    assert restore(type(thing), json.loads(json.dumps(plain(thing)))) == thing


def test_a_voice_template_and_the_points_of_a_face_are_never_written():
    said = plain(replace(HEARD, voice=(0.1,) * 256))
    assert "voice" not in said
    assert restore(Heard, said).voice is None
    said = plain(replace(face(), points=((0.5, 0.5),) * 5))
    assert "points" not in said
    assert restore(Face, said) == face()


def test_what_is_usual_is_left_out():
    assert set(plain(Head(yaw=1.0, pitch=2.0))) == {"yaw", "pitch"}


def test_numbers_keep_the_digits_that_are_asked_for_and_times_all():
    said = plain(seen(at=1763800000.123456, changed=0.123456), 4)
    assert (said["at"], said["changed"]) == (1763800000.123456, 0.1235)


class Colour(StrEnum):
    RED = "red"


@dataclass(frozen=True)
class Inner:
    at: float
    colour: Colour | None = None


@dataclass(frozen=True)
class Outer:
    pair: tuple[int, str]
    many: tuple[Inner, ...] = ()
    named: Mapping[str, float] = field(default_factory=dict)
    some: frozenset[Colour] = frozenset()


def test_any_frozen_dataclass_of_plain_parts_will_do():
    thing = Outer((1, "a"), (Inner(0.5), Inner(1.0, Colour.RED)), {"x": 2.0}, frozenset({Colour.RED}))
    assert restore(Outer, json.loads(json.dumps(plain(thing)))) == thing


def test_what_could_not_be_read_back_is_not_written():
    with pytest.raises(TypeError, match="object cannot be kept"):
        plain(object())


@pytest.mark.parametrize(
    "said",
    [
        {},
        {"pair": [1]},
        {"pair": [1, "a", 2]},
        {"pair": ["1", "a"]},
        {"pair": [True, "a"]},
        {"pair": [1, "a"], "more": 1},
        {"pair": [1, "a"], "many": [{"at": "soon"}]},
        {"pair": [1, "a"], "some": ["blue"]},
        {"pair": [1, "a"], "many": 3},
        [],
        None,
    ],
)
def test_what_is_something_else_is_refused(said):
    with pytest.raises((TypeError, ValueError)):
        restore(Outer, said)


def test_an_observation_of_another_version_is_refused():
    with pytest.raises(TypeError):
        restore(Observation, {**plain(seen()), "aura": 3.0})
