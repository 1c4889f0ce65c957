"""nginx in front, with stand-ins behind it: what the door promises (tests/door/test_gate.py), nginx keeps."""

import asyncio
import contextlib
import io
import json
import os
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import aiohttp
import pytest
from yarl import URL

from appliance.box import health
from appliance.box.paths import Paths
from appliance.front.nginx import without_query
from tests.door.lobby import behind

pytestmark = pytest.mark.slow

WORKERS = ("capture-1", "capture-2", "capture-3")


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as one:
        return one.getsockname()[1]


@pytest.fixture(scope="module")
def front(tmp_path_factory):
    """`appliance front` on ports of its own."""
    if shutil.which("nginx", path=os.environ["PATH"] + ":/usr/sbin") is None:
        pytest.skip("nginx is not installed: `make test` installs it")
    paths = Paths.of(tmp_path_factory.mktemp("front") / "data").make()
    plain, secure = free_port(), free_port()
    paths.config.write_text(f"[web]\nport = {plain}\nhttps_port = {secure}\n[capture]\nworkers = 3\n")
    log = paths.data / "front.log"
    with open(log, "ab") as out:
        command = [sys.executable, "-m", "appliance", "--data", str(paths.data), "front"]
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out, stderr=out)
    found = SimpleNamespace(
        paths=paths, process=process, plain=f"http://127.0.0.1:{plain}", url=f"https://127.0.0.1:{secure}", log=log,
        health=lambda: health.read(paths.health, "door", now=time.time()),
    )  # fmt: skip
    until(lambda: found.health()["healthy"], lambda: log.read_text())
    yield found
    nginx = found.health()["nginx"]
    process.terminate()
    assert process.wait(10) == 0
    assert not Path(f"/proc/{nginx}").exists()
    shutil.rmtree(paths.run)


@pytest.fixture
def no_leaks():
    """nginx is older than each test here; what it leaves behind is checked when it stops."""


def until(true, why, seconds=15.0):
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, why()
        time.sleep(0.05)


def at_the_front(front, work, *there):
    async def run():
        asked = []
        async with contextlib.AsyncExitStack() as stack:
            for name in there:
                number = name.partition("-")[2]
                where = front.paths.capture_socket(int(number)) if number else front.paths.web_socket
                await stack.enter_async_context(behind(name, where, asked))
            connector = aiohttp.TCPConnector(ssl=False)
            http = await stack.enter_async_context(
                aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.DummyCookieJar())
            )

            async def ask(method, path, *, base=front.url, **options):
                url = URL(base + path, encoded=True)
                async with http.request(method, url, allow_redirects=False, **options) as answer:
                    return answer.status, await answer.text(), answer.headers

            await work(SimpleNamespace(ask=ask, asked=asked, http=http, url=front.url, plain=front.plain))

    asyncio.run(run())


@pytest.mark.parametrize("path", ["/whip/a1/webcam", "/whep/a1/screen", "/fill/a1/webcam?from=1%2F2",
                                  "/whip/a1/webcam/session/abc"])  # fmt: skip
def test_media_go_to_a_worker_whole_and_always_to_the_same(front, path):
    async def work(here):
        body = b"v=0\r\n\xff" * 100
        headers = {"Authorization": "Bearer t", "Content-Type": "application/sdp"}
        for _ in range(3):
            status, text, _ = await here.ask("POST", path, data=body, headers=headers)
            assert status == 201
            assert text.startswith("answer of capture-")
        assert {(asked.method, asked.path, asked.body) for asked in here.asked} == {("POST", path, body)}
        assert len({asked.by for asked in here.asked}) == 1
        assert here.asked[0].headers["Authorization"] == "Bearer t"

    at_the_front(front, work, "web", *WORKERS)


@pytest.mark.parametrize("path", ["/whip/a1/webcam", "/fill/a1/webcam"])
@pytest.mark.parametrize("there", WORKERS)
def test_another_stands_in_for_workers_that_are_away(front, path, there):
    async def work(here):
        assert (await here.ask("POST", path, data=b"offer"))[:2] == (201, f"answer of {there}")
        assert here.asked[0].body == b"offer"

    at_the_front(front, work, there)


def test_an_offer_that_may_have_been_taken_is_not_made_twice_and_a_goodbye_is(front):
    async def work(here):
        status, text, headers = await here.ask("POST", "/whip/a1/broken", data=b"offer")
        assert (status, headers["Retry-After"]) == (503, "2")
        assert json.loads(text)["hint"]
        assert len(here.asked) == 1
        here.asked.clear()
        assert (await here.ask("DELETE", "/whip/a1/broken"))[0] == 503
        assert {asked.by for asked in here.asked} == set(WORKERS)

    at_the_front(front, work, *WORKERS)


def test_no_worker_is_a_sentence(front):
    async def work(here):
        status, text, said = await here.ask("POST", "/whip/a1/webcam", data=b"offer")
        assert (status, said["Content-Type"], said["Cache-Control"]) == (503, "application/json", "no-store")
        assert json.loads(text) == {
            "error": "the recording process is not running",
            "hint": "It is started again by itself; the page tries again in some seconds.",
        }

    at_the_front(front, work, "web")


@pytest.mark.parametrize("path", ["/whip/..%2fwhep/a", "/whip/a1", "/whip/a%0d%0aX:1/b", "/whip//webcam",
                                  "/whip/a1/" + "x" * 201, "/whep/%C3%A4/webcam", "/fill/../a1/webcam"])  # fmt: skip
def test_an_odd_address_reaches_nobody(front, path):
    async def work(here):
        status, text, _ = await here.ask("POST", path, data=b"x")
        assert (status, json.loads(text)["error"]) == (404, "there is no such feed")
        assert here.asked == []

    at_the_front(front, work, "web", *WORKERS)


def test_pages_go_to_the_web_process_whole(front):
    async def work(here):
        headers = {"Cookie": "box=secret", "Accept": "text/html", "X-CSRFToken": "t", "Range": "bytes=1-"}
        status, text, said = await here.ask("GET", "/wall/bio?x=%2F&y=a+b", headers=headers)
        assert (status, text, said["ETag"], said["Set-Cookie"]) == (201, "answer of web", '"7"', "box=1")
        assert "nginx/" not in said.get("Server", "")
        (asked,) = here.asked
        assert (asked.method, asked.path) == ("GET", "/wall/bio?x=%2F&y=a+b")
        assert {name: asked.headers[name] for name in headers} == headers
        assert (await here.ask("GET", "/moved"))[2]["Location"] == "/elsewhere"

    at_the_front(front, work, "web")


def test_who_asks_is_what_nginx_saw_and_not_what_is_claimed(front):
    async def work(here):
        claimed = {"X-Forwarded-For": "10.9.9.9", "X-Forwarded-Proto": "http", "X-Forwarded-Host": "evil.test",
                   "Forwarded": "for=10.9.9.9", "X-Real-IP": "10.9.9.9", "X-Passed-On": "1",
                   "X-Forwarded-Prefix": "/x", "X_Forwarded_For": "10.9.9.9"}  # fmt: skip
        for path, kind in (("/join", "text/plain"), ("/join", "image/png"), ("/whip/a1/webcam", "application/sdp")):
            await here.ask("POST", path, data=b"x", headers={**claimed, "Content-Type": kind})
            came = here.asked[-1].headers
            assert (came["X-Forwarded-For"], came["X-Forwarded-Proto"]) == ("127.0.0.1", "https")
            assert came["X-Forwarded-Host"] == came["Host"] == here.url.removeprefix("https://")
            gone = {"Forwarded", "X-Real-IP", "X-Passed-On", "X-Forwarded-Prefix", "X_Forwarded_For"}
            assert not gone & set(came)

    at_the_front(front, work, "web", *WORKERS)


def test_a_large_picture_arrives_whole_and_a_form_is_bounded(front):
    async def work(here):
        page = bytes(range(256)) * 12_000  # 3 MB: more than a form may have
        jpeg, words = {"Content-Type": "image/jpeg"}, {"Content-Type": "text/plain"}
        status, _, _ = await here.ask("POST", "/api/me/pages/1?x=%2F", data=io.BytesIO(page), headers=jpeg)
        assert (status, here.asked[0].body, here.asked[0].path) == (201, page, "/api/me/pages/1?x=%2F")
        status, text, _ = await here.ask("POST", "/api/me/chat", data=io.BytesIO(page), headers=words)
        assert (status, json.loads(text)["error"]) == (413, "the request is larger than 2000 kB")
        for path, size, said in (("/whip/a1/webcam", 70_000, "65 kB"), ("/fill/a1/webcam", 32_000_001, "32000 kB")):
            status, text, _ = await here.ask("POST", path, data=io.BytesIO(b"x" * size))
            assert (status, json.loads(text)["error"]) == (413, f"the request is larger than {said}")
        assert len(here.asked) == 1
        assert list((front.paths.cache / "front").rglob("*.tmp")) == []

    at_the_front(front, work, "web", *WORKERS)


def test_while_the_web_process_is_away_a_page_says_so_calmly_and_tries_again(front):
    async def work(here):
        status, text, said = await here.ask("GET", "/wall", headers={"Accept": "text/html,*/*"})
        assert (status, said["Content-Type"], said["Retry-After"]) == (503, "text/html; charset=utf-8", "2")
        assert "One moment" in text
        assert 'http-equiv="refresh"' in text
        assert "default-src 'none'" in said["Content-Security-Policy"]
        text = (await here.ask("POST", "/join", data=b"x", headers={"Accept": "text/html"}))[1]
        assert "refresh" not in text
        assert "Back to the first page" in text
        status, text, said = await here.ask("GET", "/api/me")
        assert (status, json.loads(text)["hint"]) == (503, "This page tries again by itself. Nothing has to be done.")
        upload = await here.ask("POST", "/api/me/pages/1", data=b"x", headers={"Content-Type": "image/jpeg"})
        assert (upload[0], json.loads(upload[1])["error"]) == (503, json.loads(text)["error"])

    at_the_front(front, work)


def test_sockets_pass_both_ways(front):
    async def work(here):
        async with here.http.ws_connect(here.url + "/socket.io/?x=1") as page:
            await page.send_str("hello")
            assert await page.receive_str() == "HELLO"
            await page.send_bytes(b"123")
            assert await page.receive_bytes() == b"321"
            await page.send_str("bye")
            await page.receive()
            assert page.close_code == 4001

    at_the_front(front, work, "web")


def test_plain_http_shows_the_way_and_nothing_else(front):
    async def work(here):
        for path in ("/", "/sign-in?next=x", "/whip/a1/webcam", "/api/me"):
            status, _, said = await here.ask("GET", path, base=here.plain)
            assert (status, said["Location"]) == (303, "/trust")
        assert here.asked == []
        for path in ("/trust", "/trust/box.crt", "/.well-known/acme-challenge/abc", "/healthz"):
            assert (await here.ask("GET", path, base=here.plain))[0] == 201
            assert here.asked[-1].headers["X-Forwarded-Proto"] == "http"
        status, text, _ = await here.ask("POST", "/trust", base=here.plain, data=b"code=1")
        assert (status, json.loads(text)["error"]) == (405, "This box answers by HTTPS only.")
        assert (await here.ask("GET", "/static/dist/icon.svg", base=here.plain))[0] == 200

    at_the_front(front, work, "web")


def test_what_belongs_to_the_package_comes_straight_from_its_folder(front):
    async def work(here):
        status, _, said = await here.ask("GET", "/static/dist/icon.svg")
        assert (status, said["Content-Type"], said["X-Content-Type-Options"]) == (200, "image/svg+xml", "nosniff")
        assert said["Cache-Control"] == "no-cache"
        assert said["ETag"]
        for path in ("/static/../app.py", "/static/%2e%2e/app.py", "/static/nothing.js", "/.front/away.html"):
            assert (await here.ask("GET", path))[0] in (201, 400, 404)
            assert all("app.py" in asked.path for asked in here.asked)

    at_the_front(front, work, "web")


def test_old_tls_is_refused_and_http_2_is_spoken(front):
    port = int(front.url.rpartition(":")[2])
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.set_alpn_protocols(["h2", "http/1.1"])
    with socket.create_connection(("127.0.0.1", port)) as raw, context.wrap_socket(raw) as one:
        assert (one.selected_alpn_protocol(), one.version()) == ("h2", "TLSv1.3")
    old = ["openssl", "s_client", "-connect", f"127.0.0.1:{port}", "-tls1_1", "-cipher", "ALL:@SECLEVEL=0"]
    assert subprocess.run(old, capture_output=True, stdin=subprocess.DEVNULL, check=False).returncode != 0


def test_a_new_configuration_is_read_without_dropping_who_is_there(front):
    async def work(here):
        async with here.http.ws_connect(here.url + "/socket.io/") as page:
            before = front.health()["nginx"]
            workers = set(children(before))
            os.kill(front.process.pid, signal.SIGHUP)
            await asyncio.to_thread(until, lambda: set(children(before)) - workers, front.log.read_text)
            await page.send_str("still here")
            assert await page.receive_str() == "STILL HERE"
        assert front.health()["nginx"] == before

    at_the_front(front, work, "web")


def test_settings_that_cannot_be_used_change_nothing_and_are_said(front):
    good = front.paths.config.read_text()
    try:
        front.paths.config.write_text("[web]\nport = nonsense\n")
        os.kill(front.process.pid, signal.SIGHUP)
        until(lambda: "goes on with the old configuration" in front.health()["sentence"], front.log.read_text)
        assert front.health()["healthy"]
    finally:
        front.paths.config.write_text(good)
        os.kill(front.process.pid, signal.SIGHUP)
    until(lambda: "old configuration" not in front.health()["sentence"], front.log.read_text)


def test_no_code_and_no_token_reaches_a_log(front):
    async def work(here):
        await here.ask("GET", "/phone?code=SECRET-1")  # nobody is there: nginx says so, with the whole line

    at_the_front(front, work)
    until(lambda: "/phone?..." in front.log.read_text(), front.log.read_text)
    assert "SECRET" not in front.log.read_text()
    assert without_query('"GET /a?b=c HTTP/1.1", upstream: "http://unix:/x:/a?b=c"') == (
        '"GET /a?... HTTP/1.1", upstream: "http://unix:/x:/a?..."'
    )


def children(pid: int) -> list[int]:
    return [int(one) for one in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
