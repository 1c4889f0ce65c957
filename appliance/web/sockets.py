"""The Socket.IO server: who may connect, what a page may say, and the limits of both."""

import functools
import logging
from collections.abc import Callable
from typing import Any

from engineio.async_drivers._websocket_wsgi import SimpleWebSocketWSGI
from flask import Flask, request
from flask_socketio import ConnectionRefusedError as Refused
from flask_socketio import SocketIO

from appliance.errors import ApplianceError, BadInput
from appliance.exam.permissions import Action, Role, may
from appliance.ledger import state
from appliance.web import auth
from appliance.web.context import Services, t
from appliance.web.live import Client, Follower
from appliance.web.needs import action_of, needs
from appliance.web.refusals import Forbidden, SignInNeeded
from appliance.web.trail import log_refusal

log = logging.getLogger(__name__)

MESSAGE_BYTES = 8_000
"""What a page may say at once: `follow` is a hundred bytes."""

Handler = Callable[[Client, Any], dict[str, Any]]


@needs(Action.REVIEW)
def follow_exam(client: Client, said: Any, *, follower: Follower, services: Services) -> dict[str, Any]:
    """`follow {exam, after}`: a person who watches or reviews an exam."""
    exam = said.get("exam")
    if not isinstance(exam, str):
        raise BadInput(t("server.missing", field="exam"))
    with services.reader.connect() as connection:
        found = state.exam(connection, exam)
    return {"head": follower.follow(client, exam=found.exam, after=_after(said))}


@needs(Action.TAKE_EXAM)
def follow_self(client: Client, said: Any, *, follower: Follower, services: Services) -> dict[str, Any]:
    """`follow {after}`: a candidate, the own attempt only, whatever exam is named."""
    with services.reader.connect() as connection:
        row = state.attempt(connection, client.viewer.person)
    return {"head": follower.follow(client, exam=row.exam, after=_after(said))}


EVENTS: dict[str, dict[str, Callable[..., dict[str, Any]]]] = {
    "follow": {"user": follow_exam, "candidate": follow_self},
}
"""What a page may say, and who answers it: a handler for users, one for candidates; each names its Action."""


def _after(said: Any) -> int | None:
    after = said.get("after")
    if after is not None and (not isinstance(after, int) or isinstance(after, bool)):
        raise BadInput(t("server.not_a_number", field="after"))
    return after


def create(app: Flask, services: Services) -> tuple[SocketIO, Follower]:
    """The server on this app, and the thread (not started) that feeds its pages."""
    sockets = SocketIO(
        app,
        async_mode="threading",
        manage_session=False,
        max_http_buffer_size=MESSAGE_BYTES,
        ping_interval=5,
        ping_timeout=10,
        cors_allowed_origins=None,  # the own origin only: the Origin check of engine.io
    )
    _bound_websocket(sockets)
    follower = Follower(
        services,
        emit=lambda event, data, sids: sockets.emit(event, data, to=sids),
        drop=functools.partial(drop, sockets),
        backlog=functools.partial(backlog, sockets),
        connections=max(1, services.settings.web.threads // 3),
    )
    _register(sockets, services, follower)
    app.extensions["follower"] = follower
    return sockets, follower


def _register(sockets: SocketIO, services: Services, follower: Follower) -> None:
    @sockets.on("connect")  # type: ignore[untyped-decorator]
    def connect(_said: object = None) -> None:
        viewer = auth.identify(request.cookies.get(auth.COOKIE, ""))
        if viewer is None or viewer.must:
            raise Refused(t("server.sign_in"))
        if not any(_allowed(viewer.role, handlers[viewer.kind]) for handlers in EVENTS.values()):
            log_refusal(user=viewer.person, action="connect", path="/socket.io")
            raise Refused(t("server.forbidden"))
        if why := follower.admit(request.sid, viewer):  # type: ignore[attr-defined]
            raise Refused(t(why), {"hint": t(f"{why}_hint")})
        if viewer.role is Role.CANDIDATE:  # there is only one thing to follow
            _answer("follow", EVENTS["follow"], services, follower, {})

    @sockets.on("disconnect")  # type: ignore[untyped-decorator]
    def disconnect(_reason: object = None) -> None:
        follower.forget(request.sid)  # type: ignore[attr-defined]

    for name, handlers in EVENTS.items():
        sockets.on_event(name, functools.partial(_answer, name, handlers, services, follower))

    @sockets.on("*")  # type: ignore[untyped-decorator]
    def unknown(_event: str, *_said: object) -> dict[str, str]:
        return {"error": t("server.http_405"), "hint": t("server.http_405_hint")}


def _answer(
    name: str,
    handlers: dict[str, Callable[..., dict[str, Any]]],
    services: Services,
    follower: Follower,
    said: Any = None,
) -> dict[str, Any]:
    """Who speaks, may they, and what does the handler say; a refusal is an answer like any other."""
    try:
        client = follower.client(request.sid)  # type: ignore[attr-defined]
        if client is None:
            raise SignInNeeded(t("server.sign_in"), hint=t("server.sign_in_hint"))
        handler = handlers[client.viewer.kind]
        if not _allowed(client.viewer.role, handler):
            log_refusal(user=client.viewer.person, action=name, path="/socket.io")
            raise Forbidden(t("server.forbidden"), hint=t("server.forbidden_hint"))
        if not isinstance(said, dict):
            raise BadInput(t("server.not_an_object"), hint=t("server.not_an_object_hint"))
        return handler(client, said, follower=follower, services=services)
    except ApplianceError as error:
        return {"error": error.message, "hint": error.hint}


def _allowed(role: Role, handler: Callable[..., Any]) -> bool:
    action = action_of(handler)
    return action is not None and may(role, action)


def backlog(sockets: SocketIO, sid: str) -> int:
    """Messages that wait in a page's connection: engine.io queues them without a bound, so somebody must look."""
    connection = _connection(sockets, sid)
    return 0 if connection is None else int(connection.queue.qsize())


def drop(sockets: SocketIO, sid: str) -> None:
    """Close a page's connection, not its Socket.IO session: after the latter a browser does not come back by itself.
    Who is slow does not take the goodbye either, so nobody waits for it."""
    connection = _connection(sockets, sid)
    if connection is not None:
        connection.close(wait=False)


def _connection(sockets: SocketIO, sid: str) -> Any:
    return sockets.server.eio.sockets.get(sockets.server.manager.eio_sid_from_sid(sid, "/"))


def _bound_websocket(sockets: SocketIO) -> None:
    """engine.io looks at a message's length after all of it has arrived; the WebSocket itself must stop it before.
    There is no public way to say so: the driver's table is copied, not changed for others."""
    sockets.server.eio._async = {**sockets.server.eio._async, "websocket": _Bounded}


class _Bounded(SimpleWebSocketWSGI):  # type: ignore[misc]
    def __init__(self, handler: object, server: object) -> None:
        super().__init__(handler, server, max_message_size=MESSAGE_BYTES)

    def __call__(self, environ: dict[str, Any], start_response: object) -> Any:
        # The library compresses for every browser that offers it, each message for each page anew: a lab's network
        # carries the pulse of sixty pages, and their events wait for nobody's compressor.
        environ.pop("HTTP_SEC_WEBSOCKET_EXTENSIONS", None)
        return super().__call__(environ, start_response)
