"""What people did around the exam stands in the report: in JSON, in the table, and on paper."""

import csv
import io
import json
from zoneinfo import ZoneInfo

import pypdf
import pytest

from appliance.exam import events
from appliance.exam.plan import CheckOut, ExamKind, ExamPlan, Section
from appliance.report import collect, csv_report, json_report, pdf
from appliance.report.moments import Zone
from tests.report.evidence import START

ZONE = Zone(ZoneInfo("UTC"))
PLAN = ExamPlan(
    kind=ExamKind.PAPER,
    check_out=CheckOut.PROCTOR,
    pages=True,
    sections=(Section(title="Reading"), Section(title="Essay")),
)
TEXT = "the lamp went out, =HYPERLINK(1) <b>"


@pytest.fixture
def facts(evidence, connected):
    attempt = evidence.sit("1")
    page = {"page": "p1", "number": 1, "path": "x/p.jpg", "sha256": "a" * 64, "bytes": 9}
    scan = {"scan": "s", "number": 1, "path": "x/s.webm", "sha256": "b" * 64, "bytes": 9}
    kept = {"kept": "k", "kind": "webcam", "still": "x/k.jpg", "still_sha256": "c" * 64, "clip": "", "clip_sha256": ""}
    note = {"irregularity": "i", "category": "environment.power_outage", "text": TEXT, "by_name": "Pia"}
    said = {"announcement": "n", "exam": "bio", "text": "Ten minutes more", "spoken": True, "by_name": "Lea"}
    results = {"camera": {"state": "pass", "value": 30}, "light": {"state": "warn", "value": 60}}
    evidence.append(events.ExamPlanned(exam="bio", plan=PLAN.to_json(), by="lea"), events.BOX)
    evidence.append(events.ExamAnnounced(**said, by="lea", attempts=[attempt]), events.BOX, actor="lea")
    for payload in (
        events.EquipmentChecked(results=results),
        events.ScanAsked(scan="s", reason="the desk, please", by="pia"),
        events.ScanRecorded(**scan, seconds=20.0, delete_at=START + 86400),
        events.ScanReviewed(scan="s", verdict="clear", note="", by="pia"),
        events.SectionsOrdered(order=[2, 1], seed="x"),
        events.SectionOpened(section=2),
        events.BreakBegun(minutes=5, until=START + 600, by="pia"),
        events.BreakEnded(overrun=95.0, by="candidate"),
        events.AnnouncementRead(announcement="n"),
        events.IrregularityNoted(**note, happened_at=START + 30, position=30.0, by="pia"),
        events.EvidenceKept(**kept, starts_at=START, ends_at=START + 30, taken_at=START + 15, by="pia"),
        events.InquiryMade(inquiry="q", kind="accommodation", text="more time", by="candidate"),
        events.InquiryMade(inquiry="r", kind="reply", text="I sneezed", by="candidate"),
        events.InquiryAnswered(inquiry="r", text="Thank you", by="ina", by_name="Ina"),
        events.AttemptMoved(stage="check_out", step="hand_in", by="candidate", reason=""),
        events.PagePhotographed(**page, sharpness=0.001, light=200.0, readable=False),
        events.PageAccepted(page="p1", by="pia"),
        events.PaperUploaded(path="x/p.pdf", sha256="d" * 64, bytes=9, pages=1, made=True),
        events.PaperCounted(pages=1, by="pia"),
        events.CheckoutTicked(tick="scratch", by="pia", note="two sheets", position=55.5),
    ):
        evidence.append(payload, attempt, actor="pia")
    evidence.over(attempt)
    with connected() as connection:
        yield collect.attempt_facts(connection, attempt, media=evidence.media, now=START + 100)


def test_M63_irregularities_and_all_of_the_day_are_in_the_json(facts):
    day = json.loads(json_report.attempt_bytes(facts, ZONE))["day"]
    assert day["irregularities"][0]["happened_at"] == "2025-11-22T10:00:30.000+00:00"
    assert (day["irregularities"][0]["text"], day["irregularities"][0]["position"]) == (TEXT, 30.0)
    assert [part["title"] for part in day["parts"]] == ["Essay", "Reading"]
    assert (day["pauses"][0]["overrun"], day["announcements"][0]["by"]) == (95.0, "Lea")
    assert [one["kind"] for one in day["inquiries"]] == ["reply"]  # accommodations are not for who reads this
    assert day["scans"][0]["verdict"] == "clear"
    page = day["check_out"]["pages"][0]
    assert (page["readable"], page["accepted_by"], page["sha256"]) == (False, "Pia", "a" * 64)
    assert day["check_out"]["ticks"][0]["position"] == 55.5


def test_M63_an_irregularity_is_a_line_of_the_table(facts):
    rows = list(csv.DictReader(io.StringIO(csv_report.csv_bytes([facts], ZONE).decode("utf-8-sig"))))
    (note,) = [row for row in rows if row["code"] == "irregularity"]
    assert (note["title"], note["remark"], note["raised_by"]) == ("environment: power outage", TEXT, "Pia")
    assert (note["position_seconds"], note["decision"]) == ("30.0", "")


def test_M103_on_paper_the_day_is_short_and_speaks_of_observations(facts, evidence):
    read = pypdf.PdfReader(io.BytesIO(pdf.attempt_pdf(facts, ZONE, media=evidence.media)))
    text = "".join("".join(page.extract_text().split()) for page in read.pages)
    for said in (
        "Observationswrittendownbypeople",
        "environment:poweroutage",
        "1min35s",
        "Tenminutesmore",
        "hardtoread,acceptedbyPia",
        "Replytothereceipt",
        "ScratchpaperdestroyedoncameraN",
        "Self-test",
        "lookedat:clear",
        "2Essay,opened",
    ):
        assert said.removesuffix("N") in text, said
    for never in ("cheat", "fraud", "moretime", "violation", "guilty"):
        assert never not in text.lower()
