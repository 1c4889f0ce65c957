"""The installed box, really booted by systemd: it comes up by itself, and comes back from what happens to it."""

import json
import os
import time

import pytest

from tests.boot import machine
from tests.boot.machine import ADDRESS, Machine

pytestmark = [pytest.mark.boot, pytest.mark.timeout(600)]

PROCESSES = {
    "web": "appliance-web.service",
    "door": "appliance-front.service",
    "capture-1": "appliance-capture@1.service",
    "capture-2": "appliance-capture@2.service",
    "inference": "appliance-inference.service",
    "sync": "appliance-sync.service",
}


@pytest.fixture(scope="module")
def box():
    """Installed from the package, and booted."""
    machine.require()
    with Machine.of(machine.installed(machine.package())) as made:
        began = time.monotonic()
        made.on()
        print(f"\nbooted in {time.monotonic() - began:.1f} s")
        made.until(made.well, 90, "the box is not well")
        print(f"every process healthy after {time.monotonic() - began:.1f} s")
        yield made


@pytest.fixture
def no_leaks():
    """The machine is older than each test here, and gone after them."""


def test_it_comes_up_whole_by_itself(box):
    box.until(lambda: box.state() == "running", 60, "it is not `running`")
    assert box.run("systemctl", "--failed", "--no-legend", "--plain") == ""
    for name, unit in PROCESSES.items():
        said = box.unit(unit, "ActiveState", "SubState", "NRestarts", "User")
        assert said == {"ActiveState": "active", "SubState": "running", "NRestarts": "0", "User": "appliance"}, name
        assert box.health(name)["healthy"]
    for name in ("steward.path", "health.timer", "backup.timer", "certificate.timer"):
        assert box.unit(f"appliance-{name}", "ActiveState") == {"ActiveState": "active"}
    for number in (3, 4):  # the settings have two workers
        assert box.unit(f"appliance-capture@{number}.service", "ActiveState") == {"ActiveState": "inactive"}
    assert box.unit("nginx.service", "ActiveState") == {"ActiveState": "inactive"}


def test_first_boot_made_what_is_this_boxes_own(box):
    assert box.unit("appliance-firstboot.service", "Result", "ActiveState") == {
        "Result": "success", "ActiveState": "active"
    }  # fmt: skip
    assert (box.data / "keys/https.pem").stat().st_mode & 0o077 == 0
    assert (box.data / "provision/setup-code").stat().st_mode & 0o077 == 0
    assert box.run("hostname").strip() != "localhost"


def test_what_timers_and_errands_start_ends_well(box):
    for name in ("health", "backup", "certificate", "steward"):
        box.run("systemctl", "start", f"appliance-{name}.service", seconds=120)
        assert box.unit(f"appliance-{name}.service", "Result") == {"Result": "success"}, box.journal("-n", "40")


def test_plain_http_leads_to_trust_and_https_to_the_box(box):
    assert box.get(f"http://{ADDRESS}/sign-in")[0] == 303
    assert box.get(f"http://{ADDRESS}/trust")[0] == 200
    status, text = box.get(f"https://{ADDRESS}/sign-in", "-H", "Accept: text/html")
    assert status in (200, 302, 303), text


def comes_back(box, name, before, seconds):
    """Another process than before, and healthy: -> seconds."""
    unit = PROCESSES[name]
    took = box.until(
        lambda: box.pid(unit) not in (0, before) and box.health(name).get("healthy") and box.well(),
        seconds,
        f"no {name}",
    )
    print(f"{name}: back and well after {took:.1f} s")
    return took


@pytest.mark.parametrize("name", PROCESSES)
def test_a_process_that_is_killed_comes_back(box, name):
    before = box.pid(PROCESSES[name])
    box.run("kill", "-9", str(before))
    comes_back(box, name, before, 60)


@pytest.mark.parametrize("name", PROCESSES)
def test_a_process_that_hangs_is_killed_by_its_watchdog_and_comes_back(box, name):
    unit = PROCESSES[name]
    before = box.pid(unit)
    box.run("kill", "-STOP", str(before))
    comes_back(box, name, before, 90)
    assert "Watchdog timeout" in box.journal("-u", unit)


def test_nginx_that_is_killed_comes_back_with_the_front(box):
    before = box.pid(PROCESSES["door"])
    box.run("kill", "-9", str(box.health("door")["nginx"]))
    comes_back(box, "door", before, 60)


def test_while_the_web_process_is_away_the_front_says_so_calmly(box):
    box.run("systemctl", "stop", "appliance-web.service")
    status, text = box.get(f"https://{ADDRESS}/wall", "-H", "Accept: text/html")
    assert (status, "One moment" in text) == (503, True)
    status, text = box.get(f"https://{ADDRESS}/api/me")
    assert (status, set(json.loads(text))) == (503, {"error", "hint"})
    box.run("systemctl", "start", "appliance-web.service")
    box.until(box.well, 60, "the box is not well")


def test_the_certificate_is_read_anew_without_a_restart(box):
    front = box.pid(PROCESSES["door"])
    nginx = box.health("door")["nginx"]
    box.run("systemctl", "reload", "appliance-front.service")
    time.sleep(2)
    assert box.well()
    assert (box.pid(PROCESSES["door"]), box.health("door")["nginx"]) == (front, nginx)


def test_who_dies_again_and_again_is_seen_to_have_failed_and_begins_anew(box):
    unit = "appliance-sync.service"
    good = box.data / "appliance.toml"
    before = good.read_text() if good.exists() else ""
    owner = box.data.stat()
    good.write_text(before.replace("[upstream]", "[other]") + '\n[upstream]\nbox = "a/b"\n')

    os.chown(good, owner.st_uid, owner.st_gid)
    box.run("systemctl", "restart", unit, check=False)
    box.until(lambda: box.unit(unit, "ActiveState")["ActiveState"] == "failed", 90, "it never gave up")
    assert box.unit("appliance-web.service", "ActiveState") == {"ActiveState": "active"}
    good.write_text(before)
    took = box.until(lambda: box.unit(unit, "ActiveState")["ActiveState"] == "active", 60, "nobody started it again")
    print(f"begins anew {took:.1f} s after it had failed for good")
    box.until(box.well, 60, "the box is not well")


def test_it_shuts_down_in_order_and_comes_up_again(box):
    seconds = box.off()
    print(f"shut down in {seconds:.1f} s")
    assert seconds < 30
    box.on()
    print(f"up again, and well {box.until(box.well, 120, 'the box is not well'):.1f} s later")
    journal = box.run("journalctl", "--no-pager", "-b", "-1", "-o", "cat", "-u", "appliance*", check=False)
    assert "Killing process" not in journal.split("Stopping")[-1]


def test_after_a_power_cut_it_comes_up_by_itself(box):
    box.cut()
    box.on()
    box.until(box.well, 120, "the box is not well")
    assert box.state() == "running"
