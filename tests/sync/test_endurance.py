"""The real process against a real S3 server over a line that a test cuts, slows down and counts: it goes on where it
was, sends nothing twice but what was on its way, and ends with the same bytes."""

import contextlib
import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from dataclasses import replace

import pytest

from appliance.box import health, upstream
from appliance.config import UpstreamSettings
from appliance.exam import events
from appliance.exam.events import UpstreamFailed
from appliance.ledger import reader as reader_module
from appliance.ledger import writer as writer_module
from appliance.ledger.socket import LedgerServer
from appliance.stores import places
from appliance.sync.pace import Line
from tests.chaos.disk import Disk
from tests.report import evidence as made
from tests.report.evidence import START
from tests.servers import juicefs as juicefs_module
from tests.servers.juicefs import JuiceFS
from tests.servers.proxy import Fault, Proxy, between
from tests.sync.rig import Rig

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

juicefs = juicefs_module.juicefs

MB = 1_000_000
HEADERS = 2_500
"""Bytes at most that a request costs beside its body."""


class Sending:
    """A box on a real ledger, its sync process, and the line to its store."""

    def __init__(self, rig: Rig, server: JuiceFS, bucket: str, proxy: Proxy, **keys) -> None:
        self.rig, self.server, self.proxy = rig, server, proxy
        self.settings = UpstreamSettings(
            **{
                "site": "north",
                "box": "seven",
                "url": f"s3://{bucket}",
                "endpoint": proxy.endpoint,
                "credentials_file": str(server.credentials),
                "spread_seconds": 0.0,
                **keys,
            }
        )
        default = UpstreamSettings()
        lines = [
            f"{name} = {json.dumps(value)}"
            for name, value in ((name, getattr(self.settings, name)) for name in UpstreamSettings.__slots__)
            if value != getattr(default, name)
        ]
        rig.paths.config.write_text("\n".join(["[upstream]", *lines, ""]))
        self.process: subprocess.Popen[bytes] | None = None
        self.log = rig.paths.data / "sync.log"

    def start(self, *before: str) -> None:
        """`before`: what runs it."""
        command = [*before, sys.executable, "-m", "appliance", "--data", str(self.rig.paths.data), "sync"]
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(command, stderr=log)

    def kill(self) -> None:
        if self.process is not None:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait()
            self.process = None

    def stop(self) -> None:
        assert self.process is not None
        self.process.send_signal(signal.SIGTERM)
        assert self.process.wait(20) == 0
        self.process = None

    @property
    def said(self) -> upstream.Upstream | None:
        return upstream.read(self.rig.paths.run)

    @property
    def failure(self) -> upstream.Failure | None:
        """What is wrong with the upstream as a whole."""
        said = self.said
        return next((one for one in said.failures if one.where == "upstream"), None) if said else None

    def until(self, predicate, seconds: float = 60.0) -> None:
        deadline = time.monotonic() + seconds
        while not predicate():
            assert time.monotonic() < deadline, (
                self.log.read_text()[-3000:],
                self.said,
                health.read(self.rig.paths.health, "sync", now=time.time())["sentence"],
            )
            assert self.process is None or self.process.poll() is None, self.log.read_text()[-2000:]
            time.sleep(0.02)

    def until_stored(self, seconds: float = 120.0) -> None:
        self.until(self.rig.exam_stored, seconds)

    def prove(self) -> int:
        """Every object that the manifests name has just its SHA-256 upstream; -> bytes of all objects there."""
        store = places.of_box(replace(self.settings, endpoint=self.server.endpoint), self.rig.paths.data)
        there = {one.key: one.size for one in store.list("north/seven")}
        manifests = [key for key in there if key.endswith("/manifest.json")]
        assert len(manifests) == 3, "two attempts and the exam"
        for key in manifests:
            for file in json.loads(b"".join(store.read(key)))["files"]:
                data = hashlib.sha256(b"".join(store.read(f"{key.rpartition('/')[0]}/{file['file']}")))
                assert data.hexdigest() == file["sha256"], file
        return sum(there.values())


@contextlib.contextmanager
def served(paths):
    with writer_module.opened(paths.database) as writer, reader_module.opened(paths.database) as reader:
        server = LedgerServer(paths.ledger_socket, writer=writer, reader=reader)
        server.start()
        try:
            yield Rig(paths, made.build(writer, paths.media), reader)
        finally:
            server.stop()


@contextlib.contextmanager
def sending(paths, server, **keys):
    with served(paths) as rig, between(server.endpoint) as proxy:
        it = Sending(rig, server, server.bucket(), proxy, **keys)
        try:
            yield it
        finally:
            it.kill()


def record(rig: Rig, attempt: str, size: int, number: int) -> None:
    """A segment that takes a while to send."""
    path = f"bio/{attempt}/webcam/9-webcam-{number:05d}.mp4"
    sha256 = rig.evidence.write(path, os.urandom(size))
    closed = events.SegmentClosed(
        kind="webcam",
        number=900 + number,
        path=path,
        starts_at=START + number,
        position=number,
        duration=1,
        bytes=size,
        init_bytes=20,
        sha256=sha256,
        codecs=["h264", "opus"],
    )
    rig.evidence.append(closed, attempt)


def exam(rig: Rig, *sizes: int) -> None:
    """Over, with segments of these sizes beside the small ones."""
    attempt = rig.evidence.sit("1")
    for number, size in enumerate(sizes):
        record(rig, attempt, size, number)
    rig.evidence.over(attempt)
    rig.evidence.end_exam()


def requests_cost(proxy: Proxy) -> int:
    return len(proxy.requests) * HEADERS


def test_killed_in_the_middle_of_a_multipart_it_sends_only_the_parts_that_were_on_their_way_again(paths, juicefs):
    with sending(paths, juicefs, at_once=2) as it:
        exam(it.rig, 36 * MB, 2 * MB)
        it.proxy.bytes_per_s = 16 * MB  # each of the two uploads
        it.start()
        it.until(lambda: it.proxy.sent > 24 * MB)
        it.kill()
        it.proxy.bytes_per_s = 0.0
        it.start()
        it.until_stored()
        whole = it.prove()
        again = 8.4 * MB + 2 * MB  # a part, and what the other hand had
        assert whole <= it.proxy.sent <= whole + again + requests_cost(it.proxy)


class Halved:
    """A line whose limit is halved after so many bytes."""

    def __init__(self, after: int) -> None:
        self.line, self.after, self.taken = Line(), after, 0
        self.line.bucket.limit(16e6)

    def take(self, size: int) -> None:
        self.line.take(size)
        self.taken += size
        if self.taken >= self.after:
            self.line.bucket.limit(8e6)


def test_a_limit_holds_within_five_percent_over_real_uploads_of_large_and_small_objects(juicefs, tmp_path):
    """Four at a time, as the process does it."""
    left = [os.urandom(20_000) for _ in range(50)] + [os.urandom(MB) for _ in range(5)]
    payload = sum(map(len, left))
    pace = Halved(payload // 2)
    with between(juicefs.endpoint) as proxy:
        settings = UpstreamSettings(
            url=f"s3://{juicefs.bucket()}", endpoint=proxy.endpoint, credentials_file=str(juicefs.credentials)
        )
        store = places.of_box(settings, tmp_path, pace=pace)
        store.put("first", b"x", sha256=hashlib.sha256(b"x").hexdigest())  # connects

        def hand():
            while left:
                data = left.pop()
                sha256 = hashlib.sha256(data).hexdigest()
                store.put(sha256, data, sha256=sha256)

        began = time.monotonic()
        threads = [threading.Thread(target=hand) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        seconds = time.monotonic() - began
        assert seconds == pytest.approx(payload / 2 * 8 / 16e6 + payload / 2 * 8 / 8e6, rel=0.05)
        assert proxy.sent >= payload, "it went over the line"


@pytest.mark.long
def test_a_key_that_is_taken_away_is_said_and_a_new_one_is_used_without_a_restart(paths, juicefs, tmp_path):
    credentials = tmp_path / "credentials"
    credentials.write_text(juicefs.credentials.read_text())
    with sending(paths, juicefs, credentials_file=str(credentials)) as it:
        exam(it.rig, *[200_000] * 10)
        it.proxy.bytes_per_s = MB
        it.start()
        it.until(lambda: it.proxy.sent > MB)
        credentials.write_text(juicefs_module.credentials("testkey", "no-longer-the-secret"))
        it.proxy.next(*[Fault(status=403, code="InvalidAccessKeyId")] * 8)
        it.until(lambda: it.failure is not None and it.failure.kind == "refused")
        assert it.failure.hint
        assert "no-longer-the-secret" not in it.log.read_text() + it.failure.message + it.failure.hint
        credentials.write_text(juicefs.credentials.read_text())
        it.proxy.faults.clear()
        it.proxy.bytes_per_s = 0.0
        it.until_stored()
        it.prove()


@pytest.mark.long
def test_a_cable_that_is_cut_and_a_server_that_dies_cost_only_what_was_on_its_way(paths, tmp_path):
    with juicefs_module.running(tmp_path / "s3") as server, sending(paths, server, at_once=2) as it:
        exam(it.rig, *[2 * MB] * 10)
        it.proxy.bytes_per_s = 4 * MB
        it.start()
        it.until(lambda: it.proxy.sent > 6 * MB)
        it.proxy.stall()
        time.sleep(8.0)
        it.proxy.go_on()
        it.until(lambda: it.proxy.sent > 12 * MB)
        server.kill()
        it.until(lambda: it.failure is not None)
        assert it.failure.kind == "away"
        assert it.said.reachable is False
        server.start()
        it.until_stored()
        whole = it.prove()
        assert whole <= it.proxy.sent <= whole + 2 * 2 * MB + requests_cost(it.proxy)
        it.until(lambda: it.said.backlog == () and it.said.failures == ())


@pytest.mark.long
def test_killed_again_and_again_every_byte_arrives_and_hardly_one_twice(paths, juicefs):
    with sending(paths, juicefs, at_once=4) as it:
        exam(it.rig, 36 * MB, *[MB] * 20)
        it.proxy.bytes_per_s = 3 * MB
        kills = 6
        for number in range(1, kills + 1):
            it.start()
            it.until(lambda number=number: it.proxy.sent > number * 7 * MB)
            it.kill()
        it.start()
        it.until_stored()
        whole = it.prove()
        again = kills * (8.4 * MB + 3 * MB)
        assert whole <= it.proxy.sent <= whole + again + requests_cost(it.proxy)


@pytest.mark.long
def test_a_line_of_two_mbit_carries_it_without_sending_anything_twice(paths, juicefs):
    with sending(paths, juicefs, limit_mbit=2.0) as it:
        exam(it.rig, *[2 * MB] * 4)
        it.start()
        began = time.monotonic()
        it.until(lambda: it.said is not None and it.said.eta_s is not None and it.said.waiting_bytes > 4 * MB)
        guess = it.said.eta_s + time.monotonic() - began
        it.until_stored(180)
        whole = it.prove()
        seconds = time.monotonic() - began
        assert seconds >= whole * 8 / 2e6 * 0.95
        assert guess == pytest.approx(seconds, rel=0.35), "what it said at the beginning"
        assert whole <= it.proxy.sent <= whole + requests_cost(it.proxy)


@pytest.mark.long
def test_a_line_that_is_slow_by_itself_is_no_outage(paths, juicefs):
    """2 Mbit/s over all: a hand waits longer for its turn than a server usually takes to answer."""
    with sending(paths, juicefs, at_once=2) as it:
        exam(it.rig, *[2 * MB] * 3)
        it.proxy.bytes_per_s = 125_000  # for each of the two
        it.start()
        it.until_stored(240)
        whole = it.prove()
        assert whole <= it.proxy.sent <= whole + requests_cost(it.proxy)
        assert UpstreamFailed.TYPE not in {event.type for event in it.rig.reader.events(limit=10_000)}


@pytest.mark.long
def test_a_bucket_that_is_full_is_said_and_filled_on_once_there_is_room(paths, tmp_path):
    """JuiceFS is really full, and answers 500 to that; the answer of servers that know a word for it comes first."""
    with juicefs_module.running(tmp_path / "s3") as server, sending(paths, server) as it:
        server._run("config", server._meta, "--inodes", "40", "--yes")
        exam(it.rig, *[100_000] * 30)
        server.kill()
        server.start()
        it.start()
        it.proxy.next(*[Fault(status=507, code="XMinioStorageFull", method="PUT")] * 4)
        it.until(lambda: it.failure is not None and it.failure.kind == "full")
        assert it.failure.hint
        it.until(lambda: it.failure is not None and it.failure.kind == "away")
        assert not it.rig.exam_stored()
        server._run("config", server._meta, "--inodes", "0", "--yes")
        server.kill()
        server.start()
        it.until_stored(180)
        it.prove()


@pytest.mark.long
def test_a_clock_that_is_a_day_off_is_said_and_forgiven_once_it_is_right(paths, juicefs):
    faketime = shutil.which("faketime")
    if faketime is None:
        pytest.skip("faketime is not installed (apt install faketime)")
    with sending(paths, juicefs) as it:
        exam(it.rig, MB)
        it.start(faketime, "-f", "+1d")
        it.until(lambda: it.failure is not None and it.failure.kind == "refused")
        assert "clock" in it.failure.message + it.failure.hint
        it.kill()
        it.start()
        it.until_stored()
        it.prove()


@pytest.mark.long
def test_a_power_cut_in_the_middle_of_a_multipart_is_gone_on_from(paths, juicefs, tmp_path):
    """What sync itself keeps on the disk: bundles that are staged, and which uploads were begun."""
    disk = Disk(tmp_path / "box")
    disk.make(200)
    try:
        for name in ("outbox", "proved"):
            (disk.folder / name).mkdir()
            (paths.data / name).symlink_to(disk.folder / name)
        os.sync()
        with sending(paths, juicefs, at_once=2) as it:
            exam(it.rig, 40 * MB, 2 * MB, 2 * MB)
            it.proxy.bytes_per_s = 6 * MB
            for sent in (4, 22, 34):
                it.start()
                it.until(lambda sent=sent: it.proxy.sent > sent * MB)
                disk.cut()
                it.kill()
                disk.unmount()
                disk.mount()
            it.start()
            it.until_stored()
            whole = it.prove()
            again = 3 * (8.4 * MB + 2 * MB)
            assert whole <= it.proxy.sent <= whole + again + requests_cost(it.proxy)
    finally:
        disk.remove()
