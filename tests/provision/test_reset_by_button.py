"""The button's factory reset, from the hand to what is left: the desk asks, the real steward does it or refuses, and
what it says comes back as words for the display."""

import json
import shutil
import time

import pytest

from appliance.box import errand
from appliance.box.errand import Verb
from appliance.ledger import fleet
from appliance.ledger.fleet import Sitting
from appliance.panel import desk
from appliance.panel.button import Signal
from appliance.panel.hands import Hands
from appliance.panel.status import BoxState, Exam
from appliance.provision import hostname, self_test, steward
from appliance.provision.machine import Ran
from tests.provision.machines import Notes, machine
from tests.provision.test_reset import everything, used

pytestmark = pytest.mark.slow

HELD = (Signal.PRESSED, Signal.RESET_HELD)
CONFIRMED = (Signal.PRESSED, Signal.TAPPED) * 3


@pytest.fixture(autouse=True)
def installed(monkeypatch):
    monkeypatch.setenv("APPLIANCE_STEWARD", "1")
    monkeypatch.setattr(self_test, "_PIECES", 1)
    monkeypatch.setattr(self_test, "_FLUSHES", 1)


@pytest.fixture
def notes():
    units = "".join(f"appliance-{name}.service loaded active x\n" for name in ("web", "panel"))
    return Notes(**{"systemctl list-units": Ran(0, units)})


@pytest.fixture
def on(tmp_path, notes):
    return machine(tmp_path / "root", notes)


def hands(state, signals):
    """-> (the desk afterwards, everything that it wants done)."""
    at, wanted = desk.start(0.0), []
    for second, signal in enumerate(signals):
        at, intents = desk.step(at, signal, state, float(second))
        wanted += intents
    return at, wanted


def asked(paths, on, *, name=None):
    """Held from power-on, confirmed, left by the panel, taken by the steward; -> (the desk, the outcome)."""
    state = BoxState(at=0.0, name=name or hostname.current(on))
    at, wanted = hands(state, HELD + CONFIRMED)
    assert wanted == [desk.Reset(confirm=state.name)]
    panel = Hands(paths, tell=[].append, words=lambda key, **_: key)
    try:
        panel.do(wanted[0])
        one = _left(paths)
        steward.run(paths, on)
        outcome = errand.outcome(paths, one)
        return _told(panel, at, outcome), outcome
    finally:
        panel.stop()


def _left(paths):
    """The errand that the panel leaves; its thread does."""
    until = time.monotonic() + 5
    while not (found := errand.waiting(paths)):
        assert time.monotonic() < until, "the panel asks nobody"
        time.sleep(0.005)
    return found[0].id


def _told(panel, at, outcome):
    """The desk once it heard what the steward refused."""
    until = time.monotonic() + 5
    while not outcome.done and time.monotonic() < until:
        if (failed := panel.outcome()) is not None:
            return desk.step(at, failed, BoxState(at=0.0), 30.0)[0]
        time.sleep(0.01)
    return at


def test_a_confirmed_hold_makes_the_box_as_it_was_when_it_was_new(paths, on, notes):
    used(paths, on)
    shutil.rmtree(paths.media)
    _, outcome = asked(paths, on)
    assert outcome.done
    assert not outcome.under_way
    assert everything(paths) - {f"errands/done/{outcome.id}.json"} == {"provision/was-reset.json"}
    assert json.loads((paths.provision / "was-reset.json").read_text())["by"] == desk.BUTTON
    assert notes.changes[-1] == "systemctl --no-block reboot"


def test_the_light_stays_on_until_the_machine_starts_again(paths, on, notes):
    used(paths, on)
    one = errand.ask(paths, Verb.RESET, by="panel", arguments={"confirm": hostname.current(on), "lose_evidence": True})
    steward.run(paths, on)
    assert errand.outcome(paths, one).done
    assert "systemctl stop appliance-web.service" in notes.changes


def test_a_hold_that_nobody_confirms_asks_for_nothing(on):
    at, wanted = hands(BoxState(at=0.0, name="lab"), HELD + CONFIRMED[:4])
    assert wanted == []
    at, wanted = desk.step(at, desk.Tick(), BoxState(at=0.0, name="lab"), 60.0)
    assert (wanted, at.note.saying) == ((), desk.Saying.NOT_CONFIRMED)


def test_evidence_that_is_here_alone_is_never_lost_by_the_button_and_the_display_says_why(paths, on):
    used(paths, on)
    before = everything(paths)
    at, outcome = asked(paths, on)
    assert (outcome.done, outcome.under_way) == (False, False)
    assert outcome.sentence == "Evidence of 1 attempts is on this box alone, and would be lost."
    assert everything(paths) - {f"errands/done/{outcome.id}.json"} == before
    assert at.going is None
    assert at.note.sentence == outcome.sentence


def test_while_an_exam_runs_the_steward_refuses_even_if_the_panel_knew_of_none(paths, on, monkeypatch):
    used(paths, on)
    sitting = Sitting(exam="biology", starts_at=0, over_at=1, expected=3, present=2)
    monkeypatch.setattr(fleet, "sittings", lambda _: [sitting])
    _, outcome = asked(paths, on)
    assert (outcome.done, outcome.sentence) == (False, "An exam runs on this box.")


def test_while_candidates_are_here_the_panel_does_not_even_ask():
    state = BoxState(at=0.0, name="lab", exam=Exam(running=True, present=2, expected=3))
    at, wanted = hands(state, HELD + CONFIRMED)
    assert (wanted, at.note.saying) == ([], desk.Saying.CANDIDATES)


def test_a_name_that_is_not_the_machines_wipes_nothing(paths, on):
    used(paths, on)
    before = everything(paths)
    _, outcome = asked(paths, on, name="another")
    assert "not this box's name" in outcome.sentence
    assert everything(paths) - {f"errands/done/{outcome.id}.json"} == before


def test_whoever_looks_while_it_is_done_does_not_take_it_for_refused(paths, on):
    """The steward settles it before it does it, as the power goes with it."""
    one = errand.ask(paths, Verb.POWEROFF, by="panel")
    seen = []

    def slow(asked, _on, its):
        seen.append(errand.outcome(its, asked.id))
        return steward.VERBS[Verb.REBOOT](asked, on, its)

    steward.run(paths, on, verbs={**steward.VERBS, Verb.POWEROFF: slow})
    assert (seen[0].done, seen[0].under_way) == (False, True)
    assert errand.outcome(paths, one).done
