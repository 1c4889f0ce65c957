"""`appliance run --lan` as a device in the lab meets it: a real browser that trusts the box's certificate, and one that
does not."""

import contextlib
import json
import re
import shutil
import socket
import ssl
import threading
import time
import urllib.request

import pytest
from playwright.sync_api import Error

from appliance.box import authority
from appliance.box.authority import Authority, own_addresses, own_names
from tests.certificates.device import device
from tests.front.conftest import FRONTEND
from tests.front.test_pages import TAGS
from tests.whole_box import CAPTURE, Box

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]

CAMERA = """async () => {
  const stream = await navigator.mediaDevices.getUserMedia({ video: true, audio: true });
  const kinds = stream.getTracks().map((track) => track.kind).sort();
  stream.getTracks().forEach((track) => track.stop());
  const scripts = performance.getEntriesByType("resource").map((one) => one.name).filter((one) => one.endsWith(".js"));
  return { kinds, secure: window.isSecureContext, scripts: scripts.length > 0 };
}"""

WORKER = """async (url) => {
  const made = await navigator.serviceWorker.register(url, { type: "module", scope: url });
  return made.unregister();
}"""

GRANTED = {"kinds": ["audio", "video"], "secure": True, "scripts": True}


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


def fetched(address):
    with urllib.request.urlopen(address, timeout=10) as answer:
        return answer.read()


@pytest.fixture
def policy(plain):
    """What central IT drops into the lab's computers, as the page gives it over plain HTTP."""
    return fetched(f"{plain}/trust/chromium.json")


@contextlib.contextmanager
def pretender(leaf, address="127.0.0.1"):
    """Somebody else who shows this certificate; -> the port."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(leaf)
    over = threading.Event()

    def pretend(listener):
        while not over.is_set():
            with contextlib.suppress(OSError), listener.accept()[0] as peer:
                context.wrap_socket(peer, server_side=True).close()

    with socket.create_server((address, 0)) as listener:
        listener.settimeout(0.1)
        thread = threading.Thread(target=pretend, args=(listener,))
        thread.start()
        try:
            yield listener.getsockname()[1]
        finally:
            over.set()
            thread.join()


def test_it_says_where_it_is_and_what_to_compare(box, plain):
    said = box.output.read_text(encoding="utf-8")
    fingerprint = re.search(r"fingerprint of the box's certificate: ([0-9A-F:]{95})$", said, re.MULTILINE)[1]
    assert fingerprint == Authority(box.paths.keys).fingerprint
    assert box.url.startswith(f"https://{own_addresses()[0]}:")
    page = fetched(plain).decode()
    assert all(group in page for group in re.findall(r"(?:[0-9A-F]{2}:){3}[0-9A-F]{2}", fingerprint))
    assert box.url in page


def test_with_the_policy_of_the_page_a_lab_computer_gives_camera_and_microphone_unasked_by_address_and_by_name(
    box, plain, policy, tmp_path
):
    name, port = own_names()[1], box.url.rpartition(":")[2]
    with device(tmp_path, policy, names={name: str(own_addresses()[0])}) as browser:
        page = browser.new_page()
        page.goto(f"{plain}/trust")
        page.get_by_text("This device trusts the box. Go on.").wait_for()
        page.get_by_role("link", name="Open the box").click()
        page.wait_for_url(f"{box.url}/**")
        page.goto(f"{box.url}/sign-in")
        assert page.evaluate(CAMERA) == GRANTED
        worker = next(box_asset(page, "keeper-worker"))
        assert page.evaluate(WORKER, worker)
        page.get_by_label("Name").fill("proctor")
        page.get_by_label("Password").fill(box.password)
        page.get_by_role("button", name="Sign in", exact=True).click()
        page.wait_for_url("**/wall*")
        cookies = page.context.cookies()
        assert cookies
        assert all(cookie["secure"] and cookie["httpOnly"] for cookie in cookies)
        page.goto(f"https://{name}:{port}/sign-in")
        assert page.evaluate(CAMERA) == GRANTED


def box_asset(page, name):
    """Built files of this name, as the box serves them."""
    from appliance.web.manifest import DIST

    for file in DIST.glob(f"assets/{name}*.js"):
        yield f"/static/dist/assets/{file.name}"


def test_what_the_boxs_authority_may_not_vouch_for_is_refused_even_with_its_stolen_key(
    box, policy, tmp_path, monkeypatch
):
    thief = tmp_path / "thief"
    thief.mkdir()
    shutil.copy(box.paths.keys / "authority.pem", thief)
    monkeypatch.setattr(authority.Authority, "may_vouch_for_name", lambda self, name: True)
    Authority(thief).leaf(["bank.example"], [])
    with (
        pretender(thief / "leaf.pem") as port,
        device(tmp_path, policy, names={"bank.example": "127.0.0.1"}) as browser,
        pytest.raises(Error, match="ERR_CERT_INVALID"),  # net error -207
    ):
        browser.new_page().goto(f"https://bank.example:{port}/")


def looks_right(page, plain):
    """Nothing that axe finds wrong, nothing wider than a phone, dark and light."""
    axe = (FRONTEND / "node_modules" / "axe-core" / "axe.min.js").read_text(encoding="utf-8")
    page.set_viewport_size({"width": 320, "height": 640})
    for scheme, which in (("dark", "linux"), ("light", "lab")):
        page.emulate_media(color_scheme=scheme)
        page.goto(f"{plain}/trust?on={which}")
        page.get_by_text("This device does not trust the box yet").wait_for()
        page.evaluate(axe)
        found = page.evaluate("tags => axe.run(document, {runOnly: {type: 'tag', values: tags}})", TAGS)
        assert found["violations"] == [], f"{which} {scheme}"
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"{which} is wider than the window"


def test_who_does_not_trust_it_is_told_so_calmly_and_sees_nothing_by_https(box, plain, tmp_path):
    with device(tmp_path) as browser:
        page = browser.new_page()
        page.goto(f"{plain}/")
        assert page.url == f"{plain}/trust"
        page.get_by_text("This device does not trust the box yet").wait_for()
        assert page.evaluate("window.isSecureContext || 'mediaDevices' in navigator") is False
        assert page.context.cookies() == []
        looks_right(page, plain)
        with pytest.raises(Error, match="ERR_CERT_AUTHORITY_INVALID"):
            page.goto(box.url)


@pytest.mark.long
def test_another_boxs_certificate_is_refused(box, policy, tmp_path):
    """Somebody in the lab pretends to be the box: a certificate for its address, by another root."""
    other = tmp_path / "other"
    other.mkdir()
    Authority(other).leaf([], own_addresses())
    with (
        pretender(other / "leaf.pem", str(own_addresses()[0])) as port,
        device(tmp_path, policy) as browser,
        pytest.raises(Error, match="ERR_CERT_AUTHORITY_INVALID"),
    ):
        browser.new_page().goto(f"https://{own_addresses()[0]}:{port}/")


def test_the_simulated_candidates_come_by_https_and_are_recorded(box):
    deadline = time.monotonic() + 60
    while not (len(box.feeds()) == 12 and all(feed["position"] > 1 for feed in box.feeds().values())):
        assert time.monotonic() < deadline, f"{json.dumps(box.feeds())[:2000]}\n{box.logs()}"
        time.sleep(0.2)
    carried = [set(box.health(name)["feeds"]) for name in CAPTURE]
    assert set.union(*carried) == set(box.feeds())
