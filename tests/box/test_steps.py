"""A clock that is set is seen, whichever way; one that is slewed, or that starts anew with the machine, is not."""

import pytest

from appliance.box import steps
from appliance.box.clock import Stamp

NOW = 1_790_000_000.0


def at(wall: float, monotonic: float, boot: str = "b1") -> Stamp:
    return Stamp(wall=NOW + wall, monotonic_ns=round(monotonic * 1e9), boot=boot, synchronised=True)


def look_again(*moments):
    """Look at each of them; -> the steps that were seen."""
    seen, found = None, []
    for moment in moments:
        seen, step = steps.look(seen, at(*moment))
        if step is not None:
            found.append((step.seconds, step.before - NOW, step.after - NOW))
    return found


@pytest.mark.parametrize("by", [86_400.0, -86_400.0, 2.5, -2.5, 10 * 365 * 86_400.0])
def test_a_clock_that_is_set_is_seen_once_with_how_far_and_when(by):
    assert look_again((0, 100), (1, 101), (2 + by, 102), (3 + by, 103)) == [(by, 2, 2 + by)]


def test_forth_and_back_are_two_steps():
    assert [step[0] for step in look_again((0, 100), (3601, 101), (2, 102))] == [3600, -3600]


def test_a_clock_that_is_slewed_never_jumps():
    assert look_again(*((second * 1.08, 100 + second) for second in range(200))) == []


def test_small_steps_are_none():
    assert look_again((0, 100), (2.9, 101), (2, 102)) == []


def test_a_machine_that_slept_did_not_set_its_clock():
    assert look_again((0, 100), (7200, 7300)) == []


def test_another_boot_begins_anew():
    assert look_again((0, 100), (90_000, 5, "b2"), (90_001, 6, "b2")) == []


def test_what_was_seen_outlives_the_process_and_nonsense_counts_as_none(tmp_path):
    seen, _ = steps.look(None, at(0, 100))
    seen, _ = steps.look(seen, at(60, 101))
    steps.write(tmp_path, seen)
    assert steps.read(tmp_path) == seen
    assert (seen.jumped_by, seen.jumped_at_ns) == (59, 101_000_000_000)
    (tmp_path / steps.FILE).write_text("{")
    assert steps.read(tmp_path) is None
