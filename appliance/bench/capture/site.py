"""The helper process that serves the pages and passes their WHIP and WHEP on to the capture process.

Job: {"socket": capture's, "host": address to listen at}. It says {"port": N}.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
from aiohttp import web

from appliance.bench.capture import job
from appliance.bench.capture.pages import HTML

_PASSED_ON = ("Authorization", "Content-Type")


async def _page(_: web.Request) -> web.Response:
    return web.Response(text=HTML, content_type="text/html")


@asynccontextmanager
async def work(told: dict[str, Any]) -> AsyncIterator[job.Said]:
    """Listens."""

    async def pass_on(request: web.Request) -> web.Response:
        headers = {name: request.headers[name] for name in _PASSED_ON if name in request.headers}
        async with (
            aiohttp.ClientSession(connector=aiohttp.UnixConnector(told["socket"])) as http,
            http.post(f"http://box{request.path}", data=await request.read(), headers=headers) as answer,
        ):
            return web.Response(status=answer.status, body=await answer.read(), content_type=answer.content_type)

    application = web.Application()
    application.router.add_get("/", _page)
    application.router.add_post("/{verb:whip|whep}/{attempt}/{kind}", pass_on)
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.5)
    await runner.setup()
    await web.TCPSite(runner, told["host"], 0).start()
    try:

        async def said() -> dict[str, Any]:
            await asyncio.sleep(0)
            return {"port": runner.addresses[0][1]}

        yield said
    finally:
        await runner.cleanup()


if __name__ == "__main__":
    job.serve(work)
