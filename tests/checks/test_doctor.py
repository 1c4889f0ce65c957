"""`appliance doctor`, as somebody types it: while the box is down, with settings that do not hold, for the timer."""

import json
import time

import pytest

from appliance import doctor
from appliance.checks import gathering, record
from appliance.checks.facts import Disk, Machine
from appliance.cli import main

from .conftest import well


@pytest.fixture
def told(monkeypatch):
    """The facts of a box that is well, but for what a test says."""

    def say(**changes):
        facts = well(**changes)
        monkeypatch.setattr(gathering, "gather", lambda paths, settings, now: facts)

    say()
    return say


def ask(paths, *options):
    return main(["--data", str(paths.data), "doctor", *options])


def test_a_box_that_is_well(paths, told, capsys):
    assert ask(paths) == 0
    assert capsys.readouterr().out == "All is well.\n"


def test_what_is_wrong_is_a_sentence_and_what_helps_and_faults_come_first(paths, told, capsys):
    told(disk=Disk(encrypted=False), machine=Machine(throttled=1))
    assert ask(paths) == 1
    said = capsys.readouterr().out.splitlines()
    assert said[0] == "FAULT    The box gets too little voltage."
    assert said[1].startswith("         Use the power supply")
    assert said[2].startswith("warning  The data disk is not encrypted")


def test_the_same_for_programs(paths, told, capsys):
    told(machine=Machine(throttled=1))
    assert ask(paths, "--json") == 1
    said = json.loads(capsys.readouterr().out)
    assert (said["well"], said["issues"][0]["code"], said["issues"][0]["severity"]) == (False, "under_voltage", "fault")
    assert said["issues"][0]["hint"]


def test_a_box_that_is_down_and_settings_that_do_not_hold(paths, capsys, monkeypatch):
    paths.config.write_text("[web]\nprot = 1\n")
    assert ask(paths) == 1
    said = capsys.readouterr().out
    assert "no setting 'prot'" in said
    assert "The box does not run." in said
    assert list(paths.data.glob("ledger/*")) == []  # looking changes nothing


def test_what_could_not_be_looked_at_is_no_all_clear(paths, told, capsys):
    told(gone={"ledger": "damaged"})
    assert ask(paths) == 1
    assert "Could not be looked at: the ledger." in capsys.readouterr().out


def test_the_timer_writes_it_down_also_while_the_ledger_is_away(paths, told, monkeypatch):
    monkeypatch.setattr(doctor, "TELL_SECONDS", 0.05)
    told(machine=Machine(throttled=1))
    for _ in range(2):
        assert ask(paths, "--record") == 0
    at, (one,) = record.read(paths.run)
    assert at == pytest.approx(time.time(), abs=10)
    assert (one.code, one.looks, one.told) == ("under_voltage", 2, False)
