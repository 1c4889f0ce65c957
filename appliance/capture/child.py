"""The end of a child process: asked for by closing its socket, made sure of by a kill."""

import asyncio
import contextlib

STOP_SECONDS = 0.2


async def end(child: asyncio.subprocess.Process, *, seconds: float = STOP_SECONDS) -> None:
    """Returns when it has ended. It stops by itself when its socket closes; one that does not within `seconds` is
    killed. A cancellation is waited out with a kill, and then passed on, never lost."""
    ended = asyncio.ensure_future(child.wait())
    try:
        await asyncio.wait({ended}, timeout=seconds)
    finally:
        if not ended.done():
            kill(child)
            await asyncio.wait({ended})


def kill(child: asyncio.subprocess.Process) -> None:
    """Now; one that has just ended by itself is as good."""
    with contextlib.suppress(ProcessLookupError):
        child.kill()
