"""`/trust`: what a device takes from the box, for its own system, and `/box/certificate`, where central IT says whose
certificate the box shows."""

import base64
import contextlib
import datetime
import hashlib
import io
import itertools
import json
import plistlib
import threading
import tomllib

import pytest
from cryptography import x509
from werkzeug.serving import make_server

from appliance.box import health
from appliance.box.authority import Authority, own_names
from appliance.certificates import chosen, current, site
from appliance.exam.permissions import Role
from appliance.web.trust import files, system
from appliance.web.trust.system import System
from tests.certificates.authority import BOX, Site, pem
from tests.servers import pebble

DER = b"\x30\x03\x02\x01\x01"
ORIGINS = ("https://lab-7.local", "https://10.4.7.20", "https://[fd00::2]")


@pytest.fixture
def lan(house):
    """The house behind a door that serves HTTPS."""
    folder = house.services.paths.health
    health.write(folder, "door", healthy=True, sentence="", https=443, plain=80)
    return house


def test_the_system_is_what_the_browser_says_unless_another_was_chosen():
    agents = {
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/140": System.WINDOWS,
        "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) Safari/605": System.MACOS,
        "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X)": System.IOS,
        "Mozilla/5.0 (Linux; Android 15; Pixel 9) Chrome/140": System.ANDROID,
        "Mozilla/5.0 (X11; CrOS x86_64 14541) Chrome/140": System.CHROMEOS,
        "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Firefox/140": System.LINUX,
        "curl/8": System.WINDOWS,
    }
    assert {agent: system.of(agent) for agent in agents} == agents
    assert system.of("Windows", "ios") is System.IOS
    assert system.of("Windows", "<script>") is System.WINDOWS


def test_the_policy_of_chromium_names_the_certificate_and_the_box_alone():
    said = json.loads(files.chromium(DER, ORIGINS))
    assert base64.b64decode(said["CACertificates"][0]) == DER
    assert {key: value for key, value in said.items() if key != "CACertificates"} == {
        name: list(ORIGINS)
        for name in ("VideoCaptureAllowedUrls", "AudioCaptureAllowedUrls", "ScreenCaptureAllowedByOrigins")
    }
    assert "CACertificates" not in json.loads(files.chromium(b"", ORIGINS))


def test_the_registry_file_is_as_windows_writes_them_and_replaces_no_entry_of_the_site():
    raw = files.registry(DER, ORIGINS)
    assert raw[:2] == b"\xff\xfe"
    text = raw.decode("utf-16")
    assert text.startswith(
        "Windows Registry Editor Version 5.00\r\n\r\n[HKEY_LOCAL_MACHINE\\SOFTWARE\\Policies\\Google"
    )
    for browser in ("Google\\Chrome", "Microsoft\\Edge", "Chromium"):
        assert f'[HKEY_LOCAL_MACHINE\\SOFTWARE\\Policies\\{browser}\\VideoCaptureAllowedUrls]\r\n"9001"=' in text
    assert f'"9001"="{base64.b64encode(DER).decode()}"' in text
    assert '"9003"="https://[fd00::2]"' in text
    assert text.count("\n") == text.count("\r\n")


def test_firefox_takes_the_systems_list_and_asks_nothing_for_the_box():
    said = json.loads(files.firefox(DER, ORIGINS))["policies"]
    assert said["Certificates"] == {"ImportEnterpriseRoots": True, "Install": [files.LINUX_FILE]}
    assert said["Permissions"]["Camera"] == {"Allow": list(ORIGINS)}
    assert "Certificates" not in json.loads(files.firefox(b"", ORIGINS))["policies"]


def test_apples_profile_holds_the_certificate_and_nothing_else():
    raw = files.profile(DER, box="lab-7")
    assert raw == files.profile(DER, box="lab-7") != files.profile(DER + b"x", box="lab-7")
    said = plistlib.loads(raw)
    [payload] = said["PayloadContent"]
    assert (said["PayloadType"], payload["PayloadType"]) == ("Configuration", "com.apple.security.root")
    assert payload["PayloadContent"] == DER
    assert len({said["PayloadUUID"], payload["PayloadUUID"]}) == 2


def test_the_page_has_steps_for_each_system_in_each_language_and_sets_no_cookie(lan):
    shown = current.current(lan.services.paths, lan.services.settings)
    for which, language in itertools.product(System, ("en", "de")):
        answer = lan.client().get(f"/trust?on={which}", headers={"Accept-Language": language})
        assert answer.status_code == 200
        assert "Set-Cookie" not in answer.headers
        text = answer.text
        assert all(shown.fingerprint[at : at + 11] in text for at in range(0, 95, 12))
        assert f'lang="{language}"' in text
        assert f'href="/trust?on={which}" aria-current="page"' in text
        assert "trust." not in text.replace("/trust", "").replace('"trust.', ""), "a key and not a sentence"
        assert "connect-src 'self' https://" in answer.headers["Content-Security-Policy"]
    hosts = {f"{BOX}:80": f"https://{BOX}", "localhost": "https://localhost", "evil.test": None, '"><b>': None}
    for host, origin in hosts.items():
        text = lan.client().get("/trust", headers={"Host": host}).text
        assert "evil.test" not in text
        assert origin is None or f'data-probe="{origin}/trust/probe"' in text


def test_each_file_is_what_it_says_and_holds_no_key(lan):
    authority, client = Authority(lan.services.paths.keys), lan.client()
    kinds = {
        "box.crt": "application/x-x509-ca-cert",
        "box.pem": "application/x-pem-file",
        "box.mobileconfig": "application/x-apple-aspen-config",
        "chromium.json": "application/json",
        "windows.reg": "text/plain; charset=utf-16",
        "firefox.json": "application/json",
    }
    for name, kind in kinds.items():
        answer = client.get(f"/trust/{name}")
        assert (answer.status_code, answer.headers["Content-Type"]) == (200, kind), name
        assert f"exam-{name}" in answer.headers["Content-Disposition"]
        assert b"PRIVATE" not in answer.data
    assert client.get("/trust/box.crt").data == authority.der()
    assert hashlib.sha256(authority.der()).hexdigest().upper() == authority.fingerprint.replace(":", "")
    assert x509.load_pem_x509_certificate(client.get("/trust/box.pem").data) == authority.certificate
    origins = client.get("/trust/chromium.json").json["VideoCaptureAllowedUrls"]
    assert f"https://{BOX}" in origins
    assert not [one for one in origins if "127.0.0.1" in one or "localhost" in one]
    assert client.get("/trust/authority.pem").status_code == 404


def test_once_a_device_may_have_the_authority_it_stays(lan):
    paths = lan.services.paths
    before = current.current(paths, lan.services.settings).fingerprint
    chosen.write(paths, domain="early.example.edu")
    early = current.current(paths, lan.services.settings).fingerprint
    assert early != before
    lan.client().get("/trust/windows.reg")
    chosen.write(paths, domain="late.example.edu")
    assert current.current(paths, lan.services.settings).fingerprint == early


def test_what_else_is_open_to_everybody(house):
    client, paths = house.client(), house.services.paths
    assert "appliance run --lan" in client.get("/trust").text, "there is no HTTPS, and the page says how to get it"
    answer = client.get("/trust/probe")
    assert (answer.status_code, answer.data) == (204, b"")
    assert answer.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    (paths.acme / "token-1").write_text("token-1.abc", encoding="ascii")
    assert client.get("/.well-known/acme-challenge/token-1").data == b"token-1.abc"
    for other in ("token-2", "..%2fweb.sock", ".", "%2e%2e"):
        assert client.get(f"/.well-known/acme-challenge/{other}").status_code == 404


# --- central IT ---


def settings_of(house):
    return tomllib.loads(house.services.paths.config.read_text(encoding="utf-8"))["https"]


def sent(house, *contents, **fields):
    files = {name: (io.BytesIO(content), name) for name, content in zip(("file", "key"), contents, strict=False)}
    data = {**fields, **files}
    return house.role(Role.ADMIN).post("/box/certificate/install", data=data, content_type="multipart/form-data")


def test_central_it_names_the_box_asks_for_a_certificate_and_installs_the_answer(lan):
    admin, paths = lan.role(Role.ADMIN), lan.services.paths
    assert "First tell the box its name" in admin.get("/box/certificate").text
    assert admin.get("/box/certificate/request.csr").status_code == 400
    answer = admin.post("/box/certificate/names", data={"domain": "Lab.example.edu", "names": ""})
    assert (answer.status_code, answer.headers["Location"]) == (303, "/box/certificate?done=names")
    request = x509.load_pem_x509_csr(admin.get("/box/certificate/request.csr").data)
    name = f"{own_names()[0]}.lab.example.edu"
    assert name in str(request.extensions.get_extension_for_class(x509.SubjectAlternativeName).value)
    authority = Site(now=datetime.datetime.now(datetime.UTC))
    key, _ = site.pending(paths)
    answer = sent(lan, pem(authority.below, authority.leaf(key, names=[name])))
    assert (answer.status_code, answer.headers["Location"]) == (303, "/box/certificate?done=incomplete")
    assert settings_of(lan)["mode"] == "files"
    named, installed = (event.payload for event in lan.events("certificate.changed"))
    assert (named.mode, installed.mode, installed.by) == ("own", "files", "admin")
    assert installed.fingerprint == current.current(paths, lan.services.settings).fingerprint
    page = admin.get(answer.headers["Location"]).text
    assert "CN=Site root" in page
    assert "as it was installed" in page
    public = lan.client().get("/trust").text
    assert "Nothing has to be installed here" in public
    assert lan.client().get("/trust/box.crt").status_code == 404
    assert "CACertificates" not in lan.client().get("/trust/chromium.json").json
    admin.post("/box/certificate/own")
    assert current.current(paths, lan.services.settings).is_own
    assert admin.post("/box/certificate/back").status_code == 404


def test_what_is_wrong_is_said_on_the_page_and_nothing_has_changed(lan):
    before = current.current(lan.services.paths, lan.services.settings)
    for content, sentence in ((b"", "No file was chosen"), (b"nonsense", "neither a certificate nor a key")):
        answer = sent(lan, content, password="not to be shown")
        assert (answer.status_code, sentence in answer.text) == (400, True)
        assert "not to be shown" not in answer.text
    answer = lan.role(Role.ADMIN).post("/box/certificate/names", data={"domain": "not a domain", "names": ""})
    assert "is not the name of a host" in answer.text
    assert current.current(lan.services.paths, lan.services.settings) == before
    assert not lan.services.paths.config.exists()


@pytest.mark.slow
def test_a_certificate_is_fetched_from_a_real_acme_server_and_renewed_and_a_failure_keeps_the_old_one(
    lan, tmp_path, monkeypatch
):
    admin, paths, name = lan.role(Role.ADMIN), lan.services.paths, "box.exam.example.edu"
    admin.post("/box/certificate/names", data={"domain": "", "names": name})

    def fetch(directory, ca=b""):
        data = {"directory": directory, "email": "it@example.edu", "ca": (io.BytesIO(ca), "ca.pem")}
        return admin.post("/box/certificate/acme", data=data, content_type="multipart/form-data")

    (tmp_path / "acme").mkdir()
    with pebble.running(tmp_path / "acme") as server:
        answer = fetch(server.directory)
        assert (answer.status_code, "does not trust" in answer.text) == (400, True)
        answer = fetch(server.directory, server.ca.read_bytes())
        assert "could not reach the box" in answer.text, "nothing listens where it looks"
        assert name in answer.text
        with fronted(lan.app, server.http_port):
            answer = fetch(server.directory)
            assert answer.headers.get("Location") == "/box/certificate?done=acme", answer.text
            first = current.current(paths, lan.services.settings)
            assert (first.mode, first.names, first.trouble) == ("acme", (name,), "")
            issued = site.installed(paths)
            root = x509.load_pem_x509_certificate(server.root)
            issued.certificates[-1].verify_directly_issued_by(root)
            later = first.until - (first.until - first.begins) / 4
            second = current.renew(paths, lan.services.settings, now=later)
            assert second.mark != first.mark
            assert list(paths.acme.iterdir()) == []
    (paths.keys / "renewal.json").unlink()
    third = current.renew(paths, lan.services.settings, now=later)
    assert (third.mark, third.mode) == (second.mark, "acme")
    assert "no new certificate could be fetched" in third.trouble
    assert "does not answer" in third.trouble
    assert "o new certificate could be fetched" in admin.get("/box/certificate").text


@contextlib.contextmanager
def fronted(app, port):
    """The application on plain HTTP, where the ACME server looks."""
    server = make_server("127.0.0.1", port, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
