import dataclasses
import typing

import pytest

from appliance.errors import BadInput
from appliance.exam import events
from appliance.exam.events import CATALOGUE, Payload

SAMPLES = {str: "x", int: 1, float: 1.5, bool: True}


def sample(cls: type[Payload]) -> Payload:
    values = {}
    for field, hint in typing.get_type_hints(cls).items():
        if field in ("TYPE", "VERSION", "ORIGINS"):
            continue
        origin = typing.get_origin(hint)
        values[field] = {list: [], dict: {}}.get(origin, SAMPLES.get(hint))
    return cls(**values)


@pytest.mark.parametrize("name", CATALOGUE)
def test_a_payload_survives_json(name):
    payload = sample(CATALOGUE[name])
    assert events.decode(name, payload.to_json()) == payload


@pytest.mark.parametrize("name", CATALOGUE)
def test_a_payload_says_what_it_is(name):
    assert CATALOGUE[name].__doc__
    assert dataclasses.is_dataclass(CATALOGUE[name])


def test_an_unknown_type_field_or_gap_is_refused_in_words():
    with pytest.raises(BadInput, match="no event type"):
        events.decode("no.such", {})
    with pytest.raises(BadInput, match="no field 'more'"):
        events.decode("attempt.finished", {"more": 1})
    with pytest.raises(BadInput, match=r"attempt\.admitted"):
        events.decode("attempt.admitted", {})
