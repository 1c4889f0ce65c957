"""`appliance run --lan` as a device in the lab meets it: a real browser that trusts the box's certificate, and one that
does not."""

import json
import os
import re
import shutil
import socket
import ssl
import subprocess
import threading
import time
import urllib.request
from pathlib import Path

import pytest
from playwright.sync_api import Error, sync_playwright

from appliance.box.authority import Authority, own_addresses
from tests.front.conftest import CHROMIUM, FLAGS
from tests.whole_box import CAPTURE, Box

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]

CAMERA = """async () => {
  const stream = await navigator.mediaDevices.getUserMedia({ video: true, audio: true });
  const kinds = stream.getTracks().map((track) => track.kind).sort();
  stream.getTracks().forEach((track) => track.stop());
  return { kinds, secure: window.isSecureContext };
}"""


@pytest.fixture(scope="module")
def box(tmp_path_factory):
    """With the demo exam, on every address of this machine."""
    if own_addresses()[0].is_loopback:
        pytest.skip("this machine has no address but loopback")
    made = Box(tmp_path_factory.mktemp("lan") / "data")
    made.start(demo=True, options=("--lan", "--https-port", "0"))
    yield made
    made.stop()


@pytest.fixture
def no_leaks():
    """The box is older than each test here; what it leaves behind is checked when it stops."""


@pytest.fixture
def plain(box):
    """The address of the plain page."""
    host = box.url.removeprefix("https://").rpartition(":")[0]
    [port] = {int(word) for word in _door_command(box) if word.isdigit()} - {int(box.url.rpartition(":")[2])}
    return f"http://{host}:{port}"


def _door_command(box):
    with open(f"/proc/{box.pid('door')}/cmdline", encoding="utf-8") as file:
        return file.read().split("\0")


@pytest.fixture
def trusting(tmp_path, box, plain):
    """The home folder of somebody who has installed the box's certificate, fetched from the plain page."""
    with urllib.request.urlopen(f"{plain}/box.pem", timeout=10) as answer:
        (tmp_path / "box.pem").write_bytes(answer.read())
    for folder in (".pki/nssdb", ".local/share/pki/nssdb"):
        store = tmp_path / folder
        store.mkdir(parents=True)
        for command in (
            ["-N", "--empty-password"],
            ["-A", "-t", "C,,", "-n", "box", "-i", str(tmp_path / "box.pem")],
        ):
            subprocess.run(["certutil", "-d", f"sql:{store}", *command], check=True, capture_output=True)
    return tmp_path


def in_a_browser(home, work):
    """`work(page)` in a Chromium of somebody with this home folder."""
    if shutil.which("certutil") is None or not Path(CHROMIUM).exists():
        pytest.fail("Chromium or certutil is missing: `make test` installs them")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM, args=FLAGS, env={**os.environ, "HOME": str(home)}
        )
        try:
            return work(browser.new_page())
        finally:
            browser.close()


def test_it_says_where_it_is_and_what_to_compare(box, plain):
    said = box.output.read_text(encoding="utf-8")
    fingerprint = re.search(r"fingerprint of the box's certificate: ([0-9A-F:]{95})$", said, re.MULTILINE)[1]
    assert fingerprint == Authority(box.paths.keys).fingerprint
    assert box.url.startswith(f"https://{own_addresses()[0]}:")
    with urllib.request.urlopen(plain, timeout=10) as answer:
        page = answer.read().decode()
    assert fingerprint in page
    assert box.url in page


def test_who_trusts_the_certificate_gets_the_camera_by_the_boxs_address_in_the_lab(box, trusting):
    def work(page):
        answer = page.goto(f"{box.url}/sign-in")
        assert (answer.status, page.evaluate(CAMERA)) == (200, {"kinds": ["audio", "video"], "secure": True})
        page.get_by_label("Name").fill("proctor")
        page.get_by_label("Password").fill(box.password)
        page.get_by_role("button", name="Sign in").click()
        page.wait_for_url("**/wall*")
        cookies = page.context.cookies()
        assert cookies
        assert all(cookie["secure"] and cookie["httpOnly"] for cookie in cookies)

    in_a_browser(trusting, work)


def test_who_does_not_trust_it_is_warned_and_sees_nothing(box, tmp_path):
    def work(page):
        with pytest.raises(Error, match="ERR_CERT_AUTHORITY_INVALID"):
            page.goto(box.url)

    in_a_browser(tmp_path, work)


@pytest.mark.long
def test_another_boxs_certificate_is_refused(box, trusting, tmp_path):
    """Somebody in the lab pretends to be the box: a certificate for its address, by another root."""
    (tmp_path / "other").mkdir()
    leaf = Authority(tmp_path / "other").leaf([], own_addresses())
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(leaf.file)
    with socket.create_server((str(own_addresses()[0]), 0)) as listener:

        def work(page):
            with pytest.raises(Error, match="ERR_CERT_AUTHORITY_INVALID"):
                page.goto(f"https://{own_addresses()[0]}:{listener.getsockname()[1]}/")

        def pretend():
            for _ in range(6):
                try:
                    peer, _ = listener.accept()
                    with peer:
                        context.wrap_socket(peer, server_side=True).close()
                except OSError:
                    continue

        listener.settimeout(3)
        thread = threading.Thread(target=pretend)
        thread.start()
        in_a_browser(trusting, work)
        thread.join()


def test_the_simulated_candidates_come_by_https_and_are_recorded(box):
    deadline = time.monotonic() + 60
    while not (len(box.feeds()) == 12 and all(feed["position"] > 1 for feed in box.feeds().values())):
        assert time.monotonic() < deadline, f"{json.dumps(box.feeds())[:2000]}\n{box.logs()}"
        time.sleep(0.2)
    carried = [set(box.health(name)["feeds"]) for name in CAPTURE]
    assert set.union(*carried) == set(box.feeds())
