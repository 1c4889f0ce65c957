"""First boot and reset on a real file system: full, read-only, and its power cut."""

import itertools
import os
import subprocess

import pytest

from appliance.box.paths import Paths
from appliance.bundle.keys import BoxKey
from appliance.errors import StorageFull
from appliance.provision import reset, self_test
from tests.chaos.disk import Disk
from tests.provision.machines import machine
from tests.provision.test_first_boot import SEED, boot, stick

pytestmark = pytest.mark.long


@pytest.fixture
def disk(tmp_path, monkeypatch):
    monkeypatch.setattr(self_test, "_PIECES", 1)
    monkeypatch.setattr(self_test, "_FLUSHES", 1)
    found = Disk(tmp_path / "place")
    found.make(megabytes=160)
    yield found
    found.remove()


def box(disk, tmp_path):
    data = disk.folder / "data"
    data.mkdir(exist_ok=True)
    os.sync()
    return Paths(data=data, run=tmp_path / "run"), machine(tmp_path / "root")


def cut_at(number, disk, run):
    """The power goes at the so-manieth write of a process of its own; -> did it come so far?"""
    child = os.fork()
    if child:
        _, status = os.waitpid(child, 0)
        return os.WEXITSTATUS(status) == 7
    counter = itertools.count(1)

    def cutting(call):
        def called(*arguments, **named):
            if next(counter) == number:
                disk.cut()
                os._exit(7)
            return call(*arguments, **named)

        return called

    try:
        for name in ("fsync", "replace", "link", "unlink", "mkdir"):
            setattr(os, name, cutting(getattr(os, name)))
        run()
    finally:
        os._exit(0)


def again(disk):
    disk.unmount()
    disk.mount()


def test_a_full_disk_is_told_nothing_is_made_and_it_goes_on_when_there_is_room(disk, tmp_path):
    paths, on = box(disk, tmp_path)
    free = os.statvfs(disk.folder)
    (disk.folder / "filler").write_bytes(bytes(free.f_bavail * free.f_frsize - 20_000_000))
    with pytest.raises(StorageFull, match="needs 64 MB to begin"):
        boot(paths, on)
    assert not list(paths.data.iterdir())
    (disk.folder / "filler").unlink()
    boot(paths, on)


def test_a_read_only_disk_is_told(disk, tmp_path):
    paths, on = box(disk, tmp_path)
    subprocess.run(["mount", "-o", "remount,ro", disk.folder], check=True)
    with pytest.raises(StorageFull, match=r"(?i)read-only"):
        boot(paths, on)
    assert not list(paths.data.iterdir())
    subprocess.run(["mount", "-o", "remount,rw", disk.folder], check=True)
    boot(paths, on)


def test_after_a_power_cut_in_any_step_the_next_start_ends_done(disk, tmp_path):
    for number in (3, 9, 15, 21, 28, 36, 45, 55, 66, 78):
        paths, on = box(disk, tmp_path / str(number))
        cut = cut_at(number, disk, lambda p=paths, o=on: boot(p, o, stick=stick(SEED)))
        again(disk)
        signed = (paths.keys / "box.key").read_bytes() if (paths.keys / "box.key").exists() else None
        boot(paths, on, stick=stick(SEED))
        assert signed is None or (paths.keys / "box.key").read_bytes() == signed, number
        BoxKey.from_folder(paths.keys)
        assert (paths.provision / "ready").exists()
        assert cut or number > 50
        reset.begin(paths, on, by="test", ours=True)


def test_after_a_power_cut_in_a_reset_it_is_as_before_or_ends_wiped(disk, tmp_path):
    for number in (1, 3, 6, 12, 24, 40):
        paths, on = box(disk, tmp_path / str(number))
        boot(paths, on, stick=stick(SEED))
        (paths.provision / "was-reset.json").unlink(missing_ok=True)
        (paths.media / "evidence").write_bytes(b"x" * 100_000)
        os.sync()
        cut_at(number, disk, lambda p=paths, o=on: reset.begin(p, o, by="test", ours=True))
        again(disk)
        if reset.begun(paths):
            reset.go_on(paths, on, ours=True)
        if (paths.provision / "was-reset.json").exists():
            assert not paths.keys.exists(), number
            assert not paths.media.exists(), number
        else:
            assert (paths.media / "evidence").exists(), number
            reset.begin(paths, on, by="test", ours=True)
