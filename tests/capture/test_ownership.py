"""Who carries an attempt: one worker at a time, until it lets go or dies."""

import os
import signal
import subprocess
import sys

import pytest

from appliance.capture import ownership as module
from appliance.capture.ownership import Ownership
from appliance.errors import BadInput

HOLD = """
import signal, sys
from pathlib import Path
from appliance.capture.ownership import Ownership
print(Ownership(Path(sys.argv[1]), number=2, count=2).claim("a1"), flush=True)
signal.pause()
"""


@pytest.fixture
def pair(tmp_path):
    """Two workers of one box."""
    both = [Ownership(tmp_path, number=number, count=2) for number in (1, 2)]
    yield both
    for one in both:
        one.let_go()


@pytest.fixture
def other(tmp_path):
    """Worker 2 as a process of its own, which carries a1."""
    process = subprocess.Popen([sys.executable, "-c", HOLD, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    assert process.stdout.readline() == "2\n"
    yield process
    process.kill()
    process.wait()
    process.stdout.close()


def test_one_carries_it_and_the_other_knows_who(pair):
    one, two = pair
    assert one.claim("a1") == two.claim("a1") == one.claim("a1") == 1
    assert two.claim("a2") == one.claim("a2") == 2
    assert (one.attempts, two.attempts) == (["a1"], ["a2"])


def test_what_is_over_can_be_carried_by_another_and_leaves_no_file(pair, tmp_path):
    one, two = pair
    one.claim("a1")
    one.release("a1")
    one.release("a1")
    assert list(tmp_path.iterdir()) == []
    assert two.claim("a1") == one.claim("a1") == 2


def test_a_lock_on_a_file_that_was_just_removed_counts_for_nothing(pair, tmp_path, monkeypatch):
    one, two = pair
    looks = []

    def removed_meanwhile(self, descriptor, attempt, is_current=Ownership._is_current):
        if not looks:
            (tmp_path / "a1.lock").unlink()
        looks.append(attempt)
        return is_current(self, descriptor, attempt)

    monkeypatch.setattr(Ownership, "_is_current", removed_meanwhile)
    assert one.claim("a1") == 1
    assert two.claim("a1") == 1
    assert len(looks) == 2


def test_only_what_is_wanted_or_used_is_kept(pair):
    one, _ = pair
    for attempt in ("a1", "a2", "a3"):
        one.claim(attempt)
    with one.using("a2"), one.using("a2"):
        one.keep(lambda attempt: attempt == "a3")
        assert one.attempts == ["a2", "a3"]
    one.keep(lambda attempt: attempt == "a3")
    assert one.attempts == ["a3"]


def test_what_a_stopped_worker_carried_waits_for_another(pair):
    one, two = pair
    one.claim("a1")
    assert two.orphans(100.0) == []
    one.let_go()
    assert two.orphans(100.0) == []
    assert two.orphans(100.0 + module.ORPHAN_SECONDS - 0.1) == []
    assert two.orphans(100.0 + module.ORPHAN_SECONDS) == ["a1"]
    two.claim("a1")
    assert two.orphans(200.0) == []


def test_a_worker_that_comes_back_in_time_keeps_what_it_carried(pair):
    one, two = pair
    one.claim("a1")
    one.let_go()
    two.orphans(100.0)
    one.claim("a1")
    assert two.orphans(104.0) == []
    one.let_go()
    assert two.orphans(108.0) == []  # the time begins anew


def test_the_kernel_lets_go_for_a_worker_that_is_killed(other, tmp_path):
    here = Ownership(tmp_path, number=1, count=2)
    assert here.claim("a1") == 2
    os.kill(other.pid, signal.SIGKILL)
    other.wait()
    assert here.claim("a1") == 1
    here.let_go()


@pytest.mark.parametrize("attempt", ["", "../a", "a b", "x" * 65])
def test_what_is_no_attempt_makes_no_file(pair, tmp_path, attempt):
    with pytest.raises(BadInput):
        pair[0].claim(attempt)
    assert list(tmp_path.iterdir()) == []
