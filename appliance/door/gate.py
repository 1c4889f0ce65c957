"""Where each request goes: `/whip/`, `/whep/` and `/fill/` to the capture worker that should carry the attempt, or to
who stands in for it; everything else to the web process.
"""

import asyncio
import logging
import re
import tempfile
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import IO

from aiohttp import web
from multidict import CIMultiDict

from appliance.box import workers
from appliance.box.passing import PASSED_ON, Body, NoAnswer, NobodyThere, Passage, end_to_end
from appliance.box.paths import Paths
from appliance.door import away
from appliance.door.away import Words
from appliance.door.tunnel import Tunnels, is_wanted
from appliance.errors import ApplianceError, StorageFull

log = logging.getLogger(__name__)

OFFER_BYTES = 64 * 1024
FILL_BYTES = 32_000_000
"""A minute of camera and screen is a third of it."""

PAGE_BYTES = 2_000_000
"""More than any form takes; the web process allows less, each page what it needs."""

UPLOAD_BYTES = 64_000_000
"""Pictures, clips and PDFs; the web process allows less, each page what it needs. They wait on the disk."""

UPLOADS = ("image/", "video/", "application/pdf", "multipart/form-data")
_CHUNK_BYTES = 256 * 1024

SILENT_SECONDS = 30.0
CAPTURE_SECONDS = 10.0
WEB_SECONDS = 60.0
"""The longest silence of who asks, of a capture worker and of the web process."""

MEDIA = re.compile(r"/(whip|whep|fill)/([A-Za-z0-9]{1,64})/[A-Za-z0-9_/-]{1,200}")
_MEDIA_LIKE = ("/whip/", "/whep/", "/fill/")
_REPEATABLE = ("GET", "HEAD", "OPTIONS", "DELETE")
"""Asked twice is as good as once (RFC 9110 9.2.2): WHIP's POST is not among them."""

STRIPPED = ("X-Forwarded-Port", "X-Forwarded-Prefix", "X-Real-IP", "Forwarded", PASSED_ON)
"""Headers that nobody outside may set."""

_OURS = ("X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Host", *STRIPPED)
"""Those that this door alone may set, too."""

NOT_RUNNING = "the recording process is not running"
NO_ANSWER = "the recording process did not answer in time"
AGAIN = "It is started again by itself; the page tries again in some seconds."
NO_FEED = ("there is no such feed", "Reload the page.")
NO_ADDRESS = ("this is no address of the box", "Reload the page.")


class TooLarge(Exception):
    """The body is longer than fits."""

    def __init__(self, limit: int) -> None:
        super().__init__(limit)
        self.limit = limit


class Gate:
    """Answers every request. `counters`: what became of them."""

    def __init__(self, paths: Paths, words: Words, *, capture_workers: int) -> None:
        self._paths, self._words, self._workers = paths, words, capture_workers
        self._media = Passage(answer_seconds=CAPTURE_SECONDS)
        self._web = Passage(answer_seconds=WEB_SECONDS)
        self._tunnels = Tunnels(self._web)
        self._counts: Counter[str] = Counter()

    @property
    def counters(self) -> dict[str, int]:
        """For the health file."""
        names = ("media", "pages", "stood_in", "capture_away", "web_away", "too_large", "too_slow", "odd")
        return {**{name: self._counts[name] for name in names}, "sockets": len(self._tunnels)}

    async def goodbye(self) -> None:
        """Tell the open pages that the box goes away."""
        await self._tunnels.goodbye()

    async def close(self) -> None:
        """Nothing is passed on any more."""
        await self._media.close()
        await self._web.close()

    async def answer(self, request: web.BaseRequest) -> web.StreamResponse:
        """Whatever comes. Never raises but for a connection that is gone."""
        try:
            return await self._answer(request)
        except TooLarge as error:
            self._counts["too_large"] += 1
            return away.answered(request, 413, *too_large(error.limit))
        except TimeoutError:
            self._counts["too_slow"] += 1
            answer = away.answered(request, 408, "the request did not arrive in time", "Try again.")
            answer.force_close()
            return answer
        except ApplianceError as error:
            return away.answered(request, 503, error.message, error.hint)

    async def _answer(self, request: web.BaseRequest) -> web.StreamResponse:
        path = request.raw_path.partition("?")[0]
        if path.startswith(_MEDIA_LIKE):
            found = MEDIA.fullmatch(path)
            if found is None:
                self._counts["odd"] += 1
                return away.answered(request, 404, *NO_FEED)
            return await self._to_capture(request, way=found[1], attempt=found[2])
        if not path.startswith("/"):
            self._counts["odd"] += 1
            return away.answered(request, 400, *NO_ADDRESS)
        return await self._to_web(request)

    # --- media ---

    async def _to_capture(self, request: web.BaseRequest, *, way: str, attempt: str) -> web.StreamResponse:
        self._counts["media"] += 1
        sockets = [self._paths.capture_socket(number) for number in workers.order(attempt, self._workers)]
        if way == "fill":
            _check_length(request, FILL_BYTES)
            body: Body = _bounded(request, FILL_BYTES) if request.body_exists else None
        else:
            body = await _whole(request, OFFER_BYTES)
        try:
            return await self._to_one_of(request, sockets, body)
        except NobodyThere:
            error = NOT_RUNNING
        except NoAnswer as problem:
            log.warning("%s %s: %s", request.method, request.path, problem.message)
            error = NO_ANSWER
        self._counts["capture_away"] += 1
        return away.answered(request, 503, error, AGAIN)

    async def _to_one_of(self, request: web.BaseRequest, sockets: Sequence[Path], body: Body) -> web.StreamResponse:
        """By the first that is there. What may have been taken is not asked twice."""
        for number, socket in enumerate(sockets):
            last = socket is sockets[-1]
            try:
                answer = await self._media.pass_on(request, socket, headers=_headers(request), body=body)
            except NobodyThere:
                if last:
                    raise
            except NoAnswer:
                if last or request.method not in _REPEATABLE or body is not None:
                    raise
            else:
                self._counts["stood_in"] += number > 0
                return answer
        raise NobodyThere("there is no capture worker")

    # --- pages ---

    async def _to_web(self, request: web.BaseRequest) -> web.StreamResponse:
        self._counts["pages"] += 1
        headers, socket = _headers(request), self._paths.web_socket
        try:
            if is_wanted(request):
                return await self._tunnels.carry(request, socket, headers=headers)
            if (request.content_length or 0) > PAGE_BYTES and request.content_type.startswith(UPLOADS):
                return await self._upload(request, headers=headers)
            body = await _whole(request, PAGE_BYTES)
            return await self._web.pass_on(request, socket, headers=headers, body=body)
        except (NobodyThere, NoAnswer) as error:
            self._counts["web_away"] += 1
            log.info("%s %s: %s", request.method, request.path, error.message)
            return away.pages_are_away(request, self._words)

    async def _upload(self, request: web.BaseRequest, *, headers: CIMultiDict[str]) -> web.StreamResponse:
        """A large body, whole on the disk before the web process is asked: a slow phone holds up nobody else."""
        _check_length(request, UPLOAD_BYTES)
        with tempfile.TemporaryFile(dir=self._paths.cache) as file:
            async for chunk in _bounded(request, UPLOAD_BYTES):
                try:
                    await asyncio.to_thread(file.write, chunk)
                except OSError as error:
                    raise StorageFull("the disk of the box takes no more", hint="Tell the lab staff.") from error
            await asyncio.to_thread(file.seek, 0)
            return await self._web.pass_on(request, self._paths.web_socket, headers=headers, body=_chunks(file))


def too_large(limit: int) -> tuple[str, str]:
    """What is said of it, and a hint."""
    return f"the request is larger than {limit // 1000} kB", "Send less at once."


def _headers(request: web.BaseRequest) -> CIMultiDict[str]:
    """Of the request, with who asked and how as this door saw it."""
    headers = end_to_end(request.headers)
    for name in _OURS:
        headers.popall(name, None)
    headers["X-Forwarded-For"] = request.remote or ""
    headers["X-Forwarded-Proto"] = request.scheme
    headers["X-Forwarded-Host"] = request.host
    return headers


async def _whole(request: web.BaseRequest, limit: int) -> bytes | None:
    """All of a body, None where there is none. It has arrived before anybody is asked to answer: who sends slowly holds
    up nobody else."""
    if not request.body_exists:
        return None
    _check_length(request, limit)
    return b"".join([chunk async for chunk in _bounded(request, limit)])


def _check_length(request: web.BaseRequest, limit: int) -> None:
    if (request.content_length or 0) > limit:
        raise TooLarge(limit)


async def _bounded(request: web.BaseRequest, limit: int) -> AsyncIterator[bytes]:
    size = 0
    while True:
        async with asyncio.timeout(SILENT_SECONDS):
            chunk = await request.content.readany()
        if not chunk:
            return
        size += len(chunk)
        if size > limit:
            raise TooLarge(limit)
        yield chunk


async def _chunks(file: IO[bytes]) -> AsyncIterator[bytes]:
    while chunk := await asyncio.to_thread(file.read, _CHUNK_BYTES):
        yield chunk
