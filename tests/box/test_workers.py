"""Which worker carries an attempt: everybody comes to the same answer, and little moves when one is away or new."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from appliance.box import workers
from appliance.config import CaptureSettings, Settings

ATTEMPTS = [f"attempt{n}" for n in range(600)]


@given(st.text("abcdef0123456789", min_size=1), st.integers(1, 9))
def test_every_worker_has_a_place_in_the_order(attempt, count):
    order = workers.order(attempt, count)
    assert sorted(order) == list(range(1, count + 1))
    assert order == workers.order(attempt, count)


def test_attempts_are_spread():
    shares = Counter(workers.order(attempt, 3)[0] for attempt in ATTEMPTS)
    assert all(150 < share < 250 for share in shares.values()), shares


def test_the_share_of_a_worker_that_is_away_is_spread_and_no_other_moves():
    stand_ins = Counter(order[1] for a in ATTEMPTS if (order := workers.order(a, 3))[0] == 1)
    assert set(stand_ins) == {2, 3}
    assert min(stand_ins.values()) > 60


def test_a_new_worker_takes_only_what_becomes_its_own():
    moved = [a for a in ATTEMPTS if workers.order(a, 2)[0] != workers.order(a, 3)[0]]
    assert {workers.order(a, 3)[0] for a in moved} == {3}


def test_the_processes_of_a_box_follow_from_the_settings():
    settings = Settings(capture=CaptureSettings(workers=3))
    assert workers.workers(settings) == ["capture-1", "capture-2", "capture-3"]
    assert set(workers.services(settings)) >= {"web", "capture-3", "inference", "sync"}
    named = {name: workers.service_of(name) for name in ("capture-3", "capture", "web", "capture-x", "cli")}
    assert named == {"capture-3": "capture", "capture": "capture", "web": "web", "capture-x": "capture-x", "cli": "cli"}
