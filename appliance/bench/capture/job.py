"""A helper process: it gets a job as JSON on its input, says when it is connected, ends when told and says what it did.

What a measurement sends and watches with runs in processes of its own, so that their cost is counted apart.
"""

import asyncio
import json
import subprocess
import sys
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, contextmanager
from typing import Any

import uvloop

from appliance.bench.capture.usage import cpu
from appliance.errors import Unavailable

START_SECONDS = 40.0
STOP_SECONDS = 20.0

Said = Callable[[], Awaitable[dict[str, Any]]]
Work = Callable[[dict[str, Any]], AbstractAsyncContextManager[Said]]
"""Entered: connected. What it gives says what was done so far."""


def serve(work: Work) -> None:
    """The helper's side: one job, until its input says something or ends."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_serve(work))


async def _serve(work: Work) -> None:
    job = json.loads(sys.stdin.readline())
    try:
        async with work(job) as said:
            print(json.dumps({"connected": True}), flush=True)
            async for _ in _lines():
                print(json.dumps(await said()), flush=True)
        print(json.dumps({"ended": True}), flush=True)
    except Exception as error:  # whatever it is, who started this says it
        print(json.dumps({"failed": f"{type(error).__name__}: {error}"[:500]}), flush=True)


async def _lines() -> AsyncIterator[str]:
    """Lines of the input but "stop"."""
    while (line := (await asyncio.to_thread(sys.stdin.readline)).strip()) and line != "stop":
        yield line


class Helper:
    """The parent's side."""

    def __init__(self, process: "subprocess.Popen[str]", what: str) -> None:
        self._process, self._what = process, what

    def ask(self) -> dict[str, Any]:
        """What it has done so far."""
        self._say("said")
        return self._hear(STOP_SECONDS)

    def cpu(self) -> float:
        """Seconds of CPU so far."""
        return cpu(self._process.pid)

    def _say(self, line: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(line + "\n")
        self._process.stdin.flush()

    def _hear(self, seconds: float) -> dict[str, Any]:
        assert self._process.stdout is not None
        late = threading.Timer(seconds, self._process.kill)
        late.start()
        try:
            line = self._process.stdout.readline()
        finally:
            late.cancel()
            late.join()
        if not line:
            raise Unavailable(f"{self._what} of the benchmark ended or said nothing for {seconds:.0f} s")
        said: dict[str, Any] = json.loads(line)
        if "failed" in said:
            raise Unavailable(f"{self._what} of the benchmark failed: {said['failed']}")
        return said


@contextmanager
def helper(module: str, job: Mapping[str, Any], *, prefix: Sequence[str] = ()) -> Iterator[Helper]:
    """Run `module` on a job; begins when it is connected. `prefix`: a command that runs it elsewhere (`ip netns`)."""
    command = [*prefix, sys.executable, "-m", module]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        running = Helper(process, module.rpartition(".")[2])
        try:
            running._say(json.dumps(job))
            running._hear(START_SECONDS)
            yield running
            running._say("stop")
            running._hear(STOP_SECONDS)
        except BaseException:
            process.kill()
            raise
