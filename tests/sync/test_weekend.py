"""A box whose store was away from Friday to Monday: what the first scrape says, with sync itself at work."""

import dataclasses
import time
from types import SimpleNamespace

import pytest

from appliance.box import clock, upstream
from appliance.config import Settings
from appliance.sync.status import Status
from appliance.web import figures, readings
from tests.sync.rig import FlakyStore

pytestmark = pytest.mark.slow

WEEKEND = 60 * 3600.0


def scrape(rig, at):
    """What a web process that has just been started tells."""
    here = SimpleNamespace(paths=rig.paths, settings=Settings(), reader=rig.reader, needed=("sync",))
    stamp = dataclasses.replace(clock.now(), wall=at)
    families = figures.metrics(readings.read(here, stamp=lambda: stamp), site="north", box="lab-1")
    return {f"{one.name}{''.join(one.labels.values())}": one.value for family in families for one in family.samples}


def say(rig, at):
    Status(
        service=rig.service,
        settings=rig.settings,
        local=False,
        remembered=rig.paths.cache / upstream.FILE,
        wall=lambda: at,
    ).say(rig.paths.run)


def test_I7_sixty_hours_without_a_store_are_told_at_the_first_scrape_and_are_over_when_it_is_back(rig):
    attempt = rig.evidence.sit("1")
    rig.start()
    rig.for_seconds(10)
    friday = time.time()
    say(rig, friday)
    rig.store = FlakyStore(rig.store, faults=10**9)
    rig.start()  # the box was started anew meanwhile
    rig.evidence.over(attempt)
    rig.evidence.end_exam()
    rig.for_seconds(100)
    monday = friday + WEEKEND
    say(rig, monday)
    said = scrape(rig, monday + 5)
    assert said["appliance_upstream_last_success_timestamp_seconds"] == pytest.approx(friday, abs=30)
    assert said["appliance_upstream_reachable"] == 0
    assert said["appliance_upstream_failuresaway"] == 1
    assert said["appliance_upstream_backlog_objects"] > 10
    assert said["appliance_upstream_backlog_bytes"] > 1000
    assert said["appliance_upstream_oldest_unsynced_age_seconds"] > WEEKEND
    assert said["appliance_exams_awaiting_upstream"] == 1
    assert said["appliance_exam_awaiting_upstream_age_seconds"] == pytest.approx(WEEKEND, abs=30)
    (rig.paths.run / upstream.FILE).unlink()  # switched off and on: nothing of tmpfs is left, and sync has said nothing
    dark = scrape(rig, monday + 6)
    assert dark["appliance_upstream_last_success_timestamp_seconds"] == pytest.approx(friday, abs=30)
    assert dark["appliance_exam_awaiting_upstream_age_seconds"] == pytest.approx(WEEKEND, abs=40)
    assert "appliance_upstream_backlog_bytes" not in dark
    rig.store.faults = 0
    rig.until(rig.exam_stored)
    say(rig, monday + 60)
    said = scrape(rig, monday + 60)
    for gone in ("upstream_backlog_objects", "upstream_oldest_unsynced_age_seconds", "exams_awaiting_upstream"):
        assert said[f"appliance_{gone}"] == 0
    assert said["appliance_upstream_reachable"] == 1
