"""The way to capture where no nginx is in front: `/whip`, `/whep` and `/fill` bytes are passed to its Unix socket as they
are.

Capture checks the Bearer token itself; nothing is decided here. A body has at most 64 kB (a piece of back-fill 4 MB), an
answer comes in 10 s.
"""

import contextlib
import http.client
import re
import socket
import weakref
from pathlib import Path

from flask import Blueprint, Response, request

from appliance.box import workers
from appliance.errors import ApplianceError, BadInput, Unavailable
from appliance.exam.permissions import Action
from appliance.web.context import services
from appliance.web.needs import needs, takes

bp = Blueprint("door", __name__)

TIMEOUT_SECONDS = 10.0
ANSWER_LIMIT = 256_000
PIECE_LIMIT = 4_000_000
_METHODS = ["POST", "DELETE", "PATCH"]
_REST = re.compile(r"[A-Za-z0-9_/-]{1,200}")
_ASKED = ("Content-Type", "Authorization", "If-Match")
_ANSWERED = ("Content-Type", "Location", "ETag", "Link", "Accept-Patch", "Accept-Post", "Allow", "Retry-After")


_waiting: "weakref.WeakSet[UnixConnection]" = weakref.WeakSet()


def hang_up() -> None:
    """The process stops: nobody waits for capture any longer."""
    for connection in list(_waiting):
        with contextlib.suppress(OSError, AttributeError):  # it was answered meanwhile, and has no socket any more
            connection.sock.shutdown(socket.SHUT_RDWR)


class UnixConnection(http.client.HTTPConnection):
    """HTTP over a Unix socket."""

    def __init__(self, path: Path, *, timeout: float) -> None:
        super().__init__("localhost", timeout=timeout)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(str(self._path))
        _waiting.add(self)


@bp.route("/whip/<path:rest>", methods=_METHODS)
@needs(Action.PUBLIC)
def whip(rest: str) -> Response:
    """Publish a feed (RFC 9725)."""
    return _passed(f"/whip/{_checked(rest)}")


@bp.route("/whep/<path:rest>", methods=_METHODS)
@needs(Action.PUBLIC)
def whep(rest: str) -> Response:
    """View a feed."""
    return _passed(f"/whep/{_checked(rest)}")


@bp.route("/fill/<path:rest>", methods=["POST"])
@takes(PIECE_LIMIT)
@needs(Action.PUBLIC)
def fill(rest: str) -> Response:
    """Bring what a drop lost."""
    return _passed(f"/fill/{_checked(rest)}")


def _checked(rest: str) -> str:
    if not _REST.fullmatch(rest):
        raise BadInput("there is no such feed", hint="Reload the page.")
    return rest


def _passed(path: str) -> Response:
    body = request.get_data(cache=False)
    headers = {name: request.headers[name] for name in _ASKED if name in request.headers}
    connection = _connected(attempt=path.split("/")[2])
    try:
        connection.request(request.method, path, body=body or None, headers=headers)
        with connection.getresponse() as answer:  # of HTTP/1.0 it owns the socket
            content = answer.read(ANSWER_LIMIT + 1)
    except (OSError, http.client.HTTPException) as error:
        raise _away(error) from error
    finally:
        _waiting.discard(connection)
        connection.close()
    if len(content) > ANSWER_LIMIT:
        raise _away(ValueError("the answer is too long"))
    said = {name: value for name in _ANSWERED if (value := answer.getheader(name)) is not None}
    return Response(content, status=answer.status, headers=said)


def _connected(attempt: str) -> UnixConnection:
    """To the worker that should carry the attempt, or to the next one that is there."""
    for worker in workers.order(attempt, services().settings.capture.workers):
        connection = UnixConnection(services().paths.capture_socket(worker), timeout=TIMEOUT_SECONDS)
        try:
            connection.connect()
        except OSError as error:
            connection.close()
            reason = error
        else:
            return connection
    raise _away(reason)


def _away(error: Exception) -> ApplianceError:
    reason = "did not answer in time" if isinstance(error, TimeoutError) else "is not running"
    return Unavailable(
        f"the recording process {reason}", hint="It is started again by itself; the page tries again in some seconds."
    )
