"""The units of an installed box: what systemd's own judges say of them, and that what they start is there."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from appliance.cli import _parser
from appliance.config import Settings
from appliance.front.configuration import folder
from appliance.supervisor import STOP_ORDER

UNITS = Path(__file__).parents[2] / "systemd"
EVERY = sorted(unit for unit in UNITS.glob("appliance*.*") if unit.is_file())
SERVICES = [unit for unit in EVERY if unit.suffix == ".service"]
COMMAND = re.compile(r"^Exec(?:Start|Condition)=/opt/appliance/bin/appliance (.+)$", re.MULTILINE)
WITHOUT_THE_COMMAND = {"appliance-again@.service", "appliance-update.service"}
"""A shell that waits, and the copy of the updater that runs on Debian's own Python."""

PROCESSES = {"front", "web", "capture@", "inference", "sync", "panel"}
EXPOSURE = 2.0


def said(unit: Path, key: str) -> list[str]:
    return re.findall(rf"^{key}=(.*)$", unit.read_text(), re.MULTILINE)


def unit(name: str) -> Path:
    return UNITS / f"appliance-{name}.service"


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """The units as they lie on a box, with a program where theirs would be."""
    if shutil.which("systemd-analyze") is None:
        pytest.skip("systemd-analyze is not installed (Debian's systemd)")
    there = tmp_path_factory.mktemp("units")
    shutil.copytree(UNITS, there, dirs_exist_ok=True)
    for one in there.glob("appliance*.service"):
        one.write_text(re.sub(r"/opt/appliance/bin/appliance|/usr/lib/appliance/update", "/bin/true", one.read_text()))
    return there


@pytest.mark.slow
def test_systemd_finds_nothing_wrong_with_any_of_them(installed):
    files = [str(installed / one.name) for one in EVERY]
    files = [file.replace("@.service", "@1.service") if "capture" in file else file for file in files]
    for file in files:
        if "capture@1" in file:
            shutil.copy(file.replace("@1", "@"), file)
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", *files], capture_output=True, text=True, check=False
    )
    ours = [line for line in done.stderr.splitlines() if "appliance" in line]
    assert (ours, done.returncode) == ([], 0), done.stderr


@pytest.mark.slow
@pytest.mark.parametrize("service", SERVICES, ids=lambda service: service.name)
def test_each_is_exposed_to_two_points_at_most(installed, service):
    done = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", "--no-pager", f"--threshold={EXPOSURE * 10:.0f}",
         str(installed / service.name)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    found = re.search(r"Overall exposure level for \S+: ([0-9.]+)", done.stdout)
    assert found, done.stderr
    assert float(found[1]) <= EXPOSURE


@pytest.mark.parametrize("service", SERVICES, ids=lambda service: service.name)
def test_what_it_starts_is_a_command_of_the_box(service):
    commands = COMMAND.findall(service.read_text())
    assert commands or service.name in WITHOUT_THE_COMMAND
    for command in commands:
        _parser().parse_args(command.replace("%i", "1").split())


def test_the_target_wants_each_of_them_and_as_many_recorders_as_the_settings_may_have():
    wanted = " ".join(said(UNITS / "appliance.target", "Wants"))
    started_by_others = {"appliance-again@.service", "appliance-steward.service", "appliance-update.service"}
    for one in SERVICES:
        name = one.name.replace("@", "@1")
        by_timer = one.with_suffix(".timer").name in wanted
        assert name in wanted or by_timer or one.name in started_by_others, one.name
    assert f"appliance-capture@{Settings().capture.workers}.service" in wanted


def test_every_process_is_watched_begins_again_and_is_never_given_up():
    for name in PROCESSES:
        one = unit(name)
        assert said(one, "Type") == ["notify"]
        assert said(one, "Restart") == ["always"]
        assert int(said(one, "WatchdogSec")[0]) > 0
        assert said(one, "OnFailure") == ["appliance-again@%n.service"]
        assert int(said(one, "StartLimitBurst")[0]) * int(said(one, "RestartSec")[0]) < int(
            said(one, "StartLimitIntervalSec")[0]
        ), "the budget would never be used up"


def test_recording_is_the_last_to_be_killed_and_detection_the_first():
    score = {name: int(said(unit(name), "OOMScoreAdjust")[0]) for name in PROCESSES}
    assert sorted(score, key=score.__getitem__) == ["capture@", "web", "front", "sync", "panel", "inference"]
    weight = {name: int(said(unit(name), "CPUWeight")[0]) for name in PROCESSES}
    assert max(weight, key=weight.__getitem__) == "capture@"
    assert weight["inference"] == min(weight.values())


def test_what_says_the_last_things_stops_before_what_stores_them():
    """systemd stops in the reverse of how it starts; `appliance run` has it in STOP_ORDER."""
    assert STOP_ORDER[0][1:] == ("sync", "inference")
    assert STOP_ORDER[1][1] == "capture"
    assert STOP_ORDER[2] == ("web",)
    before = said(unit("capture@"), "Before")[0].split()
    assert {"appliance-inference.service", "appliance-sync.service"} <= set(before)
    for name in ("capture@", "inference", "sync"):
        assert "appliance-web.service" in said(unit(name), "After")[0].split()


def test_the_panel_is_there_before_the_data_disk_and_waits_for_nobody():
    """A drop-in of the same name for one unit takes the place of the house's: the two must not drift apart."""
    house = (UNITS / "appliance-.service.d" / "10-house.conf").read_text().splitlines()
    its = (UNITS / "appliance-panel.service.d" / "10-house.conf").read_text().splitlines()
    waits = {"RequiresMountsFor=/var/lib/appliance", "After=time-set.target"}
    settings = [line for line in house if line and not line.startswith("#")]
    assert [line for line in its if line and not line.startswith("#")] == [
        line for line in settings if line not in waits
    ]
    assert said(unit("panel"), "After") == said(unit("panel"), "Requires") == []


def test_nobody_waits_for_a_clock_or_a_network_that_may_never_come():
    for one in EVERY:
        assert "network-online" not in one.read_text()
        assert "time-sync.target" not in one.read_text()


def test_nothing_of_the_shared_rules_is_said_again_in_a_unit():
    house = (UNITS / "appliance-.service.d" / "10-house.conf").read_text()
    keys = set(re.findall(r"^(\w+)=", house, re.MULTILINE)) - {"Documentation", "After", "Environment"}
    for one in SERVICES:
        assert not keys & set(re.findall(r"^(\w+)=", one.read_text(), re.MULTILINE)), one.name


def test_the_folders_of_the_front_are_made_before_it(paths):
    made = (UNITS / "tmpfiles.d" / "appliance.conf").read_text()
    assert f"/run/appliance/{folder(paths).relative_to(paths.run)} 0700 appliance appliance" in made
