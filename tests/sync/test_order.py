"""What says what happened is upstream before what shows it, for one exam and for all."""

import pytest

from appliance.bundle.keys import BoxKey
from appliance.bundle.manifest import Manifest
from appliance.config import UpstreamSettings
from appliance.proof.verify import verify
from appliance.sync.checkpoint import Checkpoints
from appliance.sync.claim import claim
from tests.sync.rig import FlakyStore, Rig

pytestmark = pytest.mark.slow


def over(rig: Rig, *seats: str) -> list[str]:
    """An exam that was held while nothing could be sent, and is over."""
    attempts = [rig.evidence.sit(seat) for seat in seats]
    for attempt in attempts:
        rig.evidence.over(attempt)
    rig.evidence.end_exam()
    return attempts


def puts(rig: Rig) -> list[str]:
    return [call.removeprefix("put north/box-1/bio/") for call in rig.store.calls if call.startswith("put ")]


def first(names: list[str], part: str) -> int:
    return min(n for n, name in enumerate(names) if part in name)


def last(names: list[str], *parts: str) -> int:
    return max(n for n, name in enumerate(names) if any(part in name for part in parts))


def test_the_reports_of_an_exam_and_of_everybody_are_upstream_before_any_video(rig):
    attempts = over(rig, "1", "2")
    rig.store = FlakyStore(rig.store)
    rig.start()
    rig.until(rig.exam_stored)
    names = puts(rig)
    video = first(names, "/media/")
    assert names.index("report/report.pdf") < video
    assert names.index("ledger.jsonl") < video
    assert names.index("index.html") < video
    for attempt in attempts:
        assert names.index(f"{attempt}/ledger.jsonl") < video
        assert names.index(f"{attempt}/report/report.pdf") < video
    assert last(names, "snapshots/") < video


def test_the_exam_is_sealed_last_and_names_what_its_attempts_were_sealed_with(rig):
    attempts = over(rig, "1", "2")
    rig.store = FlakyStore(rig.store)
    rig.start()
    rig.until(rig.exam_stored)
    names = puts(rig)
    assert names[-1] == "manifest.json"
    exam = Manifest.from_bytes((rig.exam_folder / "manifest.json").read_bytes())
    assert exam.attempts.keys() == set(attempts)
    assert verify(rig.paths.upstream).findings == []


def test_what_is_said_while_the_video_is_still_on_its_way_is_in_the_next_manifests(rig):
    attempt, _ = over(rig, "1", "2")
    rig.store = FlakyStore(rig.store)
    rig.start()
    rig.until(lambda: any("/media/" in call for call in rig.store.calls))
    rig.evidence.chat(attempt, "a question later")
    rig.until(rig.exam_stored)
    rig.until(lambda: (rig.exam_folder / "manifest-2.json").exists())
    assert (rig.exam_folder / attempt / "manifest-2.json").exists()
    assert verify(rig.paths.upstream).findings == []


def test_recordings_wait_for_the_night_and_reports_do_not(rig):
    over(rig, "1")
    rig.settings = UpstreamSettings(video="night", night="00:00-00:01")
    noon = 1_763_805_600.0 + 3 * 3600
    rig.start(wall=lambda: noon)
    rig.for_seconds(600)
    names = [stored.key for stored in rig.store.list("north/box-1/bio")]
    assert "north/box-1/bio/report/report.pdf" in names
    assert not any("/media/" in name for name in names)
    assert rig.service.ruling.verdict.video_waits == "day"


def test_a_report_that_cannot_be_written_holds_up_recordings_only_for_a_while(rig):
    def broken(**_):
        raise ZeroDivisionError("a bug")

    over(rig, "1")
    rig.start(broken)
    rig.for_seconds(40)
    assert not list(rig.paths.upstream.rglob("*.mp4"))
    rig.for_seconds(60)
    assert len(list(rig.paths.upstream.rglob("*.mp4"))) == 4


def test_the_name_of_the_box_is_taken_first_then_the_head_of_the_ledger_is_said_each_minute(rig):
    key = BoxKey.from_folder(rig.paths.keys)
    rig.store = FlakyStore(rig.store)
    over(rig, "1")
    rig.start(
        claim=lambda: claim(rig.store, rig.site, rig.box, key.public.pem),
        checkpoints=Checkpoints(key=key, site=rig.site, box=rig.box, seconds=60.0),
    )
    rig.until(rig.exam_stored)
    names = [call.removeprefix("put north/box-1/") for call in rig.store.calls if call.startswith("put ")]
    assert names[0] == "_box/box.pub"
    assert names[1].startswith("_box/checkpoints/")
    rig.for_seconds(130)
    notes = [name for name in rig.store.calls if name.startswith("put north/box-1/_box/checkpoints/")]
    assert len(notes) == 2, "another one for what was said since, and none for silence"
    assert rig.service.sender.last_checkpoint is not None
