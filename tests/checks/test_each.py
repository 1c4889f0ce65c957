"""Each check: when it speaks, how loud, and that it is silent of a healthy box and of one without a network."""

import dataclasses
import re
import time
from pathlib import Path

import pytest

from appliance.box.panel import Part, Trouble
from appliance.box.upstream import Backlog, Failure
from appliance.checks import registry, words
from appliance.checks.facts import (
    Backup,
    Clock,
    Disk,
    Exam,
    Gap,
    Jump,
    Machine,
    Panel,
    Ports,
    Restarts,
    Setup,
    Update,
)
from appliance.checks.issue import Fix, Severity
from appliance.web.strings import Catalogue

from .conftest import DAY, NOW, examining, offline, process, well

GB = 1_000_000_000
FAULT, WARNING = Severity.FAULT, Severity.WARNING
DOCS = Path(__file__).parents[2] / "docs" / "health.md"


def late(**changes):
    return dataclasses.replace(well().upstream, **changes)


CASES = {
    "a disk under the low-water mark": (well(disk=Disk(free=1 * GB)), "disk_floor", FAULT),
    "a disk with less than a tenth": (well(disk=Disk(free=40 * GB)), "disk_floor", WARNING),
    "a disk that is full in an hour, in an exam of two": (
        examining(disk=Disk(free=12 * GB, size=100 * GB, rate=3e6), exam=Exam(runs=True, until=NOW + 7200)),
        "disk_filling", FAULT,
    ),
    "a disk that is full soon after the exam": (
        examining(disk=Disk(free=12 * GB, size=100 * GB, rate=1.6e6), exam=Exam(runs=True, until=NOW + 60)),
        "disk_filling", WARNING,
    ),
    "a data disk that is not mounted": (well(disk=Disk(missing="/var/lib/appliance")), "data_mount_missing", FAULT),
    "a data folder that is gone": (well(data_there=False), "data_mount_missing", FAULT),
    "a disk that the kernel made read-only": (well(disk=Disk(read_only=True)), "data_read_only", FAULT),
    "a disk in the clear": (well(disk=Disk(encrypted=False)), "data_not_encrypted", WARNING),
    "time servers that are not reached": (
        offline(clock=Clock(synchronised=False, error=None, servers=("ntp.example.edu",))),
        "clock_unsynchronised", WARNING,
    ),
    "a time server that is far off": (well(clock=Clock(error=3.0)), "clock_unsynchronised", WARNING),
    "a clock that was set forward": (well(clock=Clock(jump=Jump(seconds=86_400, ago=60))), "clock_jumped", WARNING),
    "a clock that was set back": (well(clock=Clock(jump=Jump(seconds=-30, ago=60))), "clock_jumped", WARNING),
    "a clock from before the software": (well(now=NOW, built_at=NOW + 30 * DAY), "clock_impossible", FAULT),
    "detection that does not look": (
        process(examining(), "inference", feeds={"a/webcam": {"looked_at": NOW - 40}}), "detector_stalled", FAULT,
    ),
    "detection that is short of time": (process(examining(), "inference", share=0.3), "detector_stalled", WARNING),
    "a model that is missing": (well(models=("face", "voice")), "detector_absent", WARNING),
    "a process that is silent": (
        process(well(), "capture-1", healthy=False, sentence="silent for 9 s"), "process_down", FAULT,
    ),
    "a box that was not started": (
        well(processes={name: {"healthy": False, "sentence": "not running"} for name in well().needed}),
        "box_stopped", FAULT,
    ),
    "a process that ends again and again": (
        well(restarts={"capture-1": Restarts(count=4, lives=20)}), "process_restarting", WARNING,
    ),
    "a seat of which nothing arrives": (
        examining(exam=Exam(runs=True, until=NOW, gaps=(Gap(seat="14", kind="webcam", seconds=40),))),
        "seat_silent", FAULT,
    ),
    "a store that refuses": (
        well(upstream=late(failures=(Failure(kind="refused", where="s", message="m", hint="h", since=NOW),))),
        "sync_lagging", WARNING,
    ),
    "a backlog of two days although the store answers": (
        well(upstream=late(backlog=(Backlog(exam="e", attempt=None, objects=1, bytes=1, since=NOW - 2 * DAY),))),
        "sync_lagging", WARNING,
    ),
    "a certificate with a week left": (well(certificates={"box": NOW + 7 * DAY}), "certificate_expiring", WARNING),
    "a certificate that has ended": (well(certificates={"box": NOW - 1}), "certificate_expiring", FAULT),
    "a root with a month left": (well(certificates={"authority": NOW + 30 * DAY}), "certificate_expiring", WARNING),
    "a site's certificate with a week": (well(certificates={"site": NOW + 7 * DAY}), "certificate_expiring", WARNING),
    "an old SQLite and two writers": (well(sqlite=(3, 40, 1), writers=2), "database_version", FAULT),
    "too little voltage just now": (well(machine=Machine(throttled=0x50005)), "under_voltage", FAULT),
    "the alarm of the voltage driver": (well(machine=Machine(low_voltage=True)), "under_voltage", FAULT),
    "too little voltage some time ago": (well(machine=Machine(throttled=0x50000)), "under_voltage", WARNING),
    "heat": (well(machine=Machine(temperature=98, critical=100)), "too_hot", WARNING),
    "a processor that slows down": (well(machine=Machine(temperature=80, throttled=0b100)), "too_hot", WARNING),
    "a processor that slowed down before": (well(machine=Machine(throttled=0x40000)), "too_hot", WARNING),
    "a front that nobody drives": (well(panel=Panel(silent=True)), "panel_part", WARNING),
    **{
        f"a part of the front: {trouble.value}": (
            well(panel=Panel(parts=(Part(name="display", driver="oled", trouble=trouble.value, about="i2c-1"),))),
            "panel_part", WARNING,
        )
        for trouble in Trouble
    },
    "ports that somebody else has": (well(ports=Ports(bindable=False)), "udp_ports_blocked", FAULT),
    "a firewall between the seats and the box": (well(ports=Ports(failed=3)), "udp_ports_blocked", FAULT),
    "a backup of last week": (well(backup=Backup(newest=7 * DAY, due=30 * DAY)), "backup_old", WARNING),
    "never a backup": (well(backup=Backup(due=3 * DAY)), "backup_old", WARNING),
    "a backup that failed": (well(backup=Backup(newest=60, due=DAY, failed=True)), "backup_old", WARNING),
    "memory that is used up": (well(machine=Machine(memory_free=50_000_000)), "memory_low", WARNING),
    "an update that was taken back": (well(update=Update(rolled_back="2.1")), "update_rolled_back", WARNING),
    "an update that waits for a week": (well(update=Update(waiting="2.1", seconds=8 * DAY)), "update_waiting", WARNING),
    "a box that nobody set up": (well(setup=Setup(open=True, recovery_key=True)), "setup_unfinished", WARNING),
    "a recovery key that was left": (well(setup=Setup(recovery_key=True)), "recovery_key_here", WARNING),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_it_is_said_once_as_loud_as_it_is_with_words_in_both_languages(name):
    facts, code, severity = CASES[name]
    (issue,) = registry.judge(facts)
    assert (issue.code, issue.severity) == (code, severity)
    for language in ("en", "de"):
        t = Catalogue.load(language=language, strict=True)
        said = words.of(issue, t)
        for text in (said.sentence, said.hint):
            assert 8 < len(text) < 400
            assert "{" not in text
            assert "None" not in text[1:]
        assert said.sentence[0].isupper() or not said.sentence[0].isalpha()
        assert said.sentence.endswith(".")
        if issue.fix is not None:
            assert t(f"condition.fix_{issue.fix.value}")


@pytest.mark.parametrize("module", registry.CHECKS, ids=lambda module: module.CODE)
def test_nothing_is_said_of_a_box_that_is_well_or_of_one_without_a_network(module, calm):
    assert module.check(calm) == []


def test_an_offline_lab_is_green_also_during_its_exam_after_a_night_and_at_power_on():
    assert registry.judge(offline(exam=Exam(runs=True, until=NOW + 3600))) == []
    assert registry.judge(offline(uptime=20.0, processes={}, backup=Backup(newest=9 * DAY, due=90 * DAY))) == []
    assert registry.judge(offline(sqlite=(3, 40, 1))) == []  # arm64: one writer, which avoids the bug


@pytest.mark.parametrize(
    "facts",
    [
        examining(exam=Exam(runs=True, until=NOW, gaps=(Gap(seat="14", kind="webcam", seconds=8),))),
        well(ports=Ports(came=40, failed=5)),
        well(restarts={"sync": Restarts(count=9, lives=90_000)}),
        well(clock=Clock(jump=Jump(seconds=9, ago=7200))),
        well(update=Update(waiting="2.1", seconds=DAY)),
        well(disk=Disk(rate=1e6)),
        well(panel=Panel(parts=(Part(name="lights", driver="usb"),))),
        well(panel=Panel(silent=True), uptime=20.0),
        well(machine=Machine(temperature=50, throttled=0x80000)),
        well(backup=Backup(newest=20 * 3600, due=90 * DAY)),
        process(well(), "inference", feeds={"a/webcam": {"looked_at": NOW - 900}}),
        offline(
            upstream=dataclasses.replace(
                offline().upstream, reachable=True, failures=(), video_waits="day"
            )
        ),
    ],
    ids=[
        "a page that is loaded anew", "a few connections that failed among many", "a process that settled",
        "a step of hours ago", "an update of yesterday", "a disk that takes days to fill",
        "a front that is well", "a front that has just been given power", "a warm afternoon last week",
        "the backup of last night", "no exam, nothing to look at",
        "recordings that wait for the night on purpose",
    ],
)  # fmt: skip
def test_what_passes_or_is_meant_is_no_issue(facts):
    assert registry.judge(facts) == []


def test_a_check_that_breaks_silences_no_other(monkeypatch, caplog):
    monkeypatch.setattr(registry.CHECKS[0], "check", lambda facts: 1 / 0)
    (issue,) = registry.judge(well(disk=Disk(free=1)))
    assert issue.code == "disk_floor"
    assert registry.CHECKS[0].CODE in caplog.text


def test_faults_come_first():
    found = registry.judge(well(disk=Disk(encrypted=False, free=1), machine=Machine(throttled=1)))
    assert [issue.severity for issue in found] == [FAULT, FAULT, WARNING]


def test_each_check_is_a_file_with_its_code_a_case_here_and_a_row_in_the_documents():
    folder = Path(registry.__file__).parent / "each"
    files = {file.stem for file in folder.glob("*.py")} - {"__init__"}
    codes = [module.CODE for module in registry.CHECKS]
    assert files == set(codes) == {code for _, code, _ in CASES.values()}
    assert len(codes) == len(set(codes))
    said = {issue.severity.value: issue for facts, *_ in CASES.values() for issue in registry.judge(facts)}
    assert set(said) == {"fault", "warning"}
    rows = re.findall(r"^\| `(\w+)` \| .{15,} \| ([\w, ]+) \| .{8,} \|$", DOCS.read_text("utf-8"), re.MULTILINE)
    loud = {code: set() for code in codes}
    for facts, code, severity in CASES.values():
        loud[code].add(severity.value)
        assert facts
    assert {code: set(severities.split(", ")) for code, severities in rows} == loud


def test_no_fix_is_offered_without_words_and_every_fix_is_offered_somewhere():
    offered = {issue.fix for facts, *_ in CASES.values() for issue in registry.judge(facts)} - {None}
    assert offered == set(Fix) - {Fix.MEASURE_CAPACITY}  # that one the page offers beside the seats


def test_all_of_them_take_no_time():
    begun = time.perf_counter()
    for _ in range(100):
        registry.judge(well())
    assert time.perf_counter() - begun < 0.5
