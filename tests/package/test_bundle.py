"""A bundle is taken when it is wholly as a known key signed it, is for this box, newer, fits, and no exam is near."""

import json
import tarfile

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from appliance.errors import ApplianceError, BadInput, IntegrityError, NotAllowed, NotFound, StorageFull, Unavailable
from appliance.exam.events import UpdateInstalled, UpdateRefused, UpdateRolledBack
from appliance.update import bundle, command, debian, install, journal, rules
from appliance.update.bundle import Manifest
from appliance.update.journal import Journal, Step
from tests.package.machine import places

PEM, PLAIN = serialization.Encoding.PEM, serialization.NoEncryption()


def _pair(folder, name, key=None):
    key = key or Ed25519PrivateKey.generate()
    private, public = folder / f"{name}.key", folder / f"{name}.pem"
    private.write_bytes(key.private_bytes(PEM, serialization.PrivateFormat.PKCS8, PLAIN))
    public.write_bytes(key.public_key().public_bytes(PEM, serialization.PublicFormat.SubjectPublicKeyInfo))
    return private, public


def _manifest(**other):
    said = {
        "package": "appliance", "version": "2.0", "architecture": "amd64", "file": "it.deb", "size": 300_000,
        "sha256": "ecee7f2e39b6dc3cc8a4e0e7a0fb3d1d5c2f2ae1f4e7b7c4dfc7a8b46b1b1cb0", "installed_kilobytes": 900,
    }  # fmt: skip
    return Manifest(**{**said, **other})


@pytest.fixture
def made(tmp_path):
    """A signed bundle, and the key that proves it."""
    import hashlib

    deb = tmp_path / "it.deb"
    deb.write_bytes(bytes(range(256)) * 1000)
    manifest = _manifest(size=256_000, sha256=hashlib.sha256(deb.read_bytes()).hexdigest())
    private, public = _pair(tmp_path, "maker")
    bundle.write(tmp_path / "it.update", deb, manifest, private)
    return tmp_path / "it.update", public


def test_what_was_signed_is_proved_and_put_where_it_is_wanted(made, tmp_path):
    file, public = made
    assert bundle.opened(file, [public], to=tmp_path / "out.deb").version == "2.0"
    assert (tmp_path / "out.deb").read_bytes() == (tmp_path / "it.deb").read_bytes()


def test_one_changed_byte_anywhere_is_refused_and_nothing_is_put_anywhere(made, tmp_path):
    file, public = made
    whole = file.read_bytes()
    places_in_it = {"manifest": 600, "signature": 1550, "package": 100_000}
    for where, at in places_in_it.items():
        changed = bytearray(whole)
        changed[at] ^= 1
        file.write_bytes(changed)
        with pytest.raises(ApplianceError) as error:
            bundle.opened(file, [public], to=tmp_path / "out.deb")
        assert error.value.hint, where
        assert not (tmp_path / "out.deb").exists()


@pytest.mark.parametrize("length", [0, 100, 513, 1100, 3000, 200_000])
def test_a_bundle_that_was_cut_off_is_refused(made, tmp_path, length):
    file, public = made
    file.write_bytes(file.read_bytes()[:length])
    with pytest.raises((BadInput, IntegrityError)):
        bundle.opened(file, [public], to=tmp_path / "out.deb")
    assert not (tmp_path / "out.deb").exists()


def test_a_stranger_may_not_sign_and_a_box_without_keys_takes_nothing(made, tmp_path):
    file, _ = made
    _, stranger = _pair(tmp_path, "stranger")
    with pytest.raises(IntegrityError, match="not signed by a key that this box trusts"):
        bundle.opened(file, [stranger])
    with pytest.raises(NotFound, match="knows no key"):
        bundle.opened(file, [])
    with pytest.raises(NotFound, match="there is no file"):
        bundle.opened(tmp_path / "none.update", [stranger])


def test_keys_of_another_kind_sign_nothing_and_prove_nothing(made, tmp_path):
    file, _ = made
    private, public = _pair(tmp_path, "ec", generate_private_key(SECP256R1()))
    with pytest.raises(IntegrityError):
        bundle.opened(file, [public])
    with pytest.raises(BadInput, match="no Ed25519 key"):
        bundle.write(tmp_path / "x", tmp_path / "it.deb", _manifest(), private)


def test_more_than_the_three_files_is_refused(made, tmp_path):
    file, public = made
    with tarfile.open(file, "a") as tar:
        tar.add(tmp_path / "maker.pem", "more")
    with pytest.raises(IntegrityError, match="more than it should"):
        bundle.opened(file, [public])


def test_a_name_that_leads_elsewhere_is_refused(tmp_path):
    (tmp_path / "it.deb").write_bytes(b"x")
    private, public = _pair(tmp_path, "maker")
    bundle.write(tmp_path / "it.update", tmp_path / "it.deb", _manifest(file="../it.deb", size=1), private)
    with pytest.raises(BadInput):
        bundle.opened(tmp_path / "it.update", [public])


def _fits(manifest, downgrade=False):
    rules.fits(
        manifest, installed="1.5", architecture="amd64", newer=lambda one, other: one > other, downgrade=downgrade
    )


def test_only_a_newer_version_for_this_machine_fits():
    _fits(_manifest())
    _fits(_manifest(version="1.0"), downgrade=True)
    for other, words in (
        ({"version": "1.5"}, "already"),
        ({"version": "1.0"}, "older than 1.5"),
        ({"architecture": "arm64"}, "for arm64, this box is amd64"),
        ({"package": "nginx"}, "of nginx"),
    ):
        with pytest.raises(BadInput, match=words):
            _fits(_manifest(**other))


def test_it_needs_room_for_both_versions_and_the_ledger_twice():
    manifest = _manifest(size=300 << 20, installed_kilobytes=800 << 10)
    rules.has_room(manifest, free=3 << 30, installed_bytes=800 << 20, ledger_bytes=100 << 20)
    with pytest.raises(StorageFull, match="GB on the system's disk"):
        rules.has_room(manifest, free=2 << 30, installed_bytes=800 << 20, ledger_bytes=100 << 20)


class _Pages:
    """In place of the pages' socket."""

    def __init__(self, reasons):
        self._said = {"reasons": reasons, "sentences": [f"Held by {reason}." for reason in reasons]}

    def request(self, *_):
        pass

    def getresponse(self):
        return self

    def read(self):
        return json.dumps(self._said).encode()

    def close(self):
        pass


def test_an_exam_holds_an_update_whatever_is_said_and_a_sick_process_does_not(tmp_path, monkeypatch):
    for reasons, anyway, words in (
        ([], False, None),
        (["exam_running"], True, "Held by exam_running"),
        (["exam_soon", "process_unhealthy"], True, "Held by exam_soon"),
        (["process_unhealthy"], True, None),
        (["process_unhealthy"], False, "Held by process_unhealthy"),
    ):
        monkeypatch.setattr(rules, "SocketConnection", lambda _, said=reasons: _Pages(said))
        if words is None:
            rules.allowed(tmp_path, anyway=anyway)
        else:
            with pytest.raises(NotAllowed, match=words):
                rules.allowed(tmp_path, anyway=anyway)


def test_pages_that_do_not_answer_hold_it_until_a_person_says_that_no_exam_runs(tmp_path):
    with pytest.raises(Unavailable, match="nobody knows whether an exam runs"):
        rules.allowed(tmp_path / "none.sock", anyway=False)
    rules.allowed(tmp_path / "none.sock", anyway=True)


@pytest.fixture
def asked(made, tmp_path, monkeypatch):
    """An update that was asked for; dpkg and the pages agree."""
    file, public = made
    here = places(tmp_path / "box")
    here.incoming.write_bytes(file.read_bytes())
    said = {"by": "ada", "boot": journal.boot_id(here), "downgrade": False, "anyway": False, "version": "2.0"}
    journal.write(here.request, said)
    monkeypatch.setattr(install, "trusted", lambda: [public])
    monkeypatch.setattr(rules, "allowed", lambda *_, **__: None)
    monkeypatch.setattr(debian, "installed", lambda: "1.0")
    monkeypatch.setattr(debian, "architecture", lambda: "amd64")
    monkeypatch.setattr(debian, "is_newer", lambda one, other: one > other)
    monkeypatch.setattr(debian, "cannot_install", lambda _: "")
    monkeypatch.setattr(debian, "repack", lambda to: to.write_bytes(b"the old package"))
    said = {"Package": "appliance", "Version": "2.0", "Architecture": "amd64"}
    monkeypatch.setattr(debian, "described", lambda _: said)
    return here


def test_what_was_asked_for_is_staged_with_a_backup_and_the_way_back(asked):
    backups = []
    assert install.prepare(asked, backup=backups.append)
    assert backups == ["before the update to 2.0"]
    assert (asked.staged.exists(), asked.previous.read_bytes()) == (True, b"the old package")
    assert journal.read(asked).step == Step.STAGED
    assert (asked.engine / "appliance/update/go.py").exists()
    assert not asked.request.exists()


def test_what_is_asked_again_by_nobody_does_nothing(tmp_path):
    assert not install.prepare(places(tmp_path), backup=pytest.fail)


def test_a_backup_that_fails_refuses_the_update(asked):
    def fails(_):
        raise Unavailable("the disk of backups is full", hint="Free some.")

    assert not install.prepare(asked, backup=fails)
    told = journal.told(asked)
    assert (told.step, told.reason) == (Step.REFUSED, "the disk of backups is full")
    assert journal.read(asked) is None
    assert not asked.staged.exists()


def test_power_that_went_while_it_was_prepared_leaves_the_box_as_it_was(asked):
    asked.mark.unlink()
    assert not install.prepare(asked, backup=pytest.fail)
    assert journal.told(asked).step == Step.ABANDONED
    assert not install.prepare(asked, backup=pytest.fail)


def test_killed_while_it_was_prepared_it_is_prepared_again(asked):
    class Killed(BaseException):
        pass

    def dies(_):
        raise Killed

    with pytest.raises(Killed):
        install.prepare(asked, backup=dies)
    assert journal.read(asked) is None
    assert install.prepare(asked, backup=lambda _: None)


def test_a_package_that_is_not_the_manifests_is_refused(asked, monkeypatch):
    said = {"Package": "appliance", "Version": "9.9", "Architecture": "amd64"}
    monkeypatch.setattr(debian, "described", lambda _: said)
    assert not install.prepare(asked, backup=pytest.fail)
    assert "another than its manifest says" in journal.told(asked).reason


def test_a_link_or_a_device_is_no_bundle(tmp_path):
    (tmp_path / "link").symlink_to("/etc/shadow")
    for file in (tmp_path / "link", tmp_path, tmp_path / "none"):
        with pytest.raises(ApplianceError):
            install._copy(file, tmp_path / "copy")


def test_each_end_has_its_event():
    told = Journal.begin(old="1.0", new="2.0", by="ada")
    assert command.event_of(told.to(Step.DONE)) == UpdateInstalled(old="1.0", new="2.0", by="ada", seconds=0)
    back = told.to(Step.ROLLED_BACK, reason="Why.", healthy=False)
    assert command.event_of(back) == UpdateRolledBack(old="1.0", new="2.0", by="ada", reason="Why.", healthy=False)
    assert command.event_of(told.to(Step.REFUSED, reason="Why.")) == UpdateRefused(new="2.0", by="ada", reason="Why.")
