"""From what is known of the box to one status, and how long it is shown."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from appliance.panel import status
from appliance.panel.status import BoxState, Exam, Shown, Status, Wrong

WARNING = Wrong(code="too_hot", sentence="The box is hot (81 °C).", fault=False)
FAULT = Wrong(code="process_down", sentence="Recording 1 does not run: it said nothing for 6 s.", fault=True)
EXAM = Exam(running=True, present=3, expected=3, recorded=2, to_record=3)


def of(**known):
    return status.of(BoxState(at=0.0, **known))


def test_a_box_that_nothing_is_wrong_with_is_ready():
    assert of() == Status.READY


def test_it_starts_until_every_process_was_well_once():
    assert of(up=False, uptime=20, wrong=(FAULT,)) == Status.STARTING
    assert of(up=True, uptime=20) == Status.READY


def test_after_three_minutes_that_is_a_fault():
    assert of(up=False, uptime=181, watched=181) == Status.FAULT


def test_a_box_that_is_started_anew_on_a_machine_that_runs_for_days_starts_too():
    assert of(up=False, uptime=400_000, watched=5) == Status.STARTING


def test_a_first_boot_has_longer():
    assert of(up=False, first_boot=True, uptime=600) == Status.STARTING
    assert of(up=False, first_boot=True, uptime=901) == Status.FAULT


def test_a_fault_stays_a_fault_during_an_exam():
    assert of(wrong=(WARNING, FAULT), exam=EXAM) == Status.FAULT


def test_a_look_that_is_older_than_five_seconds_is_a_fault_of_its_own():
    assert of(age=5.0) == Status.READY
    assert of(age=5.1, exam=EXAM) == Status.FAULT


def test_a_candidate_in_a_recorded_stage_is_what_recording_means():
    assert of(exam=EXAM) == Status.RECORDING
    assert of(exam=Exam(running=True, present=3, expected=3)) == Status.READY


def test_a_warning_during_an_exam_says_that_the_exam_goes_on():
    assert of(exam=EXAM, wrong=(WARNING,)) == Status.RECORDING_ATTENTION
    assert of(wrong=(WARNING,)) == Status.ATTENTION


def test_what_waits_is_sent_where_the_store_can_be_reached():
    assert of(reachable=True, waiting_objects=2) == Status.SYNCING
    assert of(reachable=True) == Status.READY


@pytest.mark.parametrize("waiting", [0, 7])
def test_a_store_that_cannot_be_reached_is_no_trouble(waiting):
    assert of(reachable=False, waiting_objects=waiting) == Status.OFFLINE


def test_a_store_on_the_box_itself_or_one_that_nobody_tried_is_never_offline():
    assert of(reachable=False, waiting_objects=3, local=True) == Status.READY
    assert of(reachable=None, waiting_objects=3) == Status.READY


def test_a_box_that_is_told_to_stop_says_so_before_anything_else():
    assert of(stopping=True, up=False, wrong=(FAULT,), exam=EXAM) == Status.SHUTTING_DOWN


def test_a_status_is_shown_for_two_seconds():
    shown = Shown(Status.SYNCING, 10.0)
    assert status.steady(shown, Status.READY, 11.9) == shown
    assert status.steady(shown, Status.READY, 12.0) == Shown(Status.READY, 12.0)


@pytest.mark.parametrize("urgent", [Status.FAULT, Status.RECORDING, Status.RECORDING_ATTENTION, Status.SHUTTING_DOWN])
def test_a_fault_and_a_recording_appear_at_once(urgent):
    assert status.steady(Shown(Status.READY, 10.0), urgent, 10.1) == Shown(urgent, 10.1)


def test_a_fault_that_comes_and_goes_can_still_be_read():
    assert status.steady(Shown(Status.FAULT, 10.0), Status.RECORDING, 11.0).status == Status.FAULT
    assert status.steady(Shown(Status.RECORDING_ATTENTION, 10.0), Status.RECORDING, 11.0).status != Status.RECORDING


@settings(max_examples=30)
@given(st.lists(st.tuples(st.floats(0.01, 1.0), st.sampled_from(Status)), max_size=40))
def test_whatever_the_box_does_only_what_is_more_urgent_cuts_a_status_short(course):
    shown, now = Shown(Status.READY, 0.0), 0.0
    for pause, wanted in course:
        now += pause
        new = status.steady(shown, wanted, now)
        assert new == shown or new == Shown(wanted, now)
        if new != shown and now - shown.since < status.SHOWN_FOR:
            assert wanted in (Status.FAULT, Status.RECORDING, Status.RECORDING_ATTENTION, Status.SHUTTING_DOWN)
            assert shown.status not in (Status.FAULT, Status.SHUTTING_DOWN) or wanted == Status.SHUTTING_DOWN
        shown = new
