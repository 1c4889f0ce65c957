"""The ledger as another process sees it: append without waiting, follow across restarts of the web process.

What is appended while the writer is away waits in a bounded buffer. When the bound is reached the oldest is dropped and
counted, and the loss itself becomes an event when the writer is back: recordings rebuild their index from files, so
what is dropped can be found again.
"""

import contextlib
import json
import logging
import selectors
import socket
import threading
import time
import uuid
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeout
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from appliance.box import clock
from appliance.errors import BadInput, Unavailable
from appliance.exam import events
from appliance.exam.events import BOX, LedgerOverflowed, Payload

log = logging.getLogger(__name__)

CAPACITY = 10_000
RECONNECT_SECONDS = 0.2
AGAIN_SECONDS = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """An event as a follower receives it."""

    seq: int
    id: str
    chain: str
    type: str
    exam: str | None
    actor: str
    wall: float
    payload: Payload | None


Handler = Callable[[Told], None]


class Client:
    """Thread-safe. One thread of its own connects, sends, resends, receives."""

    def __init__(self, path: Path, *, process: str, capacity: int = CAPACITY) -> None:
        self._path = path
        self._process = process
        self._capacity = capacity
        self._lock = threading.Lock()
        self._pending: OrderedDict[str, bytes] = OrderedDict()  # not acknowledged yet, oldest first
        self._unsent: OrderedDict[str, None] = OrderedDict()
        self._futures: dict[str, Future[int]] = {}
        self._handler: Handler | None = None
        self._after = 0
        self._types: frozenset[str] | None = None
        self._wake_out, self._wake_in = socket.socketpair()
        self._wake_in.setblocking(False)
        self._wake_out.setblocking(False)
        self._stopping = threading.Event()
        self._drained = threading.Event()
        self._drained.set()
        self._thread = threading.Thread(target=self._run, name=f"ledger-client-{process}")
        self._retry_at: float | None = None
        self.lost = 0
        self.refused = 0
        self._untold = 0
        self.connected = False

    def start(self) -> None:
        """Connect, and stay connected."""
        self._thread.start()

    def stop(self, *, flush_seconds: float = 2.0) -> None:
        """Wait a little until everything is acknowledged, then disconnect."""
        self._drained.wait(flush_seconds)
        self._stopping.set()
        self._wake()
        if self._thread.is_alive():
            self._thread.join()
        self._wake_in.close()
        self._wake_out.close()

    @property
    def waiting(self) -> int:
        """Events that are not acknowledged yet."""
        return len(self._pending)

    def append(self, payload: Payload, *, chain: str, exam: str | None, id: str | None = None) -> None:
        """Hand over an event; it is sent until it is acknowledged. Never blocks."""
        self._hand_over(payload, chain, exam, id or uuid.uuid4().hex, None)

    def append_and_wait(self, payload: Payload, *, chain: str, exam: str | None, seconds: float) -> int:
        """The same, and wait for the commit; -> its sequence number. Unavailable when it takes longer, BadInput when
        the ledger refuses it."""
        future: Future[int] = Future()
        id = uuid.uuid4().hex
        self._hand_over(payload, chain, exam, id, future)
        try:
            return future.result(seconds)
        except FutureTimeout:
            with self._lock:
                self._forget(id)
            raise Unavailable(
                "the box did not answer", hint="Is it running? `appliance status` tells; `appliance run` starts it."
            ) from None

    def subscribe(self, handler: Handler, *, after: int = 0, types: frozenset[str] | None = None) -> None:
        """Be told every event after `after`, in order, each once, across reconnects. Call it before `start`."""
        self._handler, self._after, self._types = handler, after, types

    # --- any thread ---

    def _hand_over(self, payload: Payload, chain: str, exam: str | None, id: str, future: "Future[int] | None") -> None:
        at = clock.now()
        append = {
            "id": id,
            "chain": chain,
            "exam": exam,
            "type": payload.TYPE,
            "payload": payload.to_json(),
            "wall": at.wall,
            "monotonic_ns": at.monotonic_ns,
            "boot": at.boot,
            "synchronised": at.synchronised,
        }
        line = json.dumps({"append": append}).encode() + b"\n"
        with self._lock:
            if len(self._pending) >= self._capacity:
                dropped, _ = self._pending.popitem(last=False)
                self._unsent.pop(dropped, None)
                self.lost += 1
                self._untold += 1
            self._pending[id] = line
            self._unsent[id] = None
            if future is not None:
                self._futures[id] = future
            self._drained.clear()
        self._wake()

    def _wake(self) -> None:
        with contextlib.suppress(BlockingIOError):  # full: it will wake anyway
            self._wake_out.send(b"!")

    def _forget(self, id: str) -> "Future[int] | None":
        self._pending.pop(id, None)
        self._unsent.pop(id, None)
        if not self._pending:
            self._drained.set()
        return self._futures.pop(id, None)

    # --- the client's thread ---

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as server:
                    server.connect(str(self._path))
                    self._talk(server)
            except OSError as error:
                log.debug("the ledger is away: %s", error)
            self.connected = False
            self._stopping.wait(RECONNECT_SECONDS)

    def _talk(self, server: socket.socket) -> None:
        self._send(server, {"hello": self._process})
        if self._handler is not None:
            types = None if self._types is None else sorted(self._types)
            self._send(server, {"subscribe": {"after": self._after, "types": types}})
        with self._lock:
            self._unsent = OrderedDict.fromkeys(self._pending)
        self.connected = True
        buffer = b""
        with selectors.DefaultSelector() as selector:
            selector.register(server, selectors.EVENT_READ)
            selector.register(self._wake_in, selectors.EVENT_READ)
            while not self._stopping.is_set():
                self._send_unsent(server)
                for key, _ in selector.select(timeout=0.5):
                    if key.fileobj is self._wake_in:
                        self._wake_in.recv(4096)
                        continue
                    received = server.recv(65536)
                    if not received:
                        return
                    *lines, buffer = (buffer + received).split(b"\n")
                    for line in lines:
                        self._take(json.loads(line))

    def _send(self, server: socket.socket, message: dict[str, Any]) -> None:
        server.sendall(json.dumps(message).encode() + b"\n")

    def _send_unsent(self, server: socket.socket) -> None:
        if self._retry_at is not None and time.monotonic() > self._retry_at:
            self._retry_at = None
            with self._lock:
                self._unsent = OrderedDict.fromkeys(self._pending)
        while self._retry_at is None:
            with self._lock:
                if not self._unsent:
                    return
                id, _ = self._unsent.popitem(last=False)
                line = self._pending[id]
            server.sendall(line)

    def _take(self, said: dict[str, Any]) -> None:
        if "event" in said:
            self._tell(said["event"])
        elif "acknowledged" in said:
            with self._lock:
                future = self._forget(said["acknowledged"])
            if future is not None:
                future.set_result(said["seq"])
            self._tell_of_losses()
        elif said.get("again"):
            self._retry_at = time.monotonic() + AGAIN_SECONDS
        elif "refused" in said:
            self.refused += 1
            log.error("the ledger refused an event of %s: %s", self._process, said["reason"])
            with self._lock:
                future = self._forget(said["refused"])
            if future is not None:
                future.set_exception(BadInput(said["reason"], hint=said.get("hint", "")))

    def _tell(self, said: dict[str, Any]) -> None:
        self._after = said["seq"]
        payload = None if said["payload"] is None else events.decode(said["type"], said["payload"])
        told = Told(
            seq=said["seq"],
            id=said["id"],
            chain=said["chain"],
            type=said["type"],
            exam=said["exam"],
            actor=said["actor"],
            wall=said["wall"],
            payload=payload,
        )
        if self._handler is None:
            return
        try:
            self._handler(told)
        except Exception:
            # A fault in one handler must not stop what this process appends; it is loud in the log and in `refused`.
            self.refused += 1
            log.exception("%s could not handle %s", self._process, told.type)

    def _tell_of_losses(self) -> None:
        if self._untold:
            lost, self._untold = self._untold, 0
            self.append(LedgerOverflowed(process=self._process, lost=lost), chain=BOX, exam=None)
