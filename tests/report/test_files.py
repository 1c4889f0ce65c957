"""The three files: what a reader finds in them, and that nothing that people wrote can harm the reader."""

import csv
import hashlib
import io
import json
import os
import unicodedata
from dataclasses import replace
from zoneinfo import ZoneInfo

import pypdf
import pytest
import rfc8785
from hypothesis import given, settings
from hypothesis import strategies as st

from appliance.box.paths import Paths
from appliance.errors import NotFound, StorageFull
from appliance.exam.flags import CODES, MANUAL, RULES, Decision, Dismissal, Doubt
from appliance.exam.gap import Cause
from appliance.exam.stage import Stage
from appliance.ledger import reader as reader_module
from appliance.ledger import writer as writer_module
from appliance.report import collect, csv_report, json_report, pdf, words, write
from appliance.report.moments import Zone, position
from tests.report import evidence as made
from tests.report.evidence import START

pytestmark = pytest.mark.slow  # together too long for `make check`

BERLIN = Zone(ZoneInfo("Europe/Berlin"))
VERDICTS = ("cheat", "guilt", "fraud", "violat", "suspic", "misconduct", "dishonest", "offen")


def attempt_over(evidence, connection, paths):
    attempt = evidence.sit("1")
    evidence.over(attempt)
    with connection() as open_connection:
        return collect.attempt_facts(open_connection, attempt, media=paths.media, now=START + 100)


@pytest.fixture(scope="module")
def kept(tmp_path_factory):
    """The facts of a whole attempt and the media folder, made once: for tests that change neither."""
    folder = tmp_path_factory.mktemp("kept")
    paths = Paths(data=folder / "data", run=folder / "run").make()
    with writer_module.opened(paths.database) as writer, reader_module.opened(paths.database) as reader:
        return attempt_over(made.build(writer, paths.media), reader.connect, paths), paths.media


@pytest.fixture
def facts(kept):
    return kept[0]


@pytest.fixture
def media(kept):
    return kept[1]


@pytest.fixture
def own_facts(evidence, connected, paths):
    """The same in a box of the test's own."""
    return attempt_over(evidence, connected, paths)


def text_of(data: bytes) -> str:
    with io.BytesIO(data) as file:
        return "\n".join(page.extract_text() for page in pypdf.PdfReader(file).pages)


def flat(text: str) -> str:
    return "".join(text.replace("\u200b", "").split())


# --- JSON ---


def test_json_is_canonical_complete_and_in_the_labs_time(facts):
    data = json_report.attempt_bytes(facts, BERLIN)
    said = json.loads(data)
    assert rfc8785.dumps(said) == data
    assert json_report.attempt_bytes(facts, BERLIN) == data
    assert (said["schema"], said["kind"]) == ("appliance.report/2", "attempt")
    assert said["flags"][0]["onset_at"] == "2025-11-22T11:00:10.000+01:00"
    assert said["time_zone"] == "CET (UTC+01:00)"
    assert said["decisions"] == {"open": 1, "confirmed": 0, "dismissed": 1, "inconclusive": 0}
    assert said["coverage"][0]["share"] == pytest.approx(5310 / 5400)
    assert said["gap_seconds"] == 4.5
    assert said["rules_in_force"]["phone_visible"]["threshold"] == 0.5
    assert "notes for a person" in said["about"]
    assert all(len(snapshot["sha256"]) == 64 for flag in said["flags"] for snapshot in flag["snapshots"])


def test_the_exams_json_leaves_chat_and_browsers_to_the_attempts(evidence, connected, paths, own_facts):
    evidence.end_exam()
    with connected() as connection:
        exam = collect.exam_facts(connection, "bio", media=paths.media, now=START + 100)
    data = json_report.exam_bytes(exam, BERLIN)
    said = json.loads(data)
    assert [attempt["seat"] for attempt in said["attempts"]] == ["1", "2"]
    assert len(said["attempts"][0]["flags"]) == 2
    assert b"ruler" not in data
    assert "steps" not in said["attempts"][0]


# --- CSV ---


def rows(data: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline="")))


def test_csv_has_a_line_for_each_flag(facts):
    data = csv_report.csv_bytes([facts], BERLIN)
    assert data.startswith(b"\xef\xbb\xbf")
    phone, face = rows(data)
    assert (phone["code"], phone["decision"], phone["decided_by"]) == ("phone_visible", "dismissed", "Pia")
    assert (phone["true"], phone["assessable"], phone["looks"]) == ("11", "13", "14")
    assert phone["onset_at"] == "2025-11-22T11:00:10.000+01:00"
    assert len(phone["snapshots"].split()) == 3
    assert (face["decision"], face["decided_at"]) == ("open", "")


def test_csv_without_flags_is_its_header(facts):
    assert rows(csv_report.csv_bytes([replace(facts, flags=())], BERLIN)) == []


FORMULAS = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", " =cmd|' /C calc'!A0", "\uff1d1", "\ufeff=1"]


@pytest.mark.parametrize("text", FORMULAS)
def test_no_spreadsheet_runs_what_somebody_typed(facts, text):
    noted = replace(facts.flags[0], note=text)
    [line] = rows(csv_report.csv_bytes([replace(facts, name=text, flags=(noted,))], BERLIN))
    assert line["note"] == line["name"] == "'" + text
    assert len(line) == len(csv_report.COLUMNS)


@given(st.text())
def test_any_text_stays_in_its_cell(text):
    cell = csv_report.safe(text)
    out = io.StringIO(newline="")
    csv.writer(out).writerow(["a", cell, "b"])
    [[before, again, after]] = csv.reader(io.StringIO(out.getvalue(), newline=""))
    assert (before, again, after) == ("a", cell, "b")
    assert not cell.startswith(("=", "+", "-", "@", "\t", "\r", "\n"))


# --- PDF ---


def test_pdf_says_it_all_on_tagged_pages(facts, media):
    data = pdf.attempt_pdf(facts, BERLIN, media=media)
    with io.BytesIO(data) as file:
        reader = pypdf.PdfReader(file)
        assert reader.trailer["/Root"]["/MarkInfo"]["/Marked"]
        assert reader.trailer["/Root"]["/Lang"] == "en"
        assert "Seat 1" in reader.metadata.title
        assert sum(len(page.images) for page in reader.pages) == 6
        first = flat(reader.pages[0].extract_text())
    for said in (
        "98.3%",
        "connectionlost14.5s",
        "overload",
        "1flaghasnotbeendecided",
        "Noreviewerhasrecommendedanythingyet",
        "Lefttotheinstitution",
        "Nobodyhaswatchedtherecording",
    ):
        assert said in first, said
    whole = flat(text_of(data))
    assert "5310of5400looks" in whole
    assert "11:00:20to11:00:24" in whole
    for said in ("Phonevisible,11:00:10", "11of13thatcouldbejudged,14inall", "innocentaction", "acalculator"):
        assert said in whole, said
    for said in ("MayIusearuler?", "acknowledged", "Handedin", "Usualinnocentcauses", facts.ledger.hash):
        assert said in whole, said
    assert all(flat(snapshot.sha256) in whole for flag in facts.flags for snapshot in flag.snapshots)


def test_M103_no_word_of_it_is_a_verdict(facts, media):
    for data in (
        text_of(pdf.attempt_pdf(facts, BERLIN, media=media)).encode(),
        json_report.attempt_bytes(facts, BERLIN),
        csv_report.csv_bytes([facts], BERLIN),
    ):
        assert not [word for word in VERDICTS if word in data.decode("utf-8-sig").lower()]


NAMES = {
    "long": "Wolfeschlegelsteinhausenbergerdorff" * 8,
    "many words": "de la " * 60 + "Cruz",
    "right to left": "\u0645\u062d\u0645\u062f \u0639\u0644\u064a",
    "hebrew": "\u05e9\u05dc\u05d5\u05dd \u05db\u05d4\u05df",
    "marks": "Ng\u00fay\u1ec5n Th\u1ecb \u0141uk\u00e1\u0161 \u00d8",
    "cyrillic": "\u0416\u0435\u043b\u0435\u0437\u043d\u044f\u043a",
    "typst": '#panic("no") $x$ *b* _i_ `r` \\ // /* <a> @b ] [ { } ~',
    "markup": "<b>&amp;</b>",
    "empty": "",
    "newlines": "a\nb\r\nc\td",
}


def shown(facts, media, texts):
    """The PDF's text with each of these as candidate and as a message, without spaces."""
    messages = tuple(replace(facts.messages[0], text=text, sender=text) for text in texts)
    data = pdf.attempt_pdf(replace(facts, name=texts[0], messages=messages), BERLIN, media=media)
    return flat(text_of(data))


def test_every_name_can_be_printed_as_it_is(facts, media):
    said = shown(facts, media, list(NAMES.values()))
    for kind, name in NAMES.items():
        if kind not in ("right to left", "hebrew"):  # extraction gives those in the order of the page
            assert flat(name) in said, kind
    assert "[U+" not in said


HOSTILE = {
    "chinese": ("\u4e2d\u6587", "[U+4E2D][U+6587]"),
    "emoji": ("a \U0001f600 b", "[U+1F600]"),
    "private": ("a\ue000b", "[U+E000]"),
    "turned around": ("abc\u202efed\u2066x", "abcfedx"),
    "control": ("a\u0000b\u001b[31mc", "ab[31mc"),
}


def test_what_no_font_shows_is_numbered_and_what_misleads_is_left_out(facts, media, monkeypatch):
    monkeypatch.setattr(pdf, "SYSTEM_FONTS", False)  # this machine may have more fonts than a box
    said = shown(facts, media, [name for name, _ in HOSTILE.values()])
    for kind, (_, expected) in HOSTILE.items():
        assert flat(expected) in said, kind
    assert "4differentcharacterscouldnotbeshown" in said
    assert "couldnotbeshown" not in shown(facts, media, ["Ann"])


@settings(max_examples=15)
@given(st.text(max_size=40))
def test_any_text_has_only_characters_that_can_be_shown(text):
    shown = pdf.displayable({"x": text})["x"]
    unseen = [character for character in shown if unicodedata.category(character) in ("Cc", "Cs", "Co", "Cn")]
    assert set(unseen) <= set("\n"), "a message keeps its lines"


def test_without_flags_and_pictures_it_says_so(facts, media):
    bare = replace(
        facts, flags=(), messages=(), calls=(), gaps=(), unseen=(), recordings=(), coverage=(), steps=(), open_points=()
    )
    said = flat(text_of(pdf.attempt_pdf(bare, BERLIN, media=media)))
    assert said.count("Noflagswereraised.") == 2
    assert "Nothingwasrecorded." in said
    without = replace(facts, flags=(replace(facts.flags[0], snapshots=()),))
    assert "Nopictureswerekept" in flat(text_of(pdf.attempt_pdf(without, BERLIN, media=media)))


def test_pictures_that_are_lost_are_said_in_their_place(evidence, connected, paths, own_facts):
    pictures = sorted(paths.media.glob("bio/*/snapshots/*.jpg"))
    pictures[0].unlink()
    pictures[1].write_bytes(b"other")
    with connected() as connection:
        again = collect.attempt_facts(connection, own_facts.attempt, media=paths.media, now=START + 100)
    said = flat(text_of(pdf.attempt_pdf(again, BERLIN, media=paths.media)))
    assert "Picturemissingonthebox" in said
    assert "Picturechangedsince" in said


@pytest.mark.parametrize("content", [b"", b"not a picture", b"\xff\xd8\xff\xe0 broken"])
def test_a_picture_that_is_none_does_not_take_the_report_with_it(evidence, connected, paths, own_facts, content):
    real = evidence.picture
    evidence.picture = lambda attempt, flag, moment: real(attempt, flag, moment, content)
    evidence.flag(own_facts.attempt, "camera_covered", at=START + 50)
    with connected() as connection:
        again = collect.attempt_facts(connection, own_facts.attempt, media=paths.media, now=START + 100)
    said = flat(text_of(pdf.attempt_pdf(again, BERLIN, media=paths.media)))
    assert "Cameracovered" in said
    assert said.count("Picturenotshownhere") == 3, "the others are shown"


def test_there_is_a_bound_on_pictures_and_it_is_said(facts, media, monkeypatch):
    monkeypatch.setattr(pdf, "PICTURES", 4)
    data = pdf.attempt_pdf(facts, BERLIN, media=media)
    with io.BytesIO(data) as file:
        assert sum(len(page.images) for page in pypdf.PdfReader(file).pages) == 4
    assert "2picturesarenotprintedhere" in flat(text_of(data))


def test_many_gaps_leave_page_one_readable(facts, media):
    gaps = tuple(replace(facts.gaps[0], starts_at=START + n, ends_at=START + n + 0.5) for n in range(300))
    with io.BytesIO(pdf.attempt_pdf(replace(facts, gaps=gaps), BERLIN, media=media)) as file:
        pages = [flat(page.extract_text()) for page in pypdf.PdfReader(file).pages]
    assert "connectionlost3002min30s" in pages[0]
    assert "Openpoints" in pages[0]
    assert any("100moreintheJSONreport" in page for page in pages)


def test_the_exam_on_paper(evidence, connected, paths, own_facts):
    evidence.end_exam()
    with connected() as connection:
        exam = collect.exam_facts(connection, "bio", media=paths.media, now=START + 100)
    said = flat(text_of(pdf.exam_pdf(exam, BERLIN)))
    for word in ("Candidate1", "Candidate2", "ended", "Phonevisible", "11of13", "1candidateof2didnotstart"):
        assert word in said, word
    nobody = replace(exam, attempts=())
    assert "Nobodywasontheroster" in flat(text_of(pdf.exam_pdf(nobody, BERLIN)))


# --- all three, on disk ---


def test_I7_the_files_are_written_with_their_hashes(evidence, connected, paths, own_facts):
    with connected() as connection:
        said = write.write(connection=connection, paths=paths, exam="bio", attempt=own_facts.attempt)
    folder = paths.reports / "bio" / own_facts.attempt
    assert {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.iterdir()} == said
    assert said.keys() == {"report.json", "report.csv", "report.pdf", "accommodations.csv"}
    evidence.end_exam()
    with connected() as connection:
        write.write(connection=connection, paths=paths, exam="bio", attempt=None)
    assert (paths.reports / "bio" / "report.pdf").read_bytes().startswith(b"%PDF")


def test_I7_one_action_writes_every_report_of_an_exam(evidence, connected, paths, own_facts):
    second = evidence.sit("2")
    with connected() as connection:
        said = write.write_all(connection=connection, paths=paths, exam="bio")
    assert list(said) == [own_facts.attempt, second, None], "the exam last"
    for attempt, files in said.items():
        folder = write.folder_of(paths, "bio", attempt)
        found = {
            path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.iterdir() if path.is_file()
        }
        assert found == files
    one = json.loads((paths.reports / "bio" / second / "report.json").read_bytes())
    whole = json.loads((paths.reports / "bio" / "report.json").read_bytes())
    assert one["provisional"]
    assert one["written_at"] == whole["written_at"], "all of the same moment"


def test_a_disk_that_is_full_leaves_the_old_report_whole(connected, paths, own_facts, monkeypatch):
    with connected() as connection:
        write.write(connection=connection, paths=paths, exam="bio", attempt=own_facts.attempt)
        folder = paths.reports / "bio" / own_facts.attempt
        before = {path.name: path.read_bytes() for path in folder.iterdir()}

        def full(_descriptor):
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(os, "fsync", full)
        with pytest.raises(StorageFull) as refused:
            write.write(connection=connection, paths=paths, exam="bio", attempt=own_facts.attempt)
    assert "No space" in str(refused.value)
    assert refused.value.hint
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


def test_no_report_on_what_is_not_there(connected, paths, evidence):
    with connected() as connection:
        with pytest.raises(NotFound):
            write.write(connection=connection, paths=paths, exam="bio", attempt="0123456789abcdef")
        with pytest.raises(NotFound):
            write.write(connection=connection, paths=paths, exam="nothing", attempt=None)
    assert not (paths.reports / "nothing").exists()


# --- words ---


def test_every_code_has_a_word():
    assert all(words.flag(code) != code for code in CODES)
    assert all(words.innocent(code) for code in RULES)
    assert words.innocent(MANUAL) == ""
    assert {stage.value for stage in Stage} == words.STAGES.keys()
    assert {cause.value for cause in Cause} <= words.CAUSES.keys()
    assert {*Dismissal, *Doubt} == words.REASONS.keys()
    assert set(Decision) == words.DECISIONS.keys()
    assert words.flag("new_rule") == "new_rule"


@pytest.mark.parametrize(
    ("share", "said"),
    [(None, "not looked at"), (0.0, "0 %"), (1.0, "100 %"), (0.99999, "99.9 %"), (0.00001, "0.1 %"), (0.5, "50.0 %")],
)
def test_a_share_is_never_rounded_to_all_or_nothing(share, said):
    assert words.percent(share) == said


@pytest.mark.parametrize(
    ("seconds", "said"), [(4.2, "4.2 s"), (59.99, "60.0 s"), (65, "1 min 05 s"), (3725, "1 h 02 min 05 s")]
)
def test_lengths(seconds, said):
    assert words.length(seconds) == said


def test_positions_and_zones():
    assert position(3725.26) == "1:02:05.3"
    assert position(0) == "0:00:00.0"
    assert Zone(ZoneInfo("UTC")).name(START) == "UTC"
    assert BERLIN.name(START) == "CET (UTC+01:00)"
