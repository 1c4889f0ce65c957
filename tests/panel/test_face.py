"""What lights, buzzer and display show of what the panel is in the middle of."""

from dataclasses import replace

import pytest

from appliance.panel import desk, face
from appliance.panel.button import Signal
from appliance.panel.desk import Opened, Saying, Sound, Tick
from appliance.panel.pattern import PATTERNS
from appliance.panel.status import BoxState, Exam, Shown, Status, Wrong
from appliance.web.strings import Catalogue

WORDS = Catalogue.load(strict=True)
EMPTY = BoxState(at=0.0, name="exam-box", address="exam-box.local")
EXAM = replace(EMPTY, exam=Exam(running=True, present=2, expected=2, recorded=2, to_record=2, minutes_left=31))
CALM = desk.Desk(shown=Shown(Status.READY, 90.0))


def after(*events, state=EMPTY, now=100.0, begin=CALM):
    found = begin
    for event in (Tick(), *events):
        found, _ = desk.step(found, event, state, now)
    return found


def seen(what, state=EMPTY, now=100.0, *, sounds=True):
    return face.of(what, state, now, words=WORDS, sounds=sounds)


def test_a_box_at_rest_shows_its_status():
    shown = seen(after())
    assert (shown.status, shown.light, shown.since) == (Status.READY, PATTERNS[Status.READY], 90.0)
    assert shown.lines[0] == "Ready"
    assert (shown.bar, shown.qr, shown.tune) == (None, "", None)


def test_identify_flashes_and_shows_the_address_as_a_picture_too():
    shown = seen(after(Signal.TAPPED), now=115.0)
    assert (shown.status, shown.since) == (Status.IDENTIFY, 100.0)
    assert shown.qr == "https://exam-box.local"
    assert shown.lines[0] == "exam-box"
    assert shown.bar is None  # there is no room beside the picture


def test_a_box_that_is_not_set_up_shows_its_address_as_a_picture():
    assert seen(after(), replace(EMPTY, setup_code="FHJK-MNPR", address="http://10.0.4.2")).qr == "http://10.0.4.2"


def test_while_the_window_is_open_the_display_shows_its_code_and_the_light_goes_on_as_it_was():
    shown = seen(after(Opened(code="FHJK-MNPR", seconds=300.0)), now=250.0)
    assert shown.status == Status.READY
    assert shown.lines[:2] == ("Pair: 2:30 left", "Code: FHJK-MNPR")
    assert shown.bar == 0.5


def test_the_code_stays_readable_while_the_light_identifies():
    shown = seen(after(Opened(code="FHJK-MNPR", seconds=300.0), Signal.TAPPED))
    assert shown.status == Status.IDENTIFY
    assert shown.lines[1] == "Code: FHJK-MNPR"
    assert shown.qr == ""


def test_who_holds_the_button_sees_what_letting_go_would_do():
    assert seen(after(Tick(held=0.3))).lines[0] == "Ready"
    shown = seen(after(Tick(held=1.3)))
    assert (shown.lines[0], shown.status, shown.bar) == ("Let go: here I am", Status.READY, 0.25)
    shown = seen(after(Tick(held=3.5)))
    assert (shown.lines[0], shown.status, shown.bar) == ("Let go: pair", Status.SHUTTING_DOWN, 0.7)
    assert shown.since == pytest.approx(99.5)


def test_the_light_of_a_hold_begins_once_however_unevenly_somebody_looks():
    held, since = CALM, set()
    for n in range(100, 240):
        late = (n % 3) * 0.004
        held, _ = desk.step(held, Tick(held=n * 0.02), EMPTY, 100 + n * 0.02 + late)
        since.add(seen(held).since)
    assert sorted(since) == [90.0, pytest.approx(103.0, abs=0.01)]


def test_held_from_power_on_it_counts_to_the_reset_and_says_that_letting_go_deletes_nothing():
    shown = seen(after(Tick(held=4.0, power_on=True)))
    assert shown.lines == ("Factory reset", "Hold on: 6 s", "Let go: nothing is", "deleted.")
    assert (shown.status, shown.bar) == (Status.READY, 0.4)


def test_the_question_after_the_reset_flashes_three_times_as_it_wants_three_presses():
    asked = after(Signal.RESET_HELD)
    shown = seen(asked, now=105.0)
    assert (shown.status, shown.lines[0], shown.lines[2]) == (Status.IDENTIFY, "Delete everything?", "In 10 s: no")
    assert shown.tune == face.TUNES[Sound.RESET]
    assert seen(after(Signal.TAPPED, begin=asked)).lines[1] == "Yes: press 2 times"


def test_a_refused_shutdown_shows_that_somebody_is_wanted_and_that_the_exam_goes_on():
    shown = seen(after(Signal.OFF, state=EXAM), EXAM)
    assert shown.status == Status.RECORDING_ATTENTION
    assert shown.lines[:2] == ("Not switched off", "Candidates here: 2")


def test_a_refusal_never_hides_a_fault():
    blind = replace(EMPTY, age=60.0)
    shown = seen(after(Signal.OFF, state=blind), blind)
    assert (shown.status, shown.lines[1]) == (Status.FAULT, "Exam: nobody knows")


def test_switching_off_says_when_to_unplug():
    shown = seen(after(Signal.OFF))
    assert shown.status == Status.SHUTTING_DOWN
    assert shown.lines == ("Switching off", "exam-box", "Unplug when the light", "is dark.")


def test_a_reset_says_to_leave_the_box_on():
    shown = seen(after(Signal.RESET_HELD, Signal.TAPPED, Signal.TAPPED, Signal.TAPPED))
    assert (shown.status, shown.lines[0]) == (Status.SHUTTING_DOWN, "Factory reset")


@pytest.mark.parametrize("saying", [one for one in Saying if one is not Saying.FAILED])
def test_every_note_has_words(saying):
    shown = seen(replace(CALM, note=desk.Note(saying, 100.0, 120.0)))
    assert all(shown.lines[:2])


def test_what_somebody_else_refused_is_said_in_their_words():
    shown = seen(after(desk.Failed(sentence="Evidence is here that no store has.")))
    assert shown.lines == ("That did not work", "Evidence is here that", "no store has.", "")


@pytest.mark.parametrize("sound", Sound)
def test_every_sound_has_a_tune_that_ends_or_is_replaced(sound):
    tune = face.TUNES[sound]
    assert tune.tones
    assert tune.again == (sound is Sound.RESET)


@pytest.mark.parametrize("sound", Sound)
def test_during_an_exam_only_the_countdown_of_the_shutdown_and_what_comes_of_it_is_heard(sound):
    heard = seen(replace(CALM, sound=sound, sound_since=100.0), EXAM).tune
    assert (heard is not None) == (sound in {Sound.COUNT, Sound.REFUSED, Sound.OFF})


def test_a_box_that_may_not_sound_never_does():
    assert all(seen(replace(CALM, sound=sound), EMPTY, sounds=False).tune is None for sound in Sound)


def test_a_fault_that_begins_is_heard_once_and_not_during_an_exam():
    wrong = (Wrong(code="process_down", sentence="Web does not run.", fault=True),)
    broken = replace(EMPTY, wrong=wrong)
    assert seen(after(state=broken), broken).tune == face.TUNES[Sound.FAULT]
    broken = replace(EXAM, wrong=wrong)
    assert seen(after(state=broken), broken).tune is None


def test_nothing_moves_while_nothing_happens():
    """Outputs are written when the face changes."""
    assert seen(CALM, now=100.0) == seen(CALM, now=104.9)
