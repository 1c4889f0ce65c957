"""A process feeds systemd's watchdog while its real work goes on, and not a moment longer."""

import asyncio
import contextlib
import os
import socket
import threading
from types import SimpleNamespace

import pytest

from appliance.box.paths import Paths
from appliance.capture import main as capture
from appliance.capture import writer as capture_writer
from appliance.errors import StorageFull
from appliance.inference import main as inference
from appliance.ledger.writer import opened as writing
from appliance.sync import main as sync
from appliance.web import watchdog


@pytest.fixture
def systemd(tmp_path, monkeypatch):
    """What systemd heard so far."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as ear:
        ear.bind(str(tmp_path / "n"))
        ear.setblocking(False)
        monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "n"))

        def heard() -> list[str]:
            said = []
            with contextlib.suppress(BlockingIOError):
                while True:
                    said.append(ear.recv(100).decode())
            return said

        yield heard


@pytest.fixture
def served():
    """-> (connect, and how to stop answering): somebody who answers a request."""
    stop = threading.Event()
    mute = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve():
            while not stop.is_set():
                one, _ = listener.accept()
                with one:
                    one.recv(1000)
                    if not mute.is_set():
                        one.sendall(b"HTTP/1.1 503 Down\r\nContent-Length: 0\r\n\r\n")
                    else:
                        stop.wait(5)

        thread = threading.Thread(target=serve)
        thread.start()
        yield lambda: socket.create_connection(listener.getsockname()), mute
        stop.set()
        socket.create_connection(listener.getsockname()).close()
        thread.join()


def test_the_web_process_is_alive_while_its_writer_answers_and_a_page_is_served(tmp_path, systemd, served):
    connect, mute = served
    with writing(Paths.of(tmp_path / "data").make().database) as writer:
        assert watchdog.prove(writer, connect)
        assert systemd() == ["WATCHDOG=1"]
        mute.set()
        assert not watchdog.prove(writer, connect, seconds=0.1)
        assert systemd() == []


def test_a_writer_that_hangs_feeds_nothing_and_one_that_refuses_does(tmp_path, systemd, served):
    connect, _ = served
    going_on = threading.Event()
    with writing(Paths.of(tmp_path / "data").make().database) as writer:
        writer.submit(lambda _: going_on.wait(5))
        assert not watchdog.prove(writer, connect, seconds=0.1)
        assert systemd() == []
        going_on.set()

    def full(_):
        raise StorageFull("the disk is full", hint="Make room.")

    assert watchdog.prove(SimpleNamespace(submit=full), connect)
    assert systemd() == ["WATCHDOG=1"]


def test_without_systemd_the_web_process_proves_nothing(monkeypatch):
    before = threading.active_count()
    with watchdog.proving(SimpleNamespace(), lambda: None):
        assert threading.active_count() == before


def test_recording_is_alive_while_the_disk_takes_what_is_written(tmp_path, systemd, monkeypatch):
    monkeypatch.setattr(capture_writer, "STUCK_SECONDS", 0.05)
    thinking, going_on = threading.Event(), threading.Event()

    async def work():
        writer = capture_writer.Writer(tmp_path, reserve=0)
        writer.start()
        capture.feed(writer)
        assert systemd() == ["WATCHDOG=1"]

        def slowly(descriptor):
            thinking.set()
            going_on.wait(5)

        monkeypatch.setattr(os, "fdatasync", slowly)
        written = asyncio.Event()
        file = capture_writer.File(tmp_path / "a.mp4", b"head")
        assert writer.append(file, b"part", lambda error, sha: written.set())
        await asyncio.to_thread(thinking.wait)
        await asyncio.sleep(0.06)
        capture.feed(writer)
        assert systemd() == []
        going_on.set()
        await written.wait()
        capture.feed(writer)
        assert systemd() == ["WATCHDOG=1"]
        writer.close(file, lambda error, sha: None)
        await asyncio.to_thread(writer.stop)
        capture.feed(writer)  # its thread has ended
        assert systemd() == []

    asyncio.run(work())


class Loop:
    """Looks (or listens) `turns` times, then hangs until it is let go."""

    def __init__(self, turns: int, let_go: threading.Event) -> None:
        self.turns, self.let_go, self.hangs = turns, let_go, threading.Event()

    def turn(self, now):
        self.turns -= 1
        if self.turns < 0:
            self.hangs.set()
            self.let_go.wait(5)

    def wait(self, now):
        return 0.0

    def beat_due(self):
        return True


def test_detection_is_alive_while_its_loop_looks(systemd):
    let_go, stopping = threading.Event(), threading.Event()
    looker, listener = Loop(3, let_go), Loop(100, let_go)
    thread = threading.Thread(target=inference.look, args=(looker, listener, lambda: True, stopping))
    thread.start()
    assert looker.hangs.wait(5)
    assert systemd() == ["WATCHDOG=1"] * 3
    stopping.set()
    let_go.set()
    thread.join()


def test_detection_that_has_grown_too_large_stops_looking(systemd):
    assert not inference.look(Loop(9, threading.Event()), Loop(9, threading.Event()), lambda: False, threading.Event())
    assert systemd() == []


def test_sending_is_alive_while_its_turns_end(systemd):
    now = 100.0
    turns = sync.Turns(lambda: now)
    now += sync.TURN_SECONDS - 1  # a long report
    turns.feed()
    assert systemd() == ["WATCHDOG=1"]
    now += 2
    turns.feed()
    assert systemd() == []
    turns.ended()
    turns.feed()
    assert systemd() == ["WATCHDOG=1"]
