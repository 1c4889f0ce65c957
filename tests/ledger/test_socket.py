import json
import socket
import time

import pytest

from appliance.errors import BadInput, Unavailable
from appliance.exam.events import BOX, ExamEnded, FlagDecided, ProcessStarted
from appliance.ledger.client import Client
from appliance.ledger.reader import Reader
from appliance.ledger.socket import LINE_BYTES, LedgerServer
from appliance.ledger.writer import Writer
from tests.ledger.world import build


class Running:
    """Writer and server, which can be taken away and brought back as a restart of the web process does."""

    def __init__(self, paths):
        self.paths = paths
        self.up()

    def up(self):
        self.writer = Writer(self.paths.database)
        self.writer.start()
        self.reader = Reader(self.paths.database)
        self.server = LedgerServer(self.paths.ledger_socket, writer=self.writer, reader=self.reader)
        self.server.start()

    def down(self):
        self.server.stop()
        self.writer.stop()
        self.reader.close()


@pytest.fixture
def running(box):
    served = Running(box)
    yield served
    served.down()


@pytest.fixture
def client(box):
    made = []

    def make(process="capture", *, handler=None, capacity=10_000, after=0, types=None):
        new = Client(box.ledger_socket, process=process, capacity=capacity)
        if handler:
            new.subscribe(handler, after=after, types=types)
        made.append(new)
        new.start()
        return new

    yield make
    for each in made:
        each.stop(flush_seconds=0)


def started(n=0):
    return ProcessStarted(process=f"p{n}", version="1")


def eventually(true, seconds=5):
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_an_append_is_acknowledged_after_its_commit(running, client):
    seq = client().append_and_wait(started(), chain=BOX, exam=None, seconds=5)
    assert running.reader.head() >= seq == 1
    assert running.reader.events()[0].actor == "capture"


def test_a_process_appends_only_what_the_catalogue_allows_it(running, client):
    with pytest.raises(BadInput, match=r"capture may not append exam\.ended"):
        client().append_and_wait(ExamEnded(exam="bio", reason=""), chain=BOX, exam="bio", seconds=5)
    decided = FlagDecided(flag="f", decision="confirmed", reason="", note="", by="x")
    with pytest.raises(BadInput, match="may not append"):
        client("inference").append_and_wait(decided, chain="a", exam="bio", seconds=5)
    assert running.reader.head() == 0


def test_what_is_appended_while_the_box_is_away_arrives_later_once_and_in_order(running, client):
    capture = client()
    capture.append_and_wait(started(0), chain=BOX, exam=None, seconds=5)
    running.down()
    for n in range(1, 50):
        capture.append(started(n), chain=BOX, exam=None)
    running.up()
    eventually(lambda: capture.waiting == 0)
    assert [e.payload.process for e in running.reader.events()] == [f"p{n}" for n in range(50)]


def test_the_buffer_is_bounded_and_the_loss_is_an_event(running, client):
    capture = client(capacity=10)
    eventually(lambda: capture.connected)
    running.down()
    for n in range(25):
        capture.append(started(n), chain=BOX, exam=None)
    assert capture.waiting == 10
    assert capture.lost == 15
    running.up()
    eventually(lambda: any(e.type == "ledger.overflowed" for e in running.reader.events()))
    found = running.reader.events()
    assert [e.payload.process for e in found if e.type == "process.started"] == [f"p{n}" for n in range(15, 25)]
    assert next(e.payload.lost for e in found if e.type == "ledger.overflowed") == 15


def test_a_follower_sees_every_event_once_across_a_restart(running, client):
    seen = []
    client("sync", handler=lambda told: seen.append(told.seq))
    build(running.writer)
    eventually(lambda: len(seen) == running.writer.head)
    running.down()
    running.up()
    capture = client()
    for n in range(20):
        capture.append(started(n), chain=BOX, exam=None)
    eventually(lambda: capture.waiting == 0 and len(seen) == running.writer.head)
    assert seen == list(range(1, len(seen) + 1))


def test_a_follower_may_ask_for_types_and_a_beginning(running, client):
    build(running.writer, seats=3)
    seen = []
    client("inference", handler=seen.append, after=1, types=frozenset({"attempt.created"}))
    eventually(lambda: len(seen) == 3)
    assert {told.payload.seat for told in seen} == {"1", "2", "3"}


def test_a_handler_that_fails_is_counted_and_does_not_stop_the_rest(running, client):
    seen = []

    def handler(told):
        seen.append(told.seq)
        raise ValueError("broken")

    sync = client("sync", handler=handler)
    sync.append_and_wait(started(), chain=BOX, exam=None, seconds=5)
    eventually(lambda: sync.refused == 1)
    sync.append_and_wait(started(1), chain=BOX, exam=None, seconds=5)
    eventually(lambda: seen == [1, 2])


def test_no_answer_is_said(box, client):
    with pytest.raises(Unavailable, match="did not answer"):
        client("cli").append_and_wait(started(), chain=BOX, exam=None, seconds=0.3)


@pytest.mark.parametrize(
    "line",
    [b"not json\n", b"[]\n", b'{"append": {}}\n', b'{"hello": "x"}\n{"fly": 1}\n', b"x" * (LINE_BYTES + 10) + b"\n"],
)
def test_nonsense_closes_that_connection_and_no_other(running, client, box, line):
    good = client()
    good.append_and_wait(started(), chain=BOX, exam=None, seconds=5)
    with socket.socket(socket.AF_UNIX) as bad:
        bad.settimeout(5)
        bad.connect(str(box.ledger_socket))
        try:
            bad.sendall(line)
            assert bad.recv(10) == b""
        except (BrokenPipeError, ConnectionResetError):
            pass  # closed even before it had read all of it
    assert good.append_and_wait(started(1), chain=BOX, exam=None, seconds=5) == 2


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"type": "no.such"}, "no event type"),
        ({"payload": {"process": "x"}}, "process.started"),
        ({"payload": {"process": "x", "version": "1", "more": 1}}, "no field"),
        ({"wall": "late"}, "garbles"),
        ({"wall": 1e400}, "not a time"),
        ({"chain": ""}, "a chain"),
        ({"exam": 5}, "exam"),
    ],
)
def test_a_wrong_append_is_refused_in_words(running, box, change, words):
    good = {
        "id": "12345678",
        "chain": BOX,
        "exam": None,
        "type": "process.started",
        "payload": {"process": "x", "version": "1"},
        "wall": 1.0,
        "monotonic_ns": 1,
        "boot": "b",
        "synchronised": False,
    }
    with socket.socket(socket.AF_UNIX) as peer:
        peer.settimeout(5)
        peer.connect(str(box.ledger_socket))
        peer.sendall(b'{"hello": "capture"}\n' + json.dumps({"append": good | change}).encode() + b"\n")
        with peer.makefile() as lines:
            said = json.loads(lines.readline())
    assert words in said["reason"]
    assert said["again"] is False


def test_too_many_connections_are_closed_and_counted(running, box, monkeypatch):
    monkeypatch.setattr("appliance.ledger.socket.CONNECTIONS", 1)
    with socket.socket(socket.AF_UNIX) as first, socket.socket(socket.AF_UNIX) as second:
        first.connect(str(box.ledger_socket))
        second.connect(str(box.ledger_socket))
        second.settimeout(5)
        assert second.recv(10) == b""
        assert running.server.refused == 1
