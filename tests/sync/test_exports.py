"""Clips that leave the box: one at a time, whole or not at all, signed, and what failed says why."""

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
import zipfile

import pytest

from appliance.box.paths import models_folder
from appliance.bundle.keys import BoxKey
from appliance.config import CaptureSettings, Settings
from appliance.exam import events
from appliance.exam.feed import Kind
from appliance.ledger import exports
from appliance.sync.exports import Exports
from tests.evidence.recorded import Recorder, packets_of
from tests.report.evidence import START

pytestmark = pytest.mark.slow


class House:
    """One box with a candidate who has handed in, recorded for real."""

    def __init__(self, rig):
        self.rig = rig
        self.attempt = rig.evidence.sit("1")
        self.recorder = Recorder(rig.paths.media)
        self.asked = 0

    def record(self, kind, *spans, **said):
        self.recorder.record(kind, *spans, begins_at=START + 100, attempt=self.attempt, **said)
        for number, source in enumerate(self.recorder.sources[kind], 100):
            closed = events.SegmentClosed(
                kind=kind.value,
                number=number,
                path=source.path,
                starts_at=source.starts_at,
                position=source.position,
                duration=source.duration,
                bytes=(self.rig.paths.media / source.path).stat().st_size,
                init_bytes=20,
                sha256=source.sha256,
                codecs=["h264"],
            )
            self.rig.evidence.append(closed, self.attempt)

    def ask(self, starts, ends, *kinds, masked=False) -> str:
        self.asked += 1
        said = events.ExportAsked(
            export=f"e{self.asked}",
            kinds=list(kinds or ("webcam",)),
            starts_at=START + 100 + starts,
            ends_at=START + 100 + ends,
            masked=masked,
            reason="the board asked",
            factor="password",
            by="rita",
            by_name="Rita",
        )
        self.rig.evidence.append(said, self.attempt, actor="rita")
        return said.export

    def exporter(self, **said) -> Exports:
        paths = self.rig.paths
        said = {"settings": Settings(capture=CaptureSettings(low_water_bytes=0))} | said
        key = BoxKey.from_folder(paths.keys)
        return Exports(paths=paths, key=key, reader=self.rig.reader, ledger=self.rig.ledger, **said)

    def turn(self, exporter=None):
        return (exporter or self.exporter()).turn(threading.Event(), now=time.time())

    def row(self, export):
        with self.rig.reader.connect() as connection:
            return exports.export(connection, export)

    def folder(self, export):
        return self.rig.paths.data / "exports" / "bio" / export


@pytest.fixture
def house(rig):
    house = House(rig)
    house.record(Kind.WEBCAM, (0, 8), (8, 16), sound=True)
    house.record(Kind.SCREEN, (0, 16))
    house.rig.evidence.over(house.attempt)
    return house


def test_M91_a_clip_is_made_signed_and_anybody_can_check_it(house, tmp_path):
    export = house.ask(3.5, 11, "webcam", "screen")
    assert house.turn()
    row = house.row(export)
    assert row.facts["folder"] == f"exports/bio/{export}"
    assert (row.facts["in_s"], row.facts["out_s"]) == (1.5, 9.0)
    there = tmp_path / "elsewhere"
    with zipfile.ZipFile(house.folder(export) / "EXPORT.zip") as packed:
        assert {info.compress_type for info in packed.infolist()} == {zipfile.ZIP_STORED}
        packed.extractall(there)
    (there,) = there.iterdir()
    assert {file.name for file in there.iterdir()} | {"EXPORT.zip"} == set(row.facts["files"])
    subprocess.run(["sha256sum", "--quiet", "-c", "SHA256SUMS"], cwd=there, check=True)
    check = "openssl pkeyutl -verify -pubin -inkey box.pub -rawin -in manifest.json -sigfile manifest.json.sig"
    subprocess.run(check.split(), cwd=there, check=True, capture_output=True)
    said = json.loads((there / "manifest.json").read_bytes())
    assert said["files"]["clip.mp4"]["sha256"] == row.facts["files"]["clip.mp4"]
    assert [segment["state"] for segment in said["segments"]] == ["there"] * 3
    assert said["ledger"][house.attempt]["position"] > 0
    words = (there / "README.txt").read_text()
    assert "begins 1.5 s and ends 9.0 s" in words
    assert "the board asked" in words
    assert "No masked copy was asked for" in words
    assert len(packets_of(there / "clip.mp4")) == 3, "two tracks of pictures, one of sound"


@pytest.mark.parametrize("pack", [True, False], ids=["with the model pack", "without"])
def test_M91_a_masked_copy_lies_beside_the_clip_or_the_words_say_why_not(house, monkeypatch, tmp_path, pack):
    if pack and not (models_folder() / "pack.json").exists():
        pytest.skip("needs the model pack")
    if not pack:
        monkeypatch.setenv("APPLIANCE_MODELS", str(tmp_path))
    export = house.ask(0, 2, "webcam", "screen", masked=True)
    house.turn()
    files = house.row(export).facts["files"]
    words = (house.folder(export) / "README.txt").read_text()
    said = json.loads((house.folder(export) / "manifest.json").read_bytes())
    assert "clip.mp4" in files
    assert ("clip-masked.mp4" in files) == pack
    if pack:
        assert "is marked in the picture" in words
        assert [(track["kind"], track["media"], track["how"]) for track in said["masked"]["tracks"]] == [
            ("webcam", "video", "masked, known from: nothing"),
            ("webcam", "audio", "as it is"),
            ("screen", "video", "as it is"),
        ]
    else:
        assert "The masked copy could not be made" in words


def test_a_changed_manifest_is_found_out(house):
    folder = house.folder(house.ask(0, 4))
    house.turn()
    said = (folder / "manifest.json").read_bytes()
    (folder / "manifest.json").write_bytes(said.replace(b"the board asked", b"nobody asked me"))
    check = "openssl pkeyutl -verify -pubin -inkey box.pub -rawin -in manifest.json -sigfile manifest.json.sig"
    assert subprocess.run(check.split(), cwd=folder, check=False, capture_output=True).returncode != 0


def test_one_at_a_time_oldest_first_and_the_health_file_counts(house):
    first, second = house.ask(0, 4), house.ask(4, 90, "phone")
    exporter = house.exporter()
    house.turn(exporter)
    assert house.row(first).facts is not None
    assert house.row(second).done_at is None
    assert exporter.status() == {"exports_made": 1, "exports_failed": 0, "exports_waiting": 1}
    house.turn(exporter)
    assert house.row(second).trouble == "nothing_recorded"
    assert exporter.status() == {"exports_made": 1, "exports_failed": 1, "exports_waiting": 0}
    assert not house.turn(exporter)


def test_a_disk_without_room_fails_in_words_and_leaves_nothing(house):
    export = house.ask(0, 4)
    house.turn(house.exporter(settings=Settings(capture=CaptureSettings(low_water_bytes=10**18))))
    assert house.row(export).trouble == "disk"
    assert not house.folder(export).exists()


def test_a_child_that_dies_fails_the_clip_and_nothing_else(house):
    export = house.ask(0, 4)
    house.turn(house.exporter(command=[sys.executable, "-c", "import os; os.abort()"]))
    assert house.row(export).trouble == "unreadable"
    assert list(house.folder(export).parent.iterdir()) == []


def test_a_child_that_says_nonsense_fails_the_clip_and_holds_up_nothing(house):
    export = house.ask(0, 4)
    nonsense = "import sys, pathlib; pathlib.Path(sys.argv[1]).with_name('result.json').write_text('{}')"
    house.turn(house.exporter(command=[sys.executable, "-c", nonsense]))
    assert house.row(export).trouble == "unreadable"


def test_while_it_is_recorded_a_clip_waits_until_the_last_file_is_closed(rig):
    house = House(rig)
    house.record(Kind.WEBCAM, (0, 8))
    house.ask(0, 8)
    exporter = house.exporter()
    assert not exporter.turn(threading.Event(), now=START + 110)
    assert exporter.status()["exports_waiting"] == 1
    assert exporter.turn(threading.Event(), now=START + 108 + 30 + 6)


def test_what_is_to_be_erased_does_not_leave_the_box(house):
    export = house.ask(0, 4)
    asked = events.ErasureAsked(reference="r1", by="ina", by_name="Ina")
    house.rig.evidence.append(asked, house.attempt, actor="ina")
    house.turn()
    assert house.row(export).trouble == "deleted"
    assert not house.folder(export).exists()


def test_while_the_ledger_is_away_a_clip_is_told_again_and_not_made_again(house):
    export = house.ask(0, 4)
    exporter = house.exporter()
    house.rig.ledger.away = True
    with pytest.raises(Exception, match="did not answer"):
        house.turn(exporter)
    made = (house.folder(export) / "manifest.json").stat().st_mtime_ns
    house.rig.ledger.away = False
    house.turn(exporter)
    assert house.row(export).facts is not None
    assert (house.folder(export) / "manifest.json").stat().st_mtime_ns == made


_WORKER = """
import sys, threading, time
from pathlib import Path
from appliance.box.paths import Paths
from appliance.config import CaptureSettings, Settings
from appliance.ledger.reader import opened
from appliance.sync.exports import Exports
from appliance.bundle.keys import BoxKey
paths = Paths.of(Path(sys.argv[1]))
class Silent:
    def append_and_wait(self, *_a, **_k):
        time.sleep(60)
with opened(paths.database) as reader:
    settings = Settings(capture=CaptureSettings(low_water_bytes=0))
    key = BoxKey.from_folder(paths.keys)
    exporter = Exports(paths=paths, settings=settings, key=key, reader=reader, ledger=Silent())
    exporter.turn(threading.Event(), now=time.time())
"""


@pytest.mark.parametrize("after", [0.3, 0.45, 0.6, 0.8, "made"])
def test_killed_at_any_moment_the_next_process_makes_it_anew_and_whole(house, after):
    export = house.ask(0, 14, "webcam", "screen")
    worker = subprocess.Popen([sys.executable, "-c", _WORKER, str(house.rig.paths.data)])
    if after == "made":
        deadline = time.monotonic() + 20
        while not house.folder(export).exists() and time.monotonic() < deadline:
            time.sleep(0.01)
    else:
        time.sleep(after)
    os.kill(worker.pid, signal.SIGKILL)
    worker.wait()
    assert house.row(export).done_at is None
    house.turn()
    row = house.row(export)
    assert row.facts is not None
    assert {file.name for file in house.folder(export).iterdir()} == set(row.facts["files"])
    assert [folder.name for folder in house.folder(export).parent.iterdir()] == [export], "nothing half is left"
    subprocess.run(["sha256sum", "--quiet", "-c", "SHA256SUMS"], cwd=house.folder(export), check=True)
    shutil.rmtree(house.folder(export))
