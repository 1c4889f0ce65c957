"""How many events a second the ledger takes, against the same bytes written to SQLite by hand in the same run.

The peer commits the row of one event at a time with the same library, journal and synchronous mode: what a recorder
without a ledger would do. Rounds are interleaved, so that a neighbour's load meets both.
"""

import contextlib
import statistics
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from appliance.bench.figures import Figures, spread
from appliance.exam.events import BOX, ProcessStarted
from appliance.ledger import database
from appliance.ledger.record import Draft
from appliance.ledger.writer import Writer, opened

ROUNDS = 5
SECONDS = 1.0
APPENDERS = 8
"""Threads that append at once: about what web, capture, inference and sync do together."""


def run() -> Figures:
    """Events a second alone and from 8 threads, latency in ms, and the ratio to the peer."""
    alone: list[float] = []
    together: list[float] = []
    peer: list[float] = []
    latency: list[float] = []
    with (
        tempfile.TemporaryDirectory(dir=Path.cwd()) as folder,
        opened(Path(folder) / "ledger.sqlite3") as writer,
        contextlib.closing(_by_hand(Path(folder) / "peer.sqlite3")) as connection,
    ):
        for _ in range(ROUNDS):
            alone.append(_rate(lambda: _append(writer, latency)))
            peer.append(_rate(lambda: _insert(connection)))
            together.append(_together(writer))
    rate, by_hand = statistics.median(alone), statistics.median(peer)
    return {
        "events_per_s": {"one_thread": round(rate), "eight_threads": round(statistics.median(together))},
        "sqlite_by_hand_per_s": round(by_hand),
        "ratio_vs_sqlite": {
            "one_thread": round(rate / by_hand, 2),
            "eight_threads": round(statistics.median(together) / by_hand, 2),
        },
        "append_ms": spread(latency),
    }


def _draft() -> Draft:
    return Draft(payload=ProcessStarted(process="bench", version="x" * 400), chain=BOX, exam=None, actor="bench")


def _append(writer: Writer, latency: list[float]) -> None:
    began = time.perf_counter()
    writer.append(_draft())
    latency.append((time.perf_counter() - began) * 1000)


def _rate(once: Callable[[], object]) -> float:
    began = time.perf_counter()
    count = 0
    while (passed := time.perf_counter() - began) < SECONDS:
        once()
        count += 1
    return count / passed


def _together(writer: Writer) -> float:
    counts: list[int] = []

    def append() -> None:
        until = time.perf_counter() + SECONDS
        count = 0
        while time.perf_counter() < until:
            writer.append(_draft())
            count += 1
        counts.append(count)

    threads = [threading.Thread(target=append) for _ in range(APPENDERS)]
    began = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(counts) / (time.perf_counter() - began)


def _by_hand(file: Path) -> Any:
    connection = database.dbapi().connect(str(file), isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("CREATE TABLE event (seq INTEGER PRIMARY KEY, body BLOB) STRICT")
    return connection


def _insert(connection: Any) -> None:
    connection.execute("BEGIN IMMEDIATE")
    connection.execute("INSERT INTO event (body) VALUES (?)", (b"x" * 800,))
    connection.execute("COMMIT")
