"""What is in a candidate's pictures at check-in, between detection and the pages."""

from pathlib import Path

import pytest

from appliance.box import seen
from appliance.box.paths import Paths

FACTS = {"face": "seen", "hands": "not_seen", "screen": "not_assessable", "box": [0.1, 0.2, 0.3, 0.4], "at": 100.0}


def test_what_was_written_is_read_and_every_feed_grows_old_by_itself(tmp_path: Path) -> None:
    """At most 5 s, whichever way the clock was set; a folder made by the box has the place for it."""
    paths = Paths(data=tmp_path / "data", run=tmp_path / "run").make()
    assert seen.read(paths.seen, "abc", 100.0) == {}
    seen.write(paths.seen, "abc", {"webcam": FACTS, "phone": {**FACTS, "at": 103.0}})
    assert seen.read(paths.seen, "abc", 104.9) == {"webcam": FACTS, "phone": {**FACTS, "at": 103.0}}
    assert list(seen.read(paths.seen, "abc", 105.1)) == ["phone"]
    assert seen.read(paths.seen, "abc", 90.0) == seen.read(paths.seen, "other", 100.0) == {}
    assert [file.name for file in paths.seen.iterdir()] == ["abc.json"], "nothing is left of the writing"
    seen.remove(paths.seen, "abc")
    seen.remove(paths.seen, "abc")
    assert seen.read(paths.seen, "abc", 104.0) == {}


@pytest.mark.parametrize(
    "said", ["", "{", "[]", "7", '{"webcam": 3}', '{"webcam": {"face": "seen"}}', '{"webcam": {"at": "x"}}']
)
def test_what_is_no_answer_is_none(tmp_path: Path, said: str) -> None:
    """A file cut off by a power cut, or another's."""
    (tmp_path / "abc.json").write_text(said, encoding="utf-8")
    assert seen.read(tmp_path, "abc", 100.0) == {}


def test_a_full_disk_stops_nobody(tmp_path: Path) -> None:
    """Detection goes on; the page says that nothing is seen."""
    seen.write(tmp_path / "gone", "abc", {"webcam": FACTS})
    assert seen.read(tmp_path / "gone", "abc", 100.0) == {}
