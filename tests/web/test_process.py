"""The web process as it really runs: its own process, a real port, real WebSockets, real signals."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from appliance.box import health
from appliance.box.paths import Paths
from appliance.box.secret import secret_from
from appliance.config import Settings, WebSettings
from appliance.errors import ConfigError
from appliance.exam.permissions import Role
from appliance.exam.policy import ExamPolicy
from appliance.exam.roster import RosterRow
from appliance.ledger.actions import exams, messages, users
from appliance.ledger.client import Client
from appliance.ledger.reader import opened as reading
from appliance.ledger.writer import opened as writing
from appliance.web import main

from .conftest import EXAM, PASSWORD
from .page import Browser, Page, Refused, held_open

pytestmark = pytest.mark.slow


class Web:
    """`appliance web` on a data folder."""

    def __init__(self, paths: Paths) -> None:
        self.paths = paths
        self.process = None
        self.port = 0
        self.codes: list[str] = []
        self.attempts: list[str] = []

    def start(self, port: int = 0) -> "Web":
        (self.paths.health / "web.json").unlink(missing_ok=True)
        command = [sys.executable, "-m", "appliance", "--data", str(self.paths.data), "web", "--port", str(port)]
        self.log = open(self.paths.data / "web.log", "ab")  # noqa: SIM115
        self.process = subprocess.Popen(command, stderr=self.log, stdin=subprocess.DEVNULL)
        deadline = time.monotonic() + 30
        while not (self.paths.health / "web.json").exists():
            assert self.process.poll() is None, (self.paths.data / "web.log").read_text()
            assert time.monotonic() < deadline
            time.sleep(0.02)
        self.port = self.health["port"]
        return self

    @property
    def health(self) -> dict:
        return health.read(self.paths.health, "web", now=time.time())

    def stop(self, number: int = signal.SIGTERM) -> tuple[int, float]:
        """-> (exit code, seconds)."""
        began = time.monotonic()
        if self.process.poll() is None:
            self.process.send_signal(number)
        code = self.process.wait(20)
        self.log.close()
        return code, time.monotonic() - began


@pytest.fixture
def web(paths, password_hash):
    """With an exam of two candidates and a lead; not started."""
    made = Web(paths)
    with writing(paths.database) as writer:

        def furnish(transaction):
            for name in ("lead", "proctor"):
                users.create_user(
                    transaction, user=name, name=name, role=Role(name), password_hash=password_hash, by="test"
                )
            exams.create_exam(transaction, ExamPolicy(exam=EXAM, title="Biology", starts_at=time.time() - 60), by="t")
            rows = [RosterRow("1", "c-1", "Ada", "proctor"), RosterRow("2", "c-2", "Ken", "proctor")]
            made.attempts = exams.import_roster(transaction, EXAM, rows, by="t")
            key = secret_from(paths.code_key)
            made.codes = [code for _, code in exams.issue_codes(transaction, EXAM, key=key, by="t")]

        writer.transact(furnish)
    yield made
    if made.process is not None:
        made.stop(signal.SIGKILL)


@contextlib.contextmanager
def page(browser, **options):
    made = Page(browser, **options)
    try:
        yield made
    finally:
        made.close()


def test_a_wall_and_a_candidate_by_http_and_websocket(web):
    web.start()
    lead = Browser(web.port).sign_in("lead", PASSWORD)
    ada = Browser(web.port).begin()
    assert ada.ask("/join", {"code": web.codes[0]}) == (200, {"attempt": web.attempts[0]})
    assert ada.ask("/api/me/confirm", {})[0] == 200
    status, wall = lead.ask(f"/api/exams/{EXAM}/wall")
    assert (status, [tile["stage"] for tile in wall["attempts"]]) == (200, ["consent", "invited"])
    with page(lead) as watching, page(ada) as own:
        assert watching.emit("follow", {"exam": EXAM, "after": wall["seq"]})["head"] >= wall["seq"]
        began = time.monotonic()
        assert ada.ask("/api/me/sign", {"signature": "Ada"})[0] == 200
        watching.listen(lambda said: any(name == "events" for name, _ in said))
        own.listen(lambda said: any(name == "events" for name, _ in said))
        assert time.monotonic() - began < 2
        assert [e["type"] for e in watching.events] == [e["type"] for e in own.events] == ["attempt.signed"]
        watching.listen(lambda said: any(name == "health" for name, _ in said))
        hello = lead.ask(f"/api/attempts/{web.attempts[0]}/messages", {"text": "Hello", "kind": "chat"})
        assert hello[0] == 201
        own.listen(lambda said: len(own.events) == 2)
        assert own.events[1]["payload"]["text"] == "Hello"
        assert web.health["sockets"] == 2
        lead.ask("/sign-out", {})
        watching.wait_closed()
    assert lead.ask(f"/api/exams/{EXAM}/wall")[0] == 401


def test_it_stops_in_time_with_everything_open_and_ends_no_exam(web):
    web.start()
    lead = Browser(web.port).sign_in("lead", PASSWORD)
    ada = Browser(web.port).begin()
    ada.ask("/join", {"code": web.codes[0]})
    kept = held_open(web.port)
    half = socket.create_connection(("127.0.0.1", web.port))
    half.sendall(b"POST /join HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc")
    with kept.sock, half, page(lead) as watching, page(ada) as own:
        watching.emit("follow", {"exam": EXAM, "after": 0})
        code, seconds = web.stop()
        assert (code, seconds < 5) == (0, True), f"exit code {code} after {seconds:.1f} s"
        for each in (watching, own):
            each.wait_closed()
    kept.close()
    assert web.health["healthy"] is False
    assert not web.paths.ledger_socket.exists()
    assert '"exception"' not in (web.paths.data / "web.log").read_text()
    web.start(web.port)
    assert ada.ask("/api/me")[1]["stage"] == "arrived"
    with reading(web.paths.database) as reader:
        assert not [e for e in reader.events() if e.type in ("exam.ended", "attempt.ended")]
    assert web.stop()[0] == 0


def test_after_kill_9_a_page_gets_what_it_missed_and_nothing_is_lost(web):
    web.start()
    lead = Browser(web.port).sign_in("lead", PASSWORD)
    ada = Browser(web.port).begin()
    ada.ask("/join", {"code": web.codes[0]})
    ada.ask("/api/me/confirm", {})
    ada.ask("/api/me/sign", {"signature": "Ada"})
    with page(lead) as watching:
        watching.emit("follow", {"exam": EXAM, "after": 0})
        watching.listen(lambda said: any(e["type"] == "attempt.signed" for e in watching.events))
        upto = watching.said[-1][1].get("upto") or watching.events[-1]["seq"]
        acknowledged = ada.ask("/api/me/messages", {"text": "before the end"})
        assert acknowledged[0] == 201
        web.stop(signal.SIGKILL)
        with pytest.raises(ConnectionError):
            watching.listen(lambda said: False)
    web.start(web.port)  # the port is free at once: there is no child that still holds it
    with page(lead) as watching:
        watching.emit("follow", {"exam": EXAM, "after": upto})
        watching.listen(lambda said: watching.events)
        assert watching.events[0]["payload"]["message"] == acknowledged[1]["message"]
    assert ada.ask("/api/me")[1]["messages"][0]["text"] == "before the end"


def test_it_is_one_process(web):
    web.start()
    assert psutil.Process(web.process.pid).children() == []
    assert web.health["pid"] == web.process.pid


def test_another_process_appends_through_its_socket_and_the_wall_sees_it(web):
    from appliance.exam.events import GapOpened

    web.start()
    lead = Browser(web.port).sign_in("lead", PASSWORD)
    client = Client(web.paths.ledger_socket, process="capture")
    client.start()
    try:
        with page(lead) as watching:
            watching.emit("follow", {"exam": EXAM})
            gap = GapOpened(gap="g1", kind="webcam", cause="no_media", starts_at=time.time())
            client.append(gap, chain=web.attempts[0], exam=EXAM)
            watching.listen(lambda said: watching.events)
            assert watching.events[0]["payload"]["gap"] == "g1"
    finally:
        client.stop()


def test_a_socket_needs_a_cookie_and_the_own_origin(web):
    web.start()
    with pytest.raises(Refused, match="not signed in"):
        Page(Browser(web.port))
    lead = Browser(web.port).sign_in("lead", PASSWORD)
    with pytest.raises(Refused, match="400"):
        Page(lead, origin="https://evil.test")
    with page(lead, origin=f"http://127.0.0.1:{web.port}") as mine:
        assert "head" in mine.emit("follow", {"exam": EXAM})


def test_a_page_that_shouts_is_cut_off_and_the_others_go_on(web):
    web.start()
    lead = Browser(web.port).sign_in("lead", PASSWORD)
    with page(lead) as loud, page(lead) as quiet:
        memory = psutil.Process(web.process.pid).memory_info().rss
        with contextlib.suppress(ConnectionError):  # it may be cut off while it still shouts
            loud.shout("42" + '["follow",{"exam":"' + "x" * 50_000_000 + '"}]')
        loud.wait_closed()
        assert "head" in quiet.emit("follow", {"exam": EXAM})
        assert psutil.Process(web.process.pid).memory_info().rss - memory < 30_000_000


@pytest.mark.long
def test_a_page_that_does_not_read_loses_health_and_gets_every_event_later(web):
    web.start()
    lead = Browser(web.port).sign_in("lead", PASSWORD)
    for browser, code in ((Browser(web.port).begin(), web.codes[0]), (Browser(web.port).begin(), web.codes[1])):
        browser.ask("/join", {"code": code})
    web.stop()
    count = 8_000
    with writing(web.paths.database) as writer:

        def chat(transaction, start):
            for at in range(start, start + 500):
                messages.send(
                    transaction,
                    web.attempts[0],
                    kind="chat",
                    sender="lead",
                    sender_name="L",
                    text=f"{at} " + "x" * 1900,
                )

        for start in range(0, count, 500):
            writer.transact(lambda t, start=start: chat(t, start))
    web.start(web.port)
    with page(lead, receive_buffer=4096) as slow:
        slow.emit("follow", {"exam": EXAM, "after": 0})
        deadline = time.monotonic() + 8
        while not web.health["health_left_out"]:
            assert time.monotonic() < deadline, "the box filled the connection without a bound"
            time.sleep(0.1)
        assert web.health["events_sent"] < count
        slow.listen(caught_up, seconds=60)
        texts = [e["payload"]["text"].split()[0] for e in slow.events if e["type"] == "message.sent"]
        assert texts == [str(at) for at in range(count)]
    assert web.health["sockets_too_slow"] == 0


def caught_up(said):
    """Has the box sent everything up to the head it told of?"""
    batches = [data for name, data in said if name == "events"]
    return bool(batches) and batches[-1]["upto"] == batches[-1]["head"]


def run_web(data, port, **environment):
    command = [sys.executable, "-m", "appliance", "--data", str(data), "web", "--port", str(port)]
    return subprocess.run(command, capture_output=True, text=True, timeout=30, env={**os.environ, **environment})


def test_a_taken_port_is_a_sentence_and_nothing_was_started(web):
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        done = run_web(web.paths.data, port)
    assert done.returncode == 2
    assert f"port {port} on 127.0.0.1 is already in use" in done.stderr
    assert "choose another port" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (web.paths.health / "web.json").exists()


def test_a_data_folder_that_cannot_be_written_is_a_sentence(tmp_path):
    (tmp_path / "file").write_text("not a folder")
    done = run_web(tmp_path / "file", 0)
    assert done.returncode == 2
    assert "cannot be written" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_connection_that_says_nothing_gives_its_thread_back(monkeypatch):
    monkeypatch.setattr(main, "SILENT_SECONDS", 1)
    with (
        main.listening(Settings(), port=0) as listener,
        socket.create_connection(listener.getsockname()),
        listener.accept()[0] as silent,
    ):
        silent.setblocking(True)  # as gunicorn does
        with pytest.raises(BlockingIOError):
            silent.recv(1)


def test_a_port_that_cannot_be_is_a_sentence():
    for settings, port in ((WebSettings(), 70_000), (WebSettings(host="300.1.1.1"), 0)):
        with pytest.raises(ConfigError, match="cannot listen on"), main.listening(Settings(web=settings), port=port):
            pass


def test_a_damaged_ledger_is_a_sentence(web):
    Path(web.paths.database).write_bytes(b"this is not a database at all" * 1000)
    done = run_web(web.paths.data, 0)
    assert done.returncode == 2
    assert "is damaged" in done.stderr
    assert "Traceback" not in done.stderr


def test_many_candidates_from_one_address_come_in(web):
    """Only failures count: a lab behind one address, or the simulator."""
    with writing(web.paths.database) as writer:
        rows = [RosterRow(str(n), f"x-{n}", f"Name {n}") for n in range(10, 34)]
        writer.transact(lambda t: exams.import_roster(t, EXAM, rows, by="t"))
        key = secret_from(web.paths.code_key)
        codes = [code for _, code in writer.transact(lambda t: exams.issue_codes(t, EXAM, key=key, by="t"))]
    web.start()
    assert len(codes) == 26
    for code in codes:
        assert Browser(web.port).begin().ask("/join", {"code": code})[0] == 200


def test_one_action_of_the_ledger_is_the_clients_own(web):
    """What a second writer would break: the process holds the ledger alone."""
    web.start()
    done = run_web(web.paths.data, 0)
    assert done.returncode == 2
    assert "already running" in done.stderr
