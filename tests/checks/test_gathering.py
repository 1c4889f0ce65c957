"""The facts, where they come from: files of a machine that never was, health files, a ledger that is not there."""

import json
import os
import socket
import time
from pathlib import Path

import pytest

from appliance.box import health, mounts, panel
from appliance.box.panel import Part
from appliance.box.paths import Paths
from appliance.checks import disks, gathering, machine, registry, units
from appliance.checks.facts import Machine
from appliance.checks.units import Unit
from appliance.config import CaptureSettings, Settings

from .conftest import well

MOUNTED = "31 1 8:1 / / rw - ext4 /dev/a rw\n32 31 0:5 / /proc rw - proc proc rw\n"


def put(root, path, text):
    file = root / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")


def test_heat_voltage_and_memory_of_a_raspberry_pi(tmp_path):
    put(tmp_path, "sys/class/thermal/thermal_zone0/temp", "71234\n")
    put(tmp_path, "sys/class/thermal/thermal_zone0/trip_point_0_type", "critical\n")
    put(tmp_path, "sys/class/thermal/thermal_zone0/trip_point_0_temp", "110000\n")
    put(tmp_path, "sys/class/thermal/thermal_zone1/temp", "-273000\n")  # a radio that is off
    put(tmp_path, "sys/class/hwmon/hwmon1/name", "rpi_volt\n")
    put(tmp_path, "sys/class/hwmon/hwmon1/in0_lcrit_alarm", "1\n")
    put(tmp_path, "proc/meminfo", "MemTotal: 8000000 kB\nMemFree: 1 kB\nMemAvailable: 5000000 kB\n")
    said = machine.read(tmp_path, ask=lambda: "throttled=0x50005\n")
    assert (said.temperature, said.critical, said.throttled, said.low_voltage) == (71.234, 110.0, 0x50005, True)
    assert (said.memory, said.memory_free) == (8_192_000_000, 5_120_000_000)
    put(tmp_path, "sys/devices/platform/soc@107c000000/soc@107c000000:firmware/get_throttled", "0\n")
    assert machine.read(tmp_path, ask=lambda: "throttled=0x50005").throttled == 0


@pytest.mark.parametrize(
    ("said", "codes"),
    [
        ("throttled=0x0", []),
        ("throttled=0x1", ["under_voltage"]),
        ("throttled=0x50005", ["under_voltage"]),  # slowed for want of voltage: one issue, and its cause
        ("throttled=0x50000", ["under_voltage"]),
        ("throttled=0x2", ["too_hot"]),
        ("throttled=0x4", ["too_hot"]),
        ("throttled=0x8", ["too_hot"]),
        ("throttled=0x20000", ["too_hot"]),
        ("throttled=0x40000", ["too_hot"]),
        ("throttled=0x80000", []),
    ],
)
def test_every_bit_of_a_raspberry_pis_firmware_has_its_issue(tmp_path, said, codes):
    bits = machine.read(tmp_path, ask=lambda: f"{said}\n").throttled
    assert [issue.code for issue in registry.judge(well(machine=Machine(throttled=bits)))] == codes


def test_the_front_as_it_says_of_itself_and_silent_where_one_should_be(paths, monkeypatch):
    def look():
        return gathering.gather(paths, Settings(), time.time()).panel

    assert (look().silent, look().parts) == (False, ())  # it was never there, and need not be
    monkeypatch.setenv("APPLIANCE_STEWARD", "1")
    assert look().silent
    gone = Part(name="display", driver="oled", trouble="unplugged")
    for ago, silent, parts in ((1, False, (gone,)), (60, True, ()), (-3600, True, ())):
        panel.write(paths.run, panel.Panel(at=time.time() - ago, status="ready", since=0.0, parts=(gone,)))
        assert (look().silent, look().parts) == (silent, parts)


@pytest.mark.parametrize("said", ["", "VCHI initialization failed", "throttled=", "throttled=xyz"])
def test_a_machine_that_says_nothing_or_nonsense_is_no_issue(tmp_path, said):
    put(tmp_path, "proc/meminfo", "nonsense")
    found = machine.read(tmp_path, ask=lambda: said)
    assert (found.temperature, found.throttled, found.low_voltage) == (None, None, None)
    assert found.memory_free > 0


@pytest.mark.parametrize(
    ("fstab", "mounted", "missing"),
    [
        ("UUID=1 /var/lib/appliance ext4 defaults 0 2\n", "", "/var/lib/appliance"),
        ("UUID=1 /var/lib/appliance ext4 defaults 0 2\n", "33 31 8:2 / /var/lib/appliance rw - ext4 /dev/b rw\n", ""),
        ("UUID=1 /var ext4 defaults 0 2\n", "", "/var"),
        ("UUID=1 /var/lib/appliance ext4 noauto 0 2\n# UUID=2 /var ext4 defaults 0 0\n", "", ""),
        ("UUID=1 /srv ext4 defaults 0 2\nUUID=1 / ext4 defaults 0 1\n", "", ""),
        ("", "", ""),
    ],
)
def test_a_mount_that_should_hold_the_data_and_is_not_there(tmp_path, fstab, mounted, missing):
    put(tmp_path, "etc/fstab", fstab)
    put(tmp_path, "proc/self/mountinfo", MOUNTED + mounted)
    assert disks.not_mounted(Path("/var/lib/appliance"), tmp_path) == missing


def test_a_mount_that_a_unit_wants(tmp_path):
    put(tmp_path, "etc/systemd/system/var-lib-appliance.mount", "[Mount]\nWhat=/dev/b\nWhere=/var/lib/appliance\n")
    put(tmp_path, "proc/self/mountinfo", MOUNTED)
    assert disks.not_mounted(Path("/var/lib/appliance"), tmp_path) == "/var/lib/appliance"
    assert mounts.points(tmp_path / "none") == frozenset()  # where nobody can say, nothing is said


def test_what_systemd_says_of_its_restarts():
    said = "Id=appliance-capture@1.service\nNRestarts=4\nResult=success\n\nNRestarts=0\nId=appliance-front.service\n"
    assert units.parsed(said) == {"capture-1": Unit(4, failed=False), "door": Unit(0, failed=False)}
    failed = units.parsed("Id=appliance-backup.service\nNRestarts=0\nResult=exit-code\n")
    assert failed["backup"].failed


def test_a_backup_that_failed_is_one_although_an_older_one_is_there(paths, monkeypatch):
    monkeypatch.setattr(units, "read", lambda: {"backup": Unit(0, failed=True)})
    put(paths.keys, "recovery.pub", "age1")
    put(paths.database.parent, paths.database.name, "")
    assert gathering.gather(paths, Settings(), time.time()).backup.failed


def test_ports_that_are_all_taken_and_ports_that_are_not():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.bind(("0.0.0.0", 0))
        port = other.getsockname()[1]
        assert gathering._bindable(range(port, port + 1)) is False
        assert gathering._bindable(CaptureSettings().ports) is True
    assert gathering._bindable(range(0)) is None


def test_a_new_box_that_never_ran_is_looked_at_without_a_fault_of_ours(paths):
    found = gathering.gather(paths, Settings(), time.time())
    assert found.gone == {}
    assert found.disk.size > found.disk.free > 0
    codes = {issue.code for issue in registry.judge(found)}
    assert codes <= {"box_stopped", "disk_floor", "memory_low", "too_hot", "clock_unsynchronised"}
    assert "box_stopped" in codes


def test_files_that_hold_nonsense_are_named_and_take_nothing_else_with_them(paths):
    for file in ("provision/provision.toml", "updates/state.json", "keys/https.pem", "run.json"):
        put(paths.data, file, "{ nonsense \x00")
    paths.database.write_text("no ledger")
    put(paths.run, "health/capture-1.json", "{")
    found = gathering.gather(paths, Settings(), time.time())
    assert set(found.gone) == {"clock", "updates", "ledger"}
    assert found.machine.memory > 0
    assert "malformed" not in str(found.gone)


def test_a_data_folder_that_is_gone(tmp_path):
    found = gathering.gather(Paths(data=tmp_path / "none", run=tmp_path / "run"), Settings(), time.time())
    assert not found.data_there
    assert "data_mount_missing" in {issue.code for issue in registry.judge(found)}


def test_what_was_set_up_backed_up_and_updated(paths):
    now = time.time()
    put(paths.provision, "setup-code", "ABCD2345")
    put(paths.provision, "encryption.json", '{"encrypted": false, "device": ""}')
    put(paths.keys, "recovery.pub", "age1")
    put(paths.backups, "box-1.tar.gz.age", "x")
    put(paths.database.parent, paths.database.name, "")
    os.utime(paths.keys / "recovery.pub", (now - 900_000, now - 900_000))
    put(paths.data, "updates/appliance-2.1.bundle", "x")
    os.utime(paths.data / "updates/appliance-2.1.bundle", (now - 9 * 86_400, now - 9 * 86_400))
    put(paths.data, "updates/state.json", json.dumps({"step": "rolled_back", "new": "2.0", "at": now - 10 * 86_400}))
    found = gathering.gather(paths, Settings(), now)
    assert found.setup.open
    assert found.disk.encrypted is False
    assert found.backup.newest == pytest.approx(0, abs=5)
    assert found.backup.due == pytest.approx(900_000, abs=5)
    assert found.update.waiting == "appliance-2.1"
    assert found.update.rolled_back == "2.0"
    put(paths.data, "updates/state.json", json.dumps({"step": "done", "new": "2.1", "at": now - 60}))
    assert gathering.gather(paths, Settings(), now).update.waiting == ""


def test_what_is_recorded_now_counts_once_or_twice_where_the_store_is_on_the_same_disk(paths):
    feeds = {"a/webcam": {"bitrate": 800_000}, "a/screen": {"bitrate": 600_000}}
    health.write(paths.health, "capture-1", healthy=True, sentence="", feeds=feeds, streams=[])
    found = gathering.gather(paths, Settings(), time.time())
    assert found.disk.rate == pytest.approx(2 * 1.4e6 / 8 * 1.1)


def test_who_speaks_from_the_future_is_silent(paths):
    health.write(paths.health, "web", healthy=True, sentence="runs")
    assert health.read(paths.health, "web", now=time.time())["healthy"]
    said = health.read(paths.health, "web", now=time.time() - 3600)  # the clock was set back, and web died
    assert (said["healthy"], said["sentence"]) == (False, "silent since the clock was set back")
