"""Socket.IO: pages follow the ledger by sequence number.

The ledger is the outbox: a client has a cursor, and what it has not got yet is read again from the ledger, so nothing
is ever queued for a slow one. `Follower` is one thread; it wakes at each commit, and once a second for health.
"""

import logging
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from appliance.box import seen
from appliance.box.workers import PANEL
from appliance.errors import ApplianceError
from appliance.exam.permissions import ALL_SEATS, Action, Role, may
from appliance.ledger.actions import logins, users
from appliance.ledger.record import Event
from appliance.ledger.state import AttemptRow
from appliance.web import audience, day, status
from appliance.web.audience import View
from appliance.web.auth import Viewer
from appliance.web.context import Services
from appliance.web.panel import view as front

log = logging.getLogger(__name__)

EVENTS_A_MESSAGE = 200
OUTBOX = 20
"""Messages that may wait in a client's connection. Over it: health is left out, events stay in the ledger."""

SLOW_SECONDS = 10.0
"""A client whose connection takes nothing for so long is closed; it comes back and catches up."""

EACH_PERSON = 8
_TICK = 0.1
_RECHECK_SECONDS = 5.0


Crowd = tuple[Role, str]
"""Pages that are shown the same of an exam."""


def crowd_of(viewer: Viewer) -> Crowd:
    """Who sees every candidate sees what others of that role see; anybody else what the person does."""
    return viewer.role, "" if viewer.role in ALL_SEATS else viewer.person


@dataclass(slots=True)
class Client:
    """One connected page. `cursor` is the sequence number up to which it has everything it may see."""

    sid: str
    viewer: Viewer
    exam: str | None = None
    cursor: int | None = None
    slow_since: float | None = None
    turn: int = 0
    """Counts `follow`s: an answer to the one before must not move the cursor."""


class Follower:
    """Sends events and health to who follows. `emit(event, data, sids)`, `drop(sid)` and `backlog(sid)` are the
    server's; `backlog` counts messages that wait in a connection. Pages that are shown the same are served together:
    what they get is read, chosen and encoded once."""

    def __init__(
        self,
        services: Services,
        *,
        emit: Callable[[str, dict[str, Any], list[str]], None],
        drop: Callable[[str], None],
        backlog: Callable[[str], int],
        connections: int,
    ) -> None:
        self._services = services
        self._emit, self._drop, self._backlog = emit, drop, backlog
        self._connections = connections
        self._clients: dict[str, Client] = {}
        self._lock = threading.RLock()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="follower", daemon=True)
        self._head = services.writer.head
        self._rechecked_at = time.monotonic()
        self.refused = 0
        self.health_left_out = 0
        self.too_slow = 0
        self.sent = 0

    # --- called by the server's threads ---

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Say goodbye to everybody and end the thread."""
        self._stopping.set()
        if self._thread.ident is not None:
            self._thread.join()
        with self._lock:
            clients = list(self._clients)
        for sid in clients:
            self._drop(sid)

    def admit(self, sid: str, viewer: Viewer) -> str:
        """Let a page in; -> "" or the key of the sentence why not."""
        with self._lock:
            if len(self._clients) >= self._connections:
                self.refused += 1
                return "server.socket_full"
            if Counter(c.viewer.person for c in self._clients.values())[viewer.person] >= EACH_PERSON:
                self.refused += 1
                return "server.socket_yours_full"
            self._clients[sid] = Client(sid, viewer)
            return ""

    def recheck(self) -> None:
        """Somebody was signed out: whose pages are open ends now."""
        self._recheck(time.time())

    def forget(self, sid: str) -> None:
        """A page is gone."""
        with self._lock:
            self._clients.pop(sid, None)

    def client(self, sid: str) -> Client | None:
        """A connected page."""
        with self._lock:
            return self._clients.get(sid)

    def follow(self, client: Client, *, exam: str, after: int | None) -> int:
        """From now on this page gets what came after `after` (None: from here on); -> the ledger's head."""
        with self._lock:
            head = self._services.writer.head
            client.exam = exam
            client.turn += 1
            client.cursor = head if after is None or after > head else max(0, after)
            return head

    @property
    def counters(self) -> dict[str, int]:
        """For the health file."""
        with self._lock:
            return {
                "sockets": len(self._clients),
                "sockets_refused": self.refused,
                "sockets_too_slow": self.too_slow,
                "health_left_out": self.health_left_out,
                "events_sent": self.sent,
            }

    # --- the follower's thread ---

    def _run(self) -> None:
        next_pulse = time.monotonic()
        while not self._stopping.is_set():
            try:
                self._services.writer.wait_beyond(self._head, seconds=_TICK)
                self.deliver()
                if time.monotonic() >= next_pulse:
                    next_pulse = time.monotonic() + self._services.settings.web.pulse_seconds
                    self.pulse()
            except ApplianceError as error:  # the disk, mostly: everybody keeps the cursor and gets it later
                log.warning("events cannot be read just now: %s", error)
                self._stopping.wait(1.0)
            except Exception:
                log.exception("a round of the follower failed")
                self._stopping.wait(1.0)

    def deliver(self) -> None:
        """Bring everybody who follows to the head, at most 200 events at a time."""
        head = self._services.writer.head
        with self._lock:
            behind = [c for c in self._clients.values() if c.cursor is not None and c.cursor < head]
            turns = {c.sid: c.turn for c in behind}
            places = {c.sid: (c.exam or "", c.cursor or 0) for c in behind}
        self._head = head
        if not behind:
            return
        together: dict[tuple[tuple[str, int], Crowd], list[Client]] = {}
        for client in behind:
            if self._ready(client):
                together.setdefault((places[client.sid], crowd_of(client.viewer)), []).append(client)
        views: dict[str, View] = {}
        batches: dict[tuple[str, int], tuple[list[Event], int]] = {}
        for (place, _), clients in together.items():
            if place not in batches:  # pages that are up to date share a place: one reading for all of them
                batches[place] = self._read(*place, head)
            self._send(place[0], clients, *batches[place], head, views)
            with self._lock:
                for client in clients:
                    if client.turn == turns[client.sid]:
                        client.cursor = batches[place][1]
        if any(c.cursor is not None and c.cursor < head and c.slow_since is None for c in behind):
            self._head = min(c.cursor for c in behind if c.cursor is not None)  # more waits: come back at once

    def _read(self, exam: str, cursor: int, head: int) -> tuple[list[Event], int]:
        """-> the next events of an exam, and the sequence number up to which that is all of them."""
        found = self._services.reader.events(after=cursor, limit=EVENTS_A_MESSAGE, exam=exam)
        return found, found[-1].seq if len(found) == EVENTS_A_MESSAGE else max(head, cursor)

    def _send(
        self,
        exam: str,
        clients: Sequence[Client],
        found: Sequence[Event],
        upto: int,
        head: int,
        views: dict[str, View],
    ) -> None:
        """To one crowd."""
        if found and exam not in views:
            views[exam] = self._view(exam)
        told = list(audience.shown(clients[0].viewer, found, views[exam])) if found else []
        if told:
            self._emit("events", {"events": told, "head": head, "upto": upto}, [client.sid for client in clients])
            self.sent += len(told) * len(clients)

    def _view(self, exam: str) -> View:
        with self._services.reader.connect() as connection:
            return View.of(connection, exam)

    def _ready(self, client: Client) -> bool:
        """May something be sent? Who takes nothing for 10 s is closed."""
        if self._backlog(client.sid) <= OUTBOX:
            client.slow_since = None
            return True
        now = time.monotonic()
        client.slow_since = client.slow_since or now
        if now - client.slow_since > SLOW_SECONDS:
            self.too_slow += 1
            log.warning("a page of %s takes nothing for %.0f s and is closed", client.viewer.person, SLOW_SECONDS)
            self.forget(client.sid)
            self._drop(client.sid)
        return False

    # --- once a second ---

    def pulse(self) -> None:
        """Health for the walls; and is everybody still signed in?"""
        now = time.time()
        if time.monotonic() - self._rechecked_at > _RECHECK_SECONDS:
            self._rechecked_at = time.monotonic()
            self._recheck(now)
        with self._lock:
            watching = [c for c in self._clients.values() if c.exam and may(c.viewer.role, Action.WATCH)]
        if not watching:
            return
        paths = self._services.paths
        processes = {
            name: {"healthy": said["healthy"], "sentence": said["sentence"]}
            for name, said in status.processes(paths.health, needed=self._services.needed, now=now).items()
            if name != PANEL  # a front that is dark is a matter of the box page: an exam does not notice
        }
        feeds, shows_itself = status.feeds(paths.health, now=now), front.shows_itself(paths.run, now=now)
        together: dict[tuple[str, Crowd], list[Client]] = {}
        for client in watching:
            if self._ready(client):
                together.setdefault((client.exam or "", crowd_of(client.viewer)), []).append(client)
            else:
                self.health_left_out += 1
        facts: dict[str, dict[str, dict[str, Any]]] = {}
        rows: dict[str, View] = {}
        for (exam, _), clients in together.items():
            if exam not in rows:
                rows[exam] = self._view(exam)
                facts[exam] = {
                    name: self._facts(row, rows[exam], feeds, now) for name, row in rows[exam].attempts.items()
                }
            theirs = {attempt: facts[exam][attempt] for attempt in rows[exam].seen_by(clients[0].viewer)}
            said = {"now": now, "attempts": theirs, "processes": processes, "shows_itself": shows_itself}
            self._emit("health", said, [client.sid for client in clients])

    def _facts(
        self, row: AttemptRow, view: View, feeds: dict[str, dict[str, Any]] | None, now: float
    ) -> dict[str, Any]:
        paths = self._services.paths
        return {
            "pictures": status.pictures(paths, row.attempt, view.plan.feeds),
            "health": status.health_of(feeds, row.attempt, view.plan.feeds),
            "recording_trouble": day.recording_trouble(view.plan, row, feeds),
            "seen": seen.read(paths.seen, row.attempt, now),
        }

    def _recheck(self, now: float) -> None:
        """Who signed out, lost the role or got a new join code elsewhere is no longer listened to."""
        with self._lock:
            clients = list(self._clients.values())
        limits, used = self._services.limits, set()
        with self._services.reader.connect() as connection:
            logged_in = [users.who(connection, c.viewer.token, now=now, limits=limits) for c in clients]
        for client, login in zip(clients, logged_in, strict=True):
            if login is None or login.role is not client.viewer.role:
                self.forget(client.sid)
                self._drop(client.sid)
            elif login.attempt is None and now - login.seen_at > logins.TOUCH_SECONDS:
                used.add(client.viewer.token)  # an open page is in use, whoever looks at it without a click
        if used:
            self._services.writer.submit(lambda transaction: logins.touch(transaction, sorted(used)))
