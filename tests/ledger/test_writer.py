import os
import subprocess
import sys
import threading

import pytest
import sqlalchemy as sa

from appliance.errors import BadInput, IntegrityError, StorageFull, Unavailable
from appliance.exam.events import BOX, AnalysisMissed, ChainAnchored, ProcessStarted
from appliance.ledger import chain, database, tables
from appliance.ledger import reader as reader_module
from appliance.ledger import writer as writer_module
from appliance.ledger.record import Draft
from appliance.ledger.writer import Writer
from tests.ledger.world import build


def draft(n=0, **changes):
    return Draft(
        **{"payload": ProcessStarted(process=f"p{n}", version="1"), "chain": BOX, "exam": None, "actor": "test"}
        | changes
    )


def test_sequence_numbers_have_no_holes_and_chains_check(writer, reader):
    build(writer)
    found = reader.events()
    assert [event.seq for event in found] == list(range(1, len(found) + 1))
    with reader.connect() as connection:
        for name in {event.chain for event in found}:
            assert chain.check(reader_module.links(connection, name), chain=name)[0] >= 1


def test_an_id_is_appended_once(writer, reader):
    once = draft()
    first, second = writer.append(once), writer.append(once)
    assert first[0].seq == second[0].seq
    assert len(reader.events()) == 1


def test_work_that_fails_leaves_nothing_and_takes_nobody_with_it(writer, reader):
    def fails(transaction):
        transaction.append(draft(1))
        raise BadInput("no")

    gate = threading.Event()
    slow = writer.submit(lambda _t: gate.wait(5))  # so that the next three share a commit
    futures = [
        writer.submit(lambda t: t.append(draft(0))),
        writer.submit(fails),
        writer.submit(lambda t: t.append(draft(2))),
    ]
    gate.set()
    slow.result(5)
    assert futures[0].result(5).seq == 1
    with pytest.raises(BadInput):
        futures[1].result(5)
    assert futures[2].result(5).seq == 2
    assert [e.payload.process for e in reader.events()] == ["p0", "p2"]


def test_events_are_never_changed_or_deleted(writer):
    writer.append(draft())
    for statement in (
        sa.update(tables.event).values(type="x"),
        sa.delete(tables.event),
        sa.delete(tables.payload),
        sa.update(tables.payload).values(body=b"{}"),
        sa.update(tables.payload).values(body=None, salt=b"1"),
    ):
        with pytest.raises((sa.exc.IntegrityError, Unavailable), match=r"never|only"):
            writer.transact(lambda t, s=statement: t.connection.execute(s) and None)


def test_a_payload_can_be_erased_and_the_chain_stays_whole(writer, reader):
    writer.append(draft(0), draft(1))
    erase = (
        sa.update(tables.payload).where(tables.payload.c.event == reader.events()[0].id).values(body=None, salt=None)
    )
    writer.transact(lambda t: t.connection.execute(erase) and None)
    assert reader.events()[0].payload is None
    with reader.connect() as connection:
        assert chain.check(reader_module.links(connection, BOX), chain=BOX)[0] == 2


def test_the_box_vouches_for_the_heads_of_the_attempts(box, writer, reader):
    world = build(writer)
    writer.stop()  # the last thing it does is to anchor
    anchored = [e for e in reader.events() if e.type == ChainAnchored.TYPE]
    heads = {}
    for event in anchored:
        heads |= event.payload.heads
    for attempt in world.attempts.values():
        last = reader.events(chain=attempt)[-1]
        assert heads[attempt] == [last.position, last.hash.hex()]


def test_a_full_queue_refuses_and_counts(box, monkeypatch):
    monkeypatch.setattr(writer_module, "QUEUE_BOUND", 2)
    with writer_module.opened(box.database) as writer:
        gate, entered = threading.Event(), threading.Event()
        held = writer.submit(lambda _t: (entered.set(), gate.wait(10)))
        assert entered.wait(5)
        waiting = [writer.submit(lambda t, n=n: t.append(draft(n))) for n in range(2)]
        with pytest.raises(Unavailable, match="more to write"):
            writer.submit(lambda t: None)
        assert writer.refused == 1
        gate.set()
        for future in [held, *waiting]:
            future.result(5)


def test_a_closed_writer_says_so(box):
    writer = Writer(box.database)
    writer.start()
    writer.stop()
    with pytest.raises(Unavailable, match="closed"):
        writer.append(draft())


def test_a_damaged_file_is_named(box):
    box.database.write_bytes(b"this is not a database" * 100)
    with pytest.raises(IntegrityError, match="damaged"):
        Writer(box.database).start()


def test_a_reader_without_a_ledger_is_told(box):
    with pytest.raises(Unavailable, match="no ledger"):
        database.open_reader(box.database)


def test_sqlite_has_the_wal_reset_fix_where_there_is_a_wheel():
    pytest.importorskip("pysqlite3", reason="no pysqlite3 wheel on this architecture: one writer is the protection")
    assert database.dbapi().sqlite_version_info >= database.FIXED


def test_the_file_is_wal_full_and_strict(writer):
    def look(transaction):
        run = transaction.connection.exec_driver_sql
        strict = run("SELECT name FROM pragma_table_list WHERE schema='main' AND strict=0 AND name NOT LIKE 'sqlite_%'")
        return run("PRAGMA journal_mode").scalar(), run("PRAGMA synchronous").scalar(), strict.scalars().all()

    assert writer.transact(look) == ("wal", 2, ["alembic_version"])


def test_a_second_start_finds_what_was_there(box):
    with writer_module.opened(box.database) as writer:
        writer.append(draft(0))
    with writer_module.opened(box.database) as writer:
        assert writer.head == 1
        assert writer.append(draft(1))[0].position == 2


def test_a_full_disk_is_said_and_nothing_half_is_kept(tmp_path):
    disk = tmp_path / "disk"
    disk.mkdir()
    if os.geteuid() != 0 or subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1400k", "tmpfs", disk]).returncode:
        pytest.skip("a small disk needs root and mount")
    try:
        with writer_module.opened(disk / "ledger.sqlite3") as writer:
            fill = disk / "fill"
            fill.write_bytes(b"x" * 200_000)
            missed = AnalysisMissed(kind="webcam", starts_at=0.0, ends_at=1.0, cause="c" * 2000)
            many = [draft(n, payload=missed) for n in range(1000)]
            with pytest.raises(StorageFull, match="cannot be written"):
                writer.append(*many)
            assert writer.failure
            fill.unlink()
            assert writer.append(draft(1))[0].seq >= 1
            assert not writer.failure
    finally:
        subprocess.run(["umount", disk], check=True)


@pytest.mark.slow
def test_no_acknowledged_event_is_lost_by_kill_9(box):
    """A process appends and prints each acknowledged number; after SIGKILL all of them are there."""
    program = f"""
import sys
from pathlib import Path
from appliance.ledger.writer import Writer
from tests.ledger.test_writer import draft
w = Writer(Path({str(box.database)!r})); w.start()
n = 0
while True:
    print(w.append(draft(n))[0].seq, flush=True); n += 1
"""
    for _ in range(3):
        with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True) as process:
            acknowledged = [int(process.stdout.readline()) for _ in range(40)]
            process.kill()
            acknowledged += [int(line) for line in process.stdout.read().split("\n")[:-1] if line]
        with reader_module.opened(box.database) as reader:
            assert reader.head() >= max(acknowledged)
            with reader.connect() as connection:
                chain.check(reader_module.links(connection, BOX), chain=BOX)
