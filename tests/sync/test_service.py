"""From the ledger to a proved exam upstream."""

from appliance.sync.verify import verify
from tests.sync.rig import whole_exam


def test_an_exam_goes_upstream_and_is_proved(rig):
    first, second = whole_exam(rig)
    outcome = verify(rig.paths.upstream)
    assert outcome.findings == []
    assert (outcome.attempts, outcome.exams) == (2, 1)
    names = {path.relative_to(rig.exam_folder / first).as_posix() for path in (rig.exam_folder / first).rglob("*.*")}
    assert {"manifest.json", "ledger.jsonl", "report/report.pdf", "media/webcam/playlist.m3u8"} <= names
    assert sum(name.endswith(".mp4") for name in names) == 4
    assert sum(name.startswith("snapshots/") for name in names) == 6
    assert not list(rig.paths.outbox.glob("*/*"))
