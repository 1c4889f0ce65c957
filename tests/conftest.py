"""What every test gets: a clean environment, and a check that it leaves no thread, process or open file behind."""

import contextlib
import gc
import logging
import os
import shutil
import threading
import time
from pathlib import Path

import pytest
from hypothesis import settings

from appliance.box.paths import Paths
from tests.servers.ceph import ceph  # noqa: F401 - a fixture for all
from tests.servers.juicefs import juicefs  # noqa: F401 - a fixture for all
from tests.servers.webdav import webdav  # noqa: F401 - a fixture for all
from tests.whole_box import Box

SHARED = Path(__file__).parents[2] / "shared"

settings.register_profile("house", deadline=None, derandomize="CI" in os.environ, print_blob=True)
settings.load_profile("house")

LONGEST = frozenset(
    {
        "test_run",
        "test_checkin",
        "test_pages",
        "test_phone",
        "test_main",
        "test_review",
        "test_candidate",
        "test_replay",
    }
)
"""Files that take a minute each begin first: else one worker is at them while the others have nothing left to do."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Used with `--no-loadscope-reorder`, which keeps this order."""
    slow = {item.path for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: (item.path.stem not in LONGEST, item.path not in slow))


SETTLE_SECONDS = 2.0
"""How long a thread or a process may take to end after it was told to."""

KNOWN_THREADS = {
    "Dummy-": "a native thread that called into Python; its library ends it, and Python keeps the name",
}

BROWSERS = "run-driver"
"""Ends the command of Playwright's driver. The browsers below it start processes when they like while they are open:
who opens one looks, when it is closed, that `browsers` are gone."""

KNOWN_FILES = {
    "/dev/urandom": "OpenSSL opens it at first use and keeps it",
    "/sys/fs/cgroup": "OpenVINO looks up the number of processors and keeps it",
}


def _threads() -> dict[int, str]:
    return {
        thread.ident or 0: thread.name
        for thread in threading.enumerate()
        if not any(thread.name.startswith(known) for known in KNOWN_THREADS)
    }


assert Path(f"/proc/self/task/{os.getpid()}/children").exists(), "this kernel does not list children (PROC_CHILDREN)"


def _children(of: int | str = "self") -> dict[int, str]:
    """Of all threads of a process, and theirs. Reading every process of the machine, as psutil does, costs 5 ms."""
    found = {}
    with contextlib.suppress(FileNotFoundError, ProcessLookupError):  # it ends while it is looked at
        for thread in Path(f"/proc/{of}/task").iterdir():
            for pid in map(int, (thread / "children").read_text().split()):
                command = Path(f"/proc/{pid}/cmdline").read_text(errors="replace").split("\0")
                found[pid] = " ".join(command[:6]) or f"process {pid}"
                if BROWSERS not in command:
                    found |= _children(pid)
    return found


def browsers() -> list[str]:
    """The processes below Playwright's driver."""
    drivers = [pid for pid, command in _children().items() if BROWSERS in command.split()]
    return [command for pid in drivers for command in _children(pid).values()]


def _files() -> dict[str, str]:
    """Open descriptors as "number target", so that a number used again for another file is seen."""
    found = {}
    for entry in Path("/proc/self/fd").iterdir():
        try:
            target = str(entry.readlink())
        except FileNotFoundError:  # the descriptor with which the folder is listed
            continue
        if not any(target.startswith(known) for known in KNOWN_FILES):
            found[f"{entry.name} {target}"] = target
    return found


LOOKS = {"thread": _threads, "process": _children, "file descriptor": _files}


def _left(before: dict[str, dict]) -> list[str]:
    return [f"{what} {name}" for what, look in LOOKS.items() for key, name in look().items() if key not in before[what]]


@pytest.fixture(autouse=True)
def no_leaks():
    """Fail a test that leaves something running or open."""
    before = {what: look() for what, look in LOOKS.items()}
    yield
    if not _left(before):
        return
    deadline = time.monotonic() + SETTLE_SECONDS
    gc.collect()
    while left := _left(before):
        if time.monotonic() > deadline:
            pytest.fail(f"the test left behind: {', '.join(left)}")
        time.sleep(0.02)


@pytest.fixture(autouse=True)
def clean_environment(no_leaks, monkeypatch):
    """What this machine's user has set up, or a test before, must not change what a test sees."""
    for name in ("DATA", "RUN", "DEBUG", "PARENT", "STEWARD"):
        monkeypatch.delenv(f"APPLIANCE_{name}", raising=False)
    monkeypatch.delenv("NOTIFY_SOCKET", raising=False)
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    root.handlers[:] = handlers  # a command that starts logging does so to a stream that ends with its test
    root.setLevel(level)


@pytest.fixture
def paths(tmp_path):
    """The folders of an empty box; its runtime folder goes with the test."""
    found = Paths.of(tmp_path / "data").make()
    yield found
    shutil.rmtree(found.run, ignore_errors=True)  # a box that ran and stopped has removed it


@pytest.fixture(scope="session")
def shared():
    """The folder of footage beside the project; tests that need it are skipped where it is absent."""
    if not (SHARED / "footage" / "labels.json").exists():
        pytest.skip("there is no footage beside the project (../shared/footage)")
    return SHARED


@pytest.fixture
def box(tmp_path):
    """A whole empty box, started and healthy; stopped, and seen to be gone, after the test."""
    with Box.running(tmp_path / "data") as running:
        yield running


@pytest.fixture
def demo_box(tmp_path):
    """A whole box with the demo exam and its six simulated candidates."""
    with Box.running(tmp_path / "data", demo=True) as running:
        yield running
