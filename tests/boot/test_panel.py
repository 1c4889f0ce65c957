"""The panel on the installed box, really booted: up before the rest, honest about it, and missed by nobody."""

import json
import time

import pytest

from appliance.box.panel import Panel
from appliance.box.panel import read as reading
from tests.boot import machine
from tests.boot.machine import Machine

pytestmark = [pytest.mark.boot, pytest.mark.timeout(600)]

UNIT = "appliance-panel.service"
WEB = "appliance-web.service"
WITHIN = 5.0
"""Seconds after which a fault is to be seen."""

ASK = """
import sys
from pathlib import Path
from appliance.box import panel
panel.ask(Path("/run/appliance"), panel.Ask(sys.argv[1]), by="test")
"""
NO_DISK = """
[Unit]
Description=a data disk that is not there
[Mount]
What=tmpfs
Where=/var/lib/appliance
Type=tmpfs
Options=no-such-option
"""


@pytest.fixture
def no_leaks():
    """Each machine is older than the tests here, or gone with its block."""


def shown(box: Machine) -> Panel | None:
    """What the panel says that it shows."""
    return reading(box.file("/run/appliance")) if box.leader else None


def status(box: Machine) -> str:
    said = shown(box)
    return said.status if said else ""


def watched(box: Machine, seconds: float) -> list[str]:
    """Every status from the first on, until it is neither starting nor a fault."""
    seen: list[str] = []
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        now = status(box)
        if now and (not seen or seen[-1] != now):
            seen.append(now)
        if now not in ("", "starting", "fault"):
            break
        time.sleep(0.1)
    return seen


@pytest.fixture(scope="module")
def box():
    """Installed from the package, and booted; `box.seen`: what the light said meanwhile."""
    machine.require()
    with Machine.of(machine.installed(machine.package())) as made:
        made.on(wait=False)
        made.until(lambda: bool(status(made)), 60, "the panel says nothing")
        made.seen = watched(made, 180)
        made.until(made.well, 90, "the box is not well")
        yield made


def test_it_says_that_the_box_starts_and_then_how_it_is(box):
    print(f"\nthe panel said: {' -> '.join(box.seen)}")
    assert box.seen[0] == "starting"
    assert "fault" not in box.seen
    assert box.seen[-1] in ("ready", "attention", "offline"), shown(box)


def test_it_runs_as_the_boxes_user_and_is_healthy(box):
    assert box.unit(UNIT, "ActiveState", "SubState", "User") == {
        "ActiveState": "active", "SubState": "running", "User": "appliance"
    }  # fmt: skip
    assert box.health("panel")["healthy"]


def test_it_is_up_before_first_boot_has_ended(box):
    said = box.journal()
    assert said.index("Started appliance-panel.service") < said.index("Finished appliance-firstboot.service")


def test_no_pins_no_light_and_no_key_are_no_trouble(box):
    assert [part for part in shown(box).parts if part.trouble] == []


def test_the_web_process_that_is_away_is_a_fault_within_five_seconds_and_over_when_it_is_back(box):
    before = status(box)
    began = time.monotonic()
    box.run("systemctl", "stop", WEB)
    box.until(lambda: status(box) == "fault", WITHIN, "no fault is shown")
    print(f"\nfault {time.monotonic() - began:.1f} s after the web process was told to stop")
    began = time.monotonic()
    box.run("systemctl", "start", WEB)
    box.until(lambda: status(box) == before, 60, f"it does not say {before} again")
    print(f"{before} {time.monotonic() - began:.1f} s after it was told to start")


def test_who_looks_for_the_box_asks_at_the_socket_and_a_stranger_cannot(box):
    python = "/opt/appliance/bin/python3"
    box.run(python, "-sPc", ASK, "identify", user="appliance")
    box.until(lambda: status(box) == "identify", WITHIN, "it does not show itself")
    stranger = ("setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups")
    said = box.run(*stranger, "sh", "-c", f'{python} -sPc "$0" identify 2>&1 || true', ASK)
    assert "does not answer" in said
    box.until(lambda: status(box) != "identify", 40, "it goes on for ever")


def test_the_power_key_is_the_panels_and_logind_leaves_it_alone(box):
    assert "HandlePowerKey=ignore" in box.file("/usr/lib/systemd/logind.conf.d/50-appliance-power.conf").read_text()
    assert 'GROUP="appliance"' in box.file("/usr/lib/udev/rules.d/99-appliance-panel.rules").read_text()


@pytest.mark.parametrize("signal", ["KILL", "STOP"])
def test_it_comes_back_when_it_dies_and_when_it_hangs_and_nobody_else_notices(box, signal):
    box.until(lambda: box.unit(UNIT, "ActiveState")["ActiveState"] == "active", 60, "no panel")
    before = box.pid(UNIT)
    box.run("kill", f"-{signal}", str(before))
    took = box.until(lambda: box.health("panel").get("pid") not in (None, before), 60, "no panel")
    print(f"\nback {took:.1f} s after SIG{signal}")
    assert box.well()


def test_while_it_is_away_the_box_is_well(box):
    box.run("systemctl", "stop", UNIT)
    time.sleep(6)  # what it said last is older than anybody believes
    assert box.well()
    box.run("systemctl", "start", UNIT)
    box.until(lambda: box.health("panel").get("healthy"), 30, "no panel")


def test_without_the_data_disk_it_is_the_one_that_says_so():
    """Everything else waits for the disk, so as not to write beside it."""
    machine.require()
    with Machine.of(machine.installed(machine.package())) as made:
        (made.root / "etc/systemd/system/var-lib-appliance.mount").write_text(NO_DISK)
        made.on(wait=False)
        made.until(lambda: status(made) == "starting", 60, "the panel says nothing")
        made.until(lambda: made.state() in ("running", "degraded"), 120, "it does not boot")
        assert made.unit(WEB, "ActiveState") == {"ActiveState": "inactive"}
        assert made.unit(UNIT, "ActiveState", "NRestarts") == {"ActiveState": "active", "NRestarts": "0"}
        print(json.dumps({"lines": shown(made).lines}))
