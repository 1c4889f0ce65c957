"""Media that go by their date: whole practice runs, clips of rooms; never of an open attempt, whatever happens."""

import json
import time
from pathlib import Path

import pytest

from appliance.exam import events
from appliance.exam.plan import ExamPlan
from appliance.ledger import checkin
from appliance.sync import retention
from appliance.sync.retention import Retention
from appliance.sync.verify import verify
from tests.sync.rig import Killed
from tests.sync.test_service import manifest, upstream

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
    return Retention(rig.paths, rig.reader, rig.ledger)


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
