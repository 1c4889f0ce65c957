"""A file system of its own whose power can be cut: ext4 in a file, as xfstests cuts it."""

import fcntl
import os
import struct
import subprocess
import time
from pathlib import Path

import pytest

_SHUTDOWN = 0x8004587D  # FS_IOC_SHUTDOWN, linux/fs.h
_LOSE_ALL = 2  # without flushing the log: what was not on the disk is gone


class Disk:
    """Mounted at `folder` from `make` on, until `remove`. What lies beside it: `image`, the disk's bytes."""

    def __init__(self, place: Path) -> None:
        self._place = place
        self.image, self.folder = place / "image", place / "disk"
        self._bound = False

    def make(self, megabytes: int = 400) -> None:
        """Skips the test where it is not possible."""
        if os.geteuid() != 0:
            pytest.skip("mounting a disk in a file needs root")
        self.folder.mkdir(parents=True)
        with open(self.image, "wb") as image:
            image.truncate(megabytes * 1_000_000)
        try:
            _do("mkfs.ext4", "-q", self.image)
            # Shared: what is unmounted here goes from the copies too that `ip netns exec` makes of all mounts. With a
            # copy left, the kernel would bring back the file system that was cut.
            _do("mount", "--bind", self._place, self._place)
            self._bound = True
            _do("mount", "--make-shared", self._place)
            self.mount()
        except (OSError, subprocess.CalledProcessError) as error:
            self.remove()
            pytest.skip(f"this machine does not let a test mount a disk in a file: {error}")

    def mount(self) -> None:
        """The power is back: the journal is played back."""
        _do("mount", "-o", "loop", self.image, self.folder)

    def cut(self) -> None:
        """The power goes: nothing more reaches the disk, and what it had not got yet is lost."""
        descriptor = os.open(self.folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            fcntl.ioctl(descriptor, _SHUTDOWN, struct.pack("I", _LOSE_ALL))
        finally:
            os.close(descriptor)

    def unmount(self, *, seconds: float = 15.0) -> None:
        """Until the kernel has let go of the image. A process that was just killed may hold it for a moment."""
        deadline = time.monotonic() + seconds
        while os.path.ismount(self.folder):
            _try_until(deadline, "umount", self.folder)
        while subprocess.run(["losetup", "-j", self.image], capture_output=True, check=True).stdout:
            assert time.monotonic() < deadline, "something still has the disk mounted"
            time.sleep(0.1)

    def remove(self) -> None:
        """For good."""
        self.unmount()
        deadline = time.monotonic() + 5
        while self._bound:
            self._bound = not _try_until(deadline, "umount", self._place)


def _do(*command: str | Path) -> None:
    subprocess.run(command, check=True, capture_output=True)


def _try_until(deadline: float, *command: str | Path) -> bool:
    """False when it did not work and may be tried again."""
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        assert time.monotonic() < deadline, done.stderr
        time.sleep(0.1)
    return not done.returncode
