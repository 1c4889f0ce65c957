"""What the box's front needs lies in the package, each thing where the machine looks for it."""

import os
import re
import subprocess
import tomllib
from pathlib import Path

import pytest

from provisioning.package import tree

ROOT = Path(__file__).parents[2]


def test_the_rules_and_the_power_keys_setting_lie_where_the_machine_reads_them(tmp_path):
    tree._front(ROOT / "hardware", tmp_path)
    rules = tmp_path / "usr/lib/udev/rules.d/99-appliance-panel.rules"
    assert 'GROUP="appliance"' in rules.read_text()
    power = tmp_path / "usr/lib/systemd/logind.conf.d/50-appliance-power.conf"
    assert "HandlePowerKey=ignore" in power.read_text().splitlines()
    assert (tmp_path / "usr/share/appliance/pi/config.txt").is_file()


def test_no_rule_lets_in_another_group_than_the_boxs_own(tmp_path):
    """...which has no member but the box's user."""
    words = (ROOT / "hardware/config/99-appliance-panel.rules").read_text()
    lines = [line for line in words.splitlines() if "=" in line and not line.startswith("#")]
    assert len(lines) > 10
    for line in lines:
        lets_in = 'GROUP="appliance", MODE="0660"' in line
        assert lets_in or re.search(r'GOTO="|^LABEL=|RUN{builtin}\+="kmod load i2c-dev"$', line), line
    assert set(re.findall(r'GROUP="(\w+)"', words)) == {"appliance"}
    assert (ROOT / "systemd/sysusers.d/appliance.conf").read_text().startswith("u appliance - ")


def test_the_pins_are_a_file_of_the_package_and_no_link_out_of_it(tmp_path):
    source = ROOT / "appliance/panel"
    package = tmp_path / "panel"
    tree.shutil.copytree(source, package, ignore=tree._NOT_OURS)
    pins = package / "pinout.toml"
    assert not pins.is_symlink()
    assert tomllib.loads(pins.read_text()) == tomllib.loads((ROOT / "hardware/pinout.toml").read_text())


@pytest.mark.slow
def test_who_builds_a_panel_finds_its_papers_on_the_box(tmp_path):
    tree._words(ROOT, tmp_path)
    papers = tmp_path / "usr/share/doc/appliance/hardware"
    assert (papers / "pinout.toml").is_file()
    assert list((papers / "pictures").glob("*.png"))
    assert (papers / "LICENSE").is_file()
    size = sum(file.stat().st_size for file in papers.rglob("*") if file.is_file())
    assert size < 5_000_000, "too large for a box: leave pictures out (provisioning/package/tree.py)"


@pytest.fixture
def pi(tmp_path):
    """The root tree of a Pi's image before its last touches; -> (tree, finish)."""
    (tmp_path / "tree/boot/firmware").mkdir(parents=True)
    for name in ("dbus", "ssh"):
        (tmp_path / "tree/etc" / name).mkdir(parents=True)
    tree._front(ROOT / "hardware", tmp_path / "tree")
    chroot = tmp_path / "bin/chroot"
    chroot.parent.mkdir()
    chroot.write_text("#!/bin/sh\n")
    chroot.chmod(0o755)

    def finish():
        script = ROOT / "provisioning/pi/layer/finish"
        path = f"{chroot.parent}:{os.environ['PATH']}"
        command = ["sh", str(script), str(tmp_path / "tree")]
        return subprocess.run(command, env={"PATH": path}, capture_output=True, text=True, check=False)

    return tmp_path / "tree", finish


def test_a_pis_firmware_is_told_what_the_panel_wants_and_only_once(pi):
    made, finish = pi
    firmware = made / "boot/firmware/config.txt"
    firmware.write_text("arm_64bit=1\n")
    for _ in range(2):
        done = finish()
        assert (done.returncode, done.stderr) == (0, "")
    assert firmware.read_text() == "arm_64bit=1\n" + (ROOT / "hardware/config/config.txt").read_text()


def test_a_pis_image_without_firmware_is_not_finished(pi):
    _, finish = pi
    done = finish()
    assert done.returncode == 1
    assert "boot/firmware/config.txt is not there" in done.stderr
