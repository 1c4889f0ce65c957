"""What an installed box must survive: a restart in the middle of an exam, and a plug that is pulled in first boot."""

import contextlib
import json
import shutil
import subprocess
import sys
import time

import pytest

from appliance.exam import events
from appliance.ledger.reader import opened as reading
from appliance.provision.first_boot import STEPS
from tests.boot import machine
from tests.boot.machine import ADDRESS, Machine

pytestmark = [pytest.mark.boot, pytest.mark.timeout(900)]

ROSTER = "seat,candidate,name\n1,s-1,Ana Lima\n"
EXAM = ("--id", "bio", "--title", "Biology", "--admission", "automatic")


@pytest.fixture
def no_leaks():
    """Each machine is gone with its block."""


@pytest.fixture
def box():
    machine.require()
    with Machine.of(machine.installed(machine.package())) as made:
        yield made


def plan(box: Machine) -> None:
    """An exam, entered at the command line while the box does not run."""
    box.run("systemctl", "stop", "appliance.target", "appliance-web.service")
    (box.data / "roster.csv").write_text(ROSTER)
    (box.data / "roster.csv").chmod(0o644)
    box.run("appliance", "exam", "create", *EXAM, "--roster", "/var/lib/appliance/roster.csv",
            "--codes-out", "/var/lib/appliance/codes.csv")  # fmt: skip
    box.run("systemctl", "start", "appliance.target")
    box.until(box.well, 120, "the box is not well")


@contextlib.contextmanager
def candidate(box: Machine, folder):
    """Simulated, on a computer of the lab; comes back by itself."""
    shutil.copy(box.data / "codes.csv", folder / "codes.csv")
    shutil.copy(box.data / "keys" / "authority.pem", folder / "ca.pem")
    command = [sys.executable, "-m", "appliance", "simulate", "--url", f"https://{ADDRESS}", "--seats", "1"]
    command += ["--codes", str(folder / "codes.csv"), "--ca", str(folder / "ca.pem")]
    with open(folder / "simulate.log", "wb") as out:
        running = subprocess.Popen(["ip", "netns", "exec", box.lab, *command], stdout=out, stderr=out)
    try:
        yield folder / "simulate.log"
    finally:
        running.terminate()
        running.wait(20)


def arriving(box: Machine) -> int:
    """How many feeds come in and go to the disk."""
    feeds = {}
    for name in ("capture-1", "capture-2"):
        feeds |= box.health(name).get("feeds", {})
    return sum(1 for feed in feeds.values() if not feed["gap"] and (feed["silent_s"] or 0) < 2 and feed["position"] > 3)


@pytest.mark.parametrize("how", ["off", "cut"])
def test_an_exam_goes_on_after_the_machine_was_down(box, how, tmp_path):
    box.on()
    box.until(box.well, 120, "the box is not well")
    plan(box)
    with candidate(box, tmp_path) as log:
        box.until(lambda: arriving(box) == 2, 90, "nobody is recorded")
        getattr(box, how)()
        down = time.time()
        box.on()
        took = box.until(lambda: arriving(box) == 2, 180, f"the exam does not go on\n{log.read_text()[-2000:]}")
        print(f"\n{how}: recorded again {time.time() - down:.1f} s after power on ({took:.1f} s after `running`)")
        time.sleep(3)  # the gaps' ends are told
    box.off()
    shutil.copytree(box.data / "ledger", tmp_path / "ledger")
    with reading(tmp_path / "ledger" / "ledger.sqlite3") as ledger:
        said = [event.payload for event in ledger.events(limit=5000)]
    opened = [one for one in said if isinstance(one, events.GapOpened)]
    closed = {one.gap: one.ends_at for one in said if isinstance(one, events.GapClosed)}
    over = [one for one in opened if one.gap in closed and closed[one.gap] > down > one.starts_at - 5]
    for one in over:
        print(f"gap: {one.kind}, {one.cause}, {closed[one.gap] - one.starts_at:.1f} s")
    assert {str(one.kind) for one in over} == {"webcam", "screen"}
    assert all(one.cause for one in over)
    assert not [one for one in said if type(one).__name__ in ("AttemptEnded", "ExamEnded")]


def test_first_boot_that_is_cut_in_each_step_is_done_in_the_end_and_makes_nothing_twice(box):
    journal = box.data / "provision" / "journal.json"
    keys = box.data / "keys"

    def done() -> int:
        try:
            return len(json.loads(journal.read_text())["steps"])
        except (OSError, ValueError, KeyError):
            return 0

    seen, cuts = {}, 0
    while done() < len(STEPS) + 2 and cuts < 2 * len(STEPS):
        before, began = done(), time.monotonic()
        box.on(wait=False)
        while done() == before and time.monotonic() - began < 60:
            time.sleep(0.002)
        box.cut()
        cuts += 1
        for file in keys.glob("*"):  # a secret that was whole once is the same for ever
            if file.name not in ("https.pem",) and not file.name.startswith("."):
                assert seen.setdefault(file.name, file.read_bytes()) == file.read_bytes(), file.name
    print(f"\n{cuts} cuts, {done()} steps done")
    assert cuts >= 3
    box.on()
    box.until(box.well, 120, "the box is not well")
    assert box.state() == "running"
    assert box.unit("appliance-firstboot.service", "Result") == {"Result": "success"}
    for name, content in seen.items():
        assert (keys / name).read_bytes() == content, name
    assert json.loads(journal.read_text())["failed"] is None
