"""M93: one exam that several boxes held gives one report, which hides nothing."""

import csv
import io
import json
import shutil
from pathlib import Path

import jsonschema
import pypdf
import pytest

from appliance import cli
from appliance.errors import IntegrityError
from appliance.exam.plan import ExamPlan
from appliance.ledger.actions import plans
from appliance.report import joined_schema, read_back, write
from tests.sync import boxes
from tests.sync.rig import whole_exam

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def held(tmp_path_factory):
    """One exam on three boxes: two with reports as they are really written, one that still goes on."""
    folder = tmp_path_factory.mktemp("held")
    store = folder / "store"
    store.mkdir()
    for name in ("lab-1", "lab-2"):
        with boxes.box(folder, store, name) as rig:
            if name == "lab-2":
                plan = ExamPlan(room="B2")
                rig.evidence.writer.transact(lambda one, plan=plan: plans.set_plan(one, "bio", plan, by="lea"))
            whole_exam(rig, write.write)
    with boxes.box(folder, store, "lab-3", seats=1) as rig:
        rig.start(boxes.report_without_pages)
        attempt = rig.evidence.sit("1")
        rig.evidence.over(attempt)
        rig.until(lambda: rig.stored(attempt))
    return store


@pytest.fixture
def copy(held, tmp_path, capsys):
    """A copy that pull made."""
    assert cli.main(["pull", str(held), str(tmp_path / "copy")]) == 0
    capsys.readouterr()
    return tmp_path / "copy"


def joined(copy, *options, exam="bio"):
    """-> exit code, the JSON."""
    code = cli.main(["join", str(copy), "--exam", exam, *options])
    file = copy / "_pull/joined" / exam / "report.json"
    return code, json.loads(file.read_bytes()) if file.exists() else None


def test_M93_one_exam_over_two_boxes_gives_one_report_with_every_attempt_and_its_box(held, copy, capsys):
    code, said = joined(copy, "--box", "lab-1", "--box", "lab-2")
    assert code == 0
    assert [(box["site"], box["box"], box["standing"]) for box in said["boxes"]] == [
        ("north", "lab-1", "proved"),
        ("north", "lab-2", "proved"),
    ]
    assert [(one["box"], one["room"], one["seat"]) for one in said["attempts"]] == [
        ("lab-1", "", "1"),
        ("lab-1", "", "2"),
        ("lab-2", "B2", "1"),
        ("lab-2", "B2", "2"),
    ]
    for box in ("lab-1", "lab-2"):
        own = json.loads((held / "north" / box / "bio/report/report.json").read_bytes())
        there = [one for one in said["attempts"] if one["box"] == box]
        assert [{n: v for n, v in one.items() if n not in ("site", "box")} for one in there] == own["attempts"]
    assert said["decisions"] == {"open": 4, "confirmed": 0, "dismissed": 4, "inconclusive": 0}
    assert said["gap_seconds"] == 18.0
    assert not said["provisional"]
    check = jsonschema.Draft202012Validator(joined_schema.schema(), format_checker=jsonschema.FormatChecker())
    assert [error.message[:200] for error in check.iter_errors(said)] == []

    folder = copy / "_pull/joined/bio"
    lines = list(csv.DictReader(io.StringIO((folder / "report.csv").read_text(encoding="utf-8-sig"))))
    assert [(line["box"], line["room"], line["seat"]) for line in lines].count(("lab-2", "B2", "1")) == 2
    assert len(lines) == 8
    pages = pypdf.PdfReader(folder / "report.pdf").pages
    text = " ".join(" ".join(page.extract_text() for page in pages).split())
    for sentence in (
        "Biology 101 · 4 candidates, 2 boxes",
        "north/lab-1",
        "north/lab-2",
        "lab-2, B2, 1",
        "lab-1: Of 10 minutes",
        "nobody signed it",
    ):
        assert sentence in text, sentence
    assert "4 candidates" in capsys.readouterr().out


def test_the_published_schema_is_that_of_the_code():
    published = json.loads((ROOT / "docs/joined.schema.json").read_text(encoding="utf-8"))
    assert published == joined_schema.schema(), "run `make docs`"
    jsonschema.Draft202012Validator.check_schema(published)


def test_a_box_that_goes_on_and_one_that_is_not_there_are_said_and_not_hidden(copy):
    code, said = joined(copy, "--expect", "south/lab-9")
    assert code == 1
    standing = {f"{box['site']}/{box['box']}": box["standing"] for box in said["boxes"]}
    assert standing == {
        "north/lab-1": "proved",
        "north/lab-2": "proved",
        "north/lab-3": "going_on",
        "south/lab-9": "missing",
    }
    assert said["provisional"]
    assert said["open_points"][0].startswith("north/lab-3: still going on, its candidates are not in this report")
    assert said["open_points"][1].startswith("south/lab-9: not there")
    text = "".join(page.extract_text() for page in pypdf.PdfReader(copy / "_pull/joined/bio/report.pdf").pages)
    assert "Provisional: north/lab-3 still going on" in text


def test_a_candidate_on_two_boxes_and_boxes_that_differ_are_named(copy, monkeypatch):
    read = read_back.exam_facts

    def other(data):
        """lab-2 was a minute shorter, by other software and settings."""
        facts, said = read(data)
        if f'"hash":"{lab_2["hash"]}"' in data.decode():
            said["exam"]["minutes"] = 89
            said["in_force"][-1]["policy"]["stake"] = "high"
            said["versions"]["software"]["capture"] = "0.0.9"
            return read(json.dumps(said).encode())
        return facts, said

    lab_2 = json.loads((copy / "north/lab-2/bio/report/report.json").read_bytes())["ledger"]
    monkeypatch.setattr(read_back, "exam_facts", other)
    code, said = joined(copy, "--box", "lab-1", "--box", "lab-2")
    assert code == 0
    kinds = [one["kind"] for one in said["conflicts"]]
    assert kinds == ["candidate", "candidate", "minutes", "software", "policy"]
    first = said["conflicts"][0]
    assert first["candidate"] == "c1"
    assert first["boxes"] == ["north/lab-1", "north/lab-2"]
    assert "started on more than one box: lab-1, seat 1 and lab-2, seat 1" in first["what"]
    assert "lab-1: 90; lab-2: 89" in said["conflicts"][2]["what"]
    assert "stake" in said["conflicts"][4]["what"]
    assert all(one["what"] in said["open_points"] for one in said["conflicts"])


def test_a_report_that_its_box_did_not_sign_is_not_joined(copy):
    victim = copy / "north/lab-2/bio/report/report.json"
    data = victim.read_bytes()
    victim.write_bytes(data.replace(b'"dismissed":', b'"confirmed":', 1))
    code, said = joined(copy, "--box", "lab-1", "--box", "lab-2")
    assert code == 1
    assert [box["standing"] for box in said["boxes"]] == ["proved", "not_joined"]
    assert "not what the box signed" in said["boxes"][1]["says"]
    assert {one["box"] for one in said["attempts"]} == {"lab-1"}
    victim.write_bytes(data)
    pub = copy / "north/lab-2/bio/box.pub"
    shutil.copy(copy / "north/lab-1/bio/box.pub", pub)
    assert joined(copy, "--box", "lab-1", "--box", "lab-2")[1]["boxes"][1]["standing"] == "not_joined"


def test_what_is_wrong_beside_the_report_is_said_when_it_is_proved_anew(copy):
    segment = next((copy / "north/lab-1/bio").rglob("*.mp4"))
    segment.write_bytes(b"x" + segment.read_bytes()[1:])
    assert joined(copy, "--box", "lab-1", "--box", "lab-2")[0] == 0, "as the last pull found it, with its time"
    code, said = joined(copy, "--box", "lab-1", "--box", "lab-2", "--anew")
    assert code == 1
    assert said["boxes"][0]["standing"] == "not_proved"
    assert segment.name in said["boxes"][0]["says"]
    assert {one["box"] for one in said["attempts"]} == {"lab-1", "lab-2"}


def test_reports_alone_are_enough_and_are_called_proved_in_part(held, tmp_path):
    assert cli.main(["pull", str(held), str(tmp_path / "copy"), "--reports-only", "--box", "lab-[12]", "--quiet"]) == 0
    code, said = joined(tmp_path / "copy")
    assert code == 0
    assert {box["standing"] for box in said["boxes"]} == {"proved_in_part"}


@pytest.mark.parametrize(
    ("called", "sentence"),
    [
        (["nowhere", "--exam", "bio"], "there is no folder"),
        (["copy", "--exam", "chemistry"], "no box in"),
        (["copy", "--exam", "bio", "--expect", "lab-1"], "is not SITE/BOX"),
        (["copy", "--exam", "bio", "--key", "keys"], "there is no key"),
    ],
)
def test_a_mistake_is_a_sentence(copy, monkeypatch, capsys, called, sentence):
    monkeypatch.chdir(copy.parent)
    Path("keys").mkdir()
    assert cli.main(["join", *called]) == cli.WRONG
    said = capsys.readouterr().err
    assert sentence in said
    assert said.count("\n") >= 2


def test_reports_of_another_version_are_read_where_that_is_honest(held):
    said = json.loads((held / "north/lab-1/bio/report/report.json").read_bytes())
    for one in said["attempts"]:
        del one["room"], one["challenges"], one["proctor"]
        one["of_tomorrow"] = 1
    facts, _ = read_back.exam_facts(json.dumps(said).encode())
    assert facts.attempts[0].room == ""
    del said["attempts"][0]["stage_at"]
    with pytest.raises(IntegrityError, match=r"does not say attempts\.stage_at: another version"):
        read_back.exam_facts(json.dumps(said).encode())
    for wrong in (b"{", b"[]", b'{"schema":"appliance.report/9","kind":"exam"}'):
        with pytest.raises(IntegrityError):
            read_back.exam_facts(wrong)
