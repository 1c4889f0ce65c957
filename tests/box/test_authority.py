"""The box's own certificates: made once, for this box alone, and renewed in time."""

import datetime
import hashlib
import ipaddress
import socket
import ssl
import stat
import threading
import types

import pytest
from cryptography import x509

from appliance.box import authority as module
from appliance.box.authority import LEAF_DAYS, Authority, own_addresses, own_names
from appliance.errors import Unavailable

NOW = datetime.datetime.now(datetime.UTC)
HOME = ipaddress.ip_address("192.168.7.20")
OTHER = ipaddress.ip_address("10.1.2.3")
FOREIGN = ipaddress.ip_address("8.8.8.8")


@pytest.fixture
def made(tmp_path):
    return Authority(tmp_path)


def test_the_root_is_made_once_and_only_the_box_can_read_its_key(made, tmp_path):
    assert Authority(tmp_path).fingerprint == made.fingerprint
    made.leaf(own_names(), [HOME])
    for file in tmp_path.iterdir():
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert b"PRIVATE" not in made.pem()
    assert made.pem().startswith(b"-----BEGIN CERTIFICATE")
    assert x509.load_der_x509_certificate(made.der()) == made.certificate


def test_the_fingerprint_is_as_browsers_show_it(made):
    assert made.fingerprint.replace(":", "").lower() == hashlib.sha256(made.der()).hexdigest()
    assert made.fingerprint.count(":") == 31


def test_a_damaged_root_is_a_sentence_and_is_not_replaced(tmp_path):
    (tmp_path / "authority.pem").write_bytes(b"nonsense")
    with pytest.raises(Unavailable, match="is damaged"):
        Authority(tmp_path)
    assert (tmp_path / "authority.pem").read_bytes() == b"nonsense"


def test_a_leaf_lives_as_long_as_browsers_allow_and_is_kept_until_it_has_to_change(made):
    first = made.leaf(own_names(), [HOME], now=NOW)
    lifetime = x509.load_pem_x509_certificate(first.pem)
    span = lifetime.not_valid_after_utc - lifetime.not_valid_before_utc
    assert span <= datetime.timedelta(days=LEAF_DAYS)
    assert made.leaf(own_names(), [HOME], now=NOW + datetime.timedelta(days=300)) == first
    assert made.leaf(own_names(), [HOME, OTHER], now=NOW).addresses == (HOME, OTHER)
    late = made.leaf(own_names(), [HOME, OTHER], now=NOW + datetime.timedelta(days=380))
    assert late.until > NOW + datetime.timedelta(days=700)


def test_a_leaf_that_another_root_made_or_that_is_nonsense_is_made_anew(made, tmp_path):
    first = made.leaf(own_names(), [HOME])
    (tmp_path / "leaf.pem").write_bytes(b"nonsense")
    second = made.leaf(own_names(), [HOME])
    x509.load_pem_x509_certificate(second.pem).verify_directly_issued_by(made.certificate)
    assert second.until >= first.until
    (tmp_path / "authority.pem").unlink()
    third = Authority(tmp_path).leaf(own_names(), [HOME])
    x509.load_pem_x509_certificate(third.pem).verify_directly_issued_by(Authority(tmp_path).certificate)


def test_what_the_root_may_not_vouch_for_is_left_out(made):
    leaf = made.leaf([*own_names(), "bank.example"], [HOME, FOREIGN])
    assert (set(leaf.names), leaf.addresses) == (set(own_names()), (HOME,))
    assert not made.may_vouch_for(FOREIGN)
    assert all(made.may_vouch_for(address) for address in own_addresses())


def test_the_root_outlives_a_rename_and_a_move(made, monkeypatch):
    monkeypatch.setattr(module, "own_names", lambda: ["lab-7", "lab-7.local", "localhost"])
    leaf = made.leaf(["lab-7", "lab-7.local", "lab-7-2.local", "lab-7.home.arpa"], [OTHER])
    assert leaf.names == ("lab-7.local", "lab-7-2.local", "lab-7.home.arpa")
    assert leaf.addresses == (OTHER,)


def test_a_root_that_was_told_the_sites_domain_vouches_for_all_of_it_and_for_nothing_like_it(tmp_path):
    made = Authority(tmp_path, zones=["lab.example.edu"])
    assert made.may_vouch_for_name("any.box.lab.example.edu")
    assert not made.may_vouch_for_name("notlab.example.edu")
    assert not made.may_vouch_for_name("example.edu")


def test_a_root_that_nobody_has_is_made_anew_for_a_domain_and_one_that_was_given_out_stays(made, tmp_path):
    again = Authority(tmp_path, zones=["lab.example.edu"])
    assert again.fingerprint != made.fingerprint
    assert again.may_vouch_for_name("box.lab.example.edu")
    again.given()
    third = Authority(tmp_path, zones=["other.example.edu"])
    assert third.fingerprint == again.fingerprint
    assert not third.may_vouch_for_name("box.other.example.edu")


@pytest.mark.parametrize("year", [1970, 2019, 2026, 2031])
def test_a_root_made_under_a_wrong_clock_holds_when_the_clock_is_right(tmp_path, monkeypatch, year):
    class Wrong(datetime.datetime):
        @classmethod
        def now(cls, tz=None):
            return datetime.datetime(year, 3, 1, tzinfo=tz)

    wrong = types.SimpleNamespace(datetime=Wrong, timedelta=datetime.timedelta, UTC=datetime.UTC)
    monkeypatch.setattr(module, "datetime", wrong)
    made = Authority(tmp_path)
    before = made.leaf(own_names(), [HOME])
    monkeypatch.undo()
    assert made.certificate.not_valid_before_utc <= NOW
    assert made.certificate.not_valid_after_utc > NOW + datetime.timedelta(days=9 * 365)
    right = made.leaf(own_names(), [HOME], now=NOW)
    assert right.begins <= NOW < right.until
    assert right.until - right.begins <= datetime.timedelta(days=LEAF_DAYS)
    assert (right == before) == (before.begins <= NOW < before.until - datetime.timedelta(days=30))


def served(chain):
    """A TLS server on loopback that shows the chain once; -> its port and its thread."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(chain)
    listener = socket.create_server(("127.0.0.1", 0))

    def answer():
        with listener, listener.accept()[0] as peer:
            try:
                with context.wrap_socket(peer, server_side=True):
                    pass
            except (ssl.SSLError, OSError):
                pass

    thread = threading.Thread(target=answer)
    thread.start()
    return listener.getsockname()[1], thread


def trusted(chain, made, name):
    """Does who trusts the root accept the chain under this name?"""
    port, thread = served(chain)
    context = ssl.create_default_context(cadata=made.pem().decode())
    try:
        with (
            socket.create_connection(("127.0.0.1", port)) as plain,
            context.wrap_socket(plain, server_hostname=name),
        ):
            return True
    except ssl.SSLCertVerificationError:
        return False
    finally:
        thread.join()


def test_who_trusts_the_root_trusts_the_box_and_nothing_that_the_root_may_not_vouch_for(made, tmp_path, monkeypatch):
    chain = tmp_path / "leaf.pem"
    made.leaf(own_names(), [ipaddress.ip_address("127.0.0.1"), HOME])
    for name in ("127.0.0.1", "192.168.7.20", "localhost", own_names()[0]):
        assert trusted(chain, made, name), name
    assert not trusted(chain, made, "bank.example")
    # even with its key a thief can make nothing of it for other places
    monkeypatch.setattr(Authority, "may_vouch_for_name", lambda self, name: True)
    monkeypatch.setattr(Authority, "may_vouch_for", lambda self, address: True)
    stolen = made.leaf(["bank.example"], [FOREIGN])
    assert set(stolen.names) == {"bank.example"}
    assert not trusted(chain, made, "bank.example")
    assert not trusted(chain, made, "8.8.8.8")


def test_the_machines_own_addresses_come_with_the_way_out_first(monkeypatch):
    found = own_addresses()
    assert found[-1].is_loopback
    monkeypatch.setattr(module, "_outward", lambda: None)
    assert set(own_addresses()) == set(found)
    assert not any(address.is_link_local for address in found)
