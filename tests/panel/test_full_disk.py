"""A real disk that fills up: the checks write it down, and the light says so until there is room again."""

import os
import subprocess
import sys
import threading
import time

import pytest

from appliance.box import health, panel, workers
from appliance.box.paths import Paths
from appliance.config import Settings
from tests.chaos.disk import Disk
from tests.panel.pins import DARK, RED, Panel, until

pytestmark = pytest.mark.slow

MEGABYTE = 1_000_000


@pytest.fixture
def disk(tmp_path):
    made = Disk(tmp_path)
    made.make(megabytes=400)
    yield made.folder
    made.remove()


@pytest.fixture
def others(disk):
    """A box on that disk whose processes are well; -> its folders."""
    paths = Paths.of(disk / "data").make()
    paths.config.write_text("[capture]\nlow_water_bytes = 100_000_000\n", encoding="utf-8")
    over = threading.Event()

    def say():
        while not over.wait(0.3):
            for name in workers.services(Settings()):
                health.write(paths.health, name, healthy=True, sentence="stands in")

    thread = threading.Thread(target=say)
    thread.start()
    yield paths
    over.set()
    thread.join()


def look(paths):
    """What the timer of an installed box does each minute."""
    command = [sys.executable, "-m", "appliance", "--data", str(paths.data), "doctor", "--record"]
    subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=60, check=False)


def test_a_disk_that_fills_is_a_fault_in_words_until_there_is_room_again(others, disk, tmp_path):
    front = Panel(others.data, tmp_path / "panel.log", **os.environ)

    def shown():
        return panel.read(others.run)

    try:
        until(lambda: shown() is not None and shown().status != "starting", seconds=20)
        look(others)
        time.sleep(0.5)
        assert shown().status != "fault", shown()
        free = os.statvfs(disk).f_bavail * os.statvfs(disk).f_frsize
        filling = disk / "recordings"
        with open(filling, "wb") as out:
            os.posix_fallocate(out.fileno(), 0, free - 20 * MEGABYTE)
        look(others)
        until(lambda: shown().status == "fault")
        assert "nearly full" in " ".join(shown().lines)
        until(lambda: front.colour == RED)
        until(lambda: front.colour == DARK)
        filling.unlink()
        look(others)
        until(lambda: shown().status != "fault")
    finally:
        front.stop()
