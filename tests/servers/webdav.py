"""A real WebDAV server for tests: Debian's rclone."""

import contextlib
import shutil
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.servers.juicefs import free_port

USER, PASSWORD = "box", "secret of the box"
READY_SECONDS = 20.0


@contextlib.contextmanager
def running(folder: Path) -> Iterator[str]:
    """-> its address. Skips the test where rclone is not installed."""
    if not shutil.which("rclone"):
        pytest.skip("rclone is not installed (Debian: rclone)")
    address = f"127.0.0.1:{free_port()}"
    command = ["rclone", "serve", "webdav", str(folder), "--addr", address, "--dir-cache-time", "0"]
    server = subprocess.Popen(
        [*command, "--user", USER, "--pass", PASSWORD], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        deadline = time.monotonic() + READY_SECONDS
        while not _answers(f"http://{address}/"):
            assert server.poll() is None, "rclone does not start"
            assert time.monotonic() < deadline, "rclone does not answer"
            time.sleep(0.05)
        yield address
    finally:
        server.kill()
        server.wait()


def _answers(url: str) -> bool:
    try:
        urllib.request.urlopen(url, timeout=2).close()
    except urllib.error.HTTPError as error:
        error.close()
        return True
    except OSError:
        return False
    return True


@pytest.fixture(scope="session")
def webdav(tmp_path_factory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("webdav")
    (folder / "evidence").mkdir()
    with running(folder) as address:
        yield address
