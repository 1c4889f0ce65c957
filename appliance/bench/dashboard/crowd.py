"""The pages of a measurement, a process of its own: so many Socket.IO clients that follow one exam.

Each event that arrives is noted with the wall time at which it came in and the one that stands in it: both are clocks
of this machine. `python -m appliance.bench.dashboard.crowd` takes a job as `bench.capture.job` has it.
"""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp

from appliance.bench.capture.job import Said, serve
from appliance.bench.dashboard.page import Page, follow, listen

_TIMER_SECONDS = 0.02


@asynccontextmanager
async def work(job: dict[str, Any]) -> AsyncIterator[Said]:
    """`cookies`: one for each page, which follow from `after` on. What is said: arrivals and chats of each page, how
    many pages were closed, and how late a timer of this process was (what the machine itself adds)."""
    pages = [Page() for _ in job["cookies"]]
    late: list[float] = []
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:
        joined = (follow(session, job, cookie, job["after"]) for cookie in job["cookies"])
        sockets = await asyncio.gather(*joined)
        tasks = [asyncio.create_task(listen(socket, page)) for socket, page in zip(sockets, pages, strict=True)]
        tasks.append(asyncio.create_task(_clock(late)))

        async def said() -> dict[str, Any]:
            return {
                "seen": [page.seen for page in pages],
                "chats": [page.chats for page in pages],
                "closed": sum(page.closed for page in pages),
                "timer_late": late,
            }

        yield said
        for socket in sockets:
            await socket.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _clock(late: list[float]) -> None:
    """Seconds by which a timer that nothing keeps but the machine came too late."""
    while True:
        began = time.monotonic()
        await asyncio.sleep(_TIMER_SECONDS)
        late.append(time.monotonic() - began - _TIMER_SECONDS)


if __name__ == "__main__":
    serve(work)
