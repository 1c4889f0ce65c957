"""Where a request goes, what of it arrives, and what is said when nobody is there."""

import asyncio
import gzip
import io
import json
import socket

import aiohttp
import pytest

from appliance.box import workers
from appliance.door import gate as gate_module
from tests.capture.peers import until
from tests.door.lobby import lobby


def at_the_door(paths, work, *there, **options):
    async def run():
        async with lobby(paths, *there, **options) as here:
            return await work(here)

    return asyncio.run(run())


FIRST = "a1"
ORDER = [workers.worker(number) for number in workers.order(FIRST, 3)]


@pytest.mark.parametrize("path", ["/whip/a1/webcam", "/whep/a1/screen", "/fill/a1/webcam?from=1%2F2",
                                  "/whip/a1/webcam/session/abc"])  # fmt: skip
def test_media_go_to_the_worker_that_should_carry_the_attempt(paths, path):
    async def work(here):
        body = b"v=0\r\n\xff" * 100
        headers = {"Authorization": "Bearer t", "Content-Type": "application/sdp"}
        status, text, _ = await here.ask("POST", path, data=body, headers=headers)
        assert (status, text) == (201, f"answer of {ORDER[0]}")
        (asked,) = here.asked
        assert (asked.method, asked.path, asked.body) == ("POST", path, body)
        assert asked.headers["Authorization"] == "Bearer t"

    at_the_door(paths, work, "web", *ORDER)


@pytest.mark.parametrize("path", ["/whip/a1/webcam", "/fill/a1/webcam"])
def test_another_stands_in_for_a_worker_that_is_away(paths, path):
    async def work(here):
        status, text, _ = await here.ask("POST", path, data=b"offer")
        assert (status, text) == (201, f"answer of {ORDER[2]}")
        assert here.asked[0].body == b"offer"
        assert here.gate.counters["stood_in"] == 1

    at_the_door(paths, work, ORDER[2])


def test_a_socket_that_a_killed_worker_left_is_nobody(paths):
    async def work(here):
        with socket.socket(socket.AF_UNIX) as left:
            left.bind(str(paths.capture_socket(int(ORDER[0][-1]))))
        assert (await here.ask("POST", "/whip/a1/webcam", data=b"o"))[1] == f"answer of {ORDER[1]}"

    at_the_door(paths, work, ORDER[1])


def test_an_offer_that_may_have_been_taken_is_not_made_twice_and_a_goodbye_is(paths):
    async def work(here):
        status, text, headers = await here.ask("POST", "/whip/a1/broken", data=b"offer")
        assert (status, json.loads(text)["error"]) == (503, "the recording process did not answer in time")
        assert headers["Retry-After"]
        assert [asked.by for asked in here.asked] == [ORDER[0]]
        here.asked.clear()
        assert (await here.ask("DELETE", "/whip/a1/broken"))[0] == 503
        assert list(dict.fromkeys(asked.by for asked in here.asked)) == ORDER

    at_the_door(paths, work, *ORDER)


def test_no_worker_is_a_sentence(paths):
    async def work(here):
        status, text, _ = await here.ask("POST", "/whip/a1/webcam", data=b"offer")
        assert status == 503
        assert json.loads(text) == {
            "error": "the recording process is not running",
            "hint": "It is started again by itself; the page tries again in some seconds.",
        }
        assert here.gate.counters["capture_away"] == 1

    at_the_door(paths, work, "web")


def test_a_worker_that_hangs_is_a_sentence(paths, monkeypatch):
    monkeypatch.setattr(gate_module, "CAPTURE_SECONDS", 0.1)

    async def work(here):
        status, text, _ = await here.ask("POST", "/whip/a1/slow", data=b"offer")
        assert (status, json.loads(text)["error"]) == (503, "the recording process did not answer in time")

    at_the_door(paths, work, *ORDER)


@pytest.mark.parametrize("path", ["/whip/..%2fwhep/a", "/whip/a1", "/whip/a%0d%0aX:1/b", "/whip//webcam",
                                  "/whip/a1/" + "x" * 201, "/whep/%C3%A4/webcam", "/fill/../a1/webcam"])  # fmt: skip
def test_an_odd_address_reaches_nobody(paths, path):
    async def work(here):
        assert (await here.ask("POST", path, data=b"x"))[0] == 404
        assert here.asked == []
        assert here.gate.counters["odd"] == 1

    at_the_door(paths, work, "web", *ORDER)


def test_pages_go_to_the_web_process_whole(paths):
    async def work(here):
        headers = {"Cookie": "box=secret", "Accept": "text/html", "X-CSRFToken": "t", "Range": "bytes=1-"}
        status, text, said = await here.ask("GET", "/wall/bio?x=%2F&y=a+b", headers=headers)
        assert (status, text, said["ETag"], said["Set-Cookie"]) == (201, "answer of web", '"7"', "box=1")
        assert "X-Hop" not in said
        (asked,) = here.asked
        assert (asked.method, asked.path) == ("GET", "/wall/bio?x=%2F&y=a+b")
        assert {name: asked.headers[name] for name in headers} == headers
        assert (await here.ask("GET", "/moved"))[2]["Location"] == "/elsewhere"
        squeezed = gzip.compress(b"words")
        await here.ask("POST", "/join", data=squeezed, headers={"Content-Encoding": "gzip"})
        assert here.asked[-1].body == squeezed

    at_the_door(paths, work, "web")


def test_who_asks_is_what_the_door_saw_and_not_what_is_claimed(paths):
    async def work(here):
        claimed = {"X-Forwarded-For": "10.9.9.9", "X-Forwarded-Proto": "https", "X-Forwarded-Host": "evil.test",
                   "Forwarded": "for=10.9.9.9", "X-Real-IP": "10.9.9.9", "X-Passed-On": "1",
                   "X-Forwarded-Prefix": "/x"}  # fmt: skip
        for path in ("/join", "/whip/a1/webcam"):
            await here.ask("POST", path, data=b"x", headers=claimed)
            came = here.asked[-1].headers
            assert (came["X-Forwarded-For"], came["X-Forwarded-Proto"]) == ("127.0.0.1", "http")
            assert came["X-Forwarded-Host"] == came["Host"] == here.url.removeprefix("http://")
            assert not {"Forwarded", "X-Real-IP", "X-Passed-On", "X-Forwarded-Prefix"} & set(came)

    at_the_door(paths, work, "web", *ORDER)


def test_a_long_answer_passes_through_and_who_goes_away_ends_it(paths):
    async def work(here):
        async with here.http.get(here.url + "/stream") as answer:
            assert answer.content_length == 10_000_000
            size = 0
            async for chunk in answer.content.iter_any():
                size += len(chunk)
            assert size == 10_000_000
        async with here.http.get(here.url + "/stream") as answer:
            await answer.content.readany()
            answer.close()
        await until(lambda: any(asked.method == "BROKEN" for asked in here.asked))

    at_the_door(paths, work, "web")


def test_a_large_picture_waits_on_the_disk_and_arrives_whole(paths):
    async def work(here):
        page = bytes(range(256)) * 12_000  # 3 MB: more than a form may have
        jpeg = {"Content-Type": "image/jpeg"}
        assert (await here.ask("POST", "/api/me/pages/1", data=io.BytesIO(page), headers=jpeg))[0] == 201
        assert here.asked[0].body == page
        assert (await here.ask("POST", "/api/me/chat", data=io.BytesIO(page), headers={"Content-Type": "text/plain"}))[
            0
        ] == 413
        assert list(paths.cache.iterdir()) == []

    at_the_door(paths, work, "web")


@pytest.mark.parametrize(("path", "limit"), [("/whip/a1/webcam", "OFFER_BYTES"), ("/join", "PAGE_BYTES"),
                                             ("/fill/a1/webcam", "FILL_BYTES")])  # fmt: skip
def test_what_is_too_large_reaches_nobody(paths, monkeypatch, path, limit):
    monkeypatch.setattr(gate_module, limit, 1000)

    async def pieces():
        for _ in range(20):
            yield b"x" * 100

    async def work(here):
        assert (await here.ask("POST", path, data=b"x" * 1000))[0] == 201
        status, text, _ = await here.ask("POST", path, data=b"x" * 1001)
        assert (status, json.loads(text)["error"]) == (413, "the request is larger than 1 kB")
        assert (await here.ask("POST", path, data=pieces()))[0] in (413, 503)  # it does not say how long it is
        assert len(here.asked) == 1
        assert here.gate.counters["too_large"] >= 1

    at_the_door(paths, work, "web", *ORDER)


def test_who_sends_half_a_body_is_given_up(paths, monkeypatch):
    monkeypatch.setattr(gate_module, "SILENT_SECONDS", 0.1)

    async def work(here):
        reader, writer = await asyncio.open_connection("127.0.0.1", int(here.url.rsplit(":", 1)[1]))
        writer.write(b"POST /join HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc")
        assert b"408" in await reader.readline()
        writer.close()
        assert here.asked == []
        assert here.gate.counters["too_slow"] == 1

    at_the_door(paths, work, "web")


def test_who_sends_no_whole_head_is_closed_and_who_is_answered_is_not(paths):
    async def work(here):
        port = int(here.url.rsplit(":", 1)[1])
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"GET / HTTP/1.1\r\nHost:")
        asking = asyncio.ensure_future(here.ask("GET", "/slow"))
        assert await asyncio.wait_for(reader.read(), 2) == b""
        assert (await asking)[0] == 201
        writer.close()

    at_the_door(paths, work, "web", silent_seconds=0.2)


def test_more_connections_than_fit_are_closed_and_counted(paths):
    async def work(here):
        port = int(here.url.rsplit(":", 1)[1])
        pairs = [await asyncio.open_connection("127.0.0.1", port) for _ in range(2)]
        await until(lambda: len(here.connections.connections) == 2)
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        assert await reader.read() == b""
        assert here.connections.refused == 1
        for _, one in [*pairs, (reader, writer)]:
            one.close()
        await until(lambda: not here.connections.connections)
        assert (await here.ask("GET", "/"))[0] == 201

    at_the_door(paths, work, "web", most=2)


def test_while_the_pages_are_away_a_person_is_told_calmly_and_a_script_in_json(paths):
    async def work(here):
        status, text, headers = await here.ask("GET", "/wall", headers={"Accept": "text/html"})
        assert status == 503
        assert headers["Retry-After"]
        assert "recorded goes on" in text
        assert 'http-equiv="refresh"' in text
        assert "sha256-" in headers["Content-Security-Policy"]
        _, text, _ = await here.ask("POST", "/join", headers={"Accept": "text/html"})
        assert 'http-equiv="refresh"' not in text  # a form is not sent twice
        assert 'href="/"' in text
        status, text, _ = await here.ask("GET", "/api/me", headers={"Accept": "*/*"})
        assert (status, set(json.loads(text))) == (503, {"error", "hint"})
        assert here.gate.counters["web_away"] == 3
        assert (await here.ask("POST", "/whip/a1/webcam", data=b"offer"))[0] == 201  # publishing goes on

    at_the_door(paths, work, *ORDER)


# --- WebSockets ---


def test_a_page_and_the_box_talk_through_the_door(paths):
    async def work(here):
        headers = {"Cookie": "box=secret", "Origin": here.url, "X-Forwarded-For": "10.9.9.9"}
        async with here.http.ws_connect(here.url + "/socket.io/?a=b", headers=headers) as page:
            await page.send_str("hello")
            assert (await page.receive_str(), here.gate.counters["sockets"]) == ("HELLO", 1)
            await page.send_bytes(b"\x00\x01")
            assert await page.receive_bytes() == b"\x01\x00"
            await page.ping(b"x")
            came = here.asked[0]
            assert (came.path, came.headers["Cookie"], came.headers["Origin"]) == (
                "/socket.io/?a=b", "box=secret", here.url
            )  # fmt: skip
            assert came.headers["X-Forwarded-For"] == "127.0.0.1"
            await page.send_str("bye")
            assert (await page.receive()).type is aiohttp.WSMsgType.CLOSE
            assert page.close_code == 4001
        await until(lambda: here.gate.counters["sockets"] == 0)

    at_the_door(paths, work, "web")


def test_a_page_that_goes_away_is_told_to_the_box(paths):
    async def work(here):
        page = await here.http.ws_connect(here.url + "/socket.io/")
        await page.send_str("hello")
        await page.receive_str()
        page._response.connection.transport.abort()
        await until(lambda: any(asked.method == "CLOSED" for asked in here.asked))
        await page.close()

    at_the_door(paths, work, "web")


def test_a_page_that_does_not_read_is_not_read_for(paths):
    async def work(here):
        port = int(here.url.rsplit(":", 1)[1])
        reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1000)
        writer.write(
            b"GET /socket.io/ HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
            b"\x81\x85\x00\x00\x00\x00flood"
        )
        assert b"101" in await reader.readline()
        await asyncio.sleep(0.7)
        sent = sum(asked.method == "SENT" for asked in here.asked)
        assert 0 < sent < 1500  # of 2000: the rest waits where it comes from
        writer.transport.abort()

    at_the_door(paths, work, "web")


def test_a_refused_websocket_stays_refused_and_none_is_a_503(paths):
    async def work(here):
        with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
            await here.http.ws_connect(here.url + "/refused")
        assert refused.value.status == 400

    at_the_door(paths, work, "web")

    async def away(here):
        with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
            await here.http.ws_connect(here.url + "/socket.io/")
        assert refused.value.status == 503

    at_the_door(paths, away)


def test_open_pages_are_told_that_the_box_goes_away(paths):
    async def work(here):
        async with here.http.ws_connect(here.url + "/socket.io/") as page:
            await page.send_str("hello")
            await page.receive_str()
            listening = asyncio.ensure_future(page.receive())
            await asyncio.wait_for(here.gate.goodbye(), 2)
            assert (await listening).type is aiohttp.WSMsgType.CLOSE
            assert page.close_code == 1001

    at_the_door(paths, work, "web")
