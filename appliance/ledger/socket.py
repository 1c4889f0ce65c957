"""The ledger's socket: how the other processes append and follow (protocol: docs/design.md).

It runs in the web process on threads of its own: one that accepts, one for each connection that reads, one for each
subscription. A process may append only the types whose catalogue entry names it; somebody at the console may have
chores done (`actions.chores`).
"""

import contextlib
import json
import logging
import math
import socket
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from pathlib import Path
from typing import Any

from appliance.box.clock import Stamp
from appliance.errors import ApplianceError, BadInput, NotAllowed, Unavailable
from appliance.exam import events
from appliance.ledger.actions.chores import CHORES, Chore
from appliance.ledger.reader import Reader
from appliance.ledger.record import Draft, Event
from appliance.ledger.writer import Writer

log = logging.getLogger(__name__)

LINE_BYTES = 1_000_000
SEND_SECONDS = 30.0
CONNECTIONS = 32
"""More than the box has processes; over it a connection is closed at once and `refused` counts."""


class LedgerServer:
    """Listens on the Unix socket for as long as it is started."""

    def __init__(self, path: Path, *, writer: Writer, reader: Reader, chores: Mapping[str, Chore] = CHORES) -> None:
        self._path = path
        self._chores = chores
        self._writer = writer
        self._reader = reader
        self._listener: socket.socket | None = None
        self._thread: threading.Thread | None = None
        self._connections: set[_Connection] = set()
        self._lock = threading.Lock()
        self.refused = 0

    def start(self) -> None:
        """Listen."""
        self._path.unlink(missing_ok=True)
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._listener.bind(str(self._path))
        self._path.chmod(0o600)
        self._listener.listen(16)
        self._thread = threading.Thread(target=self._accept, name="ledger-accept")
        self._thread.start()

    def stop(self) -> None:
        """Close every connection; what was appended before is acknowledged or will be sent again."""
        assert self._listener is not None
        assert self._thread is not None
        self._path.unlink(missing_ok=True)
        self._listener.shutdown(socket.SHUT_RDWR)
        self._thread.join()
        self._listener.close()
        with self._lock:
            connections = list(self._connections)
        for connection in connections:
            connection.close()
        for connection in connections:
            connection.join()

    def _accept(self) -> None:
        assert self._listener is not None
        while True:
            try:
                peer, _ = self._listener.accept()
            except OSError:
                return  # stop() has shut the listener down
            with self._lock:
                if len(self._connections) >= CONNECTIONS:
                    self.refused += 1
                    peer.close()
                    continue
                connection = _Connection(peer, self._writer, self._reader, self._chores, forget=self._forget)
                self._connections.add(connection)
            connection.start()

    def _forget(self, connection: "_Connection") -> None:
        with self._lock:
            self._connections.discard(connection)


class _Connection:
    """One process."""

    def __init__(
        self,
        peer: socket.socket,
        writer: Writer,
        reader: Reader,
        chores: Mapping[str, Chore],
        *,
        forget: "Callable[[_Connection], None]",
    ) -> None:
        self._peer = peer
        self._chores = chores
        self._writer = writer
        self._reader = reader
        self._forget = forget
        self._send_lock = threading.Lock()
        self._closing = threading.Event()
        self._process = ""
        self._threads = [threading.Thread(target=self._read, name="ledger-connection")]
        peer.settimeout(None)

    def start(self) -> None:
        self._threads[0].start()

    def close(self) -> None:
        self._closing.set()
        with contextlib.suppress(OSError):
            self._peer.shutdown(socket.SHUT_RDWR)

    def join(self) -> None:
        for thread in self._threads:
            thread.join()

    def _read(self) -> None:
        try:
            with self._peer.makefile("rb") as lines:
                while line := lines.readline(LINE_BYTES):
                    self._take(line)
        except OSError as error:
            log.info("the connection of %s broke: %s", self._process or "a process", error)
        except ApplianceError as error:
            log.warning("the connection of %s was closed: %s", self._process or "a process", error)
        finally:
            self.close()
            for thread in self._threads[1:]:
                thread.join()
            self._peer.close()
            self._forget(self)

    def _take(self, line: bytes) -> None:
        try:
            said = json.loads(line)
        except ValueError:
            raise BadInput("a line is not JSON or longer than 1 MB") from None
        if not isinstance(said, dict):
            raise BadInput("a line is not an object")
        if "hello" in said:
            self._process = str(said["hello"])[:20]
        elif not self._process:
            raise BadInput("the first line must be a hello")
        elif "append" in said:
            self._append(said["append"])
        elif "subscribe" in said:
            self._subscribe(said["subscribe"])
        elif "do" in said:
            self._do(said["do"])
        else:
            raise BadInput("a line is none of hello, append, subscribe, do")

    def _do(self, said: Any) -> None:
        name = str(said.get("chore", ""))[:40] if isinstance(said, dict) else ""
        try:
            chore, arguments = self._chores.get(name), said.get("said") if isinstance(said, dict) else None
            if self._process != "cli" or chore is None or not isinstance(arguments, dict):
                raise BadInput(f"{self._process} may not have {name!r} done")
            self._writer.transact(lambda transaction: chore(transaction, arguments))
        except ApplianceError as error:
            self._refuse(name, error)
            return
        self._send({"done": name})

    def _append(self, said: Any) -> None:
        id = str(said.get("id", ""))[:64] if isinstance(said, dict) else ""
        try:
            draft = _draft(said, self._process)
            future = self._writer.submit(lambda transaction: transaction.append(draft))
        except ApplianceError as error:
            self._refuse(id, error)
            return
        future.add_done_callback(lambda done: self._answer(id, done))

    def _answer(self, id: str, done: "Future[Event]") -> None:
        error = done.exception()
        if error is None:
            self._send({"acknowledged": id, "seq": done.result().seq})
        elif isinstance(error, ApplianceError):
            self._refuse(id, error)
        else:
            log.error("an event of %s could not be appended", self._process, exc_info=error)
            self._refuse(id, BadInput("the event does not fit the state of the exam"))

    def _refuse(self, id: str, error: ApplianceError) -> None:
        again = isinstance(error, Unavailable)
        self._send({"refused": id, "reason": error.message, "hint": error.hint, "again": again})

    def _send(self, message: dict[str, Any]) -> None:
        line = json.dumps(message).encode() + b"\n"
        with self._send_lock:
            try:
                self._peer.sendall(line)
            except OSError:
                self._closing.set()  # the reading thread sees the end of the stream; the client sends again

    def _subscribe(self, said: dict[str, Any]) -> None:
        if len(self._threads) > 1:
            raise BadInput("a connection has one subscription")
        types = said.get("types")
        wanted = None if types is None else frozenset(str(t) for t in types)
        after = int(said.get("after", 0))
        thread = threading.Thread(target=self._follow, args=(after, wanted), name="ledger-subscription")
        self._threads.append(thread)
        thread.start()

    def _follow(self, after: int, types: frozenset[str] | None) -> None:
        while not self._closing.is_set():
            head = self._writer.head
            found = self._reader.events(after=after, types=types)
            for event in found:
                self._send({"event": event.to_json()})
            after = found[-1].seq if found else max(after, head)
            if not found and self._writer.wait_beyond(after, seconds=0.25) <= after:
                self._closing.wait(0.01)  # the writer has stopped and no longer makes us wait


def _draft(said: Any, process: str) -> Draft:
    if not isinstance(said, dict):
        raise BadInput("an append is not an object")
    try:
        payload = events.decode(str(said["type"]), said["payload"])
        if process.partition("-")[0] not in payload.ORIGINS:  # one of several workers: capture-2
            raise NotAllowed(f"{process} may not append {payload.TYPE}")
        at = Stamp(
            wall=float(said["wall"]),
            monotonic_ns=int(said["monotonic_ns"]),
            boot=str(said["boot"])[:64],
            synchronised=bool(said["synchronised"]),
        )
        if not math.isfinite(at.wall):
            raise BadInput("wall is not a time")
        exam = said["exam"]
        id, chain = said["id"], said["chain"]
    except (KeyError, TypeError, ValueError) as error:
        raise BadInput(f"an append lacks or garbles {error}") from None
    if not (isinstance(id, str) and 8 <= len(id) <= 64 and isinstance(chain, str) and 0 < len(chain) <= 64):
        raise BadInput("an append needs an id and a chain")
    if exam is not None and not isinstance(exam, str):
        raise BadInput("exam is neither a name nor null")
    return Draft(payload=payload, chain=chain, exam=exam, actor=process, id=id, at=at)
