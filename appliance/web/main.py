"""The web process: everything is put together here, started in order, and stopped in the reverse.

gunicorn's gthread worker runs in this very process, without gunicorn's arbiter. The arbiter forks: the writer would
live in a child, `kill -9` of the parent would leave that child holding the port and the ledger for a second beside its
successor, and a ledger that cannot be opened would be a worker that "failed to boot" instead of a sentence. There is
one worker ever, and a supervisor (systemd or `appliance run`) starts the process again, so nothing is lost by it.
"""

import contextlib
import logging
import os
import signal
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from types import FrameType
from typing import Any

from flask import Flask
from gunicorn.app.base import BaseApplication
from gunicorn.glogging import Logger
from gunicorn.workers.gthread import TConn, ThreadWorker
from werkzeug.middleware.proxy_fix import ProxyFix

from appliance.box import health, process
from appliance.box.listening import listen
from appliance.box.paths import Paths
from appliance.box.secret import secret_from
from appliance.box.token import FeedTokens
from appliance.config import Settings
from appliance.ledger.reader import Reader
from appliance.ledger.socket import LedgerServer
from appliance.ledger.writer import Writer
from appliance.standards.lti.registry import Registry
from appliance.web import clock_watch, keeping, line, sockets, timekeeper, watchdog
from appliance.web.app import create_app
from appliance.web.board import checks, rehearsal
from appliance.web.context import Services
from appliance.web.health import recording
from appliance.web.live import Follower
from appliance.web.review import loudness
from appliance.web.signin.provider import Provider
from appliance.web.strings import Catalogue

log = logging.getLogger(__name__)

SILENT_SECONDS = 30
"""A connection that sends half a request, or takes no answer, gives its thread back after this. Pages with a WebSocket
say something every 5 s."""

GRACE_SECONDS = 2
"""For answers under way when the process is told to stop."""


def run(*, paths: Paths, settings: Settings, port: int | None = None) -> int:
    """Serve until SIGTERM or SIGINT; 0. On the box's Unix socket, behind the door or nginx, whose word about who asks
    is taken; or on a port of its own. ApplianceError, before anything runs, when the port is taken, the data folder
    cannot be written or the ledger cannot be opened."""
    with contextlib.ExitStack() as stack:
        behind = port is None
        listener = stack.enter_context(listening_behind(paths) if behind else listening(settings, port=port or 0))
        services = stack.enter_context(serving(paths, settings))
        app = create_app(services)
        _, follower = sockets.create(app, services)
        if behind:
            app.wsgi_app = ProxyFix(app.wsgi_app, x_for=1, x_proto=1, x_host=1)  # type: ignore[method-assign]
        follower.start()
        stack.callback(follower.stop)
        stack.enter_context(line.watched(services))
        stack.enter_context(clock_watch.watched(services))
        stack.enter_context(timekeeper.watched(services))
        stack.enter_context(recording.watched(services))
        stack.enter_context(keeping.kept(services))
        stack.enter_context(loudness.measured(services))
        stack.enter_context(checks.watched(services))
        stack.enter_context(rehearsal.rehearsed(services))
        stack.enter_context(_heartbeat(app, services, follower, port=None if behind else listener.getsockname()[1]))
        process.notify("READY=1")
        stack.enter_context(watchdog.proving(services.writer, lambda: _knocking(listener)))
        _serve(app, listener, settings, on_stop=lambda: _goodbye(follower))
        process.notify("STOPPING=1")
    return 0


@contextlib.contextmanager
def listening_behind(paths: Paths) -> Iterator[socket.socket]:
    """The Unix socket. Whoever may write the ledger may take it: a crash leaves it behind."""
    paths.make()
    paths.web_socket.unlink(missing_ok=True)
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listener:
        listener.bind(str(paths.web_socket))
        paths.web_socket.chmod(0o600)
        listener.listen(512)
        _bound_silence(listener)
        try:
            yield listener
        finally:
            paths.web_socket.unlink(missing_ok=True)


@contextlib.contextmanager
def listening(settings: Settings, *, port: int) -> Iterator[socket.socket]:
    """The port, taken before anything else is started."""
    (listener,) = listen(settings.web.host or "0.0.0.0", port)
    with listener:
        _bound_silence(listener)
        yield listener


def _knocking(listener: socket.socket) -> socket.socket:
    """A connection to this very process, as the door or nginx has one."""
    with contextlib.ExitStack() as stack:
        one = stack.enter_context(socket.socket(listener.family, socket.SOCK_STREAM))
        one.settimeout(watchdog.ANSWER_SECONDS)
        one.connect(listener.getsockname())
        stack.pop_all()
        return one


def _bound_silence(listener: socket.socket) -> None:
    for option in (socket.SO_RCVTIMEO, socket.SO_SNDTIMEO):  # inherited by every connection
        listener.setsockopt(socket.SOL_SOCKET, option, struct.pack("ll", SILENT_SECONDS, 0))


@contextlib.contextmanager
def serving(paths: Paths, settings: Settings) -> Iterator[Services]:
    """The ledger: its one writer, a reader, and its socket for the other processes."""
    paths.make()
    writer = Writer(paths.database)
    writer.start()
    with contextlib.ExitStack() as stack:
        stack.callback(writer.stop)
        reader = Reader(paths.database)
        stack.callback(reader.close)
        server = LedgerServer(paths.ledger_socket, writer=writer, reader=reader)
        server.start()
        stack.callback(server.stop)
        yield Services(
            paths=paths,
            settings=settings,
            writer=writer,
            reader=reader,
            tokens=FeedTokens.from_file(paths.feed_key),
            words=Catalogue.load(),
            code_key=secret_from(paths.code_key),
            lti=Registry.of(settings, folder=paths.keys, cache=paths.cache, secret=secret_from(paths.keys / "web")),
            provider=Provider.of(settings, cache=paths.cache),
        )


@contextlib.contextmanager
def _heartbeat(app: Flask, services: Services, follower: Follower, *, port: int | None) -> Iterator[None]:
    """The health file, each second."""
    stopping = threading.Event()
    built = app.extensions["manifest"].built
    runs = services.words("server.runs_behind") if port is None else services.words("server.runs", port=port)
    says = runs if built else services.words("server.not_built")
    folder = services.paths.health

    def beat() -> None:
        while not stopping.is_set():
            failure = services.writer.failure
            writer = services.writer
            facts = {
                **follower.counters,
                **services.keeping.facts(),
                **services.exporting.facts(),
                **services.reviewing.facts(),
                **services.seats.facts(),
                **services.rehearsals.facts(),
                **services.guesses.facts(),
                **services.hashing.facts(),
                **services.signing_in.facts(),
                **services.pending.facts(),
                "queue": writer.waiting,
                "refused": writer.refused,
            }
            try:
                health.write(folder, "web", healthy=built and not failure, sentence=failure or says, port=port, **facts)
            except OSError as error:
                log.error("the health file cannot be written: %s", error)
            stopping.wait(1.0)

    thread = threading.Thread(target=beat, name="heartbeat")
    thread.start()
    try:
        yield
    finally:
        stopping.set()
        thread.join()
        with contextlib.suppress(OSError):  # tmpfs full: the file says "silent" soon enough
            health.write(folder, "web", healthy=False, sentence="stopped")


def _goodbye(follower: Follower) -> None:
    """Who waits for something that takes long is told now."""
    follower.stop()


class _Log(Logger):  # type: ignore[misc]
    """gunicorn speaks through our logging."""

    def setup(self, cfg: Any) -> None:
        self.error_log.propagate = True
        self.error_log.setLevel(logging.WARNING)

    def access(self, resp: Any, req: Any, environ: Any, request_time: Any) -> None:
        """No access log: what matters is in the ledger."""


class _Gunicorn(BaseApplication):  # type: ignore[misc]
    def __init__(self, app: Flask, settings: Settings) -> None:
        self._app, self._settings = app, settings
        super().__init__()

    def load_config(self) -> None:
        threads = self._settings.web.threads
        values = {
            "workers": 1,
            "threads": threads,
            "worker_connections": threads * 4,
            "worker_class": "gthread",
            "keepalive": 20,
            "graceful_timeout": GRACE_SECONDS,
            "logger_class": _Log,
        }
        for name, value in values.items():
            self.cfg.set(name, value)

    def load(self) -> Flask:
        return self._app


class _Worker(ThreadWorker):  # type: ignore[misc]
    """The gthread worker as the process itself."""

    on_stop: Callable[[], None]

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self._busy: set[TConn] = set()

    def enqueue_req(self, conn: TConn) -> None:
        self._busy.add(conn)
        super().enqueue_req(conn)

    def finish_request(self, conn: TConn, fs: Any) -> None:
        self._busy.discard(conn)
        super().finish_request(conn, fs)

    def hang_up(self) -> None:
        """End what did not end in time: a request of which half has come would hold its thread, and the process."""
        for conn in list(self._busy):
            with contextlib.suppress(OSError):  # it was closed meanwhile
                conn.sock.shutdown(socket.SHUT_RDWR)

    def init_signals(self) -> None:
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self.handle_exit)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        if self.alive:
            # open pages hold a thread each, and would be waited for: say goodbye to them, not in the signal handler
            threading.Thread(target=self.on_stop, name="goodbye").start()
        super().handle_exit(sig, frame)

    def is_parent_alive(self) -> bool:
        return True  # there is no arbiter; whoever started us stops us by a signal


def _serve(app: Flask, listener: socket.socket, settings: Settings, *, on_stop: Callable[[], None]) -> None:
    gunicorn = _Gunicorn(app, settings)
    cfg = gunicorn.cfg
    worker = _Worker(1, os.getppid(), [listener], gunicorn, cfg.timeout, cfg, _Log(cfg))
    worker.on_stop = on_stop
    worker.init_process()  # returns when it was told to stop, and what was under way has ended or had its time
    worker.hang_up()
