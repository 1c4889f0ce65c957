"""A room that a lab camera sees has a chain, a recording and a bundle of its own, proved like an attempt's."""

import json

import pytest

from appliance.bundle.manifest import Manifest
from appliance.exam.events import AttemptStored, ReportWritten, RoomWatched
from appliance.proof.verify import verify
from tests.sync.rig import whole_exam

pytestmark = pytest.mark.slow

ROOM = "f" * 32


def watched(rig):
    """A room is recorded beside the candidates."""
    rig.evidence.append(RoomWatched(camera="door"), ROOM, actor="capture")
    rig.evidence.record(ROOM, "camera", seconds=30)


def rig_with_room(rig):
    watched(rig)
    rig.evidence.close(ROOM, "camera")
    whole_exam(rig)


def test_a_room_goes_upstream_under_the_exam_and_is_proved(rig):
    rig_with_room(rig)
    folder = rig.exam_folder / ROOM
    manifest = Manifest.from_bytes((folder / "manifest.json").read_bytes())
    assert (manifest.exam, manifest.attempt, manifest.ledger.chain) == ("bio", ROOM, ROOM)
    assert sorted({file.kind for file in manifest.files}) == ["ledger", "other", "playlist", "segment"]
    assert not (folder / "report").exists()
    exam = Manifest.from_bytes((rig.exam_folder / "manifest.json").read_bytes())
    assert ROOM in exam.attempts
    outcome = verify(rig.paths.upstream)
    assert outcome.findings == []
    stored = [event.payload for event in rig.reader.events(types=frozenset({AttemptStored.TYPE}), limit=100)]
    assert ROOM in {payload.attempt for payload in stored}
    reports = [event.payload for event in rig.reader.events(types=frozenset({ReportWritten.TYPE}), limit=100)]
    assert ROOM not in {payload.attempt for payload in reports}


def test_the_boxs_chain_vouches_for_the_rooms(rig):
    rig_with_room(rig)
    (ledger,) = rig.exam_folder.glob("ledger.jsonl")
    heads = [
        json.loads(line["payload"])["heads"]
        for line in map(json.loads, ledger.read_text().splitlines())
        if line["payload"] and "heads" in line["payload"]
    ]
    assert any(ROOM in head for head in heads)


@pytest.mark.parametrize("what", ["segment", "ledger.jsonl", "the folder"])
def test_what_is_changed_in_a_room_is_found(rig, what):
    rig_with_room(rig)
    folder = rig.exam_folder / ROOM
    if what == "the folder":
        folder.rename(folder.with_name("away"))
    else:
        file = folder / what if what != "segment" else next(folder.glob("media/camera/*.mp4"))
        data = bytearray(file.read_bytes())
        data[-3] ^= 1
        file.chmod(0o600)
        file.write_bytes(data)
    assert any(ROOM in str(finding) for finding in verify(rig.paths.upstream).findings)


def test_a_room_is_not_bundled_while_somebody_still_sits_there(rig):
    watched(rig)
    first, _second = rig.evidence.sit("1"), rig.evidence.sit("2")
    rig.start()
    rig.evidence.over(first)
    rig.until(lambda: rig.stored(first))
    rig.for_seconds(60)
    assert not (rig.exam_folder / ROOM / "manifest.json").exists()


def test_a_service_that_starts_later_finds_the_room(rig):
    watched(rig)
    attempts = [rig.evidence.sit("1"), rig.evidence.sit("2")]
    for attempt in attempts:
        rig.evidence.over(attempt)
    rig.evidence.end_exam()
    rig.start()
    rig.until(rig.exam_stored)
    assert verify(rig.paths.upstream).findings == []
    assert (rig.exam_folder / ROOM / "manifest.json").exists()
