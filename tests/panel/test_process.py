"""The real panel process over the real ledger, with mock pins: what stands at the box's front while an exam is held."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time

import pytest

from appliance.box import health, pairing, panel, workers
from appliance.box.paths import Paths
from appliance.box.secret import secret_from
from appliance.config import Settings
from appliance.exam.policy import ExamPolicy
from appliance.exam.roster import RosterRow
from appliance.ledger.actions import exams
from appliance.ledger.reader import opened as reading
from appliance.ledger.writer import opened as writing
from tests.panel.pins import DARK, RED, WHITE, Panel, until
from tests.web.page import Browser

pytestmark = pytest.mark.slow

OTHERS = [name for name in workers.services(Settings()) if name != "web"]


class Box:
    """The real web process with its ledger, the real panel; somebody else stands in for the other processes: they are
    well as long as he says so."""

    def __init__(self, data) -> None:
        self.paths = Paths.of(data).make()
        self._over = threading.Event()
        self.ill: dict[str, str] = {}
        self._stand_in = threading.Thread(target=self._say)
        with writing(self.paths.database) as writer:
            self.codes = writer.transact(self._furnish)

    def _furnish(self, transaction):
        policy = ExamPolicy(exam="biology", title="Biology", starts_at=time.time() - 60)
        exams.create_exam(transaction, policy, by="test")
        exams.import_roster(transaction, "biology", [RosterRow("1", "c-1", "Ada", None)], by="test")
        key = secret_from(self.paths.code_key)
        return [code for _, code in exams.issue_codes(transaction, "biology", key=key, by="test")]

    def start(self) -> None:
        self._stand_in.start()
        self.log = open(self.paths.data / "web.log", "ab")  # noqa: SIM115
        self.start_panel()
        self.start_web()

    def start_panel(self) -> None:
        environment = {**os.environ, "APPLIANCE_STEWARD": "1"}
        self.panel = Panel(self.paths.data, self.paths.data / "panel.log", **environment)

    def start_web(self) -> None:
        (self.paths.health / "web.json").unlink(missing_ok=True)
        command = [sys.executable, "-m", "appliance", "--data", str(self.paths.data), "web", "--port", "0"]
        self.web = subprocess.Popen(command, stderr=self.log, stdin=subprocess.DEVNULL)

    @property
    def port(self) -> int:
        until(lambda: (self.paths.health / "web.json").exists(), seconds=30)
        return health.read(self.paths.health, "web", now=time.time())["port"]

    def stop_others(self) -> None:
        """Whatever is not the panel."""
        self.web.kill()
        self.web.wait()
        self._over.set()
        self._stand_in.join()
        for name in OTHERS:
            health.write(self.paths.health, name, healthy=False, sentence="stopped")

    def stop(self) -> None:
        try:
            self.stop_others()
            self.panel.stop()
        finally:
            self.log.close()
            shutil.rmtree(self.paths.run, ignore_errors=True)

    def _say(self) -> None:
        while not self._over.wait(0.3):
            for name in OTHERS:
                ill = self.ill.get(name, "")
                health.write(self.paths.health, name, healthy=not ill, sentence=ill or "stands in")

    @property
    def shown(self) -> panel.Panel:
        return panel.read(self.paths.run)

    @property
    def status(self) -> str:
        return self.shown.status if self.shown else ""

    def hold(self, seconds: float) -> None:
        self.panel.press()
        time.sleep(seconds)
        self.panel.release()

    def events(self, *types: str):
        with reading(self.paths.database) as reader:
            return [event.payload for event in reader.events(types=frozenset(types))]


@pytest.fixture
def no_leaks():
    """One box for all of them, whose processes are killed and started again in between; `stop` leaves none."""


@pytest.fixture(scope="module")
def box(tmp_path_factory):
    made = Box(tmp_path_factory.mktemp("panel") / "data")
    made.start()
    try:
        yield made
    finally:
        made.stop()


def test_it_is_ready_when_everything_is_and_breathes_until_then(box):
    until(lambda: box.status == "starting", seconds=30)
    until(lambda: box.panel.colour[2] > 0)
    until(lambda: box.status == "ready", seconds=12)
    until(lambda: box.panel.colour == (0, 1, 0))
    until(lambda: box.events("process.started"))
    assert "panel" in [said.process for said in box.events("process.started")]


def test_an_exam_begins_and_the_light_is_red_within_a_second(box):
    ada = Browser(box.port).begin()
    ada.ask("/join", {"code": box.codes[0]})
    ada.ask("/api/me/confirm", {})
    assert box.status == "ready", "nothing is recorded before a candidate agreed to it"
    began = time.monotonic()
    assert ada.ask("/api/me/sign", {"signature": "Ada"})[0] == 200
    until(lambda: box.panel.colour == RED)
    assert time.monotonic() - began < 1.0
    until(lambda: box.status == "recording")
    for _ in range(40):
        assert box.panel.colour == RED
        time.sleep(0.01)
    assert "0 of 1 recorded" in box.shown.lines
    assert not any("Ada" in line for line in box.shown.lines)


def test_a_tap_says_which_box_it_is_and_another_ends_it(box):
    box.hold(0.15)
    until(lambda: box.panel.colour == WHITE, seconds=1)
    assert box.status == "identify"
    assert box.panel.hertz == 0, "silent while an exam is on"
    until(lambda: [said.by for said in box.events("panel.identified")] == ["button"])
    box.hold(0.15)
    until(lambda: box.status == "recording")


def test_the_web_process_dies_and_the_panel_says_fault_until_it_is_back(box):
    box.web.send_signal(signal.SIGKILL)
    box.web.wait()
    took = until(lambda: box.status == "fault")
    assert took < 1.0
    assert any("not running" in line for line in box.shown.lines) or "Pages" in " ".join(box.shown.lines)
    until(lambda: box.panel.colour == DARK)
    until(lambda: box.panel.colour == RED)
    box.start_web()
    until(lambda: box.status == "recording", seconds=30)


def test_recording_that_cannot_be_written_is_a_fault(box):
    box.ill["capture-1"] = "recordings cannot be written: the disk is full or read-only"
    assert until(lambda: box.status == "fault") < 1.0
    box.ill.clear()
    until(lambda: box.status == "recording")


def test_held_for_three_seconds_it_opens_the_pair_window(box):
    box.hold(3.3)
    until(lambda: pairing.window(box.paths.run, now=time.time()) is not None)
    code = pairing.window(box.paths.run, now=time.time()).shown
    until(lambda: any(code in line for line in box.shown.lines))
    assert box.shown.pairing_until == pytest.approx(time.time() + 300, abs=5)
    panel.ask(box.paths.run, panel.Ask.CLOSE_PAIRING, by="lead")
    until(lambda: pairing.window(box.paths.run, now=time.time()) is None)
    until(lambda: [said.why for said in box.events("panel.pairing_closed")] == ["asked"])
    assert code not in (box.paths.data / "panel.log").read_text()


def test_nonsense_at_its_socket_is_counted_and_changes_nothing(box):
    before = box.shown.counters["asks_odd"]
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as out:
        for nonsense in (b"", b"\xff\x00", b"[" * 4000, b'{"ask": "power_off"}', b"x" * 9000, b"null"):
            out.sendto(nonsense, str(box.paths.run / panel.SOCKET))
    until(lambda: box.shown.counters["asks_odd"] == before + 6)
    assert box.status == "recording"


def test_a_second_panel_does_not_get_the_pins(box):
    done = subprocess.run(
        [sys.executable, "-m", "appliance", "--data", str(box.paths.data), "panel", "run"],
        capture_output=True, text=True, timeout=20, check=False,
    )  # fmt: skip
    assert done.returncode == 2
    assert "has the pins" in done.stderr


def test_told_to_stop_it_says_so_and_leaves_the_light_dark(box):
    """Only the panel is stopped, so it does not wait for anybody."""
    began = time.monotonic()
    box.panel.process.terminate()
    until(lambda: box.status == "shutting_down", seconds=1)
    assert box.panel.process.wait(5) == 0
    assert time.monotonic() - began < 2.5
    box.panel.stop()
    box.start_panel()
    until(lambda: box.status == "recording", seconds=30)


@pytest.mark.long
def test_it_does_not_switch_off_under_candidates_unless_it_is_held_again(box):
    asked = box.paths.errands / "asked"
    box.panel.press()
    until(lambda: box.panel.hertz > 0, seconds=6)  # the countdown is heard, exam or not
    until(lambda: "Not switched off" in box.shown.lines, seconds=6)
    box.panel.release()
    assert "Candidates here: 1" in box.shown.lines
    assert not list(asked.glob("*.json")) if asked.is_dir() else True
    until(lambda: [said.candidates for said in box.events("panel.power_off_refused")] == [1])
    time.sleep(0.2)
    box.hold(5.4)
    until(lambda: box.status == "shutting_down", seconds=1)
    until(lambda: list(asked.glob("*.json")))
    (errand,) = [json.loads(file.read_text()) for file in asked.glob("*.json")]
    assert (errand["verb"], errand["by"]) == ("poweroff", "button")
    until(lambda: [(said.by, said.candidates) for said in box.events("box.stopping")] == [("button", 1)])
    box.panel.process.terminate()
    time.sleep(2.0)
    assert box.panel.process.poll() is None, "it shows that the box stops until nobody else is there"
    box.stop_others()
    until(lambda: box.panel.process.poll() == 0)
