"""Media that go by their date: whole practice runs, clips of rooms; never of an open attempt, whatever happens."""

import json
import time
from pathlib import Path

import pytest

from appliance.errors import StorageFull, Unavailable
from appliance.exam import events
from appliance.exam.plan import ExamPlan
from appliance.ledger import checkin, dates, holding, state
from appliance.ledger.actions import erasure, holds
from appliance.ledger.chain import check
from appliance.ledger.reader import links
from appliance.proof.verify import verify
from appliance.sync import retention
from appliance.sync.retention import Retention
from tests.sync.rig import Killed
from tests.sync.test_rooms import ROOM, rig_with_room
from tests.sync.test_service import manifest, upstream

pytestmark = pytest.mark.slow

HOUR = 3600.0


def planned(rig, **said):
    plan = events.ExamPlanned(exam="bio", plan=ExamPlan(**said).to_json(), by="pat")
    rig.evidence.append(plan, events.BOX, actor="pat")


def shown(rig, attempt, *, delete_at):
    """A clip of the room, on the disk and in the ledger; -> its path."""
    path = f"bio/{attempt}/scans/1.webm"
    digest = rig.evidence.write(path, b"room" * 500)
    recorded = events.ScanRecorded(
        scan=f"s-{attempt}", number=1, path=path, sha256=digest, bytes=2000, seconds=9.0, delete_at=delete_at
    )
    rig.evidence.append(recorded, attempt, actor="candidate")
    return path


def keeper(rig):
    return Retention(rig.paths, rig.reader, rig.ledger, store=rig.store, site="north", box="box-1")


def files(rig, attempt):
    return sorted(path.name for path in (rig.paths.media / "bio" / attempt).rglob("*") if path.is_file())


def said(rig):
    return [event.payload for event in rig.reader.events(types=frozenset({"media.deleted"}))]


def test_M22_a_practice_run_deletes_its_media_within_a_day_and_never_leaves_the_box(rig):
    planned(rig, practice=True, practice_hours=24)
    over, sitting = rig.evidence.sit("1"), rig.evidence.sit("2")
    rig.start()
    rig.evidence.over(over)
    rig.for_seconds(60)
    there = files(rig, over)
    size = sum(path.stat().st_size for path in (rig.paths.media / "bio" / over).rglob("*") if path.is_file())
    keeper(rig).turn(now=time.time() + 23 * HOUR)
    assert (files(rig, over), said(rig)) == (there, [])
    keeper(rig).turn(now=time.time() + 25 * HOUR)
    assert not (rig.paths.media / "bio" / over).exists()
    (gone,) = said(rig)
    assert (gone.what, sorted(Path(file).name for file in gone.files), gone.bytes) == ("practice", there, size)
    assert files(rig, sitting), "the one who still sits there loses nothing"
    rig.evidence.end_exam()
    rig.for_seconds(60)
    assert not rig.exam_folder.exists()
    rig.start()
    rig.for_seconds(60)
    assert not rig.exam_folder.exists(), "nor after a restart"
    keeper(rig).turn(now=time.time() + 25 * HOUR)
    assert [one.what for one in said(rig)] == ["practice", "practice"]
    keeper(rig).turn(now=time.time() + 26 * HOUR)
    assert len(said(rig)) == 2


def test_what_the_box_held_for_itself_goes_at_once_whatever_the_clock_says_and_nothing_else_does(rig, monkeypatch):
    planned(rig, practice=True, practice_hours=1)
    over = rig.evidence.sit("1")
    rig.start()
    rig.evidence.over(over)
    rig.for_seconds(60)
    keeper(rig).turn(now=time.time() + 25 * HOUR, dates_rest=True)
    assert files(rig, over), "a date is asked for this one, and the clock cannot be believed"
    monkeypatch.setattr(retention, "is_own_run", lambda exam: exam == "bio")
    keeper(rig).turn(now=time.time() + 25 * HOUR, dates_rest=True)
    assert files(rig, over) == []


def test_M47_a_room_scan_has_its_own_retention_stays_on_the_box_and_the_manifest_says_so(rig):
    attempt = rig.evidence.sit("1")
    path = shown(rig, attempt, delete_at=time.time() + 100)
    keeper(rig).turn(now=time.time() + 200)
    assert said(rig) == [], "not while the attempt is open"
    rig.start()
    rig.evidence.over(attempt)
    rig.until(lambda: rig.stored(attempt))
    assert not [name for name in upstream(rig) if "scans" in name]
    (kept_back,) = manifest(rig, attempt).withheld
    assert kept_back.file == "scans/1.webm"
    assert "it stays on the box" in kept_back.reason
    keeper(rig).turn(now=time.time() + 200)
    assert not (rig.paths.media / path).exists()
    (gone,) = said(rig)
    assert (gone.what, gone.files, gone.bytes) == ("scan", [path], 2000)
    with rig.reader.connect() as connection:
        (row,) = checkin.scans(connection, attempt=attempt)
    assert (row.path, row.sha256 is None) == (None, False)
    rig.evidence.end_exam()
    rig.until(rig.exam_stored)
    newest = manifest(rig, attempt, "manifest-2.json")
    assert "it was deleted by its date" in newest.withheld[0].reason
    outcome = verify(rig.exam_folder)
    assert outcome.findings == []
    assert any("scans/1.webm is not here: a room scan" in remark for remark in outcome.remarks)


@pytest.mark.parametrize("where", ["written down", "unlinked", "told"])
def test_M90_a_kill_at_any_point_changes_nothing(rig, monkeypatch, where):
    attempt = rig.evidence.sit("1")
    path = shown(rig, attempt, delete_at=0.0)
    rig.evidence.over(attempt)

    def killed(*_, **__):
        raise Killed

    with monkeypatch.context() as patch:
        if where == "written down":
            patch.setattr(Retention, "_finish", killed)
        elif where == "unlinked":
            patch.setattr(rig.ledger, "append_and_wait", killed)
        else:
            unlink = Path.unlink
            patch.setattr(Path, "unlink", lambda p, **k: killed() if p.suffix == ".json" else unlink(p, **k))
        with pytest.raises(Killed):
            keeper(rig).turn(now=time.time())
    for _ in range(2):
        keeper(rig).turn(now=time.time())
    assert [one.files for one in said(rig)] == [[path]]
    assert not (rig.paths.media / path).exists()
    assert not list((rig.paths.data / "deleting").iterdir())


def test_a_path_that_leads_elsewhere_deletes_nothing(rig):
    attempt, other = rig.evidence.sit("1"), rig.evidence.sit("2")
    victim = shown(rig, other, delete_at=1e12)
    for number, path in enumerate((f"bio/{attempt}/../{other}/scans/1.webm", victim)):
        recorded = events.ScanRecorded(
            scan=f"x{number}", number=9, path=path, sha256="00", bytes=1, seconds=1.0, delete_at=0.0
        )
        rig.evidence.append(recorded, attempt, actor="candidate")
    rig.evidence.over(attempt)
    keeper(rig).turn(now=time.time())
    assert (rig.paths.media / victim).exists()
    assert said(rig) == []


def test_many_files_go_in_several_events(rig, monkeypatch):
    monkeypatch.setattr(retention, "MOST_FILES", 5)
    planned(rig, practice=True)
    attempt = rig.evidence.sit("1")
    rig.evidence.over(attempt)
    there = len(files(rig, attempt))
    later = time.time() + 25 * HOUR
    for _ in range(there):
        keeper(rig).turn(now=later)
    assert {len(one.files) for one in said(rig)} <= {5, there % 5}
    assert sum(len(one.files) for one in said(rig)) == there
    assert json.dumps(said(rig)[0].to_json())


# --- an exam of the real kind ---

DAY = 24 * HOUR


def identified(rig, attempt):
    """The picture of an ID, on the disk and in the ledger."""
    named = {name: f"bio/{attempt}/identity/{name}.jpg" for name in ("photo", "face")}
    hashes = {f"{name}_sha256": rig.evidence.write(path, name.encode() * 99) for name, path in named.items()}
    rig.evidence.append(events.IdentityPictured(**named, **hashes), attempt, actor="candidate")


def stored_attempt(rig, seat="1"):
    """Over, upstream, read back."""
    attempt = rig.evidence.sit(seat)
    identified(rig, attempt)
    if rig.service is None:
        rig.start()
    rig.evidence.over(attempt)
    rig.until(lambda: rig.stored(attempt))
    return attempt


def gone(rig, attempt):
    with rig.reader.connect() as connection:
        return [(row.what, row.why) for row in holding.deletions(connection, attempt=attempt)]


def exported(rig, attempt):
    """A clip that somebody asked for."""
    said = events.ExportAsked(
        export="e1", kinds=["webcam"], starts_at=0.0, ends_at=9.0, masked=False, reason="appeal", factor="password",
        by="rev", by_name="Rev",
    )  # fmt: skip
    rig.evidence.append(said, attempt, actor="rev")
    written(rig.paths.data / "exports" / "bio" / "e1" / "clip.mp4")


def written(path):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"1234")
    return path


def test_M90_each_kind_goes_on_its_day_once_it_is_upstream_and_the_ledger_proves_it(rig):
    attempt = rig.evidence.sit("1")
    identified(rig, attempt)
    exported(rig, attempt)
    trace = written(rig.paths.media / "bio" / attempt / "trace" / "webcam.jsonl")
    cache = written(rig.paths.data / "loudness" / "bio" / attempt / "webcam.bin")
    rig.evidence.over(attempt)
    over, folder = time.time(), rig.paths.media / "bio" / attempt
    keeper(rig).turn(now=over + 400 * DAY)
    assert gone(rig, attempt) == [], "the store has none of it yet: nothing goes, however late it is"
    rig.start()
    rig.until(lambda: rig.stored(attempt))
    keeper(rig).turn(now=over + 15 * DAY)
    assert gone(rig, attempt) == [("identity", "date")]
    assert not (folder / "identity").exists()
    assert (folder / "webcam").exists()
    keeper(rig).turn(now=over + 31 * DAY)
    assert gone(rig, attempt)[1:] == [("recordings", "date")]
    assert [path.name for path in folder.iterdir() if path.name not in ("snapshots", "trace")] == []
    assert not cache.exists()
    keeper(rig).turn(now=over + 181 * DAY)
    assert gone(rig, attempt)[2:] == [("evidence", "date")]
    assert not folder.exists()
    assert not trace.exists()
    assert not (rig.paths.data / "exports" / "bio").exists()
    keeper(rig).turn(now=over + 366 * DAY)
    assert gone(rig, attempt)[3:] == [("personal", "date"), ("personal", "date")], "its reports, then its words"
    assert not (rig.paths.reports / "bio" / attempt).exists()
    assert not (rig.paths.proved / "bio" / attempt).exists(), "its words lay there too"
    named = [path for one in said(rig) for path in one.files]
    assert len(named) == len(set(named))
    assert f"bio/{attempt}/identity/photo.jpg" in named
    assert f"loudness/bio/{attempt}/webcam.bin" in named
    assert "exports/bio/e1/clip.mp4" in named
    assert f"reports/bio/{attempt}/report.pdf" in named
    head = rig.evidence.writer.head
    keeper(rig).turn(now=over + 500 * DAY)
    assert rig.evidence.writer.head == head, "nothing is said twice"


def test_M90_what_came_after_the_newest_manifest_waits_for_the_next(rig):
    attempt = stored_attempt(rig)
    kept = f"bio/{attempt}/kept/1.jpg"
    digest = rig.evidence.write(kept, b"still")
    later = events.EvidenceKept(
        kept="k1", kind="webcam", still=kept, still_sha256=digest, clip="", clip_sha256="", starts_at=0.0, ends_at=1.0,
        taken_at=0.5, by="pia",
    )  # fmt: skip
    rig.evidence.append(later, attempt, actor="pia")
    keeper(rig).turn(now=time.time() + 200 * DAY)
    assert gone(rig, attempt) == []
    rig.for_seconds(400)
    keeper(rig).turn(now=time.time() + 200 * DAY)
    assert [what for what, _ in gone(rig, attempt)] == ["identity", "recordings", "evidence"]


def hold(rig, attempt=None):
    place = {"exam": "bio", "attempt": attempt, "reason": "appeal", "by": "ina", "by_name": "Ina"}
    return rig.evidence.writer.transact(lambda t: holds.place(t, **place))


def lift(rig, held):
    rig.evidence.writer.transact(lambda t: holds.lift(t, held, exam="bio", reason="settled", by="ina"))


def test_M90_a_hold_on_a_candidate_or_on_the_exam_keeps_everything(rig):
    first, second = stored_attempt(rig, "1"), stored_attempt(rig, "2")
    held, late = hold(rig, first), time.time() + 20 * DAY
    keeper(rig).turn(now=late)
    assert (gone(rig, first), gone(rig, second)) == ([], [("identity", "date")])
    lift(rig, held)
    held = hold(rig)
    keeper(rig).turn(now=late + 300 * DAY)
    assert (gone(rig, first), len(gone(rig, second))) == ([], 1)
    lift(rig, held)
    keeper(rig).turn(now=late)
    assert gone(rig, first) == [("identity", "date")]


@pytest.mark.parametrize("unlinked", [0, 1])
def test_M90_a_hold_that_comes_in_the_middle_keeps_what_is_still_there(rig, monkeypatch, unlinked):
    planned(rig, practice=True)
    attempt = rig.evidence.sit("1")
    rig.evidence.over(attempt)
    there, unlink, done = files(rig, attempt), Path.unlink, []

    def killed(path, **said):
        if len(done) == unlinked:
            raise Killed
        done.append(path.name)
        unlink(path, **said)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "unlink", killed)
        with pytest.raises(Killed):
            keeper(rig).turn(now=time.time() + 2 * DAY)
    hold(rig, attempt)
    for _ in range(2):
        keeper(rig).turn(now=time.time() + 2 * DAY)
    for name in done:
        there.remove(name)
    assert files(rig, attempt) == there
    assert [Path(file).name for one in said(rig) for file in one.files] == done, "and the ledger knows what went"
    assert not list((rig.paths.data / "deleting").iterdir())


def test_M90_a_request_erases_a_candidate_and_every_chain_still_verifies(rig):
    attempt, other = stored_attempt(rig, "1"), stored_attempt(rig, "2")
    rig.evidence.end_exam()
    rig.until(rig.exam_stored)
    late = events.IrregularityNoted(
        irregularity="i1", category="other", text="it was Xanthippe", happened_at=0.0, position=None, by="pia",
        by_name="Pia",
    )  # fmt: skip
    rig.evidence.append(late, attempt, actor="pia")
    asked = {"reference": "GDPR-2026-7", "by": "ina", "by_name": "Ina"}
    rig.evidence.writer.transact(lambda t: erasure.ask(t, attempt, **asked))
    keeper(rig).turn(now=time.time() + 1)
    assert gone(rig, attempt)[-1] == ("personal", "request")
    assert {why for _, why in gone(rig, attempt)} == {"request"}
    assert gone(rig, other) == []
    assert not (rig.paths.media / "bio" / attempt).exists()
    with rig.reader.connect() as connection:
        check(links(connection, attempt), chain=attempt)
        assert state.attempt(connection, attempt).name == "(erased)"
        assert state.attempt(connection, other).name == "Candidate 2"
    rig.start()  # the box starts again, and the store gets what the chain is now
    rig.for_seconds(1000)
    outcome = verify(rig.exam_folder)
    assert outcome.findings == []
    assert outcome.erased > 10
    folder = rig.exam_folder / attempt
    newest = max(folder.glob("ledger*.jsonl"), key=lambda path: path.stat().st_mtime_ns).read_text()
    assert "Candidate 1" not in newest
    assert "Xanthippe" not in newest
    assert "GDPR-2026-7" in newest, "who asked for it stays"
    assert "Candidate 1" in (folder / "ledger.jsonl").read_text(), "what is upstream already is named for central IT"
    assert (rig.paths.reports / "bio" / attempt / "report.json").is_file(), "a report is written all the same"
    before = len(said(rig))
    keeper(rig).turn(now=time.time() + 60)
    assert len(said(rig)) == before, "and it is not deleted again"


def test_M90_words_that_come_after_an_erasure_go_too(rig):
    attempt = stored_attempt(rig)
    asked = {"reference": "r1", "by": "ina", "by_name": "Ina"}
    rig.evidence.writer.transact(lambda t: erasure.ask(t, attempt, **asked))
    retention = keeper(rig)
    retention.turn(now=time.time() + 1)
    rig.evidence.chat(attempt, "one word more")
    retention.turn(now=time.time() + 1)
    with rig.reader.connect() as connection:
        assert not dates.words_left(connection, attempt)
        assert {row.text for row in state.messages(connection, attempt=attempt)} == {""}


@pytest.mark.parametrize("committed", [False, True])
def test_M90_a_kill_while_words_are_erased_changes_nothing(rig, monkeypatch, committed):
    attempt = stored_attempt(rig)
    asked = {"reference": "r1", "by": "ina", "by_name": "Ina"}
    rig.evidence.writer.transact(lambda t: erasure.ask(t, attempt, **asked))
    tell = rig.ledger.append_and_wait

    def killed(payload, **where):
        if isinstance(payload, events.PersonalErased):
            if committed:
                tell(payload, **where)
            raise Killed
        return tell(payload, **where)

    with monkeypatch.context() as patch:
        patch.setattr(rig.ledger, "append_and_wait", killed)
        with pytest.raises(Killed):
            keeper(rig).turn(now=time.time() + 1)
    for _ in range(2):
        keeper(rig).turn(now=time.time() + 1)
    assert len(rig.reader.events(types=frozenset({"personal.erased"}))) == 1
    named = [path for one in said(rig) for path in one.files]
    assert len(named) == len(set(named)), "nothing is said twice"
    with rig.reader.connect() as connection:
        assert not dates.words_left(connection, attempt)


def test_M90_the_recording_of_a_room_goes_with_those_of_its_exam(rig):
    rig_with_room(rig)
    folder = rig.paths.media / "bio" / ROOM
    keeper(rig).turn(now=time.time() + 29 * DAY)
    assert folder.exists()
    held = hold(rig)
    keeper(rig).turn(now=time.time() + 31 * DAY)
    assert folder.exists(), "a hold on the exam is one on its rooms"
    lift(rig, held)
    keeper(rig).turn(now=time.time() + 31 * DAY)
    assert not folder.exists()
    assert gone(rig, ROOM) == [("recordings", "date")]


def test_a_ledger_that_is_away_or_a_disk_that_is_read_only_loses_nothing(rig, monkeypatch):
    attempt = stored_attempt(rig)
    late = time.time() + 20 * DAY
    rig.ledger.away = True
    with pytest.raises(Unavailable):
        keeper(rig).turn(now=late)
    rig.ledger.away = False
    keeper(rig).turn(now=late)
    assert gone(rig, attempt) == [("identity", "date")]

    def refuses(*_, **__):
        raise OSError(30, "Read-only file system", "media")

    with monkeypatch.context() as patch:
        patch.setattr(Path, "unlink", refuses)
        with pytest.raises(StorageFull, match="cannot be deleted by its date: Read-only"):
            keeper(rig).turn(now=late + 20 * DAY)
    keeper(rig).turn(now=late + 20 * DAY)
    assert gone(rig, attempt)[1:] == [("recordings", "date")]
