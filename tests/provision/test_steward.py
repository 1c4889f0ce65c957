"""The steward does what the box's processes may ask, and nothing else; no link laid in the box's folder leads root
anywhere."""

import json
import os
import shutil
import tempfile
import time
from pathlib import Path

import pytest

from appliance.box import errand
from appliance.box.errand import Verb
from appliance.box.paths import Paths
from appliance.errors import Unavailable
from appliance.provision import apply, steward, written
from appliance.provision.machine import Ran
from appliance.provision.owner import as_owner
from appliance.provision.seed import Lab, Network, Seed, Time
from appliance.provision.verbs.done import Done
from tests.provision.machines import Notes, machine

RUNNING = Ran(
    0, "".join(f"appliance-{name}.service loaded active x\n" for name in ("web", "capture@1", "steward", "health"))
)


@pytest.fixture(autouse=True)
def installed(monkeypatch):
    monkeypatch.setenv("APPLIANCE_STEWARD", "1")


@pytest.fixture
def notes():
    return Notes(
        {"chrony.service", "appliance-front.service", "systemd-networkd.service"}, **{"systemctl list-units": RUNNING}
    )


@pytest.fixture
def on(tmp_path, notes):
    return machine(tmp_path / "root", notes)


def ask(paths, on, verb, /, **arguments):
    """-> what came of it."""
    asked = errand.ask(paths, verb, by="ada", arguments=arguments)
    assert steward.run(paths, on) == 1
    assert not list((paths.errands / "asked").iterdir()), "systemd starts the steward as long as anything lies there"
    return errand.outcome(paths, asked)


@pytest.mark.parametrize(
    ("verb", "arguments", "commands"),
    [
        (Verb.FRONT, {}, ["systemctl reload appliance-front.service"]),
        (Verb.RESTART, {"unit": "all"},
         ["systemctl --no-block try-restart appliance-web.service appliance-capture@1.service"]),
        (Verb.RESTART, {"unit": "appliance-web"},
         ["systemctl reset-failed appliance-web.service", "systemctl restart appliance-web.service"]),
        (Verb.RESTART, {"unit": "capture@2"},
         ["systemctl reset-failed appliance-capture@2.service", "systemctl restart appliance-capture@2.service"]),
        (Verb.RESTART, {"unit": "panel"},
         ["systemctl reset-failed appliance-panel.service", "systemctl restart appliance-panel.service"]),
        (Verb.CLOCK, {}, ["chronyc online", "chronyc burst 4/4", "chronyc waitsync 10 0.0 0.0 1", "chronyc makestep"]),
        (Verb.REBOOT, {}, ["systemctl --no-block reboot"]),
        (Verb.POWEROFF, {}, ["systemctl --no-block poweroff"]),
    ],
)  # fmt: skip
def test_what_is_asked_is_done(paths, on, notes, verb, arguments, commands):
    outcome = ask(paths, on, verb, **arguments)
    assert outcome.done, outcome
    assert notes.changes == commands


@pytest.mark.parametrize(
    ("verb", "arguments", "said"),
    [
        (Verb.RESTART, {"unit": "ssh"}, "none of the box's services"),
        (Verb.RESTART, {"unit": "appliance-web.service; reboot"}, "none of the box's services"),
        (Verb.RESTART, {"unit": "../../evil"}, "none of the box's services"),
        (Verb.RESTART, {"unit": "appliance-steward"}, "none of the box's services"),
        (Verb.RESTART, {"unit": ["all"]}, "one argument, unit"),
        (Verb.RESTART, {"unit": "all", "root": "/"}, "one argument, unit"),
        (Verb.CLOCK, {"wall": "now"}, "not a number"),
        (Verb.CLOCK, {"wall": True}, "not a number"),
        (Verb.CLOCK, {"wall": 5}, "no time of this century"),
        (Verb.CLOCK, {"wall": 1e300}, "no time of this century"),
        (Verb.CLOCK, {"date": "now"}, "one argument, wall"),
        (Verb.UPDATE, {"file": "../../etc/shadow"}, "no name of a bundle"),
        (Verb.UPDATE, {"file": "-o.update"}, "no name of a bundle"),
        (Verb.UPDATE, {"file": "box.update"}, "There is no box.update"),
        (Verb.UPDATE, {}, "one argument, file"),
        (Verb.RESET, {"confirm": "another"}, "not this box's name"),
        (Verb.RESET, {"confirm": None}, "name as confirm"),
        (Verb.RESET, {"confirm": "debian", "force": True}, "name as confirm"),
        (Verb.APPLY, {"seed": "x"}, "takes no arguments"),
        (Verb.APPLY, {}, "no provision/wanted.toml"),
        (Verb.FRONT, {"unit": "x"}, "takes no arguments"),
        (Verb.REBOOT, {"when": "now"}, "takes no arguments"),
    ],
)
def test_what_makes_no_sense_is_refused_with_a_sentence_and_changes_nothing(paths, on, notes, verb, arguments, said):
    outcome = ask(paths, on, verb, **arguments)
    assert not outcome.done
    assert said.lower() in outcome.sentence.lower()
    assert notes.changes == []


def test_the_machine_is_set_as_the_setup_page_wants_it(paths, on, notes):
    seed = Seed(
        lab=Lab(box="physics-214", timezone="Europe/Berlin"),
        network=Network(address="10.4.7.20/24", gateway="10.4.7.1", dns=("10.4.0.53",), domain="lab.example.edu"),
        time=Time(servers=("10.4.0.1",)),
    )
    apply.wanted(paths, seed)
    outcome = ask(paths, on, Verb.APPLY)
    assert outcome.done
    assert "called physics-214" in outcome.sentence
    assert "networkctl reload" in notes.changes
    assert notes.changes[-1] == "systemctl start --no-block appliance-certificate.service"
    assert on.read("/etc/hostname") == "physics-214"
    before = list(notes.changes)
    assert ask(paths, on, Verb.APPLY).sentence == "Nothing had to change."
    assert notes.changes == before


def test_networkmanager_is_told_where_it_keeps_the_network(paths, tmp_path):
    notes = Notes({"NetworkManager.service"})
    on = machine(tmp_path / "root", notes)
    apply.wanted(paths, Seed(network=Network(interface="enp1s0", address="10.4.7.20/24", gateway="10.4.7.1")))
    assert ask(paths, on, Verb.APPLY).done
    file = on.file("/etc/NetworkManager/system-connections/appliance.nmconnection")
    assert file.stat().st_mode & 0o777 == 0o600
    assert "interface-name=enp1s0" in file.read_text()
    assert "method=manual\naddress1=10.4.7.20/24,10.4.7.1" in file.read_text()
    assert notes.changes[-3:-1] == ["nmcli connection reload", "nmcli connection up appliance"]


def test_ifupdown_is_left_alone_and_that_is_told(paths, tmp_path):
    on = machine(tmp_path / "root", Notes({"networking.service"}))
    apply.wanted(paths, Seed(network=Network(address="10.4.7.20/24")))
    outcome = ask(paths, on, Verb.APPLY)
    assert not outcome.done
    assert "ifupdown" in outcome.sentence


def test_what_is_wanted_is_checked_again_by_root(paths, on, notes):
    wrong = Seed(network=Network(interface="x\n[Match]", address="10.4.7.20/24"), time=Time(servers=("a\nallow all",)))
    apply.private(paths.provision / "wanted.toml", written.dumps(wrong).encode())
    assert "not right in wanted.toml" in ask(paths, on, Verb.APPLY).sentence
    assert notes.changes == []
    assert on.read("/etc/hostname") == "debian"


def test_a_watch_sets_the_clock_as_long_as_no_time_server_is_followed(paths, on, notes, monkeypatch):
    from appliance.box import clock

    stamp = clock.now()
    monkeypatch.setattr(clock, "now", lambda: type(stamp)(stamp.wall, 0, "boot", False))
    assert ask(paths, on, Verb.CLOCK, wall=1_800_000_000).done
    assert notes.changes[0].startswith("date --utc --set '2027-01-15 08:00:0")
    monkeypatch.setattr(clock, "now", lambda: type(stamp)(stamp.wall, 0, "boot", True))
    assert "knows better" in ask(paths, on, Verb.CLOCK, wall=1_800_000_000).sentence


def test_what_the_machine_refuses_is_told_in_its_words(paths, tmp_path):
    refusing = Notes({"appliance-front.service"}, **{"systemctl reload": Ran(1, "Job failed.")})
    outcome = ask(paths, machine(tmp_path / "root", refusing), Verb.FRONT)
    assert "`systemctl reload appliance-front.service` did not work: Job failed." in outcome.sentence
    assert outcome.hint


def test_an_errand_of_before_the_power_cut_does_not_switch_the_box_off_again(paths, on, notes):
    asked = errand.ask(paths, Verb.POWEROFF, by="ada")
    steward.run(paths, on, now=lambda: time.time() + 3600)
    assert "too long ago" in errand.outcome(paths, asked).sentence
    assert notes.changes == []


def test_what_takes_the_power_away_is_settled_before_it_is_done(paths, on):
    seen = []

    def off(asked, _machine, _paths):
        seen.append((errand.waiting(paths), errand.outcome(paths, asked.id).sentence))
        return Done("off")

    errand.ask(paths, Verb.POWEROFF, by="ada")
    steward.run(paths, on, verbs={Verb.POWEROFF: off})
    assert seen == [([], "It was begun, and the box went away meanwhile.")]


def test_an_errand_that_breaks_keeps_no_other_waiting_and_shows_no_stack(paths, on):
    def broken(*_):
        raise RuntimeError("secret")

    first, second = (errand.ask(paths, verb, by="ada") for verb in (Verb.CLOCK, Verb.FRONT))
    steward.run(paths, on, verbs={**steward.VERBS, Verb.CLOCK: broken})
    assert "secret" not in json.dumps(errand.outcome(paths, first).sentence)
    assert errand.outcome(paths, second).done


def test_what_is_no_errand_is_taken_away(paths, on):
    asked = paths.errands / "asked"
    asked.mkdir(parents=True)
    (asked / "x.json").write_text("{}")
    (asked / "y.json").write_text("[" * 100_000)
    (asked / "z.json").mkdir()
    (asked / "noise").write_text("x")
    os.mkfifo(asked / "pipe.json")
    (asked / "0000000000001-00000000.json").write_text(
        '{"id": "0000000000001-00000000", "verb": "rm", "arguments": {}}'
    )
    assert steward.run(paths, on) == 0
    assert not list(asked.iterdir())


def test_more_than_so_many_are_refused(paths):
    for _ in range(errand.WAITING):
        errand.ask(paths, Verb.FRONT, by="ada")
    with pytest.raises(Unavailable, match="wait already"):
        errand.ask(paths, Verb.FRONT, by="ada")


@pytest.fixture
def owned():
    """A box whose folder is not root's, as on an installed one."""
    if os.geteuid() != 0:
        pytest.skip("only root can give a folder to another")
    folder = Path(tempfile.mkdtemp(prefix="steward-", dir="/tmp"))
    folder.chmod(0o755)
    paths = Paths(data=folder / "data", run=folder / "run").make()
    for place in (paths.errands / "asked", paths.errands / "done", paths.provision):
        place.mkdir(parents=True)
    for place in (paths.data, *paths.data.rglob("*")):
        os.chown(place, 65534, 65534)
    yield paths
    shutil.rmtree(folder)


def _planted(paths, verb=Verb.FRONT):
    with as_owner(paths.data):
        return errand.ask(paths, verb, by="eve")


def test_outcomes_are_not_written_through_a_link_to_a_place_of_roots(owned, on):
    victim = owned.run / "etc"
    victim.mkdir()
    for number in range(errand.KEPT + 3):
        (victim / f"{number}.json").write_text("root's")
    (owned.errands / "done").rmdir()
    (owned.errands / "done").symlink_to(victim)
    asked = _planted(owned)
    with pytest.raises(Unavailable, match="cannot be written"):
        steward.run(owned, on)
    assert not (victim / f"{asked}.json").exists()
    assert len(list(victim.iterdir())) == errand.KEPT + 3


def test_no_file_of_roots_is_written_over_through_a_link(owned, on):
    shadow = owned.run / "shadow"
    shadow.write_text("root's")
    asked = _planted(owned)
    (owned.errands / "done" / f"{asked}.new").symlink_to(shadow)
    with pytest.raises(Unavailable, match="cannot be written"):
        steward.run(owned, on)
    assert shadow.read_text() == "root's"


def test_no_file_of_roots_is_read_through_a_link(owned, on):
    shadow = owned.run / "shadow"
    shadow.write_text("[lab]\nname = 'SECRET'\n")
    shadow.chmod(0o600)
    (owned.provision / "wanted.toml").symlink_to(shadow)
    (owned.errands / "asked/0000000000001-00000000.json").symlink_to(shadow)
    asked = _planted(owned, Verb.APPLY)
    steward.run(owned, on)
    assert "no provision/wanted.toml" in errand.outcome(owned, asked).sentence
    assert shadow.read_text().startswith("[lab]")
    assert not list((owned.errands / "asked").iterdir())


def test_what_the_steward_leaves_is_the_boxs_own(owned, on):
    asked = _planted(owned)
    steward.run(owned, on)
    assert (owned.errands / "done" / f"{asked}.json").stat().st_uid == 65534
    assert os.geteuid() == 0


def test_only_root_is_the_steward(paths, monkeypatch, capsys):
    from appliance import cli

    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert cli.main(["--data", str(paths.data), "provision", "steward"]) == 2
    assert "the steward is root's" in capsys.readouterr().err
