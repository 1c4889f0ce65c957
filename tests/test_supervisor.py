"""The small parent: starts again what dies, keeps logs small, stops in order, and leaves nothing."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time

import psutil
import pytest

from appliance import supervisor
from appliance.box import health
from appliance.box.lock import held
from appliance.config import Settings, WebSettings
from appliance.errors import Unavailable
from appliance.supervisor import Backoff, Child, Supervisor

STEADY = "import signal, sys; signal.signal(15, lambda *_: sys.exit(0)); print('up', flush=True); signal.pause()"
STUBBORN = "import signal; signal.signal(15, signal.SIG_IGN); print('up', flush=True); signal.pause()"


def child(paths, code, name="web", **options):
    return Child(name, [sys.executable, "-c", code], log=paths.logs / f"{name}.log", **options)


def until(question, seconds=5.0):
    deadline = time.monotonic() + seconds
    while not question():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def up(paths, name="web"):
    log = paths.logs / f"{name}.log"
    until(lambda: log.exists() and "up" in log.read_text(encoding="utf-8"))


def test_waits_grow_and_are_short_again_for_what_stayed_up():
    backoff = Backoff(first=0.2, longest=5.0, settled_after=30.0)
    assert [backoff.after_death(lived=1.0) for _ in range(7)] == [0.2, 0.4, 0.8, 1.6, 3.2, 5.0, 5.0]
    assert backoff.after_death(lived=31.0) == 0.2
    assert backoff.after_death(lived=1.0) == 0.4
    assert backoff.restarts == 9


def test_what_dies_is_started_again_after_its_wait_and_counted(paths):
    one = child(paths, "raise SystemExit(3)")
    now = 100.0
    one.look(now)
    until(lambda: not one.running)
    one.look(now + 0.1)
    assert one.facts()["restarts"] == 1
    assert one.facts()["exit_code"] == 3
    one.look(now + 0.2)
    assert one.facts()["exit_code"] == 3  # not yet: 0.2 s after it was noticed
    one.look(now + 0.3)
    assert one.facts()["exit_code"] is None
    until(lambda: not one.running)
    one.kill()


def test_what_hangs_is_killed_and_started_again_and_what_promised_nothing_is_left_alone(paths, capsys):
    hung, quiet = child(paths, STEADY, "inference"), child(paths, STEADY, "sync")
    box = Supervisor(paths, [hung, quiet])
    box.look()
    first = hung.pid
    for one, promise in ((hung, {"beats": 0.5}), (quiet, {})):
        health.write(paths.health, one.name, healthy=True, sentence="", **promise)
        file = paths.health / f"{one.name}.json"
        file.write_text(file.read_text().replace(f'"pid": {os.getpid()}', f'"pid": {one.pid}'))
    until(lambda: box.look() or hung.pid != first)
    assert quiet.facts()["restarts"] == 0
    assert "inference does not answer" in capsys.readouterr().err
    box.stop()


def test_what_is_not_to_be_started_again_is_over(paths):
    one = child(paths, "print('bye')", again=False)
    one.look(0.0)
    until(lambda: not one.running)
    one.look(50.0)
    assert one.over
    assert one.facts()["restarts"] == 0


def test_what_a_dead_process_started_dies_before_it_is_started_again(paths):
    code = f"import subprocess, sys; print(subprocess.Popen([sys.executable, '-c', {STEADY!r}]).pid, flush=True)"
    one = child(paths, code)
    one.look(0.0)
    until(lambda: not one.running)
    grandchild = psutil.Process(int((paths.logs / "web.log").read_text(encoding="utf-8").split()[0]))
    assert grandchild.is_running()
    one.look(1.0)
    until(lambda: not grandchild.is_running() or grandchild.status() == psutil.STATUS_ZOMBIE)


def test_health_says_what_is_being_started_again(paths):
    box = Supervisor(paths, [child(paths, "raise SystemExit(1)", "sync"), child(paths, STEADY, "web")])
    box.look()
    up(paths)
    until(lambda: not box._children["sync"].running)
    box._written_at = 0.0
    box.look()
    said = health.read(paths.health, "supervisor", now=time.time())
    assert not said["healthy"]
    assert said["sentence"] == "starting again: sync"
    assert said["processes"]["sync"]["restarts"] == 1
    assert said["processes"]["web"]["running"]
    box.stop()


def test_a_disk_that_refuses_is_said_once_and_stops_nothing(paths, monkeypatch, capsys):
    box = Supervisor(paths, [child(paths, STEADY)])
    box.look()
    up(paths)

    def full(*_arguments, **_options):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(health, "write", full)
        for _ in range(3):
            box._written_at = 0.0
            box.look()
    assert capsys.readouterr().err.count("No space left on device") == 1
    box._written_at = 0.0
    box.look()
    assert health.read(paths.health, "supervisor", now=time.time())["healthy"]
    box.stop()


@pytest.mark.parametrize(
    ("log", "words"),
    [
        ("", ""),
        ("appliance: no model\n  Run this.\n", "no model Run this."),
        ('{"message": "up"}\n{"message": "went wrong", "level": "error"}\n', "went wrong"),
        ('Traceback\n  File "x"\nImportError: no y\n', "ImportError: no y"),
    ],
)
def test_the_last_words_of_a_process_are_said_for_it(paths, log, words):
    one = child(paths, f"import sys; sys.stderr.write({log!r}); sys.exit(2)", "sync")
    box = Supervisor(paths, [one])
    box.look()
    until(lambda: not one.running)
    assert one.last_words() == words
    box._written_at = 0.0
    box.look()
    said = health.read(paths.health, "sync", now=time.time())
    assert (said["healthy"], said["sentence"], said["last_words"]) == (False, "not running", words)
    box.stop()


def test_all_stop_in_order_and_the_stubborn_are_killed(paths, monkeypatch, capsys):
    monkeypatch.setattr(supervisor, "STOP_SECONDS", 1.0)
    stopped = []
    monkeypatch.setattr(
        Child, "terminate", lambda one, terminate=Child.terminate: (stopped.append(one.name), terminate(one))
    )
    codes = {
        "web": STEADY,
        "door": STEADY,
        "capture-1": STUBBORN,
        "inference": STEADY,
        "sync": STEADY,
        "simulate": STEADY,
    }
    children = [child(paths, code, name) for name, code in codes.items()]
    box = Supervisor(paths, children)
    box.look()
    for name in codes:
        up(paths, name)
    started = time.monotonic()
    box.stop()
    assert time.monotonic() - started < 2.0
    assert stopped == ["simulate", "sync", "inference", "door", "capture-1", "web"]
    assert [one.facts()["exit_code"] for one in children] == [0, 0, -signal.SIGKILL, 0, 0, 0]
    assert capsys.readouterr().err == "appliance: capture-1 did not stop in time and is killed\n"


def test_a_log_is_cut_when_it_is_large_and_goes_on(paths, monkeypatch):
    monkeypatch.setattr(supervisor, "LOG_BYTES", 1000)
    one = child(paths, "import sys; sys.stdout.write('x' * 2000); sys.stdout.flush(); input()")
    one.log.write_bytes(b"older\n")
    one.look(0.0)
    until(lambda: not one.running)  # it has no standard input
    one.rotate()
    assert one.log.stat().st_size == 0
    assert one.log.with_suffix(".log.1").read_bytes().startswith(b"older\nxxx")
    one.kill()


def test_a_child_does_not_outlive_a_parent_that_is_killed(paths):
    code = (
        "import os, subprocess, sys, signal\n"
        "env = {**os.environ, 'APPLIANCE_PARENT': str(os.getpid())}\n"
        "follow = 'from appliance.box import parent; parent.follow(); ' + sys.argv[1]\n"
        "print(subprocess.Popen([sys.executable, '-c', follow], env=env).pid, flush=True); signal.pause()"
    )
    with subprocess.Popen([sys.executable, "-c", code, STEADY], stdout=subprocess.PIPE, text=True) as middle:
        child_process = psutil.Process(int(middle.stdout.readline()))
        assert middle.stdout.readline() == "up\n"
        middle.kill()
        until(lambda: not child_process.is_running() or child_process.status() == psutil.STATUS_ZOMBIE)


def test_a_child_whose_parent_is_already_gone_ends(paths):
    done = subprocess.run(
        [sys.executable, "-c", "from appliance.box import parent; parent.follow(); print('went on')"],
        env={**os.environ, "APPLIANCE_PARENT": "1"},
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stdout) == (0, "")


def test_a_taken_port_is_said_before_anything_starts(paths):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(Unavailable, match=f"port {port}") as caught:
            supervisor.run(paths=paths, settings=Settings(web=WebSettings(port=port)), demo=False)
    assert "--port" in caught.value.hint
    assert not list(paths.logs.iterdir())


def test_a_second_box_on_the_same_folder_is_refused(paths):
    with held(paths, "box"), pytest.raises(Unavailable, match="already running"):
        supervisor.run(paths=paths, settings=Settings(), demo=False)


def test_what_the_last_run_left_is_not_taken_for_news(paths):
    health.write(paths.health, "web", healthy=True, sentence="fine")
    (paths.pictures / "a.webcam.picture").write_bytes(b"old")
    supervisor._forget_last_run(paths)
    assert not list(paths.health.iterdir())
    assert not list(paths.pictures.iterdir())


def test_a_runtime_folder_that_was_removed_is_made_again_and_every_process_begins_anew(paths, capsys):
    box = Supervisor(paths, [child(paths, STEADY), child(paths, STEADY, "sync")])
    box.look()
    up(paths)
    up(paths, "sync")
    before = {name: one.facts()["pid"] for name, one in box._children.items()}
    shutil.rmtree(paths.run)

    def anew():
        box.look()
        return all(one.running and one.facts()["pid"] != before[name] for name, one in box._children.items())

    until(anew)
    assert paths.feeds.is_dir()
    assert capsys.readouterr().err.count("was removed under the running box") == 1
    box._written_at = 0.0
    box.look()
    assert health.read(paths.health, "supervisor", now=time.time())["folder_lost"] == 1
    box.stop()
