"""What may be unplugged, taken out, deleted: every claim that the page makes, and when it must not make it."""

import pytest

from appliance.exam.retention import DAY, Data, Keeping, outlived
from appliance.exam.unplug import Copy, Disk, Held, Length, Sight, State, copy_of, disk, judged, length

OPEN = [{"waiting": 1}, {"unstored": 1}, {"in_flight": 1}]


def sight(**said):
    return Sight(**{"speaks": True, "stored": 3, "reachable": True, **said})


def state(**said):
    return judged(sight(**said)).state


def test_safe_is_said_only_when_everything_is_upstream_and_nobody_is_here():
    assert state() is State.SAFE
    assert judged(sight()).safe
    for more in [
        *OPEN,
        {"present": 1},
        {"altered": 1},
        {"speaks": False},
        {"failing": ("conflict",)},
        {"waiting": 1, "reachable": False},
    ]:
        assert not judged(sight(**more)).safe, more


@pytest.mark.parametrize("more", OPEN)
def test_a_line_that_is_away_is_calm_whatever_waits(more):
    assert state(**more, reachable=False) is State.AWAY
    assert state(**more, failing=("away",)) is State.AWAY


def test_a_line_that_is_away_when_all_is_upstream_is_no_news():
    assert state(reachable=False, failing=("away",)) is State.SAFE


@pytest.mark.parametrize("kind", ["refused", "full", "conflict", "damaged", "box"])
def test_what_a_person_must_do_comes_before_what_goes_by_itself(kind):
    assert state(failing=("away", kind), waiting=1, reachable=False) is State.STUCK


def test_an_exam_that_runs_comes_first_and_the_way_upstream_is_said_beside_it():
    found = judged(sight(present=2, failing=("refused",)))
    assert (found.state, found.sending) == (State.EXAM, State.STUCK)
    assert judged(sight(present=2)).sending is State.SAFE


def test_while_the_sender_says_nothing_nothing_is_claimed_not_even_an_exam():
    found = judged(Sight(speaks=False, present=2, stored=1))
    assert (found.state, found.safe) == (State.SILENT, False)


def test_what_the_store_lost_is_no_more_upstream_than_what_it_never_had():
    assert state(altered=1, reachable=False, waiting=1) is State.ALTERED
    assert state(altered=1, failing=("conflict",)) is State.STUCK
    assert disk(sight(altered=1), local=True, separate=True) is Disk.LACKS


def test_the_rest_in_its_order():
    assert state(waiting=5, video_waits="day") is State.HELD
    assert state(waiting=5, video_waits="day", in_flight=1) is State.SENDING
    assert state(unstored=1) is State.BUNDLING
    assert state(waiting=1) is State.BUNDLING, "a manifest that is being signed has no length yet"
    assert state(later=2) is State.LATER
    assert state(stored=0) is State.EMPTY
    assert judged(sight(stored=0)).safe
    assert state(stored=0, waiting=1, waiting_bytes=9) is State.SENDING


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (None, Length(unit="unknown")),
        (float("inf"), Length(unit="unknown")),
        (0.0, Length(unit="minutes", n=1)),
        (61.0, Length(unit="minutes", n=2)),
        (5400.0, Length(unit="minutes", n=90)),
        (5401.0, Length(unit="hours", n=2)),
    ],
)
def test_how_long_is_never_said_too_short(seconds, said):
    assert length(seconds) == said


def test_a_disk_may_be_taken_out_when_nothing_is_on_its_way_to_it():
    def said(**more):
        return disk(sight(**more), local=True, separate=True)

    assert said() is Disk.SAFE
    for more in ({"in_flight": 1}, {"waiting": 1}, {"present": 1}):
        assert said(**more) is Disk.BUSY, more
    assert said(waiting=1, video_waits="day") is Disk.LACKS
    assert said(waiting=1, failing=("full",)) is Disk.LACKS
    assert said(unstored=1) is Disk.LACKS
    assert said(later=1) is Disk.LACKS
    assert said(reachable=False) is Disk.AWAY
    assert said(speaks=False) is Disk.UNKNOWN
    assert disk(sight(), local=True, separate=False) is Disk.SAME
    assert disk(sight(), local=False, separate=True) is Disk.NONE


def held(**said):
    return Held(**{"recorded": True, "over": True, "stored": True, "delete_at": 100.0, **said})


@pytest.mark.parametrize(
    ("worst", "copy"),
    [
        ({}, Copy.DUE),
        ({"delete_at": 201.0}, Copy.DATED),
        ({"held": True, "delete_at": None}, Copy.HELD),
        ({"altered": 1, "held": True}, Copy.ALTERED),
        ({"stored": False, "altered": 1}, Copy.UNSENT),
        ({"stored": False, "recorded": False}, Copy.UNSENT),
        ({"over": False, "stored": False}, Copy.OPEN),
        ({"gone": True}, Copy.DUE),
    ],
)
def test_M90_a_copy_is_safe_to_delete_with_a_receipt_for_everything_past_its_date_and_not_held(worst, copy):
    found = copy_of([held(), held(**worst)], practice=False, ended=True, now=200.0)
    assert found is copy
    assert found.needed is (copy is not Copy.DUE)


def test_a_copy_that_is_gone_or_never_was():
    assert copy_of([held(gone=True)], practice=False, ended=True, now=0.0) is Copy.GONE
    assert copy_of([held(recorded=False), held(gone=True)], practice=False, ended=True, now=0.0) is Copy.GONE
    assert copy_of([held(recorded=False)], practice=False, ended=True, now=0.0) is Copy.NONE
    assert copy_of([], practice=False, ended=True, now=0.0) is Copy.NONE
    assert copy_of([held()], practice=False, ended=False, now=999.0) is Copy.OPEN
    assert copy_of([held()], practice=True, ended=True, now=0.0) is Copy.PRACTICE


def test_M90_a_lock_that_outlives_what_candidates_were_told_is_named():
    keeping = Keeping(recordings=30, evidence=180, identity=14, scans=7, personal=365)
    assert outlived(keeping, lock_days=0) == []
    assert outlived(keeping, lock_days=30) == [(Data.IDENTITY, 14)]
    assert [what for what, _ in outlived(keeping, lock_days=400)] == [
        Data.RECORDINGS, Data.EVIDENCE, Data.IDENTITY, Data.WORK, Data.PERSONAL,
    ]  # fmt: skip
    practice = Keeping(recordings=30, evidence=0, identity=14, scans=7, personal=365, practice_hours=24)
    assert outlived(practice, lock_days=int(1e6 / DAY) + 400) == [], "it never reaches the store"
