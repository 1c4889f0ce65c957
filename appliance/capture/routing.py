"""A request that comes to the wrong worker is passed on to the one that carries the attempt, so that whoever stands in
front (nginx, the door) need not know: any worker is right.
"""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

from aiohttp import web

from appliance.box.passing import PASSED_ON, NoAnswer, NobodyThere, Passage, end_to_end
from appliance.capture.ownership import Ownership
from appliance.errors import Unavailable

ANSWER_SECONDS = 10.0
_TRIES = 20
_BETWEEN_SECONDS = 0.05
"""A worker that dies lets go within moments; who asks just then waits a little."""

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Routing:
    """All requests of this worker's door. `passed_on` counts those that were another worker's, `tries` how often one
    had to wait because the attempt was changing hands."""

    def __init__(self, ownership: Ownership, socket_of: Callable[[int], Path]) -> None:
        self._ownership, self._socket_of = ownership, socket_of
        self._passage = Passage(answer_seconds=ANSWER_SECONDS)
        self.passed_on = self.tries = 0

    async def close(self) -> None:
        """No request is passed on any more."""
        await self._passage.close()

    async def answer(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """By this worker's handler, or by the worker that carries the attempt."""
        attempt = request.match_info.get("attempt", "")
        if not attempt.isalnum():
            return await handler(request)
        for _ in range(_TRIES):
            owner = self._ownership.claim(attempt)
            if owner == self._ownership.number:
                with self._ownership.using(attempt):
                    return await handler(request)
            if owner and PASSED_ON not in request.headers:
                try:
                    return await self._there(owner, request)
                except NobodyThere:
                    pass  # it died just now
            self.tries += 1
            await asyncio.sleep(_BETWEEN_SECONDS)
        raise Unavailable(
            "the recording process that carries this attempt does not answer",
            hint="It is started again by itself; the page tries again in some seconds.",
        )

    async def _there(self, owner: int, request: web.Request) -> web.StreamResponse:
        headers = end_to_end(request.headers)
        headers[PASSED_ON] = str(self._ownership.number)
        body = request.content.iter_any() if request.body_exists else None
        try:
            answer = await self._passage.pass_on(request, self._socket_of(owner), headers=headers, body=body)
        except NoAnswer:
            raise Unavailable(
                "the recording process did not answer in time", hint="The page tries again in some seconds."
            ) from None
        self.passed_on += 1
        return answer
