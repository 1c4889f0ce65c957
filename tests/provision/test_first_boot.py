"""First boot ends done, however often and wherever it is killed; and says what was done before."""

import dataclasses
import datetime
import itertools
import json
import os
import shutil
import signal
import subprocess
import sys

import pytest
from cryptography import x509

from appliance.box import recovery
from appliance.box.authority import Authority
from appliance.bundle.keys import BoxKey
from appliance.certificates import current
from appliance.config import load
from appliance.errors import StorageFull, Unavailable
from appliance.ledger import reader, state
from appliance.provision import first_boot, hostname, self_test, setup_code, written
from appliance.provision.seed import Admin, Lab, Network, Seed, Time, Upstream
from appliance.provision.stick import Found
from tests.provision.machines import Notes, machine
from tests.provision.test_written import HASH

NOW = 1_795_000_000.0
SEED = Seed(
    lab=Lab(name="Physics 2.14", site="north", box="physics-214", timezone="Europe/Berlin"),
    network=Network(address="10.4.7.20/24", gateway="10.4.7.1", domain="lab.example.edu"),
    time=Time(servers=("time.example.edu",)),
    upstream=Upstream(url="s3://exams", endpoint="https://s3.example.edu", access_key="KEYID", secret_key="S3CR3T"),
    admin=(Admin(user="ada", name="Ada", password_hash=HASH),),
    settings={"capture": {"seats": 12}},
)


@pytest.fixture(autouse=True)
def quick_self_test(monkeypatch):
    monkeypatch.setattr(self_test, "_PIECES", 1)
    monkeypatch.setattr(self_test, "_FLUSHES", 1)


@pytest.fixture
def on(tmp_path):
    return machine(tmp_path / "root")


def boot(paths, on, *, stick=None, now=NOW):
    return first_boot.run(paths, on, ours=True, now=lambda: now, look=lambda _: stick)


def stick(seed, device="/dev/sdb1", token=""):
    return Found(device, written.dumps(seed).encode(), token)


def secrets_of(paths):
    return {file.name: file.read_bytes() for file in paths.keys.iterdir() if not file.name.startswith(".")}


def test_a_bare_machine_becomes_a_box_that_can_be_set_up(paths, on):
    result = boot(paths, on)
    assert [entry.step for entry in result.entries][:3] == ["data_folder", "stick", "encryption"]
    assert not result.before
    assert hostname.current(on).startswith("proctor-")
    assert set(secrets_of(paths)) >= {"box.key", "box.pub", "codes", "feed", "web", "authority.pem", "https.pem"}
    assert all(file.stat().st_mode & 0o77 == 0 for file in paths.keys.glob("*") if file.suffix in (".key", ".pem"))
    assert recovery.secret(paths.keys).startswith("AGE-SECRET-KEY-1")
    assert setup_code.matches(paths, setup_code.shown(paths).lower())
    assert (paths.provision / "ready").exists()
    said = json.loads((paths.provision / "first-boot.json").read_text())
    assert {one["step"] for one in said["steps"]} >= {step.name for step in first_boot.STEPS}
    assert setup_code.code(paths) not in json.dumps(said)
    assert not (paths.data / ".self-test").exists()


@pytest.mark.slow
def test_it_runs_at_each_start_and_does_nothing_twice(paths, on):
    boot(paths, on)
    before, code = secrets_of(paths), setup_code.code(paths)
    result = boot(paths, on)
    assert secrets_of(paths) == before
    assert setup_code.code(paths) == code
    assert result.before >= {step.name for step in first_boot.STEPS}


def test_two_boxes_have_two_names_and_one_keeps_its_own(tmp_path):
    names = [hostname.by_serial(machine(tmp_path / serial, serial=serial)) for serial in ("A1", "B2", "A1x")]
    assert len(set(names)) == 3
    assert hostname.serial(machine(tmp_path / "none", serial="To be filled by O.E.M.")) == "0123456789abcdef"


@pytest.mark.slow
def test_a_name_that_somebody_gave_when_installing_stays(paths, tmp_path):
    on = machine(tmp_path / "root", name="exam-7")
    boot(paths, on)
    assert hostname.current(on) == "exam-7"


def test_a_stick_makes_a_box_that_needs_no_setup_page(paths, on):
    result = boot(paths, on, stick=stick(SEED))
    assert all(entry.ok for entry in result.entries if entry.step not in ("encryption", "self_test"))
    settings = load(paths.config)
    assert (settings.upstream.site, settings.upstream.box, settings.capture.seats) == ("north", "physics-214", 12)
    assert "S3CR3T" in (paths.keys / "upstream.credentials").read_text()
    assert (paths.keys / "upstream.credentials").stat().st_mode & 0o777 == 0o600
    assert setup_code.code(paths) is None
    with reader.opened(paths.database) as ledger, ledger.connect() as connection:
        assert [row.user for row in state.users(connection)] == ["ada"]
    assert hostname.current(on) == "physics-214"
    assert str(on.file("/etc/localtime").readlink()) == "/usr/share/zoneinfo/Europe/Berlin"
    assert "server time.example.edu iburst" in on.read("/etc/chrony/sources.d/appliance.sources")
    assert "Address=10.4.7.20/24\nGateway=10.4.7.1" in on.read("/etc/systemd/network/10-appliance.network")
    assert "physics-214.lab.example.edu physics-214" in on.read("/etc/hosts")
    shown = "".join(file.read_text() for file in paths.provision.glob("*.json"))
    assert "S3CR3T" not in shown
    assert HASH not in shown


@pytest.mark.slow
def test_a_stick_that_is_applied_is_not_applied_again(paths, on):
    boot(paths, on, stick=stick(SEED))
    written_at = paths.config.stat().st_mtime_ns
    assert "applied already" in boot(paths, on, stick=stick(SEED)).taking.sentence
    assert paths.config.stat().st_mtime_ns == written_at


@pytest.mark.slow
def test_a_stick_may_be_corrected_as_long_as_nobody_has_set_the_box_up(paths, on):
    boot(paths, on, stick=stick(dataclasses.replace(SEED, admin=())))
    boot(paths, on, stick=stick(dataclasses.replace(SEED, admin=(), lab=Lab(box="physics-215"))))
    assert hostname.current(on) == "physics-215"
    assert load(paths.config).upstream.box == "physics-215"
    assert load(paths.config).upstream.site == "site"


def test_a_stick_takes_over_no_box_that_is_set_up_unless_it_has_a_token(paths, on):
    from appliance.provision import taking

    boot(paths, on, stick=stick(SEED))
    other = dataclasses.replace(SEED, admin=(Admin(user="eve", password_hash=HASH),))
    assert "set up already" in boot(paths, on, stick=stick(other)).taking.sentence
    assert "set up already" in boot(paths, on, stick=stick(other, token="guess")).taking.sentence
    token = taking.token(paths)
    assert boot(paths, on, stick=stick(other, token=token)).taking.why is taking.Why.TAKEN
    with reader.opened(paths.database) as ledger, ledger.connect() as connection:
        assert [row.user for row in state.users(connection)] == ["ada", "eve"]
    third = dataclasses.replace(SEED, lab=Lab(name="Third"))
    assert "set up already" in boot(paths, on, stick=stick(third, token=token)).taking.sentence, "a token is good once"


@pytest.mark.slow
def test_a_stick_takes_over_no_box_with_recordings_even_if_its_setup_is_open(paths, on):
    boot(paths, on)
    (paths.media / "exam").mkdir()
    assert "set up already" in boot(paths, on, stick=stick(SEED)).taking.sentence


@pytest.mark.slow
def test_a_wrong_stick_is_told_line_by_line_and_the_setup_page_is_there(paths, on):
    result = boot(paths, on, stick=Found("/dev/sdb1", b"[lab]\nbx = 'x'\n"))
    entry = next(entry for entry in result.entries if entry.step == "stick")
    assert not entry.ok
    assert "Line 2: there is no key 'bx'; did you mean box?" in entry.sentence
    assert setup_code.code(paths)


@pytest.mark.slow
def test_a_stick_pulled_out_meanwhile_is_told_and_stops_nothing(paths, on):
    def pulled(_):
        raise Unavailable("the stick /dev/sdb1 cannot be read: input/output error", hint="Put it back.")

    result = first_boot.run(paths, on, ours=True, now=lambda: NOW, look=pulled)
    assert "input/output error" in result.taking.sentence
    assert (paths.provision / "ready").exists()


@pytest.mark.slow
def test_a_disk_that_was_not_mounted_does_not_become_a_second_box(paths, on, tmp_path):
    boot(paths, on)
    bare = type(paths)(data=tmp_path / "bare", run=paths.run)
    bare.data.mkdir()
    with pytest.raises(Unavailable, match="not the data folder that this machine had"):
        boot(bare, on)
    assert not list(bare.data.iterdir())
    first_boot.adopt(on)
    boot(bare, on)


@pytest.mark.slow
def test_a_disk_of_another_box_is_told(paths, on, tmp_path):
    boot(paths, on)
    other = type(paths)(data=tmp_path / "other", run=paths.run)
    other.data.mkdir()
    boot(other, machine(tmp_path / "elsewhere", serial="B2"))
    with pytest.raises(Unavailable, match="of another box"):
        boot(other, on)


@pytest.mark.slow
@pytest.mark.parametrize("clock", ["1970-01-02 00:00:00", "2096-05-01 00:00:00"])
def test_with_a_wrong_clock_the_certificates_hold_once_it_is_right(paths, clock):
    if not shutil.which("faketime"):
        pytest.skip("faketime is not installed")
    command = [sys.executable, "-m", "appliance", "--data", paths.data, "provision", "first-boot"]
    done = subprocess.run(["faketime", "-f", f"@{clock}", *command], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert ("with a clock that is wrong" in done.stdout) == clock.startswith("1970")
    root = Authority(paths.keys).certificate
    shown = current.current(paths, load(paths.config))
    leaf = x509.load_pem_x509_certificate(shown.file.read_bytes())
    now = datetime.datetime.now(datetime.UTC)
    assert Authority(paths.keys).certificate == root
    for certificate in (root, leaf):
        assert certificate.not_valid_before_utc < now < certificate.not_valid_after_utc


def _run_until_call(number, run):
    """In a process of its own that is killed at the so-manieth call that changes the disk; -> was it killed?"""
    child = os.fork()
    if child:
        _, status = os.waitpid(child, 0)
        assert os.WIFSIGNALED(status) or os.WEXITSTATUS(status) == 0
        return os.WIFSIGNALED(status)
    try:
        counter = itertools.count(1)
        for name in ("fsync", "replace", "rename", "link", "unlink", "mkdir", "rmdir", "open"):
            setattr(os, name, _dying(getattr(os, name), counter, number))
        run()
        os._exit(0)
    except BaseException:
        os._exit(9)


def _dying(call, counter, number):
    def called(*arguments, **named):
        writes = call.__name__ != "open" or (len(arguments) > 1 and arguments[1] & (os.O_WRONLY | os.O_CREAT))
        if writes and next(counter) == number:
            os.kill(os.getpid(), signal.SIGKILL)
        return call(*arguments, **named)

    return called


def killed_everywhere(tmp_path, run, *, first=1, step=1):
    """(number, paths, machine) after each kill."""
    from appliance.box.paths import Paths

    for number in itertools.count(first, step):
        folder = tmp_path / f"kill-{number}"
        paths, on = Paths(data=folder / "data", run=folder / "run"), machine(folder / "root")
        paths.data.mkdir()
        killed = _run_until_call(number, lambda paths=paths, on=on: run(paths, on))
        yield number, paths, on
        if not killed:
            return


@pytest.mark.parametrize(
    "step", [pytest.param(29, marks=pytest.mark.slow), pytest.param(1, marks=pytest.mark.long)], ids=["some", "every"]
)
def test_killed_at_every_write_the_next_run_ends_done_with_nothing_made_twice(tmp_path, step):
    seed = dataclasses.replace(SEED, admin=())

    def run(paths, on):
        boot(paths, on, stick=stick(seed))

    for number, paths, on in killed_everywhere(tmp_path, run, step=step):
        had = secrets_of(paths) if paths.keys.is_dir() else {}
        result = boot(paths, on, stick=stick(seed))
        now = secrets_of(paths)
        for name, held in had.items():
            if name not in ("https.pem", "leaf.pem", "box.pub"):  # made anew when they are not whole
                assert now[name] == held, (number, name)
        assert {entry.step for entry in result.entries} >= {step.name for step in first_boot.STEPS}, number
        assert (paths.provision / "ready").exists()
        BoxKey.from_folder(paths.keys)
        Authority(paths.keys)
        assert load(paths.config).upstream.box == "physics-214"
        assert not [file for file in paths.provision.iterdir() if file.name.endswith(".new")], number
    assert number > 60


@pytest.mark.slow
def test_killed_while_people_are_entered_they_are_there_once(tmp_path):
    whole = [number for number, *_ in killed_everywhere(tmp_path / "count", _with_people, first=10_000)]
    assert whole == [10_000]
    for _, paths, on in killed_everywhere(tmp_path, _with_people, first=90, step=70):
        boot(paths, on, stick=stick(SEED))
        with reader.opened(paths.database) as ledger, ledger.connect() as connection:
            assert [row.user for row in state.users(connection)] == ["ada"]


def _with_people(paths, on):
    boot(paths, on, stick=stick(SEED))


@pytest.mark.slow
def test_what_stopped_it_is_told_and_what_is_done_stays(paths, on, monkeypatch):
    real = os.open

    def full(path, flags, *arguments, **named):
        if "authority" in str(path) and flags & os.O_CREAT:
            raise OSError(28, "No space left on device")
        return real(path, flags, *arguments, **named)

    with monkeypatch.context() as patched:
        patched.setattr(os, "open", full)
        with pytest.raises(StorageFull, match="cannot be written"):
            boot(paths, on)
    said = json.loads((paths.provision / "journal.json").read_text())
    assert said["failed"]["step"] == "certificate"
    assert "keys" in [one["step"] for one in said["steps"]]
    assert "keys" in boot(paths, on).before
    assert json.loads((paths.provision / "journal.json").read_text())["failed"] is None


@pytest.mark.slow
def test_a_machine_that_is_not_the_boxs_alone_is_left_as_it_is(paths, tmp_path):
    notes = Notes()
    on = machine(tmp_path / "root", notes)
    first_boot.run(paths, on, ours=False, now=lambda: NOW, look=lambda _: stick(SEED))
    assert hostname.current(on) == "debian"
    assert notes.commands == []
