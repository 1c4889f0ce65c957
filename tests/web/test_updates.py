"""Is it a good time for an update? What a commit hook is told, and when."""

import dataclasses
import time

import pytest

from appliance.box import clock, health
from appliance.exam.events import ExamEnded
from appliance.ledger.fleet import Sitting
from appliance.web import readings, updates

from .conftest import EXAM

pytestmark = pytest.mark.slow

HOUR = 3600.0


def reasons(house, *, at: float | None = None, **changes):
    """What speaks against it, on a box whose processes are well."""
    stamp = dataclasses.replace(clock.now(), wall=at or time.time())
    for name in house.services.needed:
        health.write(house.services.paths.health, name, healthy=True, sentence="")
    found = readings.read(house.services, stamp=lambda: stamp)
    processes = {name: {**said, "healthy": True} for name, said in found.processes.items()}
    return updates.reasons(dataclasses.replace(found, **{"processes": processes, **changes}), quiet_seconds=HOUR)


def test_a_hook_asks_and_is_told_in_words_of_machines_and_people(house):
    answer = house.client().get("/healthz/update")
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "60")
    assert answer.json["allowed"] is False
    assert "exam_running" in answer.json["reasons"]
    assert "process_unhealthy" in answer.json["reasons"]
    assert len(answer.json["sentences"]) == len(answer.json["reasons"])
    for secret in (EXAM, "Biology", "Ada", *house.attempts):
        assert secret not in answer.text


def test_all_well_and_nothing_held_is_200(house):
    house.say(ExamEnded(exam=EXAM, reason="x"), None)
    for name in house.services.needed:
        health.write(house.services.paths.health, name, healthy=True, sentence="")
    answer = house.client().get("/healthz/update")
    assert answer.json["reasons"] == ["exam_closing"]  # its evidence is not upstream yet
    assert reasons(house, at=time.time() + 2 * HOUR) == []


def test_an_exam_stands_in_the_way_before_while_and_after(house):
    (now,) = house.ask(lambda c: [exam.starts_at for exam in readings.fleet.sittings(c)])
    assert reasons(house, at=now - 2 * HOUR) == []
    assert reasons(house, at=now - HOUR / 2) == ["exam_soon"]
    assert reasons(house, at=now + 60) == ["exam_running"]
    assert reasons(house, at=now + 90 * 60) == []  # its time is over, and nobody ever came
    house.reach("arrived")
    assert reasons(house, at=now + 90 * 60) == ["exam_running"]  # somebody is here still


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"deleting": True}, "deleting"),
        ({"ledger": None}, "ledger_away"),
        ({"disks": {}}, "disk_low"),
        ({"disks": {"data": readings.Disk(size=100, free=99)}}, "disk_low"),
    ],
)
def test_each_thing_under_way_stands_in_the_way(house, changes, reason):
    at = time.time() + 30 * HOUR
    assert reasons(house, at=at) == []
    assert reasons(house, at=at, **changes) == [reason]


def test_a_process_that_is_not_well_or_cuts_an_export_stands_in_the_way(house):
    at = time.time() + 30 * HOUR
    well = {name: {"healthy": True} for name in house.services.needed}
    assert reasons(house, at=at, processes=well) == []
    assert reasons(house, at=at, processes={**well, "sync": {"healthy": True, "exports_waiting": 2}}) == ["exporting"]
    assert reasons(house, at=at, processes={**well, "door": {"healthy": False}}) == ["process_unhealthy"]


def test_an_exam_without_candidates_holds_nothing_up():
    empty = Sitting(exam="e", starts_at=1000.0, over_at=2000.0, expected=0, present=0)
    assert not empty.runs(1500.0)
