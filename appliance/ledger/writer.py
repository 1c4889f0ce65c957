"""The one writer: a thread, a connection, and commits that are shared by whoever waits.

Work is handed in by any thread, runs in the writer's, and is acknowledged after the commit. Each piece of work stands
in a savepoint of its own: one that fails leaves nothing behind and takes nobody with it.
"""

import contextlib
import json
import logging
import os
import queue
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from pathlib import Path
from typing import Any, TypeVar

import sqlalchemy as sa

from appliance.box import clock
from appliance.box.clock import Stamp
from appliance.errors import ApplianceError, Unavailable
from appliance.exam import events
from appliance.exam.events import BOX, ChainAnchored
from appliance.ledger import chain, database, projection, tables
from appliance.ledger.record import SELECT, Draft, Event

log = logging.getLogger(__name__)

T = TypeVar("T")

QUEUE_BOUND = 2_000
"""Pieces of work waiting. Over it whoever asks is told to try again, and `refused` counts."""

BATCH = 100
"""Pieces of work that share one commit."""

ANCHOR_SECONDS = 60.0
ANCHOR_AFTER = frozenset({"attempt.finished", "attempt.refused", "attempt.ended", "upstream.attempt_stored"})
"""The box's chain vouches for the attempts' chains each minute, and at once after one of these."""

SCRUB_AFTER = frozenset({"personal.erased"})
"""What was erased is to be nowhere in the ledger's files: not in the write-ahead log either."""

SCRUB_SECONDS = 1.0
"""While somebody reads the log cannot be emptied: it is tried again so often."""

_Work = tuple[Callable[["Transaction"], Any], "Future[Any]"]


class Transaction:
    """What a piece of work sees: the state as it is now, and `append`."""

    def __init__(self, connection: sa.Connection, at: Stamp) -> None:
        self.connection = connection
        self.at = at
        self.anchor_soon = False
        self.scrub_soon = False

    @property
    def now(self) -> float:
        """Wall seconds."""
        return self.at.wall

    def append(self, draft: Draft) -> Event:
        """Append an event and change the state it stands for. An id that is there already changes nothing."""
        found = self.connection.execute(SELECT.where(tables.event.c.id == draft.id)).one_or_none()
        if found is not None:
            return Event.from_row(found)
        event = self._insert(draft)
        self.anchor_soon = self.anchor_soon or event.type in ANCHOR_AFTER
        self.scrub_soon = self.scrub_soon or event.type in SCRUB_AFTER
        for follow_up in projection.apply(self.connection, event):
            self.append(Draft(payload=follow_up.payload, chain=follow_up.chain, exam=event.exam, actor=event.actor))
        return event

    def _insert(self, draft: Draft) -> Event:
        head = self.connection.execute(
            sa.select(tables.event.c.position, tables.event.c.hash)
            .where(tables.event.c.chain == draft.chain)
            .order_by(tables.event.c.position.desc())
            .limit(1)
        ).one_or_none()
        payload = type(draft.payload)
        position = 1 if head is None else head.position + 1
        salt = os.urandom(16)
        link = chain.make(
            id=draft.id,
            chain=draft.chain,
            position=position,
            type=payload.TYPE,
            version=payload.VERSION,
            exam=draft.exam,
            actor=draft.actor,
            at=draft.at,
            payload=draft.payload.to_json(),
            salt=salt,
            prev=chain.GENESIS if head is None else head.hash,
        )
        seq = self.connection.execute(
            sa.insert(tables.event).values(
                id=draft.id,
                chain=draft.chain,
                position=position,
                type=payload.TYPE,
                exam=draft.exam,
                wall=draft.at.wall,
                body=link.body,
                hash=link.hash,
            )
        ).inserted_primary_key[0]  # type: ignore[index]
        self.connection.execute(sa.insert(tables.payload).values(event=draft.id, salt=salt, body=link.payload))
        return Event(
            seq=seq,
            id=draft.id,
            chain=draft.chain,
            position=position,
            type=payload.TYPE,
            version=payload.VERSION,
            exam=draft.exam,
            actor=draft.actor,
            wall=draft.at.wall,
            payload=events.decode(payload.TYPE, json.loads(link.payload or b"{}")),
            hash=link.hash,
            body=link.body,
        )


class Writer:
    """Owns the SQLite file. Start it once, in the web process (or in a command that runs while the box does not)."""

    def __init__(self, file: Path, *, now: Callable[[], Stamp] = clock.now) -> None:
        self._file = file
        self._now = now
        self._work: queue.Queue[_Work | None] = queue.Queue(QUEUE_BOUND)
        self._thread = threading.Thread(target=self._run, name="ledger-writer")
        self._engine: sa.Engine | None = None
        self._committed = threading.Condition()
        self._head = 0
        self._anchored_at = 0.0
        self._scrub_at = 0.0
        self._to_scrub = True  # an earlier process may have been stopped before it could
        self.refused = 0
        self.failure = ""
        self._open = False

    def start(self) -> None:
        """Open the file, bring its schema up to date, start the thread."""
        self._engine = database.open_writer(self._file)
        with database.understood(self._file), self._engine.connect() as connection:
            self._head = connection.execute(sa.select(sa.func.max(tables.event.c.seq))).scalar() or 0
        self._open = True
        self._thread.start()

    def stop(self) -> None:
        """Finish what waits, close the file."""
        if not self._open:
            return
        self._open = False
        self._work.put(None)
        self._thread.join()
        assert self._engine is not None
        self._engine.dispose()
        with self._committed:
            self._committed.notify_all()

    @property
    def waiting(self) -> int:
        """Pieces of work in the queue."""
        return self._work.qsize()

    @property
    def head(self) -> int:
        """The newest committed sequence number."""
        return self._head

    def wait_beyond(self, seq: int, *, seconds: float) -> int:
        """Sleep until something after `seq` is committed, or `seconds` have passed; -> the head. For followers."""
        with self._committed:
            self._committed.wait_for(lambda: self._head > seq or not self._open, timeout=seconds)
            return self._head

    def append(self, *drafts: Draft) -> list[Event]:
        """Append; returns after the commit."""
        return self.transact(lambda transaction: [transaction.append(draft) for draft in drafts])

    def transact(self, work: Callable[[Transaction], T]) -> T:
        """Run `work` in the writer's thread, alone; returns (or raises what it raised) after the commit."""
        return self.submit(work).result()

    def submit(self, work: Callable[[Transaction], T]) -> "Future[T]":
        """The same without waiting; the future is done after the commit."""
        future: Future[T] = Future()
        if not self._open:
            raise Unavailable("the ledger is closed", hint="The box is stopping; try again when it is back.")
        try:
            self._work.put_nowait((work, future))
        except queue.Full:
            self.refused += 1
            raise Unavailable(
                "the box has more to write than its disk takes", hint="Try again in some seconds; see the box page."
            ) from None
        return future

    # --- the writer's thread ---

    def _run(self) -> None:
        running = True
        while running:
            with contextlib.suppress(queue.Empty):
                first = self._work.get(timeout=1.0)
                batch, running = self._gather(first)
                self._commit(batch)
            if self._anchored_at + ANCHOR_SECONDS < time.monotonic() or not running:
                self._anchored_at = time.monotonic()
                self._commit([(anchor, Future())])
            if self._to_scrub and (self._scrub_at < time.monotonic() or not running):
                assert self._engine is not None
                self._scrub_at = time.monotonic() + SCRUB_SECONDS
                self._to_scrub = not database.scrub(self._engine)

    def _gather(self, first: _Work | None) -> tuple[list[_Work], bool]:
        batch: list[_Work] = []
        item = first
        while item is not None:
            batch.append(item)
            if len(batch) == BATCH:
                return batch, True
            try:
                item = self._work.get_nowait()
            except queue.Empty:
                return batch, True
        return batch, False

    def _commit(self, batch: list[_Work]) -> None:
        """One transaction for all of it; futures are answered after the commit, or with why there was none."""
        assert self._engine is not None
        answers: list[Callable[[], None]] = []
        try:
            with database.understood(self._file), self._engine.begin() as connection:
                transaction = Transaction(connection, self._now())
                for work, future in batch:
                    answers.append(self._one(transaction, work, future))
                head = connection.execute(sa.select(sa.func.max(tables.event.c.seq))).scalar() or 0
            if head > self._head:
                self.failure = ""  # only a commit that wrote something shows that writing works again
            if transaction.anchor_soon:
                self._anchored_at = 0.0
            self._to_scrub = self._to_scrub or transaction.scrub_soon
        except (ApplianceError, sa.exc.SQLAlchemyError) as error:
            self.failure = str(error)
            log.error("the ledger could not be written: %s", error)
            for _, future in batch:
                future.set_exception(error if isinstance(error, ApplianceError) else Unavailable(str(error)))
            return
        self._head = head
        for answer in answers:
            answer()
        with self._committed:
            self._committed.notify_all()

    def _one(
        self, transaction: Transaction, work: Callable[[Transaction], Any], future: "Future[Any]"
    ) -> Callable[[], None]:
        savepoint = transaction.connection.begin_nested()
        try:
            result = work(transaction)
        except sa.exc.OperationalError:
            raise  # the disk, not this piece of work: SQLite has undone everything, nobody's commit stands
        except Exception as error:
            savepoint.rollback()
            failure = error
            return lambda: future.set_exception(failure)
        savepoint.commit()
        return lambda: future.set_result(result)


def anchor(transaction: Transaction) -> None:
    """Let the box's chain vouch for the heads of the attempts' chains, where one moved since it last did."""
    newest = (
        sa.select(tables.event.c.chain, sa.func.max(tables.event.c.position).label("position"))
        .where(tables.event.c.chain != BOX, tables.event.c.seq > _anchored_until(transaction.connection))
        .group_by(tables.event.c.chain)
        .subquery()
    )
    rows = transaction.connection.execute(
        sa.select(tables.event.c.chain, tables.event.c.position, tables.event.c.hash).join(
            newest, sa.and_(newest.c.chain == tables.event.c.chain, newest.c.position == tables.event.c.position)
        )
    ).all()
    if rows:
        heads = {row.chain: [row.position, row.hash.hex()] for row in rows}
        transaction.append(Draft(payload=ChainAnchored(heads=heads), chain=BOX, exam=None, actor="web"))


def _anchored_until(connection: sa.Connection) -> int:
    last = sa.select(sa.func.max(tables.event.c.seq)).where(tables.event.c.type == ChainAnchored.TYPE)
    return connection.execute(last).scalar() or 0


@contextlib.contextmanager
def opened(file: Path) -> Iterator[Writer]:
    """A writer for as long as the block: for commands that run while the box does not, and for tests."""
    writer = Writer(file)
    writer.start()
    try:
        yield writer
    finally:
        writer.stop()
