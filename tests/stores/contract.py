"""The contract of `stores.port.ObjectStore`: one suite over every driver, as it is and where half of the calls fail.

A file takes it in with `from tests.stores.contract import *` and has a fixture `driver`: test_store_directory.py,
test_store_s3.py (JuiceFS), test_store_objects.py (obstore), test_store_ceph.py.
"""

import hashlib

import pytest

from appliance.errors import BadInput, NotFound, Unavailable
from appliance.stores.port import Conflict, SourceDamaged, checked, digest
from tests.sync.rig import FlakyStore


def sha(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def length(store, key):
    found = store.stat(key)
    assert found.key == key
    return found.size


class Persistent:
    """Does what the contract says is always right: tries the same call again while it is Unavailable."""

    def __init__(self, store: FlakyStore) -> None:
        self._store = store

    def _again(self, call):
        self._store.after = not self._store.after  # once before, once after the thing was done
        self._store.faults = 1
        for _ in range(3):
            try:
                return call()
            except Unavailable:
                continue
        raise AssertionError("a second try failed too")

    def put(self, key, source, *, sha256):
        return self._again(lambda: self._store.put(key, source, sha256=sha256))

    def confirm(self, key, source, *, sha256, listed=None):
        return self._again(lambda: self._store.confirm(key, source, sha256=sha256, listed=listed))

    def read(self, key):
        return iter(self._again(lambda: list(self._store.read(key))))

    def stat(self, key):
        return self._again(lambda: self._store.stat(key))

    def list(self, prefix):
        return iter(self._again(lambda: list(self._store.list(prefix))))

    def folders(self, prefix):
        return iter(self._again(lambda: list(self._store.folders(prefix))))


@pytest.fixture(params=["steady", "flaky"])
def store(request, driver):
    return driver if request.param == "steady" else Persistent(FlakyStore(driver))


def test_what_was_put_is_read_listed_and_measured(store, tmp_path):
    file = tmp_path / "segment.mp4"
    file.write_bytes(b"video" * 300_000)
    store.put("a/b/segment.mp4", file, sha256=sha(b"video" * 300_000))
    store.put("a/note", b"x", sha256=sha(b"x"))
    assert b"".join(store.read("a/b/segment.mp4")) == b"video" * 300_000
    assert digest(store, "a/note") == sha(b"x")
    assert length(store, "a/b/segment.mp4") == 1_500_000
    assert {stored.key for stored in store.list("")} == {"a/b/segment.mp4", "a/note"}
    assert {stored.key for stored in store.list("a/b")} == {"a/b/segment.mp4"}


def test_a_prefix_is_a_folder_and_not_the_beginning_of_a_name(store):
    store.put("ab/x", b"1", sha256=sha(b"1"))
    assert list(store.list("a")) == []


def test_folders_are_named_without_what_is_in_them(store):
    for key in ("north/box-1/exam/a", "north/box-2/exam/a", "north/note", "south/x"):
        store.put(key, b"1", sha256=sha(b"1"))
    assert sorted(store.folders("")) == ["north", "south"]
    assert sorted(store.folders("north")) == ["box-1", "box-2"]
    assert list(store.folders("nowhere")) == []


def test_a_receipt_says_what_the_store_has(store):
    store.put("a/x", b"one", sha256=sha(b"one"))
    assert store.confirm("a/x", b"one", sha256=sha(b"one"))
    assert not store.confirm("a/x", b"two", sha256=sha(b"two"))
    assert not store.confirm("a/y", b"one", sha256=sha(b"one"))


def test_nothing_is_there_before_it_is_put(store):
    assert store.stat("a/b") is None
    assert list(store.list("a")) == []
    with pytest.raises(NotFound):
        list(store.read("a/b"))


def test_the_same_again_changes_nothing(store):
    store.put("a/x", b"one", sha256=sha(b"one"))
    assert store.put("a/x", b"one", sha256=sha(b"one")) is False


def test_other_content_is_refused_and_the_old_stays(store):
    store.put("a/x", b"one", sha256=sha(b"one"))
    with pytest.raises(Conflict) as refused:
        store.put("a/x", b"two", sha256=sha(b"two"))
    assert "a/x" in str(refused.value)
    assert refused.value.hint
    assert b"".join(store.read("a/x")) == b"one"


def test_a_source_that_is_not_what_its_hash_says_leaves_nothing(store, tmp_path):
    with pytest.raises(SourceDamaged):
        store.put("a/x", b"one", sha256=sha(b"two"))
    with pytest.raises(SourceDamaged, match=r"gone\.mp4"):
        store.put("a/x", tmp_path / "gone.mp4", sha256=sha(b"two"))
    assert store.stat("a/x") is None
    assert list(store.list("")) == []


def test_an_empty_object_is_an_object(store):
    store.put("a/empty", b"", sha256=sha(b""))
    assert length(store, "a/empty") == 0
    assert b"".join(store.read("a/empty")) == b""
    assert store.confirm("a/empty", b"", sha256=sha(b""))


@pytest.mark.parametrize("key", ["", "/a", "a/", "a//b", "../a", "a/../b", ".a", "a/.b", "a b", "a\n", "ä", "x" * 201])
def test_a_key_that_could_lead_elsewhere_is_refused(store, key):
    with pytest.raises(BadInput):
        checked(key)
    with pytest.raises(BadInput):
        store.put(key, b"", sha256=sha(b""))
