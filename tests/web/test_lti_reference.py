"""The whole way against a reference platform: Open edX' lti-consumer-xblock, its platform side, in a real browser over
two sites, with TLS by the box's own certificate authority."""

import contextlib
import dataclasses
import ipaddress
import json
import os
import ssl
import subprocess
import threading
import time
import urllib.request
from pathlib import Path

import pytest
from playwright.sync_api import sync_playwright
from werkzeug.serving import make_server

from appliance.box.authority import Authority
from appliance.box.listening import listen
from appliance.config import Settings
from appliance.config_standards import LtiSettings, PlatformSettings
from appliance.exam.events import IdentityDecided
from appliance.ledger.actions import attempts, sitting
from appliance.ledger.actions import lti as actions
from appliance.standards.lti.line import Line
from appliance.standards.lti.registry import Registry
from appliance.standards.lti.service import Service
from appliance.web.app import create_app
from tests.browser.people import CHROMIUM
from tests.sync.rig import DirectLedger

from .conftest import EXAM, House, served

pytestmark = pytest.mark.long

ROOT = Path(__file__).parents[2]
LINK = "edx-unit-7"
SHOTS = os.environ.get("LTI_SHOTS")


def free_port() -> int:
    (listener,) = listen("127.0.0.1", 0)
    with listener:
        return listener.getsockname()[1]


@pytest.fixture(scope="module")
def python():
    done = subprocess.run([ROOT / "scripts/platform-venv"], capture_output=True, text=True)
    if done.returncode:
        pytest.skip(f"the reference platform cannot be installed here: {done.stderr[-300:]}")
    return ROOT / "build/platform-venv/bin/python"


@contextlib.contextmanager
def platform_running(python, *, port: int, box: str, ca: Path):
    """The reference platform; it trusts the box's own authority."""
    command = [python, ROOT / "tests/standards/reference.py", "--port", str(port), "--box", box]
    env = {**os.environ, "SSL_CERT_FILE": str(ca)}
    with subprocess.Popen(command, env=env, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout.readline() == "ready\n"
            yield f"http://localhost:{port}"
        finally:
            process.terminate()


@contextlib.contextmanager
def box_running(app, *, port: int, leaf):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(leaf.file)
    server = make_server("127.0.0.1", port, app, threaded=True, ssl_context=context)
    server.daemon_threads = False
    thread = threading.Thread(target=server.serve_forever, name="box")
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def log(platform: str, key: str) -> list:
    with urllib.request.urlopen(platform + "/log") as answer:
        return [one[key] for one in json.load(answer) if key in one]


def shot(page, name: str) -> None:
    if SHOTS:
        page.screenshot(path=f"{SHOTS}/{name}.png", full_page=True)


@pytest.fixture
def stage(furnished, paths, python, tmp_path):
    """The box by HTTPS at 127.0.0.1 and the platform at localhost: two sites to a browser."""
    own, theirs = free_port(), free_port()
    box = f"https://127.0.0.1:{own}"
    lms = PlatformSettings(
        name="edx", issuer=f"http://localhost:{theirs}", client_id="edx-client", deployment="1",
        login_url=f"http://localhost:{theirs}/auth", token_url=f"http://localhost:{theirs}/token",
        keys_url=f"http://localhost:{theirs}/jwks",
    )  # fmt: skip
    settings = dataclasses.replace(Settings(), platform=(lms,), lti=LtiSettings(address=box))
    paths.make()
    authority = Authority(paths.keys)
    ca = tmp_path / "ca.pem"
    ca.write_bytes(authority.pem())
    leaf = authority.leaf([], [ipaddress.ip_address("127.0.0.1")])
    with served(furnished, paths) as services:
        registry = Registry.of(settings, folder=paths.keys, cache=tmp_path, secret=b"s" * 32)
        services = dataclasses.replace(services, settings=settings, lti=registry)
        app = create_app(services, WTF_CSRF_ENABLED=True)  # without Socket.IO, whose threads outlive a test
        house = House(app, services, None, None, list(furnished.attempts), list(furnished.codes))
        house.do(actions.link, EXAM, platform="edx", resource_link=LINK, by="planner")
        line = Line(
            lms, settings.lti, service=Service(lms, registry.key), reader=services.reader,
            ledger=DirectLedger(type("Evidence", (), {"writer": services.writer})()),
        )  # fmt: skip
        with (
            box_running(house.app, port=own, leaf=leaf),
            platform_running(python, port=theirs, box=box, ca=ca) as platform,
        ):
            yield house, box, platform, line


def test_a_candidate_comes_from_the_platform_takes_the_exam_there_and_is_checked_out(stage):
    house, box, platform, line = stage
    house.plan(check_out="proctor")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        context = browser.new_context(ignore_https_errors=True)
        page = context.new_page()
        page.goto(f"{platform}/begin?user=c-1")
        page.click("#go")
        page.wait_for_url(f"{box}/exam")  # through both sites and on, without a click
        assert page.request.get(f"{box}/api/me").json()["attempt"] == house.attempts[0]
        assert house.attempt().stage == "arrived"

        house.reach("waiting")
        house.say(IdentityDecided(decision="matched", by="lead"))
        house.reach("in_exam")
        exam = context.new_page()
        exam.goto(f"{box}/lti/start")
        shot(exam, "start")
        exam.click("button.wide")
        exam.wait_for_selector("h1:text('Question 1')")
        [started] = log(platform, "started")  # the library has checked signature, session data, link and attempt
        assert started["end_assessment_return"] is True
        assert started["verified_user"] == {"name": "Ada Lovelace"}

        house.do(sitting.pause, house.attempts[0], reason="alarm", by="lead")
        house.do(sitting.resume, house.attempts[0], by="lead")
        line.turn()
        exam.goto(f"{platform}/begin?user=c-1&message=LtiEndAssessment")
        exam.click("#go")
        exam.wait_for_selector("h1:text('Submitted')")
        shot(exam, "ended")
        me = page.request.get(f"{box}/api/me").json()
        assert (me["stage"], me["checkout"]["missing"]) == ("check_out", [])
        browser.close()
    assert [one["action"] for one in log(platform, "control")] == ["pause", "resume"]
    assert log(platform, "failed") == []


def test_I35_the_platform_is_told_within_two_seconds_that_a_session_was_ended(stage):
    house, box, platform, line = stage
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_context(ignore_https_errors=True).new_page()
        page.goto(f"{platform}/begin?user=c-1")
        page.click("#go")
        page.wait_for_url(f"{box}/exam")
        browser.close()
    house.reach("in_exam")
    stopping = threading.Event()
    thread = threading.Thread(target=line.run, args=(stopping,), name="line")
    thread.start()
    while not log(platform, "token"):  # fetched while the candidate sits there
        time.sleep(0.05)
    begun = time.monotonic()
    house.do(attempts.end, house.attempts[0], by="lead", reason="phone", override=True)
    while not (told := log(platform, "control")) and time.monotonic() < begun + 10:
        time.sleep(0.02)
    seconds = time.monotonic() - begun
    stopping.set()
    thread.join()
    assert seconds < 2.0
    assert (told[0]["action"], told[0]["user"]["sub"]) == ("terminate", "c-1")
    [sent] = house.events("lti.control_sent")
    assert sent.payload.status == "terminated"
    assert log(platform, "token") == ["https://purl.imsglobal.org/spec/lti-ap/scope/control.all"]


def test_somebody_whom_the_roster_does_not_have_is_told_so(stage):
    house, _, platform, _ = stage
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_context(ignore_https_errors=True).new_page()
        page.goto(f"{platform}/begin?user=stranger")
        page.click("#go")
        page.wait_for_selector("text=not on the roster")
        shot(page, "stranger")
        browser.close()
    assert house.events("lti.launched") == []
