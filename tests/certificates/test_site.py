"""The site's certificate in the box: asked for, installed, kept, put back; and what HTTPS shows then."""

import datetime
import ipaddress
import socket
import ssl
import stat
import threading

import pytest
from cryptography import x509

from appliance.box.authority import own_names
from appliance.certificates import chain, chosen, current, mdns, reach, renewal, site
from appliance.config import Settings
from appliance.errors import BadInput, ConfigError, NotFound
from tests.certificates.authority import BOX, Site, new_key, pem

SETTINGS = Settings()
NOW = datetime.datetime.now(datetime.UTC)
SITE = Site(now=NOW)
NAME = "box.exam.example.edu"


def handed(key, *certificates):
    return chain.read(pem(*certificates), pem(key))


def install(paths, names=(BOX,), **changes):
    key = new_key()
    site.install(paths, SETTINGS, handed(key, SITE.leaf(key, names=names, **changes), SITE.below))
    return current.current(paths, SETTINGS)


def shown_to(paths, trusted, name):
    """Does a device that trusts these accept what is in the file that the fronts show?"""
    server, client = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), ssl.create_default_context(cadata=trusted)
    server.load_cert_chain(current.current(paths, SETTINGS).file)
    left, right = socket.socketpair()

    def serve():
        with left:
            try:
                server.wrap_socket(left, server_side=True).close()
            except OSError:
                return

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        with right, client.wrap_socket(right, server_hostname=name):
            return True
    except ssl.SSLError:
        return False
    finally:
        thread.join()


def test_a_new_box_shows_its_own_and_the_file_is_for_nobody_elses_eyes(paths):
    shown = current.current(paths, SETTINGS)
    assert (shown.mode, shown.trouble, set(own_names()) <= set(shown.names)) == ("own", "", True)
    assert current.current(paths, SETTINGS) == shown
    for file in paths.keys.iterdir():
        assert stat.S_IMODE(file.stat().st_mode) == 0o600, file
    assert not [file for file in paths.keys.iterdir() if file.name.startswith(".")]


def test_a_request_names_the_box_and_its_answer_is_installed_without_a_key(paths):
    with pytest.raises(BadInput, match="does not know by which name"):
        site.request(paths, SETTINGS)
    chosen.write(paths, domain="lab.example.edu", names=f"{NAME}, Exam.example.edu")
    asked = x509.load_pem_x509_csr(site.request(paths, SETTINGS))
    assert asked.is_signature_valid
    said = asked.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    names = said.get_values_for_type(x509.DNSName)
    assert names == [NAME, "exam.example.edu", f"{own_names()[0]}.lab.example.edu"]
    assert site.request(paths, SETTINGS) == site.request(paths, SETTINGS), "asked twice, it is the same request"
    key, _ = site.pending(paths)
    site.install(paths, SETTINGS, chain.read(pem(SITE.below, SITE.leaf(key, names=names))))
    shown = current.current(paths, SETTINGS)
    assert (shown.mode, shown.names[0], shown.trouble) == ("files", NAME, "")
    assert shown_to(paths, pem(SITE.root).decode(), NAME)
    assert not shown_to(paths, pem(SITE.root).decode(), "other.example.edu")


def test_what_is_refused_changes_nothing(paths):
    before = install(paths)
    with pytest.raises(BadInput, match="expired"):
        install(paths, begins=-9, days=-1)
    assert current.current(paths, SETTINGS) == before
    assert not site.has_older(paths)


def test_the_certificate_before_is_kept_and_can_be_used_again(paths):
    with pytest.raises(NotFound, match="no certificate before"):
        site.back(paths, SETTINGS)
    first, second = install(paths), install(paths)
    assert first.mark != second.mark
    site.back(paths, SETTINGS)
    assert current.current(paths, SETTINGS).mark == first.mark
    site.back(paths, SETTINGS)
    assert current.current(paths, SETTINGS).mark == second.mark


def test_the_boxs_own_comes_back_as_it_was(paths):
    own = current.current(paths, SETTINGS)
    install(paths)
    chosen.write(paths, mode="own")
    assert current.current(paths, SETTINGS) == own


def test_where_the_sites_cannot_be_shown_the_boxs_own_is_and_it_says_why(paths):
    chosen.write(paths, mode="files")
    shown = current.current(paths, SETTINGS)
    assert (shown.mode, shown.wanted) == ("own", "files")
    assert "no certificate of the site yet" in shown.trouble
    (paths.keys / "site.pem").write_bytes(b"nonsense")
    assert "cannot be read" in current.current(paths, SETTINGS).trouble


def test_names_that_a_certificate_is_not_for_are_said(paths):
    chosen.write(paths, names=NAME)
    assert current.current(paths, SETTINGS).trouble == "", "the box's own authority was told in time"
    (paths.keys / "authority.fresh").unlink()
    chosen.write(paths, names="late.example.edu")
    late = current.current(paths, SETTINGS)
    assert late.uncovered == ("late.example.edu",)
    assert "may not vouch for late.example.edu" in late.trouble
    shown = install(paths)
    assert shown.uncovered == ("late.example.edu",)
    assert "is not for late.example.edu" in shown.trouble


@pytest.mark.parametrize(
    "before",
    [
        "",
        "[web]\nport = 1\n",
        '[https] # here\n# a note\nmode = "acme"\nacme_directory = "https://ca/d"\n\n[web]\nport = 1\n',
    ],
)
def test_a_setting_is_changed_and_every_other_line_stays(paths, before):
    paths.config.write_text(before, encoding="utf-8")
    chosen.write(paths, mode="files", names="a.example")
    text = paths.config.read_text(encoding="utf-8")
    assert (chosen.of(paths, SETTINGS).mode, chosen.of(paths, SETTINGS).names) == ("files", "a.example")
    for line in before.splitlines():
        assert line in text or line.startswith("mode")
    assert text.count("mode =") == 1


def test_a_setting_that_does_not_hold_is_refused_and_the_file_stays(paths):
    paths.config.write_text("[web]\nport = 1\n", encoding="utf-8")
    for values in ({"names": "not a name"}, {"mode": "acme"}, {"mode": "other"}):
        with pytest.raises(ConfigError):
            chosen.write(paths, **values)
    assert paths.config.read_text(encoding="utf-8") == "[web]\nport = 1\n"
    assert [file.name for file in paths.data.iterdir() if "trial" in file.name] == []


def test_a_file_of_settings_that_is_broken_meanwhile_does_not_change_what_is_shown(paths):
    paths.config.write_text("[https\n", encoding="utf-8")
    assert chosen.of(paths, SETTINGS) == SETTINGS.https
    assert current.current(paths, SETTINGS).mode == "own"


def test_avahi_says_by_which_name_the_box_is_found_when_another_has_its_name(tmp_path):
    at, addresses = tmp_path / "avahi", list(map(ipaddress.ip_address, ("10.4.7.20", "127.0.0.1")))
    assert (mdns.is_running(at), mdns.name(addresses, at)) == (False, None)
    asked = []

    def answer(server, text):
        with server.accept()[0] as peer:
            asked.append(peer.recv(100))
            peer.sendall(text)

    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(at))
        server.listen()
        for text, name in ((b"+ 2 0 Lab-7-2.local\n", "lab-7-2.local"), (b"-15 Timeout reached\n", None)):
            thread = threading.Thread(target=answer, args=(server, text))
            thread.start()
            assert mdns.name(addresses, at) == name
            thread.join()
    assert asked == [b"RESOLVE-ADDRESS 10.4.7.20\n"] * 2


def test_the_name_that_avahi_took_is_in_the_certificate(paths, monkeypatch):
    monkeypatch.setattr(reach.mdns, "name", lambda addresses: "lab-7-2.local")
    shown = current.current(paths, SETTINGS)
    assert shown.names[0] == "lab-7-2.local"
    assert BOX not in shown.names, "that is another machine's"
    assert shown.is_renamed
    assert shown.trouble == ""


def test_a_fetched_certificate_is_renewed_when_a_third_of_its_time_is_left(paths):
    chosen.write(paths, mode="acme", acme_directory="https://ca.example/dir", names=BOX)
    https = chosen.of(paths, SETTINGS)
    assert renewal.is_due(paths, https, NOW)
    install_as_fetched(paths)
    after = [renewal.is_due(paths, https, NOW + datetime.timedelta(days=days)) for days in (0, 50, 65, 100)]
    assert after == [False, False, True, True]
    chosen.write(paths, names=f"{BOX}, {NAME}")
    assert renewal.is_due(paths, chosen.of(paths, SETTINGS), NOW), "the box has another name"


def install_as_fetched(paths):
    key = new_key()
    site.use(paths, chain.checked(handed(key, SITE.leaf(key), SITE.below), reached=[BOX], now=NOW))


def test_after_a_try_that_failed_it_waits_longer_each_time_and_the_old_one_stays(paths):
    chosen.write(paths, mode="acme", acme_directory="https://127.0.0.1:1/dir", names=BOX)
    https = chosen.of(paths, SETTINGS)
    install_as_fetched(paths)
    before = current.current(paths, SETTINGS)
    waits = []
    for _ in range(7):
        tried = renewal.fetch(paths, https)
        assert "does not answer" in tried.trouble
        at = datetime.datetime.fromtimestamp(tried.at + 1, datetime.UTC)
        (paths.keys / "site.pem").rename(paths.keys / "aside")  # so that it is due
        waits.append(next(h for h in range(100) if renewal.is_due(paths, https, at + datetime.timedelta(hours=h))))
        (paths.keys / "aside").rename(paths.keys / "site.pem")
    assert waits == [1, 2, 4, 8, 16, 24, 24]
    shown = current.current(paths, SETTINGS)
    assert (shown.mark, shown.mode) == (before.mark, "acme")
    assert "no new certificate could be fetched" in shown.trouble
