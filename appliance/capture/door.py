"""Capture's HTTP: WHIP, WHEP and back-fill on a Unix socket, behind nginx or the door."""

import asyncio
import json
import logging
from functools import partial
from pathlib import Path

from aiohttp import web

from appliance.box.token import Claim, FeedTokens, Purpose
from appliance.capture import piece
from appliance.capture.admission import Full
from appliance.capture.routing import Handler, Routing
from appliance.capture.station import Station
from appliance.capture.view import Dropped
from appliance.errors import ApplianceError, BadInput, NotAllowed, NotFound, Unavailable
from appliance.exam.feed import Feed

log = logging.getLogger(__name__)

MOST_BYTES = 64 * 1024
_STATUS: tuple[tuple[type[ApplianceError], int], ...] = (
    (Dropped, 410),
    (NotAllowed, 409),
    (BadInput, 400),
    (NotFound, 404),
    (Unavailable, 503),
)


_HTTP = {
    404: ("there is nothing at this address", "See WHIP and WHEP in docs/api.md."),
    405: ("this is not possible here", "Candidates come in the offer; a change is a new offer."),
    413: (f"the offer is larger than {MOST_BYTES // 1024} kB", "An offer has a few kilobytes."),
}


class _Refused(Exception):
    def __init__(self, status: int, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.status, self.message, self.hint = status, message, hint


@web.middleware
async def _errors(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Every refusal is a sentence and a hint."""
    try:
        return await handler(request)
    except _Refused as error:
        return _said(error.status, error.message, error.hint)
    except ApplianceError as error:
        status = next((status for kind, status in _STATUS if isinstance(error, kind)), 500)
        if isinstance(error, Full):
            return _said(status, error.message, error.hint, again=20, reason=error.reason)
        return _said(status, error.message, error.hint)
    except web.HTTPException as error:
        return _said(error.status, *_HTTP.get(error.status, (error.reason, "")))
    except Exception:
        log.exception("%s %s", request.method, request.path)
        return _said(500, "something went wrong inside the capture process", "Try again; its log says more.")


def _said(status: int, message: str, hint: str, *, again: int = 2, **more: str) -> web.Response:
    headers = {"Retry-After": str(again)} if status == 503 else {}
    return web.json_response({"error": message, "hint": hint, **more}, status=status, headers=headers)


class Door:
    """The routes."""

    def __init__(self, station: Station, tokens: FeedTokens, routing: Routing) -> None:
        self._station, self._tokens, self._routing = station, tokens, routing

    def application(self) -> web.Application:
        """Ready to be served. Every address that names an attempt may be passed on to the worker that carries it."""

        @web.middleware
        async def route(request: web.Request, handler: Handler) -> web.StreamResponse:
            return await self._routing.answer(request, handler)

        application = web.Application(middlewares=[_errors, route], client_max_size=MOST_BYTES)
        application.router.add_post("/whip/{attempt}/{kind}", self._whip)
        application.router.add_post("/whep/{attempt}/{kind}", self._whep)
        application.router.add_post("/fill/{attempt}/{kind}", self._fill)
        application.router.add_delete("/whip/{attempt}/{kind}/session/{id}", self._delete)
        application.router.add_delete("/whep/{attempt}/{kind}/session/{id}", self._delete)
        return application

    async def _whip(self, request: web.Request) -> web.Response:
        claim, offer = self._claim(request, "publish"), await _offer(request)
        id, answer = await self._station.publish(claim, offer)
        return _created(answer, f"/whip/{claim.feed}/session/{id}")

    async def _whep(self, request: web.Request) -> web.Response:
        claim, offer = self._claim(request, "view"), await _offer(request)
        id, answer = await self._station.view(claim, offer)
        return _created(answer, f"/whep/{claim.feed}/session/{id}")

    async def _fill(self, request: web.Request) -> web.Response:
        """A question in JSON, or a piece."""
        claim = self._claim(request, "publish")
        feed = self._station.feeds.get(claim.feed)
        if feed is None or claim.feed.attempt in self._station.ended:
            raise NotFound("this feed is not recorded just now", hint="Publish it first.")
        if request.content_type == "application/json":
            said = self._station.fills.asked(feed, await _why(request))
        elif request.content_type == "application/octet-stream":
            said = await self._station.fills.take(feed, partial(_body, request))
        else:
            raise _Refused(415, "the body is neither a question nor a piece", "See back-fill in docs/api.md.")
        return web.json_response(said, headers={"Cache-Control": "no-store"})

    async def _delete(self, request: web.Request) -> web.Response:
        """The session's address is secret enough: a page that is being closed cannot send headers."""
        await self._station.end_session(_feed(request), request.match_info["id"])
        return web.Response(status=200)

    def _claim(self, request: web.Request, purpose: Purpose) -> Claim:
        feed = _feed(request)
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise _Refused(401, "a token is missing", "Send it as Authorization: Bearer TOKEN.")
        try:
            claim = self._tokens.check(token.strip(), purpose)
        except NotAllowed as error:
            raise _Refused(401, error.message, error.hint) from None
        if claim.feed != feed:
            raise _Refused(403, "this token is for another feed", "Reload the page to get the right one.")
        self._station.refuse_removed(claim)
        return claim


def _feed(request: web.Request) -> Feed:
    return Feed.parse(f"{request.match_info['attempt']}/{request.match_info['kind']}")


async def _offer(request: web.Request) -> str:
    if request.content_type != "application/sdp":
        raise _Refused(415, "the body is not application/sdp", "Send the SDP offer with Content-Type: application/sdp.")
    try:
        return (await request.read()).decode("utf-8")
    except UnicodeDecodeError:
        raise BadInput("the offer is not text", hint="Send the SDP offer of an RTCPeerConnection.") from None


async def _why(request: web.Request) -> str:
    try:
        return str(json.loads(await request.read() or b"{}").get("why", ""))
    except (ValueError, AttributeError, RecursionError):
        raise BadInput("the question cannot be read", hint="See back-fill in docs/api.md.") from None


async def _body(request: web.Request) -> bytes:
    """Bounded by itself: a piece is larger than an offer."""
    body = bytearray()
    async for chunk in request.content.iter_any():
        body += chunk
        if len(body) > piece.MOST_BYTES:
            raise BadInput("the piece is too large", hint="Send about four seconds at a time.")
    return bytes(body)


def _created(answer: str, location: str) -> web.Response:
    headers = {"Location": location, "Cache-Control": "no-store"}
    return web.Response(status=201, text=answer, content_type="application/sdp", headers=headers)


async def serve(application: web.Application, socket: Path) -> web.AppRunner:
    """Listen on the Unix socket."""
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.5)
    await runner.setup()
    await web.UnixSite(runner, str(socket)).start()
    await asyncio.to_thread(socket.chmod, 0o600)
    return runner
