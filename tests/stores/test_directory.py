"""What is particular to a folder as store: the disk."""

import errno
import hashlib
import os
from pathlib import Path

import pytest

from appliance.errors import StorageFull, Unavailable
from appliance.stores.directory import DirectoryStore

ONE = hashlib.sha256(b"one").hexdigest()


@pytest.fixture
def store(tmp_path):
    return DirectoryStore(tmp_path / "up")


def fails_with(number):
    def fail(*_args, **_kwargs):
        raise OSError(number, os.strerror(number))

    return fail


@pytest.mark.parametrize(("number", "expected"), [(errno.ENOSPC, StorageFull), (errno.EIO, Unavailable)])
def test_a_disk_that_takes_no_more_leaves_nothing_and_says_what_to_do(store, tmp_path, monkeypatch, number, expected):
    with monkeypatch.context() as broken:
        broken.setattr(os, "fsync", fails_with(number))
        with pytest.raises(expected) as refused:
            store.put("a/x", b"one", sha256=ONE)
    assert str(tmp_path / "up") in str(refused.value)
    assert refused.value.hint
    assert not [path for path in (tmp_path / "up").rglob("*") if path.is_file()]
    assert store.put("a/x", b"one", sha256=ONE) is True


def test_a_read_only_disk_is_storage_that_takes_no_more(store, monkeypatch):
    monkeypatch.setattr("pathlib.Path.mkdir", fails_with(errno.EROFS))
    with pytest.raises(StorageFull):
        store.put("a/x", b"one", sha256=ONE)


def test_a_disk_that_is_not_mounted_is_not_filled(tmp_path):
    store = DirectoryStore(tmp_path / "mnt" / "usb" / "evidence")
    with pytest.raises(Unavailable, match="not there"):
        store.put("a/x", b"one", sha256=ONE)
    assert not (tmp_path / "mnt").exists()


def test_what_a_crash_left_is_not_listed_and_is_replaced(store, tmp_path):
    (tmp_path / "up" / "a").mkdir(parents=True)
    (tmp_path / "up" / "a" / ".x.partial").write_bytes(b"on")
    assert list(store.list("")) == []
    store.put("a/x", b"one", sha256=ONE)
    assert [path.name for path in (tmp_path / "up" / "a").iterdir()] == ["x"]


def test_a_share_that_cannot_sync_a_folder_decides_itself(store, monkeypatch):
    real = os.fsync

    def fsync(descriptor):
        if Path(f"/proc/self/fd/{descriptor}").is_dir():
            raise OSError(errno.EINVAL, "no")
        real(descriptor)

    monkeypatch.setattr(os, "fsync", fsync)
    assert store.put("a/x", b"one", sha256=ONE) is True


def test_every_file_and_every_new_folder_is_synced(store, monkeypatch):
    synced = []
    real = os.fsync
    monkeypatch.setattr(os, "fsync", lambda fd: (synced.append(str(Path(f"/proc/self/fd/{fd}").readlink())), real(fd)))
    store.put("a/b/x", b"one", sha256=ONE)
    names = [path.rsplit("/", 1)[1] for path in synced]
    assert names.count("up") == 1  # holds the new a
    assert ".x.partial" in names
    assert names[-1] == "b"  # the rename
