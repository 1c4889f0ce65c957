"""The box's own certificates: made once, for this box alone, and renewed in time."""

import datetime
import hashlib
import ipaddress
import socket
import ssl
import stat
import threading

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
    lifetime = x509.load_pem_x509_certificate(first.file.read_bytes())
    span = lifetime.not_valid_after_utc - lifetime.not_valid_before_utc
    assert span <= datetime.timedelta(days=LEAF_DAYS)
    assert made.leaf(own_names(), [HOME], now=NOW + datetime.timedelta(days=300)) == first
    assert made.leaf(own_names(), [HOME, OTHER], now=NOW).addresses == (HOME, OTHER)
    late = made.leaf(own_names(), [HOME, OTHER], now=NOW + datetime.timedelta(days=380))
    assert late.until > NOW + datetime.timedelta(days=700)


def test_a_leaf_that_another_root_made_or_that_is_nonsense_is_made_anew(made, tmp_path):
    first = made.leaf(own_names(), [HOME])
    first.file.write_bytes(b"nonsense")
    second = made.leaf(own_names(), [HOME])
    x509.load_pem_x509_certificate(second.file.read_bytes()).verify_directly_issued_by(made.certificate)
    assert second.until >= first.until
    (tmp_path / "authority.pem").unlink()
    third = Authority(tmp_path).leaf(own_names(), [HOME])
    x509.load_pem_x509_certificate(third.file.read_bytes()).verify_directly_issued_by(Authority(tmp_path).certificate)


def test_what_the_root_may_not_vouch_for_is_left_out(made):
    leaf = made.leaf([*own_names(), "bank.example"], [HOME, FOREIGN])
    assert (set(leaf.names), leaf.addresses) == (set(own_names()), (HOME,))
    assert not made.may_vouch_for(FOREIGN)
    assert all(made.may_vouch_for(address) for address in own_addresses())


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


def test_who_trusts_the_root_trusts_the_box_and_nothing_that_the_root_may_not_vouch_for(made, monkeypatch):
    leaf = made.leaf(own_names(), [ipaddress.ip_address("127.0.0.1"), HOME])
    for name in ("127.0.0.1", "192.168.7.20", "localhost", own_names()[0]):
        assert trusted(leaf.file, made, name), name
    assert not trusted(leaf.file, made, "bank.example")
    # even with its key a thief can make nothing of it for other places
    monkeypatch.setattr(Authority, "_permitted_names", lambda self: ["bank.example"])
    monkeypatch.setattr(Authority, "may_vouch_for", lambda self, address: True)
    stolen = made.leaf(["bank.example"], [FOREIGN])
    assert set(stolen.names) == {"bank.example"}
    assert not trusted(stolen.file, made, "bank.example")
    assert not trusted(stolen.file, made, "8.8.8.8")


def test_the_machines_own_addresses_come_with_the_way_out_first(monkeypatch):
    found = own_addresses()
    assert found[-1].is_loopback
    monkeypatch.setattr(module, "_outward", lambda: None)
    assert set(own_addresses()) == set(found)
    assert not any(address.is_link_local for address in found)
