"""An update ends as before or done, wherever it is cut, and says which."""

import sqlite3
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from appliance.update import engine as engines
from appliance.update import journal as books
from appliance.update import words
from appliance.update.engine import Engine
from appliance.update.journal import ENDS, Journal, Step
from tests.package.machine import FakeMachine, Killed, places


def _staged(folder):
    here = places(folder)
    books.keep(here, Journal.begin(old="1.0", new="2.0", by="ada", boot=books.boot_id(here)).to(Step.STAGED))
    return here


def _schema(folder, revision):
    connection = sqlite3.connect(folder / "ledger.sqlite3")
    connection.executescript(
        f"DROP TABLE IF EXISTS alembic_version; CREATE TABLE alembic_version (version_num TEXT);"
        f"INSERT INTO alembic_version VALUES ('{revision}')"
    )
    connection.close()


def test_an_update_that_is_well_is_done_and_says_so(tmp_path):
    here = _staged(tmp_path)
    machine = FakeMachine(here)
    Engine(here, machine).go()
    told = books.told(here)
    assert (machine.installed, machine.runs, told.step) == ("new", True, Step.DONE)
    assert words.sentence(told) == "Updated from 1.0 to 2.0; the box is well."
    assert [entry["step"] for entry in told.steps] == ["staged", "installing", "judging", "done"]
    assert books.read(here) is None


def test_a_version_with_which_the_box_is_not_well_is_taken_back(tmp_path):
    here = _staged(tmp_path)
    machine = FakeMachine(here, new_is_well=False)
    Engine(here, machine).go()
    told = books.told(here)
    assert (machine.installed, machine.runs, told.step, told.healthy) == ("old", True, Step.ROLLED_BACK, True)
    assert "The box was not well with 2.0: not well: web" in words.sentence(told)


def test_a_package_that_dpkg_refuses_leads_back(tmp_path):
    here = _staged(tmp_path)
    machine = FakeMachine(here, new_installs=False)
    Engine(here, machine).go()
    assert (machine.installed, books.told(here).step) == ("old", Step.ROLLED_BACK)


@pytest.mark.parametrize("new_is_well", [True, False])
@pytest.mark.parametrize("other_boot", [True, False], ids=["power cut", "killed"])
def test_killed_at_every_step_it_ends_as_before_or_done(tmp_path, new_is_well, other_boot):
    whole = FakeMachine(_staged(tmp_path / "whole"), new_is_well=new_is_well)
    Engine(whole.places, whole).go()
    ends = set()
    for dies_at in range(1, len(whole.done) + 1):
        here = _staged(tmp_path / str(dies_at))
        machine = FakeMachine(here, dies_at=dies_at, new_is_well=new_is_well)
        with pytest.raises(Killed):
            Engine(here, machine).go()
        machine.dies_at = 0
        if other_boot:
            here.mark.unlink(missing_ok=True)
            Engine(here, machine).repair()
            assert machine.installed != "half", "a box must not start on half a package"
            machine.start_box()
        Engine(here, machine).go()
        told = books.told(here)
        assert told.step in ENDS, whole.done[dies_at - 1]
        assert books.read(here) is None
        assert machine.installed == ("new" if told.step == Step.DONE else "old"), whole.done[dies_at - 1]
        assert machine.runs
        ends.add(told.step)
    assert ends == ({Step.DONE, Step.ROLLED_BACK} if new_is_well else {Step.ROLLED_BACK}) | (
        {Step.ABANDONED} if other_boot else set()
    )


def test_cut_again_and_again_on_the_way_back_it_still_arrives(tmp_path):
    here = _staged(tmp_path)
    machine = FakeMachine(here, new_is_well=False)
    for turn in range(40):
        machine.dies_at = len(machine.done) + 1 + turn % 6
        try:
            Engine(here, machine).go()
            break
        except Killed:
            continue
    assert (machine.installed, books.told(here).step) == ("old", Step.ROLLED_BACK)


def test_a_ledger_that_the_new_version_rewrote_is_put_back_and_what_it_made_is_kept(tmp_path):
    here = _staged(tmp_path)
    _schema(here.ledger, "r0007")
    machine = FakeMachine(here, new_is_well=False, migrates=lambda: _schema(here.ledger, "r0011"))
    Engine(here, machine).go()
    from appliance.update import ledger

    assert ledger.schema(here.ledger) == "r0007"
    assert ledger.schema(here.data / "ledger-after-2.0") == "r0011"
    assert "is kept beside the one that holds" in books.told(here).reason


def test_a_ledger_of_the_same_form_stays_with_all_that_was_written_meanwhile(tmp_path):
    here = _staged(tmp_path)
    _schema(here.ledger, "r0007")
    machine = FakeMachine(here, new_is_well=False, migrates=lambda: (here.ledger / "later").write_text("kept"))
    Engine(here, machine).go()
    assert (here.ledger / "later").read_text() == "kept"
    assert not (here.data / "ledger-after-2.0").exists()


def test_a_ledger_that_cannot_be_copied_stops_the_update_before_anything_changes(tmp_path, monkeypatch):
    here = _staged(tmp_path)
    machine = FakeMachine(here)

    def full():
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(machine, "keep_ledger", full)
    Engine(here, machine).go()
    assert (machine.installed, machine.runs, books.told(here).step) == ("old", True, Step.ABANDONED)


def test_a_journal_that_is_nobodys_is_put_aside(tmp_path):
    here = places(tmp_path)
    here.journal.write_text("{")
    assert books.read(here) is None
    assert here.journal.with_suffix(".odd").exists()


def test_a_state_folder_that_was_swapped_for_a_link_is_not_followed(tmp_path):
    here = places(tmp_path)
    (tmp_path / "elsewhere").mkdir()
    here.state.parent.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(NotADirectoryError):
        books.tell(here, Journal.begin(old="1", new="2", by="x"))
    assert not list((tmp_path / "elsewhere").iterdir())


def test_the_engine_runs_on_debians_own_python_from_its_copy(tmp_path):
    """The new version may be broken in any way; so may its Python packages."""
    from appliance.update import install

    here = places(tmp_path)
    install._set_engine_aside(here)
    copied = sorted(str(path.relative_to(here.engine)) for path in here.engine.rglob("*.py"))
    assert copied == sorted(f"appliance/{name}.py" for name in engines.MODULES)
    program = (
        f"import sys; sys.path.insert(0, {str(here.engine)!r}); import appliance.update.go as it; print(it.__file__)"
    )
    python = Path("/usr/bin/python3.11")
    if not python.exists():
        pytest.skip("there is no /usr/bin/python3.11 here")
    done = subprocess.run([python, "-I", "-S", "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.startswith(str(here.engine))


@pytest.mark.parametrize("step", list(Step))
def test_every_step_has_a_sentence(step):
    told = replace(Journal.begin(old="1.0", new="2.0", by="ada"), step=step, reason="Why")
    assert words.sentence(told).rstrip().endswith((".", "Why"))
    assert words.sentence(None) == "This box was never updated."
