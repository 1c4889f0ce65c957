"""What tests of capture share."""

import os
import subprocess

import pytest

from appliance.capture.loop import Loop

Loop().close()  # the first one of a process opens libuv's signal pipe for good


@pytest.fixture
def small_disk(tmp_path):
    """A file system of 2 MB."""
    folder = tmp_path / "small"
    folder.mkdir()
    if os.geteuid() != 0:
        pytest.skip("mounting a small file system needs root")
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", folder], check=False).returncode:
        pytest.skip("this machine does not let a test mount a tmpfs")
    yield folder
    subprocess.run(["umount", folder], check=True)
