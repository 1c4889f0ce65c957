import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.box.clock import Stamp
from appliance.errors import BadInput, IntegrityError
from appliance.ledger import chain
from appliance.ledger.chain import GENESIS, Link

AT = Stamp(wall=1_700_000_000.25, monotonic_ns=5_000_000, boot="b", synchronised=True)

payloads = st.dictionaries(
    st.text(max_size=8),
    st.none()
    | st.booleans()
    | st.integers(-(2**53) + 1, 2**53 - 1)
    | st.text(max_size=20)
    | st.floats(allow_nan=False, allow_infinity=False),
    max_size=4,
)


def build(said):
    links, prev = [], GENESIS
    for position, payload in enumerate(said, start=1):
        link = chain.make(
            id=f"id-{position}",
            chain="a1",
            position=position,
            type="t",
            version=1,
            exam="bio",
            actor="web",
            at=AT,
            payload=payload,
            salt=position.to_bytes(16, "big"),
            prev=prev,
        )
        links.append(link)
        prev = link.hash
    return links


@given(st.lists(payloads, min_size=1, max_size=6))
def test_a_chain_checks_and_its_head_is_the_last_hash(said):
    links = build(said)
    assert chain.check(links, chain="a1") == (len(links), links[-1].hash)


@given(st.lists(payloads, min_size=1, max_size=5), st.data())
def test_a_flipped_bit_anywhere_is_found(said, data):
    links = build(said)
    which = data.draw(st.integers(0, len(links) - 1))
    part = data.draw(st.sampled_from(["body", "hash", "payload", "salt"]))
    raw = bytearray(getattr(links[which], part))
    where = data.draw(st.integers(0, len(raw) - 1))
    raw[where] ^= 1 << data.draw(st.integers(0, 7))
    links[which] = dataclasses.replace(links[which], **{part: bytes(raw)})
    with pytest.raises(IntegrityError):
        chain.check(links, chain="a1")


@given(st.lists(payloads, min_size=3, max_size=6), st.data())
def test_a_dropped_or_swapped_event_is_found(said, data):
    links = build(said)
    dropped = data.draw(st.integers(0, len(links) - 2))
    with pytest.raises(IntegrityError):
        chain.check(links[:dropped] + links[dropped + 1 :], chain="a1")
    links[dropped], links[dropped + 1] = links[dropped + 1], links[dropped]
    with pytest.raises(IntegrityError):
        chain.check(links, chain="a1")


@given(st.lists(payloads, min_size=1, max_size=5), st.data())
def test_an_erased_payload_leaves_the_chain_whole(said, data):
    links = build(said)
    which = data.draw(st.integers(0, len(links) - 1))
    links[which] = dataclasses.replace(links[which], payload=None, salt=None)
    assert chain.check(links, chain="a1")[0] == len(links)


def test_a_half_erased_payload_is_found():
    (link,) = build([{"a": 1}])
    with pytest.raises(IntegrityError, match="half erased"):
        chain.check([dataclasses.replace(link, salt=None)], chain="a1")


def test_the_error_names_the_event():
    links = build([{"a": n} for n in range(4)])
    broken = Link(
        body=links[2].body.replace(b"bio", b"bia"), hash=links[2].hash, payload=links[2].payload, salt=links[2].salt
    )
    with pytest.raises(IntegrityError, match="event 3 of chain a1"):
        chain.check([*links[:2], broken, links[3]], chain="a1")


@pytest.mark.parametrize("value", [float("nan"), float("inf"), 2**60, {1: 2}])
def test_what_json_cannot_say_is_refused(value):
    with pytest.raises(BadInput):
        chain.canonical({"x": value})
