"""What the panel is in the middle of. Time is a number; a hand, a page and the steward are events."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from appliance.box import pairing
from appliance.box.panel import Ask
from appliance.panel import desk
from appliance.panel.button import Signal
from appliance.panel.desk import (
    Asked,
    ClosePairing,
    Failed,
    Identify,
    Leaving,
    Opened,
    OpenPairing,
    PowerOff,
    RefusePowerOff,
    Reset,
    Saying,
    Sound,
    Tick,
)
from appliance.panel.status import BoxState, Exam, Status, Wrong

EMPTY = BoxState(at=0.0, name="exam-box")
BLIND = replace(EMPTY, age=60.0)


def with_candidates(present):
    return replace(EMPTY, exam=Exam(running=present > 0, present=present, expected=present, to_record=present))


class Panel:
    """A desk that things happen to."""

    def __init__(self, state=EMPTY):
        self.state, self.now, self.asked = state, 100.0, []
        self.desk = desk.start(0.0)
        self.happens(Tick())
        self.asked.clear()

    def happens(self, *events, state=None):
        """-> what is asked for because of them."""
        self.state = state or self.state
        found = []
        for event in events:
            self.desk, intents = desk.step(self.desk, event, self.state, self.now)
            found += intents
        self.asked += found
        return found

    def later(self, seconds):
        self.now += seconds
        return self.happens(Tick())

    def holds(self, seconds, *, state=None):
        """Somebody holds the button, and lets go."""
        found = self.happens(Signal.PRESSED, state=state)
        for n in range(1, int(seconds * 10) + 1):
            self.now += 0.1
            found += self.happens(Tick(held=n / 10 if n < 50 else 0.0), *([Signal.OFF] if n == 50 else []))
        if seconds < 5:
            found += self.happens(Signal.TAPPED if seconds < 3 else Signal.PAIR)
        return found + self.happens(Tick())


@pytest.fixture
def panel():
    return Panel()


def test_a_short_press_shows_which_box_this_is_for_thirty_seconds(panel):
    assert panel.holds(0.2) == [Identify(by=desk.BUTTON, seconds=30.0)]
    assert panel.later(29) == []
    assert panel.desk.identifying is not None
    panel.later(1)
    assert panel.desk.identifying is None


def test_a_press_again_ends_that(panel):
    panel.holds(0.2)
    assert panel.holds(0.2) == []
    assert panel.desk.identifying is None


def test_a_page_can_ask_for_it_too_and_asking_again_makes_it_longer(panel):
    assert panel.happens(Asked(what=Ask.IDENTIFY, by="kim")) == [Identify(by="kim", seconds=30.0)]
    began = panel.desk.identifying.since
    panel.later(20)
    panel.happens(Asked(what=Ask.IDENTIFY, by="kim"))
    panel.later(20)
    assert panel.desk.identifying.since == began


def test_three_seconds_open_the_pair_window_and_its_time_closes_it(panel):
    assert panel.holds(3.5) == [OpenPairing(by=desk.BUTTON)]
    assert panel.desk.pairing is None  # nobody said yet that it is open
    panel.happens(Opened(code="FHJK-MNPR", seconds=300.0))
    assert panel.desk.pairing.code == "FHJK-MNPR"
    assert panel.later(299) == []
    assert panel.later(1.1) == [ClosePairing(by="")]
    assert panel.desk.pairing is None


def test_a_page_opens_and_closes_it(panel):
    assert panel.happens(Asked(what=Ask.PAIR, by="kim")) == [OpenPairing(by="kim")]
    panel.happens(Opened(code="FHJK-MNPR", seconds=300.0))
    assert panel.happens(Asked(what=Ask.CLOSE_PAIRING, by="kim")) == [ClosePairing(by="kim")]
    assert panel.happens(Asked(what=Ask.CLOSE_PAIRING, by="kim")) == []


def test_a_window_that_too_many_wrong_codes_closed_says_why(panel):
    panel.happens(Opened(code="FHJK-MNPR", seconds=300.0))
    asked = Asked(what=Ask.CLOSE_PAIRING, by=pairing.GUESSES)
    assert panel.happens(asked) == [ClosePairing(by=pairing.GUESSES)]
    assert panel.desk.note.saying == Saying.GUESSED


def test_a_window_that_could_not_be_opened_is_said(panel):
    panel.holds(3.5)
    panel.happens(Failed(sentence="There is no room in the run folder."))
    assert panel.desk.note.saying == Saying.FAILED
    assert panel.desk.note.sentence == "There is no room in the run folder."
    panel.later(21)
    assert panel.desk.note is None


def test_five_seconds_switch_a_box_off_that_no_candidate_is_at(panel):
    assert panel.holds(5.0) == [PowerOff(candidates=0, insisted=False)]
    assert panel.desk.going.why == Leaving.OFF


def test_less_than_five_seconds_never_switch_it_off(panel):
    assert panel.holds(4.9) == [OpenPairing(by=desk.BUTTON)]


def test_each_second_of_the_hold_is_counted(panel):
    heard = []
    for n in range(1, 50):
        panel.now += 0.1
        panel.happens(Tick(held=n / 10))
        if panel.desk.sound == Sound.COUNT:
            heard.append(panel.desk.sound_since)
    assert len(set(heard)) == 4


def test_while_candidates_are_here_it_refuses_and_says_how_many():
    panel = Panel(with_candidates(24))
    assert panel.holds(5.0) == [RefusePowerOff(candidates=24)]
    assert panel.desk.refused.candidates == 24
    assert panel.desk.going is None
    assert panel.desk.sound == Sound.REFUSED


def test_held_again_within_thirty_seconds_it_goes_all_the_same():
    panel = Panel(with_candidates(24))
    panel.holds(5.0)
    panel.later(20)
    assert panel.holds(5.0) == [PowerOff(candidates=24, insisted=True)]


def test_who_began_to_hold_within_the_thirty_seconds_is_heard():
    panel = Panel(with_candidates(24))
    panel.holds(5.0)
    panel.later(28)
    assert panel.holds(5.0) == [PowerOff(candidates=24, insisted=True)]


def test_after_thirty_seconds_it_has_forgotten_and_refuses_anew():
    panel = Panel(with_candidates(24))
    panel.holds(5.0)
    panel.later(30)
    assert panel.holds(5.0) == [RefusePowerOff(candidates=24)]


def test_candidates_who_came_between_the_two_holds_are_a_new_question():
    panel = Panel(with_candidates(1))
    panel.holds(5.0)
    panel.later(5)
    assert panel.holds(5.0, state=with_candidates(3)) == [RefusePowerOff(candidates=3)]
    panel.later(5)
    assert panel.holds(5.0) == [PowerOff(candidates=3, insisted=True)]


def test_candidates_who_left_between_the_two_holds_are_no_question():
    panel = Panel(with_candidates(3))
    panel.holds(5.0)
    panel.later(5)
    assert panel.holds(5.0, state=with_candidates(2)) == [PowerOff(candidates=2, insisted=True)]
    panel = Panel(with_candidates(3))
    panel.holds(5.0)
    assert panel.holds(5.0, state=EMPTY)[0].candidates == 0


@pytest.mark.parametrize("state", [BLIND, replace(EMPTY, no_ledger=True)])
def test_where_nobody_can_say_whether_an_exam_is_on_it_refuses_once_and_then_goes(state):
    panel = Panel(state)
    assert panel.holds(5.0) == [RefusePowerOff(candidates=None)]
    panel.later(5)
    assert panel.holds(5.0) == [PowerOff(candidates=None, insisted=True)]


def test_who_insisted_blindly_is_asked_again_when_candidates_turn_out_to_be_here():
    panel = Panel(BLIND)
    panel.holds(5.0)
    assert panel.holds(5.0, state=with_candidates(2)) == [RefusePowerOff(candidates=2)]


def test_a_second_press_of_the_power_key_insists_but_not_before_anybody_can_have_read_the_refusal():
    panel = Panel(with_candidates(2))
    assert panel.happens(Signal.PRESSED, Signal.OFF) == [RefusePowerOff(candidates=2)]
    panel.later(1.5)
    assert panel.happens(Signal.PRESSED, Signal.OFF) == []
    panel.later(2)
    assert panel.happens(Signal.PRESSED, Signal.OFF) == [PowerOff(candidates=2, insisted=True)]


def test_while_it_switches_off_nothing_else_is_begun(panel):
    panel.holds(5.0)
    assert panel.happens(Signal.PRESSED, Signal.TAPPED, Signal.PAIR, Signal.OFF, Signal.RESET_HELD) == []
    assert panel.happens(Asked(what=Ask.IDENTIFY, by="kim"), Opened(code="FHJK-MNPR", seconds=300)) == []


def test_a_shutdown_that_root_refuses_is_taken_back_and_said(panel):
    panel.holds(5.0)
    panel.happens(Failed(sentence="This box cannot change its machine."))
    assert panel.desk.going is None
    assert panel.desk.note.sentence == "This box cannot change its machine."


def test_a_shutdown_that_does_not_come_is_said_after_two_minutes(panel):
    panel.holds(5.0)
    panel.later(119)
    assert panel.desk.going is not None
    panel.later(1)
    assert (panel.desk.going, panel.desk.note.saying) == (None, Saying.STILL_ON)


def test_held_from_power_on_it_asks_and_three_presses_within_fifteen_seconds_say_yes(panel):
    assert panel.happens(Signal.RESET_HELD) == []
    assert panel.desk.question is not None
    panel.later(5)
    assert panel.holds(0.2) == []
    assert panel.holds(0.2) == []
    assert panel.holds(0.2) == [Reset(confirm="exam-box")]
    assert panel.desk.going.why == Leaving.RESET


def test_two_presses_are_not_enough_and_nothing_is_deleted(panel):
    panel.happens(Signal.RESET_HELD)
    panel.holds(0.2)
    panel.holds(0.2)
    assert panel.later(15) == []
    assert panel.desk.question is None
    assert panel.desk.note.saying == Saying.NOT_CONFIRMED
    assert panel.holds(0.2) == [Identify(by=desk.BUTTON)]  # a third one is a press like any other


@pytest.mark.parametrize("hold", [3.5, 5.0])
def test_a_hold_says_no_and_does_nothing_else(panel, hold):
    panel.happens(Signal.RESET_HELD)
    assert panel.holds(hold) == []
    assert panel.desk.question is None


def test_three_presses_without_the_hold_at_power_on_reset_nothing(panel):
    for _ in range(3):
        panel.holds(0.2)
    assert not [one for one in panel.asked if isinstance(one, Reset)]


def test_no_reset_while_candidates_are_in_an_exam():
    panel = Panel(with_candidates(4))
    panel.happens(Signal.RESET_HELD)
    for _ in range(3):
        assert panel.holds(0.2) == []
    assert panel.desk.note.saying == Saying.CANDIDATES


def test_a_reset_that_the_steward_refuses_is_said_in_his_words(panel):
    panel.happens(Signal.RESET_HELD)
    for _ in range(3):
        panel.holds(0.2)
    panel.happens(Failed(sentence="Evidence is on this box that no store has."))
    assert panel.desk.going is None
    assert panel.desk.note.sentence == "Evidence is on this box that no store has."


def test_a_stuck_button_asks_for_nothing(panel):
    assert panel.happens(Signal.STUCK, Tick(), Signal.FREED) == []


def test_a_fault_that_begins_is_told_once(panel):
    broken = replace(EMPTY, wrong=(Wrong(code="process_down", sentence="Web does not run.", fault=True),))
    panel.happens(Tick(), state=broken)
    assert (panel.desk.shown.status, panel.desk.sound) == (Status.FAULT, Sound.FAULT)
    told = panel.desk.sound_since
    panel.later(5)
    assert panel.desk.sound_since == told


SIGNALS = [Signal.PRESSED, Signal.TAPPED, Signal.PAIR, Signal.OFF, Signal.STUCK, Signal.FREED]
EVENTS = st.one_of(
    st.sampled_from(SIGNALS),
    st.builds(Tick, held=st.floats(0, 5)),
    st.builds(Asked, what=st.sampled_from(Ask), by=st.just("kim")),
    st.just(Opened(code="FHJK-MNPR", seconds=300.0)),
    st.just(Failed(sentence="No.")),
)


@settings(max_examples=25)
@given(st.lists(st.tuples(EVENTS, st.floats(0, 20), st.integers(0, 3)), max_size=30))
def test_whatever_happens_no_exam_is_switched_off_that_was_not_refused_before_and_nothing_is_reset(course):
    found, now, refused = desk.start(0.0), 100.0, []
    for event, pause, present in course:
        now += pause
        found, intents = desk.step(found, event, with_candidates(present), now)
        for intent in intents:
            assert not isinstance(intent, Reset)
            if isinstance(intent, RefusePowerOff):
                refused.append((now, intent.candidates))
            if isinstance(intent, PowerOff) and intent.candidates:
                assert intent.insisted
                assert refused[-1][1] >= intent.candidates == present
