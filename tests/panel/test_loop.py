"""The panel's main loop on a clock of its own: the button, what pages ask, what the panel does and what it says."""

import contextlib
import json
import shutil
import socket
import time

import pytest

from appliance.box import errand, health, pairing, panel
from appliance.box.panel import Part
from appliance.exam.events import BoxStopping, PairingClosed, PairingOpened, PanelIdentified, PowerOffRefused
from appliance.panel.hands import Hands
from appliance.panel.loop import Loop
from appliance.panel.main import Leaving
from appliance.panel.parts import Parts
from appliance.panel.status import BoxState, Exam
from appliance.web.strings import Catalogue

WORDS = Catalogue.load(strict=True)
WALL = 1_000_000.0


class Button:
    name, driver = "buttons", "gpio"

    def __init__(self) -> None:
        self.held, self.trouble, self.counters = False, "", {"failures": 0}

    def down(self, now: float) -> bool:
        return self.held and not self.trouble

    @property
    def part(self) -> Part:
        return Part(name="buttons", driver="gpio", trouble=self.trouble)


class Front:
    """A loop, and everything around it."""

    def __init__(self, paths, **options) -> None:
        self.paths, self.now, self.told = paths, 100.0, []
        self.state = BoxState(at=WALL, name="lab-1")
        self.button = Button()
        self.hands = Hands(paths, tell=self.told.append, words=WORDS, wall=lambda: WALL)
        self.questions = panel.listener(paths.run)
        self.loop = Loop(
            paths=paths, parts=Parts(outputs=(), button=self.button), see=lambda now: self.state, hands=self.hands,
            questions=self.questions, words=WORDS, sounds=True, clock=lambda: self.now, wall=lambda: WALL, **options,
        )  # fmt: skip

    def run(self, seconds: float = 0.3) -> None:
        until = self.now + seconds
        while self.now < until:
            self.loop.turn(self.now)
            self.now += 0.02

    def until(self, what) -> None:
        """A thread of its own asks root: it needs a moment."""
        deadline = time.monotonic() + 10
        while not what():
            assert time.monotonic() < deadline
            self.run(0.02)
            time.sleep(0.005)

    def hold(self, seconds: float) -> None:
        self.button.held = True
        self.run(seconds)
        self.button.held = False
        self.run()

    @property
    def shown(self) -> panel.Panel:
        return panel.read(self.paths.run)


@pytest.fixture
def front(paths):
    made = Front(paths)
    made.run()
    yield made
    made.hands.stop()
    made.questions.close()


@pytest.fixture
def systemd(tmp_path, monkeypatch):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as ear:
        ear.bind(str(tmp_path / "n"))
        ear.setblocking(False)
        monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "n"))
        yield ear


def test_it_says_what_it_shows_to_pages_and_to_the_health_page(front):
    front.run(2.5)
    assert front.shown.status == "ready"
    said = health.read(front.paths.health, "panel", now=time.time())
    assert (said["healthy"], said["sentence"]) == (True, "shows ready")


def test_a_part_that_does_not_work_is_said_and_the_process_is_well(front):
    front.button.trouble = "pins_busy"
    front.run(1.5)
    said = health.read(front.paths.health, "panel", now=time.time())
    assert (said["healthy"], said["sentence"]) == (True, "shows ready; buttons: pins busy")
    assert [part.trouble for part in front.shown.parts] == ["pins_busy"]


def test_a_button_that_is_held_for_too_long_is_stuck_and_frees_itself(front):
    front.state = BoxState(at=WALL, exam=Exam(present=1))
    front.button.held = True
    front.run(31)
    assert [part.trouble for part in front.shown.parts] == ["stuck"]
    front.button.held = False
    front.run()
    assert [part.trouble for part in front.shown.parts] == [""]


def test_a_button_that_goes_in_the_middle_of_a_hold_was_not_let_go(front):
    front.button.held = True
    front.run(4.0)
    front.button.trouble = "unplugged"
    front.run(1.0)
    front.button.trouble, front.button.held = "", False
    front.run(1.0)
    assert front.told == []
    front.hold(0.2)
    assert front.told == [PanelIdentified(by="button")]


def test_held_for_three_seconds_the_pair_window_opens_and_is_over_by_itself(front):
    front.hold(3.5)
    window = pairing.window(front.paths.run, now=WALL)
    assert any(window.shown in line for line in front.shown.lines)
    front.now += pairing.SECONDS
    front.run()
    assert not (front.paths.run / pairing.FILE).exists()
    assert front.told == [PairingOpened(seconds=300.0, by="button"), PairingClosed(by="", why="over")]


@pytest.mark.parametrize(("by", "why"), [("lead", "asked"), (pairing.GUESSES, "guessed")])
def test_a_page_opens_and_closes_it(front, by, why):
    panel.ask(front.paths.run, panel.Ask.PAIR, by="lead")
    front.run()
    panel.ask(front.paths.run, panel.Ask.CLOSE_PAIRING, by=by)
    front.run()
    assert front.told[-1] == PairingClosed(by=by, why=why)
    assert front.shown.pairing_until == 0


def test_a_window_that_a_dead_panel_left_open_is_closed(front):
    pairing.open_(front.paths.run, now=WALL)
    front.hands.forget_pairing()
    assert front.told == [PairingClosed(by="", why="stopped")]
    assert pairing.window(front.paths.run, now=WALL) is None


def test_a_shutdown_with_candidates_is_refused_then_insisted_on(front, monkeypatch):
    monkeypatch.setenv("APPLIANCE_STEWARD", "1")
    front.state = BoxState(at=WALL, name="lab-1", exam=Exam(present=2, running=True))
    front.hold(5.2)
    assert front.told == [PowerOffRefused(by="button", candidates=2)]
    assert errand.waiting(front.paths) == []
    front.run(3.0)
    front.hold(5.2)
    assert front.told[-1] == BoxStopping(what="power_off", by="button", candidates=2)
    front.until(lambda: errand.waiting(front.paths))
    assert [one.verb for one in errand.waiting(front.paths)] == [errand.Verb.POWEROFF]
    assert front.loop.is_going


def test_where_nobody_takes_errands_it_says_so(front):
    front.hold(5.2)
    front.until(lambda: "That did not work" in front.shown.lines)
    assert front.told == [BoxStopping(what="power_off", by="button", candidates=0)]


def test_what_the_steward_refuses_is_shown(front, monkeypatch):
    monkeypatch.setenv("APPLIANCE_STEWARD", "1")
    front.hold(5.2)
    front.until(lambda: errand.waiting(front.paths))
    [asked] = errand.waiting(front.paths)
    errand.settle(front.paths, errand.Outcome(id=asked.id, verb=asked.verb, done=False, sentence="No way"))
    front.until(lambda: "No way" in front.shown.lines)


def test_a_run_folder_that_is_gone_stops_nothing_and_is_counted(front, caplog):
    shutil.rmtree(front.paths.run)
    front.run(2.0)
    assert front.loop.counters.unwritten > 1
    assert len({record.message for record in caplog.records if "cannot say" in record.message}) <= 2
    front.paths.make()
    front.run(1.2)
    assert front.shown.status == "ready"


def test_it_is_silent_to_systemd_when_it_does_not_turn(front, systemd):
    front.run(2.0)
    heard = 0
    with contextlib.suppress(BlockingIOError):
        while systemd.recv(100) == b"WATCHDOG=1":
            heard += 1
    assert heard >= 1
    front.loop._see = lambda now: 1 / 0  # it hangs, or dies: either way it does not come to the end of its turn
    with pytest.raises(ZeroDivisionError):
        front.run(2.0)
    with pytest.raises(BlockingIOError):
        systemd.recv(100)


def test_told_to_leave_it_shows_that(front):
    front.loop.leaving = True
    front.run()
    assert front.shown.status == "shutting_down"
    assert json.loads((front.paths.run / panel.FILE).read_text())["schema"] == panel.SCHEMA


class Seen:
    well = frozenset({"web", "sync"})


@pytest.mark.parametrize(
    ("well", "after", "sure", "over"),
    [
        ({"web", "sync"}, 1.0, False, False),  # what it shows can be read
        ({"web", "sync"}, 1.5, False, True),  # only the panel is stopped
        ({"web"}, 1.5, False, False),  # the box stops
        ({"web", "sync"}, 1.5, True, False),  # the button switched it off
        (set(), 1.5, True, True),  # everybody is gone
        ({"web"}, 20.0, True, True),  # not for ever
    ],
)
def test_it_goes_last_where_the_box_stops_and_soon_where_only_the_panel_does(tmp_path, well, after, sure, over):
    clock, watcher, lock = [0.0], Seen(), tmp_path / "panel.lock"
    lock.touch()
    leaving = Leaving(watcher, lock, sure=sure, clock=lambda: clock[0])
    watcher.well, clock[0] = frozenset(well), after
    assert leaving.is_over() is over
