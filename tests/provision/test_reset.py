"""A factory reset wipes all of it or has not begun; says so; and the box begins anew."""

import json

import pytest

from appliance.box import errand
from appliance.box.errand import Verb
from appliance.box.paths import Paths
from appliance.errors import BadInput, NotAllowed, StorageFull
from appliance.ledger import fleet, writer
from appliance.ledger.fleet import Sitting
from appliance.provision import reset, self_test, setup_code, steward
from appliance.provision.machine import Ran
from tests.provision.machines import Notes, machine
from tests.provision.test_first_boot import SEED, _run_until_call, boot, stick

pytestmark = pytest.mark.slow

EVIDENCE = "media/biology/attempt-1/webcam/a.mp4"


@pytest.fixture(autouse=True)
def quick_self_test(monkeypatch):
    monkeypatch.setattr(self_test, "_PIECES", 1)
    monkeypatch.setattr(self_test, "_FLUSHES", 1)


@pytest.fixture
def notes():
    return Notes(**{"systemctl list-units": Ran(0, "appliance-web.service loaded active running x")})


@pytest.fixture
def on(tmp_path, notes):
    return machine(tmp_path / "root", notes)


def used(paths, on):
    """A box that was set up, with evidence on it; -> what was in its keys."""
    boot(paths, on, stick=stick(SEED))
    for file in (EVIDENCE, "backups/a.age", "outbox/b", "appliance.toml.before", "upstream/north/c"):
        place = paths.data / file
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(b"evidence")
    return (paths.keys / "box.key").read_bytes()


def everything(paths):
    """But for the empty files that locks are held on."""
    files = [file for file in paths.data.rglob("*") if file.is_file() and not file.name.endswith(".lock")]
    return {str(file.relative_to(paths.data)) for file in files}


def test_all_of_it_is_wiped_and_told(paths, on, notes, monkeypatch):
    monkeypatch.setenv("APPLIANCE_STEWARD", "1")
    used(paths, on)
    asked = errand.ask(paths, Verb.RESET, by="ada", arguments={"confirm": "physics-214", "lose_evidence": True})
    steward.run(paths, on)
    outcome = errand.outcome(paths, asked)
    assert outcome.done
    assert "Wiped: keys, provision, backups, ledger" in outcome.sentence
    assert everything(paths) - {f"errands/done/{asked}.json"} == {"provision/was-reset.json"}
    said = json.loads((paths.provision / "was-reset.json").read_text())
    assert said["by"] == "ada"
    assert said["sentences"]
    assert "systemctl stop appliance-web.service" in notes.changes
    assert notes.changes[-1] == "systemctl --no-block reboot"
    for path in ("/etc/systemd/network/10-appliance.network", "/etc/chrony/sources.d/appliance.sources"):
        assert not on.file(path).exists()


def test_after_it_the_box_begins_anew_with_other_keys(paths, on):
    key = used(paths, on)
    reset.begin(paths, on, by="ada", ours=True)
    boot(paths, on)
    assert (paths.keys / "box.key").read_bytes() != key
    assert setup_code.code(paths)
    assert on.read("/etc/hostname").startswith("proctor-")


def test_the_name_must_be_typed(paths, on):
    used(paths, on)
    before = everything(paths)
    with pytest.raises(BadInput, match="not this box's name"):
        reset.may(paths, on, confirm="physics-215", lose_evidence=True)
    assert everything(paths) == before


def test_evidence_that_is_here_alone_must_be_given_up_aloud(paths, on):
    used(paths, on)
    with pytest.raises(NotAllowed, match="evidence of 1 attempts is on this box alone"):
        reset.may(paths, on, confirm="physics-214", lose_evidence=False)
    reset.may(paths, on, confirm="physics-214", lose_evidence=True)


def test_an_upstream_on_the_same_disk_is_no_upstream(paths, on):
    boot(paths, on)
    (paths.data / EVIDENCE).parent.mkdir(parents=True)
    with writer.opened(paths.database):
        pass
    assert reset.here_alone(paths) == (1, False)


def test_a_ledger_that_cannot_be_read_vouches_for_nothing(paths, on):
    boot(paths, on)
    paths.database.write_bytes(b"noise" * 1000)
    assert reset.here_alone(paths) == (1, False)


def test_never_while_an_exam_runs(paths, on, monkeypatch):
    used(paths, on)
    sitting = Sitting(exam="biology", starts_at=0, over_at=1, expected=3, present=2)
    monkeypatch.setattr(fleet, "sittings", lambda _: [sitting])
    with pytest.raises(NotAllowed, match="an exam runs"):
        reset.may(paths, on, confirm="physics-214", lose_evidence=True)


def test_an_encrypted_disk_loses_its_key(paths, tmp_path, notes, monkeypatch):
    on = machine(tmp_path / "root", notes)
    used(paths, on)
    monkeypatch.setattr(reset.encryption, "header", lambda *_: "/dev/sda3")
    sentences = reset.begin(paths, on, by="ada", ours=True)
    command = "systemd-run --wait --collect --quiet cryptsetup erase --batch-mode /dev/sda3"
    assert command in notes.changes
    assert any("/dev/sda3 is destroyed" in one for one in sentences)


def test_a_disk_that_takes_nothing_is_told_and_nothing_is_wiped(paths, on, monkeypatch):
    from appliance.box import secret

    used(paths, on)
    before = everything(paths)

    def refuse(*_):
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr(secret, "write", refuse)
    with pytest.raises(StorageFull, match="read-only") as caught:
        reset.begin(paths, on, by="ada", ours=True)
    assert "Nothing was wiped" in caught.value.hint
    assert everything(paths) == before


@pytest.mark.parametrize("step", [13, pytest.param(1, marks=pytest.mark.long)], ids=["some", "every"])
def test_when_the_power_goes_in_the_middle_it_is_as_before_or_ends_wiped(tmp_path, step):
    ends = set()
    for number in range(1, 500, step):
        folder = tmp_path / str(number)
        paths, on = Paths(data=folder / "data", run=folder / "run"), machine(folder / "root")
        paths.data.mkdir()
        used(paths, on)
        before = everything(paths)
        killed = _run_until_call(number, lambda p=paths, o=on: reset.begin(p, o, by="ada", ours=True))
        if reset.begun(paths):
            reset.go_on(paths, on, ours=True)
            assert everything(paths) == {"provision/was-reset.json"}, number
            ends.add("wiped")
        elif killed and not (paths.provision / "was-reset.json").exists():
            assert everything(paths) >= before, number
            ends.add("as before")
        if not killed:
            break
    assert ends == {"as before", "wiped"}
