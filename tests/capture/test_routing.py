"""Any worker is right: what is another's is passed on to it, whole, and what nobody carries is taken."""

import asyncio
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

import aiohttp
import pytest
from aiohttp import web
from yarl import URL

from appliance.capture import routing as module
from appliance.capture.door import serve
from appliance.capture.ownership import Ownership
from appliance.capture.routing import Routing
from appliance.errors import Unavailable
from tests.capture.peers import until


@dataclass
class Worker:
    """A worker whose answers tell who gave them."""

    number: int
    ownership: Ownership
    routing: Routing
    runner: web.AppRunner
    seen: list


@asynccontextmanager
async def worker(folder, number):
    def socket_of(number):
        return folder / f"{number}.sock"

    ownership = Ownership(folder, number=number, count=2)
    routing = Routing(ownership, socket_of)
    seen = []

    @web.middleware
    async def route(request, handler):
        try:
            return await routing.answer(request, handler)
        except Unavailable as error:
            return web.json_response({"error": error.message, "hint": error.hint}, status=503)

    async def answer(request):
        seen.append((request.method, request.raw_path, await request.read(), request.headers))
        headers = {"Location": f"{request.path}/session/1", "X-Worker": str(number)}
        return web.Response(status=201, text=f"answer {number}", headers=headers)

    application = web.Application(middlewares=[route])
    application.router.add_route("*", "/{way}/{attempt}/{kind}", answer)
    application.router.add_route("*", "/elsewhere", answer)
    runner = await serve(application, socket_of(number))
    try:
        yield Worker(number, ownership, routing, runner, seen)
    finally:
        await runner.cleanup()
        await routing.close()
        ownership.let_go()


def with_two(tmp_path, work):
    """Run `work(one, two, ask)`; `ask(worker, method, path, ...)` -> (status, who answered, text)."""

    async def run():
        async with AsyncExitStack() as stack:
            one = await stack.enter_async_context(worker(tmp_path, 1))
            two = await stack.enter_async_context(worker(tmp_path, 2))

            async def ask(at, method, path, **options):
                connector = aiohttp.UnixConnector(str(tmp_path / f"{at.number}.sock"))
                async with (
                    aiohttp.ClientSession(connector=connector) as http,
                    http.request(method, URL(f"http://box{path}", encoded=True), **options) as answer,
                ):
                    return answer.status, answer.headers.get("X-Worker"), await answer.text()

            return await work(one, two, ask)

    return asyncio.run(run())


def test_what_nobody_carries_is_answered_where_it_comes(tmp_path):
    async def work(one, two, ask):
        assert await ask(two, "POST", "/whip/a1/webcam", data=b"offer") == (201, "2", "answer 2")
        assert two.ownership.attempts == ["a1"]
        assert one.routing.passed_on == two.routing.passed_on == 0

    with_two(tmp_path, work)


@pytest.mark.parametrize("method", ["POST", "DELETE", "PATCH", "PUT"])
def test_what_another_carries_is_passed_on_as_it_is(tmp_path, method):
    async def work(one, two, ask):
        two.ownership.claim("a1")
        body, headers = b"v=0\r\n\xff" * 5000, {"Authorization": "Bearer t", "Content-Type": "application/sdp"}
        answer = await ask(one, method, "/fill/a1/webcam?from=1&x=%2F", data=body, headers=headers)
        assert answer == (201, "2", "answer 2")
        ((asked, path, came, said),) = two.seen
        assert (asked, path, came) == (method, "/fill/a1/webcam?from=1&x=%2F", body)
        assert (said["Authorization"], said["Content-Type"]) == ("Bearer t", "application/sdp")
        assert one.seen == []
        assert one.routing.passed_on == 1

    with_two(tmp_path, work)


def test_what_is_of_no_attempt_is_answered_here(tmp_path):
    async def work(one, _two, ask):
        assert (await ask(one, "GET", "/elsewhere"))[1] == "1"
        assert (await ask(one, "GET", "/whip/..a/webcam"))[1] == "1"
        assert one.ownership.attempts == []

    with_two(tmp_path, work)


def test_a_worker_that_dies_while_it_is_asked_is_stood_in_for(tmp_path):
    async def work(one, two, ask):
        two.ownership.claim("a1")
        await two.runner.cleanup()  # nobody listens any more, the lock is still held

        async def die():
            await until(lambda: one.routing.tries > 2)
            two.ownership.let_go()

        answers = await asyncio.gather(ask(one, "POST", "/whip/a1/webcam", data=b"offer"), die())
        assert answers[0] == (201, "1", "answer 1")
        assert one.seen[0][2] == b"offer"

    with_two(tmp_path, work)


def test_a_request_goes_round_no_circle_and_nobody_waits_for_ever(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "_TRIES", 3)

    async def work(one, two, ask):
        two.ownership.claim("a1")
        status, _, text = await ask(one, "POST", "/whip/a1/webcam", headers={"X-Passed-On": "2"})
        assert (status, "does not answer" in text) == (503, True)
        assert two.seen == []

    with_two(tmp_path, work)


def test_an_attempt_is_kept_while_it_is_being_answered(tmp_path):
    async def work(one, _two, ask):
        kept = []

        async def slow(_request):
            one.ownership.keep(lambda attempt: False)
            kept.append(one.ownership.attempts)
            return web.Response()

        class Asked:
            match_info = {"attempt": "a1"}  # noqa: RUF012

        await one.routing.answer(Asked(), slow)
        one.ownership.keep(lambda attempt: False)
        assert (kept, one.ownership.attempts) == ([["a1"]], [])

    with_two(tmp_path, work)
