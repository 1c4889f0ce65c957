"""The queries of docs/pull.md, word by word, over the reports of several boxes."""

import re
from pathlib import Path

import duckdb
import pytest

from appliance import cli

pytestmark = pytest.mark.slow

PAGE = Path(__file__).parents[2] / "docs/pull.md"


def queries():
    return re.findall(r"^```sql\n(.*?)^```", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module")
def answers(filled, tmp_path_factory):
    """What each query says, by its first line."""
    folder = tmp_path_factory.mktemp("asked")
    assert cli.main(["pull", str(filled), str(folder / "pulled"), "--reports-only", "--quiet"]) == 0
    with pytest.MonkeyPatch.context() as patch, duckdb.connect() as database:
        patch.chdir(folder)
        return {text.splitlines()[0]: database.execute(text).fetchall() for text in queries()} | {
            "reports": database.execute("SELECT site, box, place, number FROM exam_report ORDER BY ALL").fetchall(),
            "candidates": database.execute("SELECT count(*) FROM attempt").fetchall(),
        }


def answer(answers, word):
    [found] = [said for line, said in answers.items() if word in line]
    return found


def test_every_query_of_the_page_is_run(answers):
    assert len(answers) == len(queries()) + 2 == 10


def test_only_the_newest_report_of_each_exam_counts(answers):
    assert answers["reports"] == [("north", "lab-1", "bio", 2), ("south", "lab-1", "bio", 1)]
    assert answers["candidates"] == [(3,)]


def test_flags_of_all_labs_are_counted_with_what_people_made_of_them(answers):
    assert answer(answers, "Whose rules") == [
        ("north", "lab-1", "face_absent", 2, 1, 0, 1),
        ("north", "lab-1", "phone_visible", 2, 0, 2, 0),
    ]
    assert sorted(answer(answers, "from the CSV")) == [
        ("face_absent", "confirmed", 1),
        ("face_absent", "open", 1),
        ("phone_visible", "dismissed", 2),
    ]


def test_gaps_candidates_on_two_boxes_and_what_is_not_proved_can_be_asked(answers):
    assert answer(answers, "most gaps") == [("north", "lab-1", 2, 9.0), ("south", "lab-1", 1, 0.0)]
    assert answer(answers, "more than one box") == [("c1", ["north/lab-1", "south/lab-1"])]
    assert answer(answers, "did not find proved") == []
