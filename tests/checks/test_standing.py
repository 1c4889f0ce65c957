"""What stands, what the ledger is told of it, and what the panel reads."""

import json

import pytest

from appliance.box.paths import Paths
from appliance.checks import record
from appliance.checks.issue import Fix, Issue, Severity
from appliance.errors import Unavailable
from appliance.exam.events import IssueCleared, IssueRaised

NOW = 1_790_000_000.0
HOT = Issue(code="too_hot", severity=Severity.WARNING, facts={"degrees": 95, "slowed": False})
SEAT = Issue(code="seat_silent", severity=Severity.FAULT, about="14", facts={"seat": "14", "kinds": ["webcam"]})


class Box:
    """Looks each minute, and remembers what the ledger was told."""

    def __init__(self, paths: Paths) -> None:
        self.paths, self.now, self.told, self.away = paths, NOW, [], False

    def tell(self, payload):
        if self.away:
            raise Unavailable("the ledger is away")
        self.told.append(payload)

    def look(self, *issues: Issue, mend=None):
        self.now += 60
        kept = record.record(self.paths, issues, self.now, tell=self.tell, mend=mend)
        record.show(self.paths.run, kept, self.now)
        return [(one.code, one.about) for one in record.read(self.paths.run)[1]]


@pytest.fixture
def box(paths):
    return Box(paths)


def test_an_issue_is_told_when_it_stands_for_a_minute_once_and_when_it_is_over(box):
    assert box.look(SEAT) == [("seat_silent", "14")]  # the panel says it at once
    assert box.told == []
    for _ in range(3):
        box.look(SEAT, HOT)
    raised, hot = box.told
    assert raised == IssueRaised(code="seat_silent", severity="fault", about="14", facts=SEAT.facts)
    assert hot.code == "too_hot"
    assert box.look(HOT) == [("too_hot", "")]
    assert box.told[2:] == [IssueCleared(code="seat_silent", about="14", seconds=240.0)]


def test_what_comes_and_goes_within_a_minute_is_never_told(box):
    for _ in range(5):
        box.look(SEAT)
        box.look()
    assert box.told == []


def test_two_issues_of_one_code_are_two(box):
    other = Issue(code="seat_silent", severity=Severity.FAULT, about="9", facts={"seat": "9", "kinds": ["screen"]})
    box.look(SEAT, other)
    box.look(SEAT, other)
    box.look(other)
    assert [(type(said).__name__, said.about) for said in box.told] == [
        ("IssueRaised", "14"), ("IssueRaised", "9"), ("IssueCleared", "14"),
    ]  # fmt: skip


def test_what_the_ledger_did_not_hear_is_told_when_it_is_back_in_order_and_once(box):
    box.away = True
    for _ in range(3):
        box.look(SEAT)
    box.away = False
    box.look(SEAT)
    box.away = True
    assert box.look() == []  # it is over, whoever heard of it
    box.look()
    box.away = False
    box.look()
    box.look()
    assert [type(said) for said in box.told] == [IssueRaised, IssueCleared]


def test_what_stood_before_the_power_went_is_cleared_after_it(box):
    box.look(SEAT)
    box.look(SEAT)
    (box.paths.run / record.FILE).unlink()  # tmpfs
    box.look()
    assert [type(said) for said in box.told] == [IssueRaised, IssueCleared]


def test_a_disk_that_takes_nothing_does_not_hide_what_is_wrong(box, caplog):
    box.paths.cache.rmdir()
    box.paths.cache.write_text("a file where a folder should be")
    assert box.look(HOT) == [("too_hot", "")]
    assert "cannot be written down" in caplog.text


def test_only_what_is_safe_is_mended_without_being_asked(box):
    mended = []
    leaf = Issue(code="certificate_expiring", severity=Severity.WARNING, about="box", fix=Fix.RENEW_CERTIFICATE)
    clock = Issue(code="clock_impossible", severity=Severity.FAULT, fix=Fix.STEP_CLOCK)
    box.look(leaf, clock, mend=mended.append)
    assert mended == [leaf]


@pytest.mark.parametrize("text", ["", "{}", '{"schema": 9}', '{"schema": 1, "at": 1, "issues": [{"x": 1}]}', "[]"])
def test_a_file_of_another_version_or_none_counts_as_none(paths, text):
    (paths.run / record.FILE).write_text(text)
    (paths.cache / record.FILE).write_text(text)
    assert record.read(paths.run) is None
    assert Box(paths).look(HOT) == [("too_hot", "")]


def test_the_file_that_the_panel_reads(box):
    box.look(SEAT)
    said = json.loads((box.paths.run / record.FILE).read_text())
    assert said["schema"] == 1
    assert said["at"] == box.now
    (one,) = said["issues"]
    assert (one["code"], one["severity"], one["about"], one["since"]) == ("seat_silent", "fault", "14", box.now)
