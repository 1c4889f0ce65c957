"""A seed becomes settings, and nothing that somebody wrote by hand is lost."""

import dataclasses
import datetime

import pytest
from cryptography.hazmat.primitives import serialization

from appliance.box.authority import Authority
from appliance.certificates import current
from appliance.config import load
from appliance.errors import ConfigError
from appliance.exam.permissions import Role
from appliance.ledger import state, writer
from appliance.provision import apply, rules, written
from appliance.provision.seed import Admin, Certificate, Lab, Network, Retention, Seed, Upstream
from tests.provision.test_written import HASH

NOW = datetime.datetime.now(datetime.UTC).timestamp()


@pytest.fixture
def pair(tmp_path):
    """(chain, key) of a site's authority, for box.lab.example.edu."""
    (tmp_path / "site").mkdir()
    leaf = Authority(tmp_path / "site").leaf(["box.local"], [])
    text = leaf.pem.decode()
    end = text.index("-----BEGIN CERTIFICATE")
    return text[end:], text[:end]


def test_what_the_seed_says_stands_over_what_was_written_by_hand(paths):
    paths.config.write_text('[web]\nport = 9090\n[upstream]\nsite = "old"\nat_once = 2\n')
    apply.box(paths, Seed(lab=Lab(site="north"), settings={"web": {"threads": 300}, "camera": []}))
    settings = load(paths.config)
    assert (settings.web.port, settings.web.threads) == (9090, 300)
    assert (settings.upstream.site, settings.upstream.at_once) == ("north", 2)
    assert 'site = "old"' in (paths.data / "appliance.toml.before").read_text()


def test_a_lab_says_on_its_stick_what_the_box_has_at_its_front(paths):
    text = '[settings.panel]\nlights = "gpio"\nbuttons = "gpio"\ndisplay = "oled"\nsounds = false\n'
    apply.box(paths, written.parse(text))
    panel = load(paths.config).panel
    assert (panel.lights, panel.buttons, panel.display, panel.sounds) == ("gpio", "gpio", "oled", False)
    assert (panel.pins, panel.board) == ("lgpio", "pi5")


def test_what_the_next_seed_leaves_out_goes_but_what_no_seed_said_stays(paths):
    paths.config.write_text('[upstream]\nregion = "by-hand"\n')
    apply.box(paths, Seed(upstream=Upstream(url="s3://exams", limit_mbit=5.0)))
    apply.box(paths, Seed(upstream=Upstream(folder="/mnt/exams")))
    upstream = load(paths.config).upstream
    assert (upstream.url, upstream.folder, upstream.limit_mbit, upstream.region) == ("", "/mnt/exams", 0.0, "by-hand")


def test_applied_twice_is_applied_once(paths):
    seed = Seed(lab=Lab(box="b1"), upstream=Upstream(url="s3://x", access_key="K", secret_key="S", ca="CA"))
    apply.box(paths, seed)
    first = paths.config.read_bytes()
    apply.box(paths, seed)
    assert paths.config.read_bytes() == first
    assert apply.applied(paths) == seed
    for file in (paths.provision / "provision.toml", paths.keys / "upstream.credentials"):
        assert file.stat().st_mode & 0o777 == 0o600


def test_exams_of_the_lab_begin_with_its_days_of_retention(paths):
    apply.box(paths, Seed(retention=Retention(identity_days=14, scan_days=3)))
    assert load(paths.config).retention.of_plan == {"identity_days": 14, "scan_retention_days": 3}


def test_cameras_and_platforms_come_as_lists(paths):
    cameras = [{"name": "front", "url": "rtsp://u:p@10.4.7.9/1"}, {"name": "back", "url": "rtsp://10.4.7.10/1"}]
    apply.box(paths, Seed(settings={"camera": cameras}))
    assert [camera.name for camera in load(paths.config).camera] == ["front", "back"]


def test_settings_that_the_box_would_not_take_change_nothing(paths):
    with pytest.raises(ConfigError, match="no setting 'prot'"):
        apply.box(paths, Seed(lab=Lab(site="x"), settings={"web": {"prot": 1}}))
    assert not paths.config.exists()
    assert apply.applied(paths) is None


def test_the_sites_certificate_is_installed_and_shown(paths, pair):
    chain, key = pair
    seed = Seed(network=Network(domain="lab.example.edu"), certificate=Certificate(mode="files", chain=chain, key=key))
    assert rules.faults(seed, now=NOW) == []
    apply.box(paths, seed)
    settings = load(paths.config)
    assert (settings.https.mode, settings.https.domain) == ("files", "lab.example.edu")
    assert current.current(paths, settings).mode == "files"


def test_a_certificate_and_a_key_that_do_not_belong_together_or_are_over_are_named(pair, tmp_path):
    chain, key = pair
    (tmp_path / "other").mkdir()
    other = Authority(tmp_path / "other")._key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )

    def said(now=NOW, **changes):
        certificate = Certificate(**{"mode": "files", "chain": chain, "key": key, **changes})
        return [fault.sentence for fault in rules.faults(Seed(certificate=certificate), now=now)]

    assert said() == []
    assert said(key=other.decode()) == ["key does not belong to the first certificate of chain"]
    assert "expired on" in said(now=NOW + 500 * 86400)[0]
    assert "not valid before" in said(now=NOW - 86400)[0]
    assert "key is no private key" in said(key="-----BEGIN nothing")[0]
    end = "-----END CERTIFICATE-----\n"
    first = chain.split(end)[0] + end
    assert "do not follow each other" in said(chain=first + first)[0]


def test_acme_is_told_where_and_by_whom(paths, pair):
    certificate = Certificate(mode="acme", directory="https://ca.example.edu/d", email="it@example.edu", ca=pair[0])
    apply.box(paths, Seed(certificate=dataclasses.replace(certificate, names=("exam.example.edu",))))
    https = load(paths.config).https
    assert (https.mode, https.acme_directory, https.all_names) == (
        "acme", "https://ca.example.edu/d", ("exam.example.edu",),
    )  # fmt: skip
    assert "BEGIN CERTIFICATE" in (paths.keys / "acme-ca.pem").read_text()
    apply.box(paths, Seed())
    assert load(paths.config).https.mode == "own"


def test_people_are_entered_once_and_keep_a_password_they_changed(paths):
    seed = Seed(admin=(Admin(user="ada", password_hash=HASH), Admin(user="kim", role="staff", password_hash=HASH)))
    with writer.opened(paths.database) as ledger:
        assert ledger.transact(lambda transaction: apply.people(transaction, seed, by="seed")) == ["ada", "kim"]
        assert ledger.transact(lambda transaction: apply.people(transaction, seed, by="seed")) == []
        rows = ledger.transact(lambda transaction: state.users(transaction.connection))
    assert [(row.user, row.role) for row in rows] == [("ada", Role.ADMIN), ("kim", Role.STAFF)]


def test_a_new_exams_form_begins_with_the_labs_days(monkeypatch):
    from appliance.web import plan_form

    monkeypatch.setattr(plan_form, "briefing", lambda *_: "")
    plan = plan_form.usual(NOW, days={"identity_days": 14, "scan_retention_days": 3}).plan
    assert (plan.identity_days, plan.scan_retention_days, plan.position) == (14, 3, True)
