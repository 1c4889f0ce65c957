"""The processes of a box one by one, without a supervisor: what dies here stays dead."""

import contextlib
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request

import pytest

from appliance import administration
from appliance.box import health
from appliance.box.paths import Paths
from appliance.exam import events
from appliance.exam.policy import Admission, ExamPolicy
from appliance.ledger.reader import opened as reading
from appliance.web import status

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]

ROSTER = "seat,candidate,name\n1,s-1,Ana Lima\n2,s-2,Bo Chen\n"
BACK_SECONDS = 5.0
"""The longest gap when a worker dies: until its candidates are recorded on another."""


class Lab:
    """Two seats. `start` and `kill` processes by name."""

    def __init__(self, paths: Paths) -> None:
        self.paths = paths
        self.codes = paths.data / "codes.csv"
        self.running: dict[str, subprocess.Popen] = {}
        self.url = ""
        roster = paths.data / "roster.csv"
        roster.write_text(ROSTER)
        policy = ExamPolicy(exam="bio", title="Biology", starts_at=time.time() - 60, admission=Admission.AUTOMATIC)
        administration.create_exam(paths, policy, roster=roster, codes_out=self.codes)

    def start(self, name: str, *options: str) -> None:
        service, _, number = name.partition("-")
        command = [sys.executable, "-m", "appliance", "--data", str(self.paths.data), service, *options]
        command += ["--worker", number] if number else []
        (self.paths.health / f"{name}.json").unlink(missing_ok=True)
        with open(self.paths.logs / f"{name}.log", "ab") as log:
            self.running[name] = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        if name != "simulate":
            self.until(lambda: self.health(name)["healthy"], 20, f"{name} is not up")
        if name == "door":
            self.url = f"http://127.0.0.1:{self.health('door')['port']}"

    def end(self, name: str, number: int = signal.SIGKILL) -> None:
        process = self.running.pop(name)
        process.send_signal(number)
        process.wait(10)

    def stop(self) -> None:
        for name in ("simulate", "door", "capture-1", "capture-2", "web"):
            if name in self.running:
                self.end(name, signal.SIGTERM)

    def health(self, name: str) -> dict:
        return health.read(self.paths.health, name, now=time.time())

    def feeds(self) -> dict:
        return status.feeds(self.paths.health, now=time.time()) or {}

    def until(self, true, seconds: float, what: str) -> float:
        """-> seconds it took."""
        began = time.monotonic()
        while not true():
            assert time.monotonic() - began < seconds, f"{what}\n{self.feeds()}\n{self.logs()}"
            time.sleep(0.05)
        return time.monotonic() - began

    def arriving(self, *names: str) -> bool:
        """Do these feeds arrive and go to the disk?"""
        feeds = [self.feeds().get(name) for name in names]
        return all(
            feed and feed["gap"] is None and feed["silent_s"] is not None and feed["silent_s"] < 1 for feed in feeds
        )

    def logs(self) -> str:
        return "\n".join(
            f"--- {f.name}\n{f.read_text(errors='replace')[-1500:]}" for f in self.paths.logs.glob("*.log")
        )

    def get(self, path: str, **headers: str) -> tuple[int, str]:
        asked = urllib.request.Request(self.url + path, headers=headers)
        try:
            with urllib.request.urlopen(asked, timeout=10) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as refusal:
            with refusal:
                return refusal.code, refusal.read().decode()


@pytest.fixture
def lab(paths):
    made = Lab(paths)
    yield made
    with contextlib.suppress(ProcessLookupError):
        made.stop()


def gaps(paths):
    """(attempt/kind, cause, seconds or None while open) of each gap."""
    with reading(paths.database) as reader:
        said = [(e.chain, e.payload) for e in reader.events(limit=5000) if e.type in ("gap.opened", "gap.closed")]
    closed = {gap.gap: gap for _, gap in said if isinstance(gap, events.GapClosed)}
    return [
        (f"{attempt}/{gap.kind}", gap.cause, closed[gap.gap].ends_at - gap.starts_at if gap.gap in closed else None)
        for attempt, gap in said
        if isinstance(gap, events.GapOpened)
    ]


def test_with_the_pages_dead_a_killed_workers_candidates_are_recorded_on_another_within_five_seconds(lab):
    for name in ("web", "capture-1", "capture-2"):
        lab.start(name)
    lab.start("door", "--port", "0")
    assert lab.get("/healthz")[0] == 503  # inference and sync are not there
    lab.start("simulate", "--url", lab.url, "--codes", str(lab.codes), "--seats", "2")
    lab.until(lambda: len(lab.feeds()) == 4 and lab.arriving(*lab.feeds()), 40, "not everybody is recorded")
    everything = set(lab.feeds())
    lab.until(lambda: all(feed["position"] > 4 for feed in lab.feeds().values()), 20, "nothing is recorded")
    before = gaps(lab.paths)

    lab.end("web")
    assert lab.get("/wall", Accept="text/html")[0] == 503
    doomed = max(("capture-1", "capture-2"), key=lambda name: len(lab.health(name)["feeds"]))
    carried = set(lab.health(doomed)["feeds"])
    other = {"capture-1": "capture-2", "capture-2": "capture-1"}[doomed]
    untouched = everything - carried
    assert carried
    lab.end(doomed)
    (lab.paths.health / f"{doomed}.json").unlink()
    lab.until(lambda: lab.arriving(*everything), 30, "not everybody came back")
    assert set(lab.health(other)["feeds"]) == everything
    assert all(lab.health("door")[name] == 0 for name in ("capture_away", "too_large", "odd"))
    assert lab.health("door")["stood_in"] >= len(carried)

    lab.start("web")
    lab.until(
        lambda: {name for name, cause, seconds in gaps(lab.paths)[len(before) :] if seconds is not None} == carried,
        20,
        "the gaps are not in the ledger",
    )
    assert sorted((name, cause) for name, cause, _ in gaps(lab.paths)[len(before) :]) == sorted(
        (name, "capture_restarted") for name in carried
    )
    longest = max(seconds for _, _, seconds in gaps(lab.paths)[len(before) :])
    print(f"{len(carried)} feeds came back on {other}, the longest gap is {longest:.2f} s")
    assert longest < BACK_SECONDS
    assert not [name for name, _, _ in gaps(lab.paths)[len(before) :] if name in untouched]
    lab.start(doomed)  # what it once carried stays where it is
    time.sleep(2)
    assert lab.health(doomed)["feeds"] == {}
    assert lab.arriving(*everything)


@pytest.mark.long
def test_a_web_process_that_stands_still_holds_up_no_candidate(lab):
    for name in ("web", "capture-1", "capture-2"):
        lab.start(name)
    lab.start("door", "--port", "0")
    lab.start("simulate", "--url", lab.url, "--codes", str(lab.codes), "--seats", "1")
    lab.until(lambda: len(lab.feeds()) == 2 and lab.arriving(*lab.feeds()), 40, "not everybody is recorded")
    carried = tuple(lab.feeds())
    lab.until(lambda: all(feed["position"] > 5 for feed in lab.feeds().values()), 20, "nothing is recorded")
    os.kill(lab.running["web"].pid, signal.SIGSTOP)
    try:
        doomed = next(name for name in ("capture-1", "capture-2") if lab.health(name)["feeds"])
        lab.end(doomed)
        (lab.paths.health / f"{doomed}.json").unlink()
        lab.until(lambda: lab.arriving(*carried), 30, "nobody came back")
    finally:
        os.kill(lab.running["web"].pid, signal.SIGCONT)
    lab.until(lambda: len([seconds for _, _, seconds in gaps(lab.paths) if seconds]) >= 2, 20, "no gaps are told")
    assert max(seconds for _, _, seconds in gaps(lab.paths)) < BACK_SECONDS


def test_the_door_stops_at_once_with_everything_open_and_its_port_is_free_again(lab):
    lab.start("web")
    lab.start("door", "--port", "0")
    port = lab.health("door")["port"]
    began = time.monotonic()
    lab.end("door", signal.SIGTERM)
    assert time.monotonic() - began < 2
    assert lab.health("door")["sentence"] == "stopped"
    lab.start("door", "--port", str(port))
    assert lab.get("/healthz")[0] == 503
    taken = subprocess.run(
        [sys.executable, "-m", "appliance", "--data", str(lab.paths.data), "door", "--port", str(port)],
        capture_output=True, text=True, timeout=20,
    )  # fmt: skip
    assert taken.returncode == 2
    assert f"port {port} on 127.0.0.1 is already in use" in taken.stderr


def test_failed_joins_are_counted_by_who_asks_and_not_by_who_is_claimed(lab):
    lab.start("web")
    lab.start("door", "--port", "0")
    jar = urllib.request.build_opener(urllib.request.HTTPCookieProcessor())
    with jar.open(lab.url) as page:
        token = page.read().decode().partition('name="csrf-token" content="')[2].partition('"')[0]
    answers = []
    for number in range(12):
        asked = urllib.request.Request(
            f"{lab.url}/join", b'{"code": "ZZZZ-ZZZZ"}',
            {"Content-Type": "application/json", "X-CSRFToken": token, "X-Forwarded-For": f"10.0.0.{number}"},
        )  # fmt: skip
        try:
            with jar.open(asked, timeout=10) as answer:
                answers.append(answer.status)
        except urllib.error.HTTPError as refusal:
            with refusal:
                answers.append(refusal.code)
    assert answers[0] in (400, 409)
    assert answers[-1] == 429
