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
    """Mounted at `folder` from `make` on, until `unmount`."""

    def __init__(self, image: Path, folder: Path) -> None:
        self.image, self.folder = image, folder

    def make(self, megabytes: int = 400) -> None:
        """Skips the test where it is not possible."""
        if os.geteuid() != 0:
            pytest.skip("mounting a disk in a file needs root")
        self.folder.mkdir()
        with open(self.image, "wb") as image:
            image.truncate(megabytes * 1_000_000)
        try:
            subprocess.run(["mkfs.ext4", "-q", str(self.image)], check=True, capture_output=True)
            self.mount()
        except (OSError, subprocess.CalledProcessError) as error:
            pytest.skip(f"this machine does not let a test mount a disk in a file: {error}")

    def mount(self) -> None:
        subprocess.run(["mount", "-o", "loop", str(self.image), str(self.folder)], check=True, capture_output=True)

    def cut(self) -> None:
        """The power goes: nothing more reaches the disk, and what it had not got yet is lost."""
        descriptor = os.open(self.folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            fcntl.ioctl(descriptor, _SHUTDOWN, struct.pack("I", _LOSE_ALL))
        finally:
            os.close(descriptor)

    def unmount(self, *, seconds: float = 10.0) -> None:
        """A process that was just killed may still hold it for a moment."""
        deadline = time.monotonic() + seconds
        while os.path.ismount(self.folder):
            done = subprocess.run(["umount", str(self.folder)], capture_output=True, text=True, check=False)
            if done.returncode:
                assert time.monotonic() < deadline, done.stderr
                time.sleep(0.1)
