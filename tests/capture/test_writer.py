"""The writer's thread: everything or nothing of each part, bounded, and never silent about a failure."""

import asyncio
import errno
import hashlib
import os

from appliance.capture import writer as module
from appliance.capture.writer import File, Writer


class Answers:
    """Collects what the writer answers."""

    def __init__(self):
        self.got = []
        self._more = asyncio.Event()

    def __call__(self, error, sha256):
        self.got.append((error, sha256))
        self._more.set()

    async def wait_for(self, count):
        async with asyncio.timeout(5):
            while len(self.got) < count:
                self._more.clear()
                await self._more.wait()
        return self.got


async def with_writer(folder, work, **options):
    writer = Writer(folder, reserve=options.pop("reserve", 0), **options)
    writer.start()
    try:
        return await work(writer)
    finally:
        await asyncio.to_thread(writer.stop)


def test_parts_are_appended_and_the_closed_file_has_its_name_and_hash(tmp_path):
    async def work(writer):
        answers, file = Answers(), File(tmp_path / "a" / "b.mp4", b"header")
        assert writer.append(file, b"one", answers)
        await answers.wait_for(1)
        assert (tmp_path / "a" / "b.mp4.open").read_bytes() == b"headerone"
        writer.append(file, b"two", answers)
        writer.close(file, answers)
        assert (await answers.wait_for(3))[2] == (None, hashlib.sha256(b"headeronetwo").hexdigest())

    asyncio.run(with_writer(tmp_path, work))
    assert [path.name for path in (tmp_path / "a").iterdir()] == ["b.mp4"]
    assert (tmp_path / "a" / "b.mp4").read_bytes() == b"headeronetwo"


def test_what_is_queued_is_written_before_the_thread_ends(tmp_path):
    async def work(writer):
        file = File(tmp_path / "b.mp4", b"header")
        for _ in range(100):
            writer.append(file, b"x" * 1000, Answers())
        writer.close(file, Answers())

    asyncio.run(with_writer(tmp_path, work))
    assert (tmp_path / "b.mp4").stat().st_size == 100_006


def test_a_file_that_got_no_part_leaves_nothing(tmp_path):
    async def work(writer):
        answers = Answers()
        writer.close(File(tmp_path / "b.mp4", b"header"), answers)
        assert await answers.wait_for(1) == [(None, "")]

    asyncio.run(with_writer(tmp_path, work))
    assert list(tmp_path.iterdir()) == []


def test_a_disk_that_does_not_follow_refuses_new_parts_and_counts_them(tmp_path, monkeypatch):
    async def work(writer):
        gate = asyncio.Event()
        loop = asyncio.get_running_loop()
        flush = os.fdatasync

        def slow(descriptor):
            asyncio.run_coroutine_threadsafe(gate.wait(), loop).result(5)
            flush(descriptor)

        monkeypatch.setattr(module.os, "fdatasync", slow)
        answers, file = Answers(), File(tmp_path / "b.mp4", b"header")
        taken = [writer.append(file, bytes(400), answers) for _ in range(4)]
        assert taken == [True, True, False, False]
        assert writer.refused == 2
        assert writer.queued_bytes == 800
        gate.set()
        await answers.wait_for(2)
        assert writer.queued_bytes == 0
        assert writer.append(file, bytes(400), answers)
        writer.close(file, answers)

    asyncio.run(with_writer(tmp_path, work, capacity=1000))
    assert (tmp_path / "b.mp4").stat().st_size == 6 + 3 * 400


def test_a_failed_part_leaves_no_trace_and_the_file_takes_no_more(tmp_path, monkeypatch):
    async def work(writer):
        answers, file = Answers(), File(tmp_path / "b.mp4", b"header")
        writer.append(file, b"good", answers)
        await answers.wait_for(1)
        write = os.write

        def half(descriptor, data):
            if len(data) > 3:
                return write(descriptor, data[:3])
            raise OSError(errno.EIO, "Input/output error")

        monkeypatch.setattr(module.os, "write", half)
        writer.append(file, b"123456", answers)
        await answers.wait_for(2)
        monkeypatch.undo()
        writer.append(file, b"later", answers)
        writer.close(file, answers)
        got = await answers.wait_for(4)
        assert [error and error.errno for error, _ in got] == [None, errno.EIO, errno.EIO, None]
        assert got[3][1] == hashlib.sha256(b"headergood").hexdigest()
        assert writer.failed == 1

    asyncio.run(with_writer(tmp_path, work))
    assert (tmp_path / "b.mp4").read_bytes() == b"headergood"


def test_less_free_than_the_ledger_needs_is_full(tmp_path):
    async def work(writer):
        answers = Answers()
        writer.append(File(tmp_path / "b.mp4", b"header"), b"part", answers)
        ((error, _),) = await answers.wait_for(1)
        assert error.errno == errno.ENOSPC

    asyncio.run(with_writer(tmp_path, work, reserve=1 << 60))
    assert list(tmp_path.iterdir()) == []


def test_a_small_file_is_replaced_in_one_step(tmp_path):
    async def work(writer):
        answers = Answers()
        assert writer.replace(tmp_path / "playlist.m3u8", b"one", answers)
        assert writer.replace(tmp_path / "playlist.m3u8", b"two", answers)
        assert not writer.replace(tmp_path / "playlist.m3u8", bytes(2000), answers)
        await answers.wait_for(2)

    asyncio.run(with_writer(tmp_path, work, capacity=1000))
    assert [(path.name, path.read_bytes()) for path in tmp_path.iterdir()] == [("playlist.m3u8", b"two")]


def test_a_full_disk_keeps_every_whole_part_and_recovers(small_disk):
    async def work(writer):
        answers, file = Answers(), File(small_disk / "b.mp4", b"header")
        for _ in range(5):
            writer.append(file, bytes(500_000), answers)
        writer.close(file, answers)
        got = await answers.wait_for(6)
        assert [error and error.errno for error, _ in got] == [None] * 4 + [errno.ENOSPC, None]
        assert (small_disk / "b.mp4").stat().st_size == 6 + 4 * 500_000
        (small_disk / "b.mp4").unlink()
        another = File(small_disk / "c.mp4", b"header")
        writer.append(another, b"part", answers)
        writer.close(another, answers)
        assert [error for error, _ in (await answers.wait_for(8))[6:]] == [None, None]

    asyncio.run(with_writer(small_disk, work))
