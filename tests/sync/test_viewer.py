"""What the page of a bundle is told: what the bundle holds, and no more."""

import json
import re
from pathlib import Path

import pytest

from appliance.bundle.manifest import File, Gap, Head, Manifest, Missing
from appliance.errors import ConfigError
from appliance.exam.stage import Stage
from appliance.sync import viewer

HEAD = Head(file="ledger.jsonl", chain="a1", after=0, after_hash="0" * 64, position=3, hash="1" * 64)
SNAPSHOT = File(file="snapshots/f-2.jpg", kind="snapshot", size=3, sha256="aa")
SEGMENT = File(file="media/webcam/1.mp4", kind="segment", size=9, sha256="bb", starts_at=10.0, ends_at=40.0)


def plan(**said):
    files = (
        SNAPSHOT,
        SEGMENT,
        *(File(file=f"report/{name}", kind="report", size=1, sha256="cc") for name in ("report.pdf", "report.json")),
        File(file="report/accommodations.csv", kind="report", size=1, sha256="dd"),
    )
    usual = {"number": 1, "site": "north", "box": "box-1", "exam": "bio", "attempt": "a1", "made_at": 99.0}
    rest = {"synchronised": True, "key": "ee", "ledger": HEAD, "files": files, "attempts": {}}
    return Manifest(**{**usual, **rest, **said})


FLAG = {
    "flag": "f", "code": "face_absent", "decision": "dismissed", "reason": "accommodated", "note": "extra time",
    "snapshots": [{"sha256": "aa", "moment": "onset", "at": None, "path": "bio/a1/snapshots/f.jpg"}],
}  # fmt: skip
NOTED = {"category": "noise", "text": "a mower", "by": "Pia"}
REPORT = {
    "schema": "appliance.report/2", "exam": {"title": "Biology"}, "name": "Ada </script><!--", "seat": "7",
    "written_at": "2026-03-01T10:00:00.000+01:00", "flags": [FLAG], "not_applied": ["posture_static"],
    "in_force": ["x"], "day": {"inquiries": [{"text": "more time"}], "irregularities": [NOTED]},
    "accommodations": ["EXTRA"], "identity": {"reason": "a scarf"},
}  # fmt: skip


def told(page):
    block = re.search(rb'<script type="application/json" id="boot">(.*?)</script>', page, re.S)
    return json.loads(block[1])


def page(report=REPORT, **said):
    data = json.dumps(report).encode() if isinstance(report, dict) else report
    return viewer.page(plan(**said), report=data, begun=[(10.0, Stage.IN_EXAM)])


def test_the_page_is_told_the_recordings_the_gaps_the_stages_and_the_flags_with_their_pictures():
    gap = Gap(kind="phone", cause="removed", starts_at=1.0, ends_at=None)
    said = told(page(gaps=(gap,), withheld=(Missing(file="scans/1", sha256="ff", reason="a room scan"),)))
    assert said["segments"] == [["media/webcam/1.mp4", 10, 40]]
    assert said["gaps"] == [["phone", "removed", 1, None]]
    assert said["stages"] == [[10, "in_exam"]]
    assert said["withheld"] == [["scans/1", "a room scan"]]
    [flag] = said["report"]["flags"]
    assert flag["snapshots"] == [{"file": "snapshots/f-2.jpg", "moment": "onset", "at": None}], "found by its hash"
    assert said["words"]["flag.face_absent.title"]
    assert said["report"]["irregularities"] == [NOTED]


def test_of_accommodations_nothing_reaches_the_page():
    whole = page()
    for word in (b"accommodat", b"EXTRA", b"extra time", b"more time", b"posture_static", b"a scarf"):
        shown = json.dumps({key: value for key, value in told(whole).items() if key != "words"}).encode()
        assert word not in shown, word
    assert told(whole)["reports"] == ["report/report.pdf", "report/report.json"]


def test_what_people_wrote_ends_neither_the_data_nor_the_title():
    whole = page()
    assert told(whole)["report"]["name"] == "Ada </script><!--"
    assert b"<title>Biology \xc2\xb7 Ada &lt;/script&gt;&lt;!--, seat 7</title>" in whole
    assert whole.count(b"</script>") == 2, "the data's and the page's own"


def test_every_sentence_of_the_page_is_told():
    words, source = told(page())["words"], Path(viewer.__file__).parents[1] / "web" / "frontend" / "src"
    files = [source / "bundle.ts", *(source / "bundle").glob("*.ts"), *(source / "review" / "player").glob("s*.ts")]
    files += [source / "review" / f"{name}.ts" for name in ("timeline", "transport", "items", "lists", "keys")]
    asked = {
        key for file in files for key in re.findall(r"\bt\(\"([a-z_.0-9]+)\"[,)]", file.read_text(encoding="utf-8"))
    }
    assert len(asked) > 80
    assert asked - words.keys() == set()


def test_the_same_bundle_makes_the_same_page_which_asks_nobody_for_anything():
    assert page() == page()
    policy = re.search(rb'Content-Security-Policy" content="([^"]*)"', page())[1].decode()
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert not re.search(rb'(?:src|href)="(?:https?:)?//', page())


@pytest.mark.parametrize("report", [None, b"", b"json bio a1 9", b"[]", b'{"schema": "other/1"}'])
def test_without_a_report_that_can_be_read_the_recordings_are_played_all_the_same(report):
    said = told(page(report))
    assert "report" not in said
    assert said["segments"]


def test_an_exams_page_links_each_attempt_by_seat_and_then_the_rooms():
    attempts = [
        {"attempt": "b", "seat": "1", "name": "Ada", "flags": [{"decision": "open"}, {"decision": "confirmed"}]}
    ]
    attempts.append({"attempt": "a", "seat": "2", "name": "Bob", "not_applied": ["x"], "gap_seconds": 4})
    report = {**REPORT, "attempts": attempts}
    data = json.dumps(report).encode()
    said = told(viewer.page(plan(attempt=None), report=data, numbers={"room": 1, "a": 3, "b": 1}))
    assert [(one["attempt"], one["page"]) for one in said["attempts"]] == [
        ("b", "b/index.html"), ("a", "a/index-3.html"), ("room", "room/index.html"),
    ]  # fmt: skip
    first, second, room = said["attempts"]
    assert (first["flags"], first["open"], first["room"]) == (2, 1, False)
    assert (second["gap_seconds"], "not_applied" in second) == (4, False)
    assert room["room"]


def test_a_page_that_was_never_built_is_a_clear_error(monkeypatch, tmp_path):
    viewer._template.cache_clear()
    try:
        monkeypatch.setattr(viewer, "files", lambda _: tmp_path)
        with pytest.raises(ConfigError, match="never built") as caught:
            viewer.check()
        assert "make setup" in caught.value.hint
    finally:
        monkeypatch.undo()
        viewer._template.cache_clear()
    viewer.check()
