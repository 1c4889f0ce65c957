"""The web and the sync process as they really run: a launch, an end by a lead over the API, what platform, endpoint and
upstream then have."""

import http.cookiejar
import json
import re
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from urllib.error import HTTPError
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest

from appliance.box.listening import listen
from appliance.box.paths import Paths
from tests.standards.platform_side import AP, Platform, make_key
from tests.standards.servers import Server, serving

pytestmark = pytest.mark.long

PASSWORD = "four good words here"
SETTINGS = """
[standards]
caliper = true
xapi = true
caliper_url = "{url}/caliper"
caliper_key_file = "{key}"
[[platform]]
name = "lms"
issuer = "https://lms.test"
client_id = "tool-1"
deployment = "d1"
login_url = "{url}/auth"
token_url = "{url}/token"
keys_file = "{keys}"
"""


class _Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_):
        return None


class Browser:
    """Cookies, and the token of the page."""

    def __init__(self, base: str) -> None:
        self._base, self.csrf = base, ""
        jar = urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar())
        self._opener = urllib.request.build_opener(jar, _Stay())

    def ask(self, path, *, form=None, json_=None):
        body = urlencode(form).encode() if form else None if json_ is None else json.dumps(json_).encode()
        headers = {"X-CSRFToken": self.csrf} | ({} if json_ is None else {"Content-Type": "application/json"})
        asked = urllib.request.Request(self._base + path, data=body, headers=headers)
        try:
            with self._opener.open(asked, timeout=10) as answer:
                return answer.status, answer.read().decode(), answer.headers
        except HTTPError as error:
            with error:
                return error.code, error.read().decode(), error.headers

    def sign_in(self, user: str) -> "Browser":
        for path in ("/sign-in", "/account"):
            self.csrf = re.search(r'csrf-token" content="([^"]+)', self.ask(path)[1])[1]
            if path == "/sign-in":
                assert self.ask(path, json_={"user": user, "password": PASSWORD})[0] == 200
        return self


def until(what, seconds=20.0):
    deadline = time.monotonic() + seconds
    while not (found := what()):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    return found


def test_I35_an_end_over_the_api_reaches_the_platform_within_two_seconds_and_the_events_go_upstream(tmp_path):
    paths, lms = Paths.of(tmp_path / "data").make(), Platform(make_key())
    command = [sys.executable, "-m", "appliance", "--data", str(paths.data)]
    key = tmp_path / "caliper.key"
    key.write_text("secret-token\n")
    server = Server(says={"/token": {"access_token": "t", "expires_in": 3600}, "/acs": {"status": "terminated"}})
    (listener,) = listen("127.0.0.1", 0)
    with listener:
        port = listener.getsockname()[1]
    with serving(server):
        keys = lms.settings(tmp_path).keys_file
        paths.config.write_text(SETTINGS.format(url=server.url, key=key, keys=keys))
        roster = tmp_path / "roster.csv"
        roster.write_text("seat,candidate,name\n1,c-1,Ada\n")
        create = ["exam", "create", "--id", "bio", "--title", "Bio", "--roster", str(roster)]
        subprocess.run([*command, *create], check=True, stdout=subprocess.DEVNULL)
        for role in ("lead", "planner"):
            said = [*command, "user", "create", role, "--role", role]
            subprocess.run(said, input=PASSWORD + "\n", text=True, check=True, stdout=subprocess.DEVNULL)
        services = [["web", "--port", str(port)], ["sync"]]
        running = [subprocess.Popen([*command, *one], stderr=subprocess.DEVNULL) for one in services]
        try:
            _through(server, lms, f"http://127.0.0.1:{port}")
            subprocess.run([*command, "end", "--exam", "bio", "--wait"], check=True, stdout=subprocess.DEVNULL)
            until(lambda: "exam.ended" in str([sent.json for sent in server.to("/caliper")]))
        finally:
            for process in running:
                process.terminate()
            for process in running:
                process.wait(20)
    found = {file.name for file in Path(paths.upstream).rglob("events.*.json")}
    assert found == {"events.caliper.json", "events.xapi.json"}
    assert subprocess.run([*command, "verify", str(paths.upstream)], stdout=subprocess.DEVNULL).returncode == 0


def _through(server, lms, base):
    up = Browser(base)

    def answers():
        try:
            return up.ask("/healthz")[0]
        except OSError:
            return 0

    until(answers)
    link = {"platform": "lms", "resource_link": lms.link}
    assert Browser(base).sign_in("planner").ask("/exams/bio/lti", json_=link)[0] == 200
    candidate = Browser(base)
    _, _, headers = candidate.ask("/lti/login", form={"iss": lms.issuer, "login_hint": "u"})
    asked = dict(parse_qsl(urlsplit(headers["Location"]).query))
    control = {"assessment_control_url": server.url + "/acs", "actions": ["terminate"]}
    token = lms.sign(lms.claims(nonce=asked["nonce"], **{AP + "acs": control}))
    assert candidate.ask("/lti/launch", form={"state": asked["state"], "id_token": token})[0] == 200
    attempt = json.loads(candidate.ask("/api/me")[1])["attempt"]
    lead = Browser(base).sign_in("lead")
    until(lambda: server.to("/token"))
    begun = time.monotonic()
    said = {"reason": "SECRET phone", "override": True}
    assert lead.ask(f"/api/attempts/{attempt}/end", json_=said)[0] == 200
    [told] = until(lambda: server.to("/acs"))
    assert time.monotonic() - begun < 2.0
    assert (told.json["action"], told.json["user"]["sub"]) == ("terminate", "c-1")
    assert "SECRET" not in str(server.sent)
