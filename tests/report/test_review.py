"""What people made of an attempt stands in the report: what waits never looks final, what was undone stays readable."""

import csv
import io
import json
import re
from dataclasses import asdict
from zoneinfo import ZoneInfo

import pypdf
import pytest

from appliance.exam import events
from appliance.report import collect, csv_report, json_report, kept_view, pdf, review_view, view
from appliance.report.moments import Zone
from tests.report import reviewed
from tests.report.evidence import START

pytestmark = pytest.mark.slow

UTC = Zone(ZoneInfo("UTC"))
VERDICT = re.compile(
    r"\b(cheat|guilt|fraud|violat|suspic|misconduct|dishonest|offen[cd]|culprit|convict|proven|plagiaris(ed|m was))",
    re.I,
)


@pytest.fixture
def attempt(evidence):
    attempt = evidence.sit("1")
    reviewed.review(evidence, attempt)
    return attempt


@pytest.fixture
def facts(connected, paths, attempt):
    def of(now=START + 100):
        with connected() as connection:
            return collect.attempt_facts(connection, attempt, media=paths.media, now=now)

    return of


@pytest.fixture
def of_exam(connected, paths, attempt):
    def of(now=START + 100):
        with connected() as connection:
            return collect.exam_facts(connection, "bio", media=paths.media, now=now)

    return of


def strings(said):
    if isinstance(said, str):
        return [said]
    within = said.values() if isinstance(said, dict) else said if isinstance(said, list) else []
    return [text for one in within for text in strings(one)]


def recommendation(facts):
    return dict(review_view.in_short(facts, UTC))["Recommendation"]


def test_M63_a_referral_is_nothing_until_a_second_reviewer_agreed(evidence, attempt, facts):
    assert recommendation(facts()) == "No reviewer has recommended anything yet."
    reviewed.recommend(evidence, attempt)
    assert recommendation(facts()).endswith("A second reviewer has not answered yet: it does not stand.")
    assert any("does not stand" in point for point in facts().open_points)
    reviewed.answer(evidence, attempt, agreed=False)
    assert "Rea does not agree: it does not stand." in recommendation(facts())
    reviewed.recommend(evidence, attempt, "r2")
    reviewed.answer(evidence, attempt, "r2", agreed=True)
    said = facts()
    assert re.fullmatch(r"Referral .*, recommended by Rob \(.*\)\. Rea agrees \(.*\)\.", recommendation(said))
    assert not any("does not stand" in point for point in said.open_points)
    withdrawn = events.RecommendationWithdrawn(recommendation="r2", text="", by="rob")
    evidence.append(withdrawn, attempt, actor="rob")
    assert "does not agree" in recommendation(facts()), "the one before counts again"
    assert [one.standing for one in facts().review.recommendations] == ["not_agreed", "withdrawn"]


def test_M103_the_outcome_is_the_institutions_own_words_or_left_to_it(evidence, attempt, facts):
    assert dict(review_view.in_short(facts(), UTC))["Outcome"].startswith("Left to the institution")
    evidence.append(events.OutcomeRecorded(outcome="Oral exam", by="ina", by_name="Ina"), attempt, actor="ina")
    assert dict(review_view.in_short(facts(), UTC))["Outcome"].startswith("Oral exam (Ina, ")
    evidence.append(events.OutcomeRecorded(outcome="", by="ina", by_name="Ina"), attempt, actor="ina")
    assert facts().review.outcome is None


def test_every_decision_stays_also_the_ones_that_were_undone(facts):
    phone, face = facts().flags
    assert [(one.decision, one.reason) for one in phone.rulings] == [
        ("dismissed", "innocent_action"),
        ("open", ""),
        ("confirmed", ""),
    ]
    assert [one.text for one in phone.notes] == ["Look at the second view."]
    block = view.of_attempt(facts(), UTC)["flags"][0]
    assert [re.sub(r"^\S+ \S+ ", "", line) for line in block["rulings"]] == [
        "dismissed as innocent action by Pia: a calculator",
        "opened again by Pia",
    ]
    assert (face.decision, face.reason) == ("inconclusive", "unclear_picture")


def test_how_much_people_watched_and_what_never(facts):
    watched = facts().review.watched
    assert (watched.recorded, watched.watched, watched.share) == (60, 45, 0.75)
    assert watched.by == {"Lea": 25, "Pia": 30}
    assert [(one.starts_at, one.ends_at) for one in watched.never] == [(START + 45, START + 60)]


def test_blind_samples_are_the_exams_with_their_bounds(of_exam):
    said = of_exam().sampling
    assert (said.wanted, said.drawn, said.judged, said.found, said.unclear) == (4, 3, 2, 1, 1)
    assert said.share == 0.5
    assert (said.low, said.high) == (pytest.approx(0.0126, abs=1e-4), pytest.approx(0.9874, abs=1e-4))
    text = review_view.sampling(said)
    assert text.startswith("Of 2 random minutes without a flag that people watched, 1 held something")
    assert "an estimated 50.0 % (1.3 % to 98.7 %) of all unflagged minutes of this exam" in text


def test_who_looked_what_left_and_which_rule_was_silent(facts):
    said = facts().review
    assert [(one.by, one.what, one.of) for one in said.accesses] == [
        ("Pia", "recording", "webcam"),
        ("Pia", "recording", "webcam"),
        ("Lea", "report", "report.pdf"),
        ("Lea", "export", "clip.mp4"),
    ]
    assert [line["times"] for line in review_view.accesses(said.accesses, UTC)] == ["2", "1", "1"]
    [clip] = said.exports
    assert (clip.state, clip.masked, clip.files) == ("made", True, {"clip.mp4": "e" * 64})
    [muted] = said.muted
    assert (muted.code, muted.seat, muted.by, muted.reason, muted.ended_at is None) == (
        "looking_away",
        "1",
        "Lea",
        "a mirror",
        False,
    )
    assert any("Muted for this seat" in point for point in facts().open_points)


def test_M90_a_deletion_is_printed_with_the_event_that_proves_it(evidence, facts):
    said = facts().retention
    [gone] = said.deletions
    event = next(one for one in evidence_events(evidence) if one.type == "media.deleted")
    assert (gone.event, gone.seq, gone.hash) == (event.id, event.seq, event.hash.hex())
    [hold] = said.holds
    assert (hold.lifted_at is None, hold.lift_reason) == (False, "settled")
    assert {one.what for one in said.kept} >= {"recordings", "evidence", "identity", "scan", "work", "personal"}


def evidence_events(evidence):
    from appliance.ledger.record import SELECT, Event

    return evidence.writer.transact(lambda t: [Event.from_row(row) for row in t.connection.execute(SELECT)])


def test_a_hold_stops_the_dates(evidence, attempt, facts):
    evidence.over(attempt)
    assert all(one.delete_at for one in facts().retention.kept)
    held = events.HoldPlaced(hold="h2", exam="bio", attempt=None, reason="a trial", by="ina", by_name="Ina")
    evidence.append(held, events.BOX, actor="ina")
    said = facts().retention
    assert [one.delete_at for one in said.kept] == [None] * len(said.kept)
    assert kept_view.of(said, UTC, over=True)["kept"][0]["until"] == "on hold"


def test_recordings_that_are_missing_changed_deleted_or_there_twice_are_open_points(evidence, attempt, facts, paths):
    files = sorted(paths.media.glob(f"bio/{attempt}/webcam/*.mp4"))
    files[0].unlink()
    files[1].write_bytes(b"short")
    evidence.record(attempt, "screen", seconds=30, at=START + 10)  # another page
    screen = next(paths.media.glob(f"bio/{attempt}/screen/*.mp4")).relative_to(paths.media).as_posix()
    evidence.append(events.MediaDeleted(what="recordings", files=[screen], bytes=9, why="request"), attempt)
    said = facts().open_points
    for point in (
        "1 file of the webcam is missing on the box.",
        "1 file of the webcam is not as long as the ledger says.",
        "1 file of the screen is deleted, as the ledger says.",
        "30.0 s of the screen were recorded twice: two pages sent it.",
    ):
        assert point in said, said


def test_the_same_candidate_recorded_elsewhere_at_the_same_time_is_an_open_point(evidence, attempt, facts):
    other = evidence.world.attempts["2"]
    evidence.writer.transact(
        lambda t: t.connection.exec_driver_sql("update attempt set candidate = 'c1' where attempt = ?", (other,))
    )
    evidence.record(other, "webcam", seconds=30, at=START + 30)
    assert "The same candidate was recorded at the same time for 30.0 s (exam bio, seat 2)." in facts().open_points


def test_during_the_exam_it_is_provisional_and_says_what_is_not_known(evidence, attempt, facts):
    said = facts()
    assert said.provisional
    assert view.of_attempt(said, UTC)["provisional"].endswith("up to 10:01:40")
    assert "How much detection could judge is not known before the end." in said.open_points
    evidence.over(attempt)
    assert not facts().provisional


def test_detectors_that_people_dismissed_stand_by_seat_on_the_exams_report(evidence, attempt, of_exam):
    for n in range(4):
        evidence.decide(attempt, evidence.flag(attempt, at=START + n, pictures=False), "dismissed", "detector_error")
    rates = [asdict(one) for one in of_exam().seat_rates]
    assert rates == [{"seat": "1", "code": "phone_visible", "dismissed": 4, "decided": 5, "open": 0, "trouble": True}]


def test_M103_no_string_of_any_report_is_a_verdict(evidence, attempt, facts, of_exam):
    reviewed.recommend(evidence, attempt)
    for said in (view.of_attempt(facts(), UTC), view.of_exam(of_exam(), UTC)):
        texts = strings(said)
        assert len(texts) > 200
        assert [text for text in texts if VERDICT.search(text)] == []
    for template in pdf.TEMPLATES:
        assert VERDICT.search(template.read_text(encoding="utf-8")) is None
    assert VERDICT.search(json_report.attempt_bytes(facts(), UTC).decode()) is None


def test_the_table_has_the_standing_and_every_decision(evidence, attempt, facts):
    reviewed.recommend(evidence, attempt)
    table = csv.DictReader(io.StringIO(csv_report.csv_bytes([facts()], UTC).decode("utf-8-sig"), newline=""))
    line = next(iter(table))
    assert (line["recommendation"], line["standing"], line["outcome"]) == ("refer", "waits", "")
    assert [one["decision"] for one in json.loads(line["rulings"])] == ["dismissed", "open", "confirmed"]
    assert line["provisional"] == "yes"


def test_after_an_erasure_the_report_is_written_all_the_same(evidence, attempt, facts, of_exam, paths):
    evidence.over(attempt)
    asked = events.ErasureAsked(reference="2026-17", by="ina", by_name="Ina")
    evidence.append(asked, attempt, actor="ina")
    said = facts()
    assert any("not done yet" in point for point in said.open_points)
    evidence.append(
        events.PersonalErased(position=said.ledger.position, why="request", due_at=START), attempt, actor="sync"
    )
    said = facts()
    assert dict(view.of_attempt(said, UTC)["who"])["Candidate"] == "(erased)"
    assert "Names, chat and notes of this candidate were erased. The chain of the ledger still verifies." in (
        said.open_points
    )
    [line] = kept_view.of(said.retention, UTC, over=True)["erasures"]
    assert re.fullmatch(r"Names.* were erased on .* on request 2026-17, asked for by Ina; the chain still.*", line)
    assert pdf.attempt_pdf(said, UTC, media=paths.media).startswith(b"%PDF")
    assert pdf.exam_pdf(of_exam(), UTC).startswith(b"%PDF")
    assert json.loads(json_report.attempt_bytes(said, UTC))["name"] == "(erased)"
    assert "Candidate 1" not in json_report.exam_bytes(of_exam(), UTC).decode()


# --- the PDF as a file ---


def test_the_pdf_is_ua_1_and_a_2a_at_once(evidence, attempt, facts, of_exam, paths):
    evidence.over(attempt)
    for data in (pdf.attempt_pdf(facts(), UTC, media=paths.media), pdf.exam_pdf(of_exam(), UTC)):
        with io.BytesIO(data) as file:
            root = pypdf.PdfReader(file).trailer["/Root"]
            assert root["/MarkInfo"]["/Marked"]
            assert root["/StructTreeRoot"]["/K"]
            assert root["/Lang"] == "en"
            assert root["/ViewerPreferences"]["/DisplayDocTitle"]
            assert [one["/S"] for one in root["/OutputIntents"]] == ["/GTS_PDFA1"]
            xmp = root["/Metadata"].get_data().decode()
        for said in ("<pdfaid:part>2<", "<pdfaid:conformance>A<", "<pdfuaid:part>1<"):
            assert said in xmp, said


def test_while_it_goes_on_every_page_says_that_it_is_provisional(facts, of_exam, paths):
    for data in (pdf.attempt_pdf(facts(), UTC, media=paths.media), pdf.exam_pdf(of_exam(), UTC)):
        with io.BytesIO(data) as file:
            pages = [page.extract_text() for page in pypdf.PdfReader(file).pages]
        assert len(pages) > 2
        assert all("Provisional: written while the exam was going on, up to 10:01:40" in page for page in pages)


def test_notes_of_20_000_characters_run_over_pages_and_lose_nothing(evidence, attempt, facts, paths):
    note = "word " * 4_000
    flag = facts().flags[0].flag
    evidence.decide(attempt, flag, "dismissed", "innocent_action", note)
    with io.BytesIO(pdf.attempt_pdf(facts(), UTC, media=paths.media)) as file:
        text = " ".join(page.extract_text() for page in pypdf.PdfReader(file).pages)
    assert text.count("word") >= 4_000
