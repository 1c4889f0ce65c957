"""`appliance run`, whole: ready, well, killed and up again, stopped, and on again with the same exam."""

import json
import os
import shutil
import signal
import time

import psutil
import pytest

from appliance.ledger import reader as readers
from appliance.ledger import state
from tests.whole_box import SERVICES, Box

pytestmark = pytest.mark.slow


def test_a_box_is_ready_well_and_gone_within_five_seconds(tmp_path):
    with Box.running(tmp_path / "data") as box:
        done = box.command("status", "--json")
        said = json.loads(done.stdout)
        assert done.returncode == 0, done.stdout
        assert {*SERVICES, "supervisor"} <= set(said["processes"])
        assert all(process["healthy"] for process in said["processes"].values())
        assert box.get("/healthz")[0] == 200
        refused = box.command("run", "--port", "0")
        assert refused.returncode == 2
        assert "already running" in refused.stderr
        refused = box.command("user", "create", "ada", "--role", "admin", text="correct horse battery\n")
        assert refused.returncode == 2
        assert "/users" in refused.stderr
        assert box.stop() < 5.0
    assert box.command("status").returncode == 1


@pytest.mark.long
def test_the_demo_shows_flags_and_goes_on_after_a_stop(tmp_path):
    box = Box(tmp_path / "data")
    box.start(demo=True)
    try:
        assert box.password
        began = time.monotonic()
        while not {flag["seat"] for flag in box.flags("demo")} >= {"1", "2"}:
            assert time.monotonic() - began < 60, f"{box.flags('demo')}\n{box.logs()}"
            time.sleep(0.5)
        assert "6" not in {flag["seat"] for flag in box.flags("demo")}, "seat 6 does nothing wrong"
        before = _attempts(box)
        assert {row.stage.value for row in before} == {"in_exam"}
    finally:
        box.stop()
    assert [(row.attempt, row.stage) for row in _attempts(box)] == [(row.attempt, row.stage) for row in before]
    flags = len(box.flags("demo"))
    box.start(demo=True)
    try:
        _until(lambda: all(feed["position"] > 1 for feed in _feeds(box)) and len(_feeds(box)) == 12, box)
        assert [row.attempt for row in _attempts(box)] == [row.attempt for row in before]
        assert len(box.flags("demo")) >= flags
        ended = box.command("end", "--exam", "demo", "--wait", seconds=200)
        assert ended.returncode == 0, ended.stderr
        assert {row.stored_at is not None for row in _attempts(box)} == {True}
        [folder] = {path.parent for path in (box.data / "upstream").glob("*/*/demo/manifest.json")}
        proved = box.command("verify", str(folder))
        assert proved.returncode == 0, proved.stdout + proved.stderr
    finally:
        box.stop()


@pytest.mark.parametrize(
    "name",
    [name if name == "inference" else pytest.param(name, marks=pytest.mark.long) for name in SERVICES],
)
def test_a_killed_process_is_started_again_and_nothing_else_is(box, name):
    pids = {other: box.pid(other) for other in SERVICES}
    before = box.health("supervisor")["processes"][name]["restarts"]
    killed = box.kill(name)
    assert box.wait_healthy(name, other_than=killed) < 20
    assert {other: box.pid(other) for other in SERVICES if other != name} == {
        other: pid for other, pid in pids.items() if other != name
    }
    assert box.health("supervisor")["processes"][name]["restarts"] == before + 1
    _until(lambda: box.get("/healthz")[0] == 200, box)


def test_a_killed_supervisor_takes_its_processes_along(tmp_path):
    box = Box(tmp_path / "data")
    box.start()
    family = psutil.Process(box.process.pid).children(recursive=True)
    box.process.kill()
    box.process.wait()
    _, alive = psutil.wait_procs(family, timeout=8)
    alive = [process for process in alive if process.status() != psutil.STATUS_ZOMBIE]  # nobody has buried it yet
    for process in alive:
        process.kill()
    assert not alive
    box.start()  # what was left behind in the runtime folder does not matter
    box.stop()


@pytest.mark.long
def test_without_models_the_box_records_and_says_what_is_missing(tmp_path):
    with Box.running(tmp_path / "data", APPLIANCE_MODELS=str(tmp_path / "none")) as box:  # it says `ready`
        said = box.output.read_text(encoding="utf-8")
        assert "appliance models prepare" in said
        assert "The box records, but detects nothing" in said
        assert box.command("status").returncode == 1
        assert not box.health("inference")["healthy"]
        assert all(box.health(name)["healthy"] for name in SERVICES if name != "inference")


@pytest.mark.long
def test_a_runtime_folder_that_is_removed_under_the_box_is_made_again(tmp_path):
    with Box.running(tmp_path / "data") as box:
        pids = {name: box.pid(name) for name in SERVICES}
        shutil.rmtree(box.paths.run)
        _until(lambda: box.paths.health.is_dir() and box.health("supervisor").get("folder_lost") == 1, box)
        for name in SERVICES:
            box.wait_healthy(name, other_than=pids[name])
        assert box.get("/healthz")[0] == 200
        assert "was removed under the running box" in box.output.read_text(encoding="utf-8")


@pytest.mark.long
def test_interrupting_at_the_terminal_stops_it_too(tmp_path):
    box = Box(tmp_path / "data")
    box.start()
    os.kill(box.process.pid, signal.SIGINT)
    assert box.process.wait(6) == 0
    assert not box.paths.run.exists()


def _attempts(box):
    with readers.opened(box.paths.database) as ledger, ledger.connect() as connection:
        return state.attempts(connection, "demo")


def _feeds(box):
    return list(box.feeds().values())


def _until(question, box, seconds=30.0):
    deadline = time.monotonic() + seconds
    while not question():
        assert time.monotonic() < deadline, box.logs()
        time.sleep(0.1)
