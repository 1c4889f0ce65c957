"""Updates for real: a booted Debian, dpkg, systemd, a plug that is pulled. The versions are small boxes (small.py)."""

import json
import subprocess
import time

import pytest

from appliance.update.machine import SocketConnection
from provisioning.update.__main__ import make
from tests.boot import machine
from tests.boot.machine import Machine
from tests.package import small

pytestmark = [pytest.mark.boot, pytest.mark.timeout(600)]


@pytest.fixture(scope="module")
def stick(tmp_path_factory):
    """Packages and bundles, and the maker's keys."""
    machine.require()
    folder = tmp_path_factory.mktemp("stick")
    for name in ("maker", "stranger"):
        key = ("openssl", "genpkey", "-algorithm", "ed25519", "-out", str(folder / f"{name}.pem"))
        subprocess.run(key, check=True, capture_output=True)
    public = ("openssl", "pkey", "-in", str(folder / "maker.pem"), "-pubout", "-out", str(folder / "maker.pub.pem"))
    subprocess.run(public, check=True)
    for version, of in {
        "1.0": {},
        "2.0": {},
        "3.0": {"broken": True, "revision": "r0011"},
        "4.0": {"megabytes": 900},
    }.items():
        make(small.build(folder, version, **of), folder / "maker.pem", folder)
    (folder / "bad").mkdir()
    make(folder / "appliance_2.0_amd64.deb", folder / "stranger.pem", folder / "bad")
    return folder


@pytest.fixture(scope="module")
def box(stick):
    """A box with version 1.0, running."""
    with Machine.of([machine.fresh(stick / "appliance_1.0_amd64.deb")]) as made:
        keys = made.root / "etc/appliance/update-keys"
        keys.mkdir(parents=True)
        (keys / "maker.pem").write_bytes((stick / "maker.pub.pem").read_bytes())
        patience = made.root / "etc/systemd/system/appliance-update.service.d/patience.conf"
        patience.parent.mkdir(parents=True)
        patience.write_text("[Service]\nEnvironment=APPLIANCE_UPDATE_PATIENCE=20\n")
        made.on()
        _bring(made, stick / "appliance_1.0_amd64.deb")
        made.run(
            "apt-get", "install", "-y", "-q", "--no-install-recommends", "/srv/appliance_1.0_amd64.deb", seconds=120
        )
        made.until(lambda: _answers(made), 20, "the package does not start the box")
        yield made


@pytest.fixture
def no_leaks():
    """The machine is older than each test here, and gone after them."""


def _bring(box, file):
    (box.root / "srv" / file.name).write_bytes(file.read_bytes())
    return f"/srv/{file.name}"


def _answers(box):
    connection = SocketConnection(box.file("/run/appliance/web.sock"))
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()


def _version(box):
    return box.run("dpkg-query", "-W", "-f=${Version} ${db:Status-Status}", "appliance")


def _state(box):
    return json.loads((box.data / "updates/state.json").read_text())


def test_a_bundle_of_a_stranger_is_refused(box, stick):
    said = box.run(
        "sh", "-c", f"appliance update install {_bring(box, stick / 'bad/appliance_2.0_amd64.update')} 2>&1; true"
    )
    assert "not signed by a key that this box trusts" in said
    assert _version(box) == "1.0 installed"


def test_never_during_an_exam(box, stick):
    held = box.data / "reasons.json"
    held.write_text(json.dumps({"reasons": ["exam_running"], "sentences": ["An exam is running."]}))
    said = box.run(
        "sh", "-c", f"appliance update install --anyway {_bring(box, stick / 'appliance_2.0_amd64.update')} 2>&1; true"
    )
    held.unlink()
    assert "not now: An exam is running." in said
    assert "An exam is running." in box.run("appliance", "update", "status")


def test_an_update_goes_in_after_a_backup_and_the_box_is_well_with_it(box, stick):
    began = time.monotonic()
    said = box.run("appliance", "update", "install", _bring(box, stick / "appliance_2.0_amd64.update"), seconds=180)
    print(f"\nupdated in {time.monotonic() - began:.1f} s")
    assert "Updated from 1.0 to 2.0; the box is well." in said
    assert _version(box) == "2.0 installed"
    assert (box.data / "called").read_text().splitlines() == ["backup --why before the update to 2.0", "update tell"]


def test_a_version_that_does_not_start_is_taken_back_and_so_is_the_ledger(box, stick):
    (box.data / "ledger/written-by-2.0").write_text("kept")
    began = time.monotonic()
    said = box.run(
        "appliance", "update", "install", _bring(box, stick / "appliance_3.0_amd64.update"), check=False, seconds=240
    )
    print(f"\ntaken back in {time.monotonic() - began:.1f} s, of which 20 s are patience")
    assert "Not updated: the box has 2.0 again. The box was not well with 3.0: its pages do not answer" in said
    assert _version(box) == "2.0 installed"
    assert (box.data / "ledger/written-by-2.0").read_text() == "kept"
    assert (box.data / "ledger-after-3.0").is_dir()
    assert _state(box)["healthy"]
    assert _answers(box)


def test_a_power_cut_while_packages_change_brings_the_old_version_back(box, stick):
    bundle = _bring(box, stick / "appliance_4.0_amd64.update")
    box.run("appliance", "update", "install", "--no-wait", bundle, seconds=60)
    box.until(lambda: _state(box)["step"] == "installing", 60, "it does not begin")
    time.sleep(0.3)
    box.cut()
    assert list((box.root / "opt/appliance").rglob("*.dpkg-new")), "it was not cut in the middle"
    began = time.monotonic()
    box.on(wait=False)
    box.until(lambda: box.state() not in ("off",) and _state(box)["step"] in ("rolled_back", "done"), 180, "no end")
    print(f"\nthe old version is back, and well, {time.monotonic() - began:.1f} s after power came back")
    assert _state(box)["step"] == "rolled_back"
    assert _version(box) == "2.0 installed"
    assert "The power went" in box.run("appliance", "update", "status")
    assert _answers(box)


def test_removing_and_purging_leave_the_evidence(box):
    (box.data / "media").mkdir(exist_ok=True)
    (box.data / "media/recording").write_text("evidence")
    said = box.run("dpkg", "--purge", "appliance", seconds=60)
    assert "evidence and stay" in said
    assert (box.data / "media/recording").read_text() == "evidence"
    assert not (box.root / "opt/appliance").exists()
