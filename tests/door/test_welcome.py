"""Plain HTTP where the box serves HTTPS: the page that brings a device to it, and nothing else."""

import asyncio

import aiohttp
import pytest
from aiohttp import web

from appliance.door.connections import Connections
from appliance.door.gate import Gate
from appliance.door.welcome import Welcome
from appliance.web.strings import Catalogue
from tests.door.lobby import behind


def in_plain(paths, *questions, away=False):
    """(method, path) -> (status, body, headers), and what reached the web process."""

    async def run():
        words, asked = Catalogue.load(strict=True), []
        gate = Gate(paths, words, capture_workers=2)
        runner = web.ServerRunner(Connections(Welcome(gate, words).answer))
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        url = f"http://127.0.0.1:{site._server.sockets[0].getsockname()[1]}"
        answers = []
        try:
            async with aiohttp.ClientSession() as http:

                async def ask():
                    for method, path in questions:
                        async with http.request(
                            method, url + path, allow_redirects=False, headers={"Accept": "text/html"}
                        ) as said:
                            answers.append((said.status, await said.read(), said.headers))

                if away:
                    await ask()
                else:
                    async with behind("web", paths.web_socket, asked):
                        await ask()
        finally:
            await runner.cleanup()
            await gate.close()
        return answers, asked

    return asyncio.run(run())


def test_the_page_and_what_belongs_to_it_are_passed_on_to_the_web_process(paths):
    open_paths = (
        "/trust", "/trust?on=ios", "/trust/box.crt", "/static/dist/a.css", "/healthz", "/.well-known/acme-challenge/t0"
    )  # fmt: skip
    answers, asked = in_plain(paths, *(("GET", path) for path in open_paths))
    assert [status for status, _, _ in answers] == [201] * len(open_paths)
    assert [one.path for one in asked] == list(open_paths)
    assert {one.headers["X-Forwarded-Proto"] for one in asked} == {"http"}


def test_everything_else_is_shown_the_way_to_the_page_and_reaches_nobody(paths):
    closed = ("/", "/wall", "/whip/a1/webcam", "/keys/authority.pem", "/api/me", "/trusted", "/healthzz", "/box")
    answers, asked = in_plain(paths, *(("GET", path) for path in closed))
    for status, body, headers in answers:
        assert (status, body, headers["Location"]) == (303, b"", "/trust")
    assert asked == []


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_nothing_is_taken_in_plain(paths, method):
    [(status, body, headers)], asked = in_plain(paths, (method, "/trust"))
    assert (status, headers["Allow"], asked) == (405, "GET, HEAD", [])
    assert b"HTTPS only" in body


def test_while_the_pages_are_away_it_says_so_calmly(paths):
    [(status, body, headers)], _ = in_plain(paths, ("GET", "/trust"), away=True)
    assert (status, headers["Retry-After"]) == (503, "2")
    assert b"being started again" in body
