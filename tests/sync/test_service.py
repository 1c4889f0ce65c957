"""From the ledger to a proved exam upstream, and what may come between."""

import hashlib
import json

import pytest

from appliance.box import disk
from appliance.bundle.manifest import Manifest
from appliance.errors import Unavailable
from appliance.exam import events
from appliance.exam.events import AttemptStored, ExamStored, ReportWritten, UpstreamFailed
from appliance.ledger import state
from appliance.proof.verify import verify
from appliance.report import write
from appliance.sync.receipt import Again
from appliance.sync.watch import Timing
from tests.report.evidence import START
from tests.sync.rig import FlakyStore, whole_exam

pytestmark = pytest.mark.slow  # together too long for `make check`


def said(rig, cls):
    return [event.payload for event in rig.reader.events(types=frozenset({cls.TYPE}), limit=10_000)]


def manifest(rig, attempt, name="manifest.json"):
    return Manifest.from_bytes((rig.exam_folder / attempt / name).read_bytes())


def upstream(rig, *, of=""):
    return sorted(stored.key.removeprefix("north/box-1/bio/") for stored in rig.store.list(f"north/box-1/bio{of}"))


def test_an_exam_goes_upstream_and_is_proved(rig):
    first, _ = whole_exam(rig, write.write)
    outcome = verify(rig.paths.upstream)
    assert outcome.findings == []
    assert (outcome.attempts, outcome.exams) == (2, 1)
    names = [name.removeprefix(f"{first}/") for name in upstream(rig, of=f"/{first}")]
    assert {"manifest.json", "ledger.jsonl", "report/report.pdf", "media/webcam/playlist.m3u8"} <= set(names)
    assert sum(name.endswith(".mp4") for name in names) == 4
    assert sum(name.startswith("snapshots/") for name in names) == 6
    assert not list(rig.paths.outbox.glob("*/*"))
    assert {(report.exam, report.attempt) for report in said(rig, ReportWritten)} == {
        ("bio", None),
        *(("bio", attempt) for attempt in rig.evidence.world.attempts.values()),
    }
    [stored] = said(rig, ExamStored)
    assert (stored.attempts, stored.number) == (2, 1)


def test_segments_go_up_while_the_exam_runs_and_nothing_else_does(rig):
    attempt = rig.evidence.sit("1")
    rig.start()
    rig.until(lambda: rig.service.status()["backlog_objects"] == 0 and rig.service.status()["sent_objects"] == 4)
    assert all(name.endswith(".mp4") for name in upstream(rig))
    rig.evidence.record(attempt, "webcam", seconds=30)
    rig.until(lambda: rig.service.status()["sent_objects"] == 5)
    rig.for_seconds(60)
    assert len(upstream(rig)) == 5
    assert said(rig, AttemptStored) == []


def test_the_ledger_goes_before_the_report_before_snapshots_before_video_and_the_manifest_last(rig):
    attempt = rig.evidence.sit("1")
    rig.evidence.over(attempt)
    rig.store = FlakyStore(rig.store)
    timing = Timing(settle=0.0)
    rig.start(timing=timing)
    rig.until(lambda: rig.stored(attempt))
    puts = [call.rpartition(f"{attempt}/")[2] for call in rig.store.calls if call.startswith("put")]
    kinds = [name.split("/")[0] for name in puts if not name.startswith("media")]
    assert kinds[0] == "ledger.jsonl"
    assert puts.index("report/report.pdf") < min(n for n, name in enumerate(puts) if name.startswith("snapshots"))
    assert puts[-1] == "manifest.json"
    media = [n for n, name in enumerate(puts) if name.startswith("media")]
    assert max(n for n, name in enumerate(puts) if name.startswith("snapshots")) < media[1]


def test_an_end_waits_for_the_last_segment(rig):
    attempt = rig.evidence.sit("1")
    rig.start()
    rig.evidence.finish(attempt)
    rig.for_seconds(10)
    assert said(rig, AttemptStored) == []
    last = rig.evidence.record(attempt, "webcam", seconds=30, at=START + 60)[0].rpartition("/")[2]
    for kind in ("webcam", "screen"):
        rig.evidence.close(attempt, kind)
    rig.until(lambda: rig.stored(attempt))
    assert f"media/webcam/{last}" in {file.file for file in manifest(rig, attempt).files}
    assert manifest(rig, attempt).open_feeds == ()


def test_it_does_not_wait_for_ever_and_says_so(rig):
    attempt = rig.evidence.sit("1")
    rig.start(write.write)
    rig.evidence.finish(attempt)
    before = rig.clock
    rig.until(lambda: rig.stored(attempt))
    assert 20 <= rig.clock - before < 30
    assert manifest(rig, attempt).open_feeds == ("screen", "webcam")
    outcome = verify(rig.exam_folder / attempt)
    assert outcome.findings == []
    assert "had not been closed" in outcome.remarks[0]
    report = json.loads((rig.exam_folder / attempt / "report" / "report.json").read_text())
    assert any("had not been closed" in point for point in report["open_points"])


def test_what_capture_recovers_later_makes_another_manifest(rig):
    attempt = rig.evidence.sit("1")
    rig.start()
    rig.evidence.finish(attempt)
    rig.until(lambda: rig.stored(attempt))
    late = rig.evidence.record(attempt, "webcam", seconds=30, at=START + 60)[0].rpartition("/")[2]
    rig.evidence.close(attempt, "webcam")
    rig.evidence.close(attempt, "screen")
    rig.until(lambda: len(said(rig, AttemptStored)) == 2)
    newer = manifest(rig, attempt, "manifest-2.json")
    assert f"media/webcam/{late}" in {file.file for file in newer.files}
    assert newer.previous.file == "manifest.json"
    assert verify(rig.exam_folder / attempt).findings == []


def test_a_flag_decided_after_the_exam_makes_another_manifest_of_attempt_and_exam(rig):
    attempt = rig.evidence.sit("1")
    open_flag = rig.evidence.flag(attempt, "camera_covered", at=START + 45)
    rig.start()
    rig.evidence.over(attempt)
    rig.evidence.end_exam()
    rig.until(rig.exam_stored)
    before = dict.fromkeys(upstream(rig))
    rig.evidence.decide(attempt, open_flag, "confirmed")
    rig.for_seconds(100)
    assert list(before) == upstream(rig)  # more decisions may follow
    rig.evidence.chat(attempt, "thank you")
    rig.until(lambda: len(said(rig, ExamStored)) == 2)
    new = [name for name in upstream(rig) if name not in before]
    assert sorted(name.replace(attempt, "A") for name in new) == sorted(
        f"{folder}{name}"
        for folder in ("", "A/")
        for name in (
            *("SHA256SUMS-2", "SHA256SUMS-2.sig", "ledger-2.jsonl", "manifest-2.json", "manifest-2.sig"),
            *("report-2/report.csv", "report-2/report.json", "report-2/report.pdf", "index-2.html"),
        )
    )
    assert verify(rig.paths.upstream).findings == []
    rig.evidence.chat(attempt, "once more")
    rig.until(lambda: len(said(rig, ExamStored)) == 3)
    assert verify(rig.paths.upstream).findings == []


def test_a_snapshot_that_changed_between_two_manifests_has_another_name(rig):
    attempt = rig.evidence.sit("1")
    rig.start()
    rig.evidence.over(attempt)
    rig.until(lambda: rig.stored(attempt))
    with rig.reader.connect() as connection:
        flag = state.flags(connection, attempt=attempt)[0]
    newer = [rig.evidence.picture(attempt, flag.flag, "peak")]
    closed = events.FlagClosed(
        flag=flag.flag, ended_at=START + 20, score=0.9, true=1, assessable=1, ticks=1, snapshots=newer
    )
    rig.evidence.append(closed, attempt, actor="inference")
    rig.until(lambda: len(said(rig, AttemptStored)) == 2)
    assert f"snapshots/{flag.flag}-peak-2.jpg" in {f.file for f in manifest(rig, attempt, "manifest-2.json").files}
    assert verify(rig.exam_folder / attempt).findings == []


@pytest.mark.parametrize("after", [False, True], ids=["before", "after it was done"])
def test_an_upstream_that_is_away_costs_time_and_nothing_else(rig, after):
    rig.store = FlakyStore(rig.store, faults=12)
    rig.store.after = after
    began = rig.clock
    whole_exam(rig)
    assert rig.clock - began > 30
    assert rig.store.faults == 0
    assert verify(rig.paths.upstream).findings == []
    assert rig.service.status()["failing"] == ""
    assert len(said(rig, UpstreamFailed)) == 1, "said once"


def test_a_whole_exam_without_upstream_is_reported_on_the_box(rig):
    rig.store = FlakyStore(rig.store, faults=10**9)
    attempt = rig.evidence.sit("1")
    rig.start()
    rig.evidence.over(attempt)
    rig.for_seconds(300)
    assert said(rig, AttemptStored) == []
    assert said(rig, ReportWritten)[0].attempt == attempt
    assert (rig.paths.reports / "bio" / attempt / "report.pdf").exists()
    status = rig.service.status()
    assert status["failing"] == "the line is down"
    assert status["backlog_objects"] > 0
    assert status["backlog_bytes"] > 0
    assert status["oldest_unsent_s"] is not None
    rig.store.faults = 0
    rig.evidence.end_exam()
    rig.until(rig.exam_stored)
    assert verify(rig.paths.upstream).findings == []


def test_a_segment_that_is_gone_is_named_and_holds_up_nothing(rig):
    attempt = rig.evidence.sit("1")
    gone = next(rig.paths.media.glob(f"bio/{attempt}/webcam/*.mp4"))
    gone.unlink()
    changed = next(rig.paths.media.glob(f"bio/{attempt}/screen/*.mp4"))
    changed.write_bytes(b"something else")
    rig.start()
    rig.evidence.over(attempt)
    rig.until(lambda: rig.stored(attempt))
    missing = {entry.file: entry.reason for entry in manifest(rig, attempt).missing}
    assert missing.keys() == {f"media/webcam/{gone.name}", f"media/screen/{changed.name}"}
    assert "No such file" in missing[f"media/webcam/{gone.name}"]
    assert "not what it was" in missing[f"media/screen/{changed.name}"]
    assert {finding.file for finding in verify(rig.exam_folder / attempt).findings} == set(missing)
    assert len(said(rig, UpstreamFailed)) == 2
    assert rig.service.status()["failing"] == ""


def test_a_segment_that_comes_back_is_in_the_next_manifest(rig):
    attempt = rig.evidence.sit("1")
    gone = next(rig.paths.media.glob(f"bio/{attempt}/webcam/*.mp4"))
    data = gone.read_bytes()
    gone.unlink()
    rig.start()
    rig.evidence.over(attempt)
    rig.until(lambda: rig.stored(attempt))
    gone.write_bytes(data)
    rig.evidence.chat(attempt, "the disk is back")
    rig.until(lambda: len(said(rig, AttemptStored)) == 2)
    assert manifest(rig, attempt, "manifest-2.json").missing == ()
    assert verify(rig.exam_folder / attempt).findings == []


def test_other_content_upstream_is_said_and_holds_up_only_its_own_attempt(rig):
    first, second = rig.evidence.sit("1"), rig.evidence.sit("2")
    name = next(rig.paths.media.glob(f"bio/{first}/webcam/*.mp4")).name
    foreign = rig.exam_folder / first / "media" / "webcam" / name
    foreign.parent.mkdir(parents=True)
    foreign.write_bytes(b"somebody else's")
    rig.start()
    for attempt in (first, second):
        rig.evidence.over(attempt)
    rig.until(lambda: rig.stored(second))
    rig.for_seconds(200)
    assert not rig.stored(first)
    assert rig.service.status()["parked"] == 1
    [failed] = said(rig, UpstreamFailed)
    assert name in failed.where
    assert "aside" in failed.hint
    foreign.unlink()
    rig.until(lambda: rig.stored(first))
    assert verify(rig.exam_folder / first).findings == []


def test_a_store_that_gives_back_something_else_is_found_out(rig):
    class Rotten(FlakyStore):
        rot = True

        def confirm(self, key, source, *, sha256, listed=None):
            return not (self.rot and key.endswith(".mp4")) and super().confirm(key, source, sha256=sha256)

    rig.store = Rotten(rig.store)
    attempt = rig.evidence.sit("1")
    rig.evidence.over(attempt)
    rig.start()
    rig.for_seconds(30)
    assert not rig.stored(attempt)
    assert "does not give back" in said(rig, UpstreamFailed)[0].reason
    rig.store.rot = False
    rig.until(lambda: rig.stored(attempt))


def test_while_the_ledger_is_away_nothing_is_lost_or_said_twice(rig):
    attempt = rig.evidence.sit("1")
    rig.evidence.over(attempt)
    rig.start()
    rig.ledger.away = True
    rig.for_seconds(120)
    assert said(rig, AttemptStored) == []
    rig.ledger.away = False
    rig.until(lambda: rig.stored(attempt))
    assert [len(said(rig, cls)) for cls in (ReportWritten, AttemptStored, UpstreamFailed)] == [1, 1, 0]


def test_an_answer_that_was_lost_is_not_asked_for_twice(rig):
    attempt = rig.evidence.sit("1")
    rig.evidence.over(attempt)
    real, lost = rig.ledger.append_and_wait, []

    def deaf(payload, **where):
        real(payload, **where)
        if payload.TYPE not in lost:
            lost.append(payload.TYPE)
            raise Unavailable("the box did not answer")

    rig.ledger.append_and_wait = deaf
    rig.start()
    rig.until(lambda: rig.stored(attempt))
    rig.for_seconds(60)
    assert lost == [ReportWritten.TYPE, AttemptStored.TYPE]
    assert [len(said(rig, cls)) for cls in (ReportWritten, AttemptStored)] == [1, 1]


def test_a_report_that_cannot_be_written_holds_up_only_its_own_bundle(rig):
    first, second = rig.evidence.sit("1"), rig.evidence.sit("2")
    broken = {first}

    def write_report(*, connection, paths, exam, attempt):
        if attempt in broken:
            raise ZeroDivisionError("a bug in the report")
        folder = paths.reports / exam / (attempt or "")
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "report.json").write_bytes(b"{}")
        return {"report.json": "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"}

    rig.start(write_report)
    for attempt in (first, second):
        rig.evidence.over(attempt)
    rig.until(lambda: rig.stored(second))
    rig.for_seconds(10)
    assert not rig.stored(first)
    assert "a bug in the report" in said(rig, UpstreamFailed)[0].reason
    broken.clear()
    rig.until(lambda: rig.stored(first))


def test_a_full_disk_on_the_box_is_waited_for(rig, monkeypatch):
    attempt = rig.evidence.sit("1")
    rig.evidence.over(attempt)
    rig.start()
    with monkeypatch.context() as broken:

        def full(*_):
            raise OSError(28, "No space left on device")

        broken.setattr(disk, "write", full)
        rig.for_seconds(30)
    assert not rig.stored(attempt)
    [failed] = said(rig, UpstreamFailed)
    assert (failed.where, "No space" in failed.reason) == ("box", True)
    rig.until(lambda: rig.stored(attempt))
    assert rig.service.status()["failing"] == ""


def test_the_outbox_has_a_bound_and_what_is_beyond_comes_when_there_is_room(rig):
    attempt = rig.evidence.sit("1")
    service = rig.start()
    service._sender.outbox.capacity = 2
    rig.evidence.over(attempt)
    rig.until(lambda: rig.stored(attempt))
    assert service.status()["beyond"] > 0
    assert verify(rig.exam_folder / attempt).findings == []


def test_an_attempt_that_never_came_and_an_exam_without_attempts_are_bundled_too(rig):
    rig.start()
    rig.evidence.end_exam()
    rig.until(rig.exam_stored)
    outcome = verify(rig.paths.upstream)
    assert outcome.findings == []
    assert outcome.attempts == 2


def test_what_is_stored_is_not_looked_at_again_after_a_restart(rig):
    whole_exam(rig)
    rig.store = FlakyStore(rig.store)
    rig.start()
    rig.for_seconds(400)
    assert rig.store.calls == []
    assert rig.service.status()["attempts_waiting"] == 0


def test_of_other_exams_and_people_only_hashes_leave(rig):
    rig.evidence.append(events.UserSignedIn(user="lea"), events.BOX, actor="web", exam=None)
    other = events.ExamEnded(exam="other", reason="Lea closed it")
    rig.evidence.append(other, events.BOX, actor="web", exam="other")
    whole_exam(rig)
    lines = [json.loads(line) for line in (rig.exam_folder / "ledger.jsonl").read_text().splitlines()]
    shown = {json.loads(line["body"])["type"] for line in lines if line["payload"]}
    hidden = {json.loads(line["body"])["type"] for line in lines if not line["payload"]}
    assert {"user.signed_in", "exam.ended"} <= hidden
    assert {"exam.created", "exam.ended", "upstream.attempt_stored", "chain.anchored"} <= shown
    assert "Lea closed it" not in (rig.exam_folder / "ledger.jsonl").read_text()


def test_events_about_nobody_hold_up_nobody(rig):
    rig.start()
    nobody = events.FeedOpened(kind="webcam", connection="c", codecs=[], opened_at=START)
    rig.evidence.append(nobody, "0123456789abcdef")
    attempt = rig.evidence.sit("1")
    rig.evidence.over(attempt)
    rig.until(lambda: rig.stored(attempt))


def test_a_recording_in_the_wrong_folder_is_said_and_holds_up_only_its_attempt(rig):
    first, second = rig.evidence.sit("1"), rig.evidence.sit("2")
    rig.start()
    strange = events.SegmentClosed(
        kind="webcam",
        number=99,
        path="elsewhere/x.mp4",
        starts_at=START,
        position=0,
        duration=1,
        bytes=1,
        init_bytes=1,
        sha256="0" * 64,
        codecs=[],
    )
    rig.evidence.append(strange, first)
    for attempt in (first, second):
        rig.evidence.over(attempt)
    rig.until(lambda: rig.stored(second))
    assert not rig.stored(first)
    assert "elsewhere/x.mp4" in said(rig, UpstreamFailed)[0].reason


def test_a_name_that_the_store_cannot_have_is_said_and_holds_up_only_its_attempt(rig):
    first, second = rig.evidence.sit("1"), rig.evidence.sit("2")
    rig.start()
    strange = events.SegmentClosed(
        kind="webcam",
        number=99,
        path=f"bio/{first}/webcam/a name.mp4",
        starts_at=START,
        position=0,
        duration=1,
        bytes=1,
        init_bytes=1,
        sha256=rig.evidence.write(f"bio/{first}/webcam/a name.mp4", b"x"),
        codecs=[],
    )
    rig.evidence.append(strange, first)
    for attempt in (first, second):
        rig.evidence.over(attempt)
    rig.until(lambda: rig.stored(second))
    assert rig.service.status()["parked"] == 1
    assert "a name.mp4" in said(rig, UpstreamFailed)[0].reason


def test_a_manifest_from_the_future_is_named_and_nothing_is_replaced(rig):
    """Whoever put it there: a box whose disk was restored from an older copy, or somebody else."""
    attempt = rig.evidence.sit("1")
    rig.start()
    rig.evidence.over(attempt)
    rig.until(lambda: rig.stored(attempt))
    future = rig.exam_folder / attempt / "manifest-2.json"
    future.write_bytes(b"{}")
    rig.evidence.chat(attempt, "later")
    rig.for_seconds(900)
    [failed] = said(rig, UpstreamFailed)
    assert "manifest-2.json" in failed.reason
    assert failed.hint
    assert [one.kind for one in rig.service.sender.trouble.now] == ["conflict"]
    assert future.read_bytes() == b"{}"
    future.unlink()
    rig.until(lambda: len(said(rig, AttemptStored)) == 2)
    assert verify(rig.exam_folder / attempt).findings == []


def test_a_manifest_that_somebody_changed_upstream_is_named_before_the_next_is_built_on_it(rig):
    attempt = rig.evidence.sit("1")
    rig.start()
    rig.evidence.over(attempt)
    rig.until(lambda: rig.stored(attempt))
    stored = rig.exam_folder / attempt / "manifest.json"
    ours = stored.read_bytes()
    stored.chmod(0o600)
    stored.write_bytes(ours.replace(b"north", b"south"))
    rig.evidence.end_exam()
    rig.for_seconds(200)
    assert not rig.exam_stored()
    assert any("manifest.json" in one.reason for one in said(rig, UpstreamFailed))
    assert "conflict" in {one.kind for one in rig.service.sender.trouble.now}
    stored.write_bytes(ours)
    rig.until(rig.exam_stored)


def test_what_the_store_lost_of_a_proved_attempt_is_sent_again_when_somebody_asks(rig):
    attempt = rig.evidence.sit("1")
    rig.start()
    rig.evidence.over(attempt)
    rig.until(lambda: rig.stored(attempt))
    gone = next((rig.exam_folder / attempt).rglob("*.mp4"))
    data = gone.read_bytes()
    gone.unlink()
    source = next(path for path in rig.paths.media.rglob("*.mp4") if path.name == gone.name)
    again = Again(
        key=gone.relative_to(rig.paths.upstream).as_posix(),
        kind="segment",
        source=source,
        sha256=hashlib.sha256(data).hexdigest(),
        size=len(data),
        since=START,
    )
    for _ in range(2):
        rig.service.send_again(attempt, [again])
        rig.until(gone.exists)
        gone.unlink()
    rig.service.send_again(attempt, [])
    rig.for_seconds(5)
    assert not gone.exists()


def test_what_a_driver_noted_down_beside_the_bundles_outlives_a_start(rig):
    notes = [rig.paths.outbox / ".parts" / name for name in ("upload.json", ".upload.json.new")]
    for note in notes:
        note.parent.mkdir(exist_ok=True, parents=True)
        note.write_text("{}")
    rig.start()
    assert all(note.exists() for note in notes)
