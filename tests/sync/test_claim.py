"""A name in a store has one owner."""

import hashlib

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from appliance.bundle.keys import BoxKey
from appliance.stores.directory import DirectoryStore
from appliance.stores.port import Refused
from appliance.sync.claim import claim


def key():
    return BoxKey(Ed25519PrivateKey.generate()).public


@pytest.fixture
def store(tmp_path):
    return DirectoryStore(tmp_path / "up")


def put(store, key, data):
    store.put(key, data, sha256=hashlib.sha256(data).hexdigest())


def test_I7_the_first_box_takes_the_name_and_keeps_it(store):
    ours = key()
    assert claim(store, "north", "box-1", ours.pem) is True
    assert claim(store, "north", "box-1", ours.pem) is False
    assert b"".join(store.read("north/box-1/_box/box.pub")) == ours.pem


def test_I7_a_name_that_another_box_has_is_refused_with_both_fingerprints_and_nothing_changes(store):
    theirs, ours = key(), key()
    claim(store, "north", "box-1", theirs.pem)
    with pytest.raises(Refused, match="another box") as refused:
        claim(store, "north", "box-1", ours.pem)
    assert theirs.fingerprint[:16] in str(refused.value)
    assert ours.fingerprint[:16] in str(refused.value)
    assert "[upstream]" in refused.value.hint
    assert b"".join(store.read("north/box-1/_box/box.pub")) == theirs.pem
    assert claim(store, "north", "box-2", ours.pem)


def test_what_an_earlier_version_of_the_same_box_left_is_no_hindrance(store):
    ours = key()
    put(store, "north/box-1/bio/box.pub", ours.pem)
    put(store, "north/box-1/bio/a/manifest.json", b"{}")
    assert claim(store, "north", "box-1", ours.pem)


def test_what_an_earlier_version_of_another_box_left_is_seen(store):
    put(store, "north/box-1/bio/box.pub", key().pem)
    with pytest.raises(Refused, match="another box"):
        claim(store, "north", "box-1", key().pem)


def test_whatever_else_lies_in_the_place_of_the_key_is_not_ours(store):
    put(store, "north/box-1/_box/box.pub", b"hello" * 10_000)
    with pytest.raises(Refused, match="none of a box"):
        claim(store, "north", "box-1", key().pem)
