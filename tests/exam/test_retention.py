"""When each kind of data goes."""

from appliance.exam.retention import DAY, Data, Keeping, delete_at

KEEPING = Keeping(recordings=30, evidence=180, identity=14, scans=7, personal=365)


def at(what, keeping=KEEPING, **more):
    return delete_at(what, keeping, **{"over_at": 0.0, "held": False, **more})


def test_M90_each_kind_has_its_date():
    days = {what: at(what) / DAY for what in Data}
    assert days == {
        Data.RECORDINGS: 30, Data.EVIDENCE: 180, Data.WORK: 180, Data.IDENTITY: 14, Data.SCANS: 7,
        Data.PERSONAL: 365, Data.TEMPLATES: 0,
    }  # fmt: skip


def test_M47_a_room_scan_never_outlives_the_recordings():
    assert at(Data.SCANS, Keeping(recordings=3, evidence=3, identity=3, scans=7, personal=3)) == 3 * DAY


def test_names_stay_as_long_as_what_they_name():
    assert at(Data.PERSONAL, Keeping(recordings=30, evidence=500, identity=1, scans=1, personal=1)) == 500 * DAY


def test_nothing_goes_while_an_attempt_is_open_or_held():
    assert at(Data.SCANS, over_at=None) is None
    assert at(Data.SCANS, held=True) is None


def test_M22_a_practice_run_goes_within_hours():
    practice = Keeping(recordings=30, evidence=180, identity=14, scans=7, personal=365, practice_hours=24)
    assert at(Data.RECORDINGS, practice) == at(Data.EVIDENCE, practice) == DAY
