"""What the panel knows of the box: what is read, and what it means."""

import json
import math
import os
import time

import pytest

from appliance.box import health, workers
from appliance.checks import record
from appliance.checks.issue import Severity
from appliance.checks.standing import Standing
from appliance.config import Settings
from appliance.ledger.fleet import Sitting, ToRecord
from appliance.panel import sources, status
from appliance.panel.sources import Sources, is_alive
from appliance.panel.status import Status
from appliance.panel.watch import Held, Readings, Spoken, Watcher, state_of
from appliance.provision import first_boot
from appliance.web.strings import Catalogue

WORDS = Catalogue.load(strict=True)
NEEDED = ("web", "capture-1")
WELL = {name: Spoken(facts={"healthy": True}, there=True) for name in NEEDED}


def read(**changes) -> Readings:
    return Readings(**{"at": 1000.0, "up": True, "needed": NEEDED, "processes": WELL, **changes})


def of(**changes) -> Status:
    return status.of(state_of(read(**changes), WORDS))


def standing(code="disk_filling", severity=Severity.WARNING, **facts) -> Standing:
    return Standing(code=code, severity=severity.value, about="", since=1.0, facts={"free": 1, "hours": 3, **facts})


# What it means


def test_all_is_well():
    assert of() is Status.READY


@pytest.mark.parametrize(
    ("spoken", "says"),
    [
        (Spoken(facts={"healthy": True}), "Pages and ledger does not run: not running."),
        (Spoken(facts={"healthy": True}, there=True, silent=5.5), "Pages and ledger does not run: silent for 6 s."),
        (
            Spoken(facts={"healthy": False, "sentence": "no disk"}, there=True),
            "Pages and ledger does not run: no disk.",
        ),
        (Spoken(there=True, silent=math.inf), "Pages and ledger does not run: silent."),
    ],
)
def test_a_process_that_is_dead_silent_or_ill_is_a_fault(spoken, says):
    state = state_of(read(processes={**WELL, "web": spoken}), WORDS)
    assert status.of(state) is Status.FAULT
    assert [wrong.sentence for wrong in state.wrong] == [says]


def test_detection_without_its_models_is_there():
    said = Spoken(facts={"healthy": False, "missing": {"face": "no file"}}, there=True)
    assert of(needed=("inference",), processes={"inference": said}) is Status.READY


def test_faults_come_first_and_what_the_panel_sees_itself_is_said_once():
    found = (
        standing(),
        standing("data_read_only", Severity.FAULT, folder="/x"),
        standing("process_down", Severity.FAULT),
    )
    state = state_of(read(issues=found), WORDS)
    assert [wrong.code for wrong in state.wrong] == ["data_read_only", "disk_filling"]
    assert of(issues=(standing(),)) is Status.ATTENTION


def test_an_issue_of_another_version_is_named_and_no_error():
    assert state_of(read(issues=(standing("from_the_future"),)), WORDS).wrong[0].sentence


def test_settings_or_a_ledger_that_cannot_be_read_are_faults():
    assert of(no_settings="[panel] lights is 7") is Status.FAULT
    assert of(no_ledger=True) is Status.FAULT


def held(silent: float | None = 0.1, gap: str | None = None, **more) -> Readings:
    feeds = {f"a/{kind}": {"silent_s": silent, "gap": gap} for kind in ("webcam", "screen")}
    capture = Spoken(facts={"healthy": True, "feeds": feeds}, there=True)
    exam = Held(
        sittings=(Sitting(exam="bio", starts_at=900, over_at=4600, expected=2, present=1),),
        to_record=(ToRecord(attempt="a", exam="bio", ends_at=None),),
        feeds={"bio": ("webcam", "screen")},
        **more,
    )
    return read(processes={**WELL, "capture-1": capture}, held=exam)


def test_who_is_recorded_and_how_long_it_lasts():
    exam = state_of(held(), WORDS).exam
    assert (exam.running, exam.present, exam.expected, exam.to_record, exam.recorded) == (True, 1, 2, 1, 1)
    assert exam.minutes_left == 60
    assert status.of(state_of(held(), WORDS)) is Status.RECORDING


@pytest.mark.parametrize("feed", [{"silent": None}, {"silent": 6.0}, {"gap": "storage_full"}])
def test_a_feed_that_is_silent_or_has_a_gap_is_not_recorded(feed):
    assert state_of(held(**feed), WORDS).exam.recorded == 0


def test_the_next_exam_is_told_until_it_begins():
    assert state_of(read(held=Held(next_at=1600.0)), WORDS).exam.next_in == 600
    assert state_of(read(held=Held(next_at=900.0)), WORDS).exam.next_in is None


# Reading it


@pytest.fixture
def now():
    return [100.0, 5000.0]


@pytest.fixture
def box(paths, now):
    return Sources(paths, Settings(), clock=lambda: now[0], wall=lambda: now[1], uptime=lambda: 50.0)


def say(paths, name, at, *, healthy=True, pid=None) -> None:
    health.write(paths.health, name, healthy=healthy, sentence="fine")
    file = paths.health / f"{name}.json"
    said = json.loads(file.read_text()) | {"at": at, "pid": pid or os.getpid()}
    file.write_text(json.dumps(said))


def all_say(paths, at) -> None:
    for name in workers.services(Settings()):
        say(paths, name, at)


def test_a_bare_box_is_no_error(tmp_path, now):
    from appliance.box.paths import Paths

    found = Sources(Paths(data=tmp_path / "none", run=tmp_path / "run"), Settings(), clock=lambda: now[0]).read()
    assert (found.up, found.held, found.no_ledger, found.issues) == (False, Held(), False, ())
    assert not (tmp_path / "none").exists()


def test_it_is_up_once_each_process_was_well(box, paths, now):
    all_say(paths, now[1])
    (paths.health / "sync.json").unlink()
    assert not box.read().up
    say(paths, "sync", now[1])
    assert box.read().up
    (paths.health / "sync.json").unlink()
    assert box.read().up
    assert status.of(state_of(box.read(), WORDS)) is Status.FAULT


def test_a_dead_process_is_seen_at_the_next_look_though_its_file_is_fresh(box, paths, now):
    all_say(paths, now[1])
    box.read()
    say(paths, "web", now[1] + 0.1, pid=2**22 + 7)
    assert "web" not in box.read().well
    assert not is_alive("x")
    assert is_alive(os.getpid())


def test_a_clock_that_is_set_back_makes_no_process_ill(box, paths, now):
    all_say(paths, now[1])
    box.read()
    now[1] -= 3600.0
    now[0] += 1.0
    assert "web" in box.read().well
    now[0] += 6.0
    assert "web" not in box.read().well, "silent for more than five seconds by the clock that nobody sets"


def test_what_lies_there_from_before_is_nobody(box, paths, now):
    all_say(paths, now[1] - 3600)
    assert box.read().well == frozenset()


@pytest.mark.parametrize("odd", ["", "[]", "{", '{"pid": "x", "at": []}', '"web"'])
def test_a_health_file_without_sense_is_a_process_that_is_not_well(box, paths, now, odd):
    all_say(paths, now[1])
    (paths.health / "web.json").write_text(odd)
    assert "web" not in box.read().well


def test_issues_and_a_ledger_that_is_none(box, paths, now):
    record.show(paths.run, [standing()], now[1])
    paths.database.write_bytes(b"no database at all, and long enough for a header" * 50)
    assert not box.read().no_ledger
    now[0] += 2.5
    found = box.read()
    assert found.no_ledger
    assert state_of(found, WORDS).candidates is None, "nobody knows, and the button is told so"
    assert [one.code for one in found.issues] == ["disk_filling"]


def test_other_settings_are_seen(box, paths, now):
    assert not box.read().processes["web"].there
    assert not box.changed
    paths.config.write_text("")
    now[0] += 2.5
    box.read()
    assert box.changed


def test_the_address_is_the_doors(box, paths, now):
    health.write(
        paths.health, "door", healthy=True, sentence="", port=8443, fingerprint="AA:BB", addresses=["10.0.0.7", "::1"]
    )
    found = box.read()
    assert (found.address, found.fingerprint) == ("https://10.0.0.7:8443", "AA:BB")


def test_first_boot_ends_with_the_step_that_is_waited_for():
    assert first_boot.STEPS[-1].name == sources.LAST_STEP


# The thread


def test_a_look_that_does_not_come_back_grows_old():
    clock = [0.0]
    watcher = Watcher(lambda: read(), WORDS, uptime=1.0, clock=lambda: clock[0])
    watcher.step()
    first = watcher.state(0.5)
    assert first is watcher.state(0.6)
    assert watcher.state(6.0).age == 6.0
    assert status.of(watcher.state(6.0)) is Status.FAULT


def test_what_nobody_foresaw_is_counted_and_logged_once(caplog):
    def fails():
        raise RuntimeError("odd")

    watcher = Watcher(fails, WORDS, uptime=1.0)
    watcher.step()
    watcher.step()
    assert (watcher.failures, watcher.looks) == (2, 0)
    assert len(caplog.records) == 1


def test_it_looks_by_itself_and_stops():
    watcher = Watcher(lambda: read(), WORDS, uptime=1.0)
    watcher.start()
    deadline = time.monotonic() + 5
    while not watcher.looks and time.monotonic() < deadline:
        time.sleep(0.001)
    watcher.stop()
    assert watcher.looks
