"""A child process ends, whoever is quicker, and a cancellation is never lost in between."""

import asyncio
import sys

import pytest

from appliance.capture import child

STAYS = "import time; time.sleep(60)"


async def started(code):
    return await asyncio.create_subprocess_exec(sys.executable, "-c", code, stdin=asyncio.subprocess.DEVNULL)


def test_one_that_stays_is_killed():
    async def run():
        process = await started(STAYS)
        await child.end(process, seconds=0.05)
        assert process.returncode == -9

    asyncio.run(run())


def test_one_that_has_just_ended_is_no_error():
    async def run():
        process = await started("")
        await process.wait()
        child.kill(process)
        await child.end(process)
        assert process.returncode == 0

    asyncio.run(run())


def test_a_cancellation_is_passed_on_even_where_the_child_ends_at_that_moment():
    """A kill that came too late once took the place of the cancellation: whoever had cancelled waited for ever."""

    class JustGone:
        """asyncio's own process says this when the child ended between the look and the kill."""

        def __init__(self):
            self.gone = asyncio.Event()

        async def wait(self):
            await self.gone.wait()

        def kill(self):
            self.gone.set()
            raise ProcessLookupError

    async def run():
        task = asyncio.ensure_future(child.end(JustGone(), seconds=5))
        await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asyncio.wait_for(task, 1)

    asyncio.run(run())
