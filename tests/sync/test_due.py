"""What is past its date: each kind by its own, nothing of an open or held attempt, a request before every date."""

import pytest

from appliance.exam.retention import DAY, Data, Keeping
from appliance.ledger.checkin import ScanRow
from appliance.sync.due import due
from appliance.sync.owner import Owner

KEEPING = Keeping(recordings=30, evidence=180, identity=14, scans=7, personal=365)
PRACTICE = Keeping(recordings=30, evidence=180, identity=14, scans=7, personal=365, practice_hours=24)
SCAN = "bio/a1/scans/1.webm"


def owner(**changes):
    return Owner(**{"attempt": "a1", "exam": "bio", "closed": True, "stage_at": 0.0, **changes})


def scan(*, path=SCAN, delete_at=5 * DAY):
    nothing = dict.fromkeys(ScanRow.__dataclass_fields__)
    return ScanRow(**{**nothing, "scan": "s1", "attempt": "a1", "path": path, "delete_at": delete_at})


def kinds(now, *, keeping=KEEPING, scans=(), held=False, asked_at=None, **changes):
    found = due(owner(**changes), keeping, scans, held=held, asked_at=asked_at, now=now)
    return [(str(one.what), one.why) for one in found]


def by_date(*whats):
    return [(str(what), "date") for what in whats]


@pytest.mark.parametrize(
    ("days", "gone"),
    [
        (6.9, ()),
        (7, (Data.SCANS,)),
        (14, (Data.SCANS, Data.IDENTITY)),
        (30, (Data.SCANS, Data.IDENTITY, Data.RECORDINGS)),
        (180, (Data.SCANS, Data.IDENTITY, Data.RECORDINGS, Data.EVIDENCE, Data.WORK)),
        (365, (Data.SCANS, Data.IDENTITY, Data.RECORDINGS, Data.EVIDENCE, Data.WORK, Data.PERSONAL)),
    ],
)
def test_M90_each_kind_goes_on_its_day_and_names_last(days, gone):
    assert kinds(days * DAY) == by_date(*gone)


def test_M47_a_scan_goes_on_the_day_that_its_candidate_was_told():
    [one] = due(owner(), KEEPING, [scan()], held=False, now=5 * DAY)
    assert (one.what, one.files, one.due_at) == (Data.SCANS, (SCAN,), 5 * DAY)
    assert kinds(5 * DAY - 1, scans=[scan()]) == []
    assert kinds(6 * DAY, scans=[scan(path=None)]) == [], "it is gone"


def test_M22_a_practice_run_goes_all_at_once_after_its_hours():
    assert kinds(DAY - 1, keeping=PRACTICE) == []
    assert kinds(DAY, keeping=PRACTICE) == by_date("practice")
    assert kinds(DAY - 1, keeping=PRACTICE, scans=[scan(delete_at=0.0)]) == by_date(Data.SCANS), (
        "as its candidate was told"
    )


def test_M90_nothing_of_an_open_or_held_attempt_is_due_however_late_it_is():
    for state in ({"closed": False}, {"held": True}):
        assert kinds(1e9, scans=[scan()], **state) == []
        assert kinds(1e9, keeping=PRACTICE, asked_at=0.0, **state) == []


def test_M90_a_lawful_request_makes_everything_due_at_once():
    found = due(owner(), KEEPING, [], held=False, asked_at=100.0, now=100.0)
    assert [one.what for one in found] == [
        Data.SCANS, Data.IDENTITY, Data.RECORDINGS, Data.EVIDENCE, Data.WORK, Data.PERSONAL,
    ]  # fmt: skip
    assert {(one.why, one.due_at) for one in found} == {("request", 100.0)}
    assert kinds(20 * DAY, asked_at=16 * DAY)[:2] == by_date(Data.SCANS, Data.IDENTITY), (
        "what a date had asked for first"
    )


def test_a_room_has_recordings_and_what_was_cut_out_of_them():
    assert kinds(365 * DAY, is_room=True) == by_date(Data.RECORDINGS, Data.EVIDENCE)


def test_only_what_goes_to_the_store_waits_for_it():
    waits = {str(one.what): one.waits_for_store for one in due(owner(), KEEPING, [], held=False, now=1e9)}
    assert [what for what, wait in waits.items() if not wait] == ["scan"]
    [practice, _] = due(owner(), PRACTICE, [], held=False, now=1e9)
    assert not practice.waits_for_store
