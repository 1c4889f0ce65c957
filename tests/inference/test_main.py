"""The inference process as it runs: a real ledger, pictures of footage on tmpfs, flags out."""

import contextlib
import hashlib
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import cv2
import pytest

from appliance.box import health, picture, seen
from appliance.box.paths import Paths, models_folder
from appliance.exam.events import AttemptEnded, FeedOpened, GapClosed, GapOpened
from appliance.exam.feed import Feed, Kind
from appliance.inference import replay
from appliance.ledger import reader as reader_module
from appliance.ledger import writer as writer_module
from appliance.ledger.record import Draft
from appliance.ledger.socket import LedgerServer
from tests.ledger.world import bring_to_equipment, bring_to_exam, build

SHARED = Path(__file__).parents[3] / "shared"
CLIP = SHARED / "footage/clips/A06_absent_same_room.mp4"

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not CLIP.is_file(), reason="the footage is not here"),
    pytest.mark.skipif(not (models_folder() / "pack.json").is_file(), reason="no model pack: appliance models prepare"),
]

OVER = AttemptEnded(by="pia", reason="", warnings=0, overridden=False)
"""Whoever hands in this early would be flagged for it."""


class Bench:
    """A ledger with one candidate in the exam, and the inference process."""

    def __init__(self, paths: Paths, stack: contextlib.ExitStack, models: Path | None = None):
        self.paths = paths
        self.writer = stack.enter_context(writer_module.opened(paths.database))
        self.reader = stack.enter_context(reader_module.opened(paths.database))
        self.server = LedgerServer(paths.ledger_socket, writer=self.writer, reader=self.reader)
        self.server.start()
        stack.callback(self.server.stop)
        self.world = build(self.writer)
        self.attempt = bring_to_exam(self.writer, self.world, "1")
        self.feed = Feed(self.attempt, Kind.WEBCAM)
        self.number = 0
        self.environment = {"APPLIANCE_MODELS": str(models)} if models else {}
        self.process: subprocess.Popen | None = None
        stack.callback(self.kill)

    def start(self):
        with open(self.paths.data / "inference.log", "ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "appliance", "--data", str(self.paths.data), "inference"],
                env={**os.environ, **self.environment},
                stderr=log,
            )

    def kill(self):
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGKILL)
        if self.process is not None:
            self.process.wait()

    def say(self, payload):
        self.writer.append(Draft(payload=payload, chain=self.attempt, exam="bio", actor="capture"))

    def open_feed(self, at):
        self.say(FeedOpened(kind="webcam", connection="c1", codecs=["h264"], opened_at=at))

    def events(self, kind):
        return [e for e in self.reader.events(after=0, types=frozenset({kind})) if e.chain == self.attempt]

    def wait_for(self, kind, *, code=None, seconds=10.0):
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            found = [e for e in self.events(kind) if code is None or e.payload.code == code]
            if found:
                return found
            time.sleep(0.1)
        raise AssertionError(f"no {kind} {code or ''}\n{(self.paths.data / 'inference.log').read_text()[-3000:]}")

    def health(self):
        return health.read(self.paths.health, "inference", now=time.time())

    def wait_until_healthy(self, seconds=45.0):
        deadline = time.monotonic() + seconds
        while not self.health()["healthy"]:
            assert time.monotonic() < deadline, self.health()
            time.sleep(0.1)

    def show(self, frame, position):
        self.number += 1
        ok, jpeg = cv2.imencode(".jpg", frame)
        assert ok
        header = picture.Header(
            feed=str(self.feed),
            number=self.number,
            taken_at=time.time(),
            position=position,
            width=frame.shape[1],
            height=frame.shape[0],
            jpeg_bytes=len(jpeg),
            raw_bytes=frame.nbytes,
        )
        picture.write(self.paths.pictures, header, jpeg.tobytes(), frame.tobytes())

    def play(self, clip, *, start=0.0, end=1e9):
        begun = time.monotonic()
        for at, frame in replay.pictures(clip):
            if not start <= at < end:
                continue
            time.sleep(max(0.0, begun + at - start - time.monotonic()))
            self.show(frame, at)


@pytest.fixture
def bench(tmp_path, monkeypatch):
    monkeypatch.setenv("APPLIANCE_RUN", str(tmp_path / "run"))
    with contextlib.ExitStack() as stack:
        yield Bench(Paths.of(tmp_path / "data").make(), stack)


def test_M32_a_candidate_who_checks_in_is_told_what_the_camera_sees(bench):
    """Of the second seat, which has just signed. It takes a tenth of a second where the machine is idle."""
    bench.start()
    bench.wait_until_healthy()
    attempt = bench.world.attempts["2"]
    bring_to_equipment(bench.writer, bench.world, "2")
    bench.feed = Feed(attempt, Kind.WEBCAM)
    frames = dict(replay.pictures(CLIP))
    for at, face in ((3.0, "seen"), (8.0, "not_seen"), (3.0, "seen")):
        frame = next(frame for moment, frame in frames.items() if moment >= at)
        shown = time.time()
        while (said := seen.read(bench.paths.seen, attempt, time.time()).get("webcam", {})).get("face") != face:
            assert time.time() - shown < 4.0, said
            bench.show(frame, at)
            time.sleep(0.25)
        assert (said["box"] is not None) == (face == "seen")
        assert (said["screen"], said["at"] >= shown) == ("not_assessable", True)
    assert bench.events("flag.raised") == []


def test_an_empty_chair_becomes_a_flag_with_its_pictures(bench):
    bench.start()
    bench.wait_until_healthy()
    bench.open_feed(time.time())
    bench.play(CLIP, start=3.0)
    (raised,) = bench.wait_for("flag.raised")
    said = raised.payload
    assert (said.code, said.stage, said.severity) == ("face_absent", "in_exam", "medium")
    assert 6.4 <= said.position <= 7.6
    assert said.assessable >= 14
    assert [s["moment"] for s in said.snapshots] == ["onset", "peak", "last"]
    bench.say(OVER)
    (closed,) = bench.wait_for("flag.closed")
    for snapshot in [*said.snapshots, *closed.payload.snapshots]:
        data = (bench.paths.media / snapshot["path"]).read_bytes()
        assert hashlib.sha256(data).hexdigest() == snapshot["sha256"]
    (covered,) = [event for event in bench.wait_for("analysis.covered") if event.payload.kind == "webcam"]
    assert covered.payload.ticks["face_absent"][0] >= 30
    assert not [missed for missed in bench.events("analysis.missed") if missed.payload.sense == "sight"]


@pytest.mark.long
def test_a_lost_camera_is_a_flag_once_also_after_a_kill(bench):
    bench.start()
    bench.wait_until_healthy()
    bench.open_feed(time.time() - 60)
    bench.play(CLIP, end=2.0)
    lost_at = time.time()
    time.sleep(2.0)
    bench.say(GapOpened(gap="g1", kind="webcam", cause="no_media", starts_at=lost_at))
    (raised,) = bench.wait_for("flag.raised")
    assert raised.payload.code == "camera_disconnected"
    assert raised.payload.onset_at == pytest.approx(lost_at)
    assert raised.wall - lost_at < 4.0
    bench.kill()
    bench.start()
    bench.wait_until_healthy()
    bench.say(GapClosed(gap="g1", kind="webcam", cause="no_media", starts_at=lost_at, ends_at=time.time()))
    bench.say(OVER)
    bench.wait_for("flag.closed")
    assert len(bench.events("flag.raised")) == 1
    assert len(bench.events("flag.closed")) == 1


@pytest.mark.long
def test_what_nobody_looked_at_while_it_was_down_is_said(bench):
    bench.start()
    bench.wait_until_healthy()
    bench.open_feed(time.time())
    bench.play(CLIP, end=3.0)
    time.sleep(1.2)  # the record of the last look is written once a second
    bench.kill()
    down_at = time.time()
    bench.play(CLIP, end=3.0)
    bench.start()
    bench.wait_until_healthy()
    bench.play(CLIP, end=2.0)
    (missed,) = [event for event in bench.wait_for("analysis.missed") if event.payload.sense == "sight"]
    assert missed.payload.cause == "inference_down"
    assert missed.payload.starts_at <= down_at
    assert missed.payload.ends_at - missed.payload.starts_at > 3.0


@pytest.mark.long
def test_pictures_that_stop_are_said(bench):
    bench.start()
    bench.wait_until_healthy()
    bench.open_feed(time.time())
    bench.play(CLIP, end=1.5)
    time.sleep(3.0)
    bench.play(CLIP, end=1.5)
    (missed,) = [event for event in bench.wait_for("analysis.missed") if event.payload.sense == "sight"]
    assert missed.payload.cause == "no_pictures"
    assert 2.5 < missed.payload.ends_at - missed.payload.starts_at < 4.5


def test_sigterm_ends_it_soon(bench):
    bench.start()
    bench.wait_until_healthy()
    begun = time.monotonic()
    bench.process.terminate()
    assert bench.process.wait(5) == 0
    assert time.monotonic() - begun < 3.0


@pytest.mark.long
def test_a_missing_model_is_said_and_the_rest_works(tmp_path, monkeypatch):
    monkeypatch.setenv("APPLIANCE_RUN", str(tmp_path / "run"))
    models = tmp_path / "models"
    shutil.copytree(models_folder(), models)
    (models / "objects.bin").unlink()
    with contextlib.ExitStack() as stack:
        bench = Bench(Paths.of(tmp_path / "data").make(), stack, models=models)
        bench.start()
        deadline = time.monotonic() + 15
        while "objects.bin" not in bench.health()["sentence"]:
            assert time.monotonic() < deadline, bench.health()
            time.sleep(0.1)
        assert not bench.health()["healthy"]
        assert "models prepare" in bench.health()["sentence"]
        bench.open_feed(time.time())
        bench.play(CLIP, start=5.5, end=16.0)
        assert bench.wait_for("flag.raised")[0].payload.code == "face_absent"
        bench.say(OVER)
        ticks = bench.wait_for("analysis.covered")[0].payload.ticks
        assert ticks["face_absent"][0] > 0
        assert ticks["phone_visible"][0] == 0
