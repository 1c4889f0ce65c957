"""An exam's plan by its form and by JSON; content; readiness; the page before the day."""

import dataclasses
import io
import re
import stat

import pytest
from werkzeug.datastructures import FileStorage
from werkzeug.test import encode_multipart

from appliance.exam.events import NoticeGiven
from appliance.exam.permissions import Role
from appliance.exam.plan import CheckOut, ExamKind, ExamPlan, Level, Mode, Order, Release, Second, Section, Sight
from appliance.ledger import detection, planning, state
from appliance.ledger.actions import plans
from appliance.ledger.record import Draft
from appliance.web import content, plan_form

from .conftest import EXAM
from .test_announcements import told, viewer
from .test_detection import words_of

pytestmark = pytest.mark.slow

PDF = b"%PDF-1.7\n1 0 obj<<>>endobj\nstartxref\n9\n%%EOF\n"
RICH = ExamPlan(
    kind=ExamKind.PAPER,
    level=Level.CAMERA,
    room="B2",
    onboarding_minutes=20,
    release=Release.TIME,
    sections=(Section(title="One", link="https://exam.test/1", minutes=30, break_minutes=10), Section(title="Two")),
    order=Order.SHUFFLED,
    seed="s",
    print_minutes=5,
    second=Second.REQUIRED,
    room_scan=True,
    scan_retention_days=3,
    position=True,
    required=frozenset({Sight.HANDS, Sight.WORKSPACE}),
    briefing="Stay.\nNo notes.",
    items=("A calculator", "<b>Water</b>"),
    check_out=CheckOut.PROCTOR,
    pages=True,
    scratch=True,
    contact="555-0100 <help@example.edu>",
    plagiarism_link="https://check.test/{exam}/{candidate}",
)


def submitted(page: str) -> dict[str, str]:
    """What a browser would send of the form as it stands there."""
    fields = {}
    for tag in re.findall(r"<input[^>]*>", page):
        said = dict(re.findall(r'(\S+?)="([^"]*)"', tag))
        if "name" in said and (said.get("type") not in ("checkbox", "radio") or " checked" in tag):
            fields[said["name"]] = said.get("value", "on")
    for name, inside in re.findall(r'<select[^>]* name="([^"]+)"[^>]*>(.*?)</select>', page, re.DOTALL):
        fields[name] = re.search(r'value="([^"]*)" selected', inside)[1]
    for name, inside in re.findall(r'<textarea[^>]* name="([^"]+)"[^>]*>(.*?)</textarea>', page, re.DOTALL):
        fields[name] = inside
    return {name: re.sub("&#34;", '"', value) for name, value in fields.items() if name != "csrf_token"}


def sent(client, fields, exam):
    answer = client.post(f"/exams/{exam}/plan" if exam else "/exams", data=fields)
    return answer.status_code, answer.text if answer.status_code != 303 else ""


def planned(house, exam=EXAM):
    return house.ask(lambda c: planning.plan(c, exam))


def pdf(client, data=PDF, *, exam=EXAM, section="1", name="exam.pdf", **headers):
    fields = {"section": section} | ({"file": FileStorage(io.BytesIO(data), name)} if data is not None else {})
    boundary, body = encode_multipart(fields)
    kind = f"multipart/form-data; boundary={boundary}"
    return client.post(
        f"/exams/{exam}/content", data=body, content_type=kind, headers={"Accept": "application/json"} | headers
    )


# --- the form ---


def test_a_form_sent_as_it_is_makes_an_exam_that_is_checked_in(house):
    client = house.user("planner")
    fields = submitted(client.get("/exams/new").text) | {"title": "Chemistry", "exam": "chem"}
    assert sent(client, fields, None) == (303, "")
    plan, row = planned(house, "chem"), house.ask(lambda c: state.exam(c, "chem"))
    assert (plan.mode, plan.release, plan.onboarding_minutes, plan.buffer_minutes) == ("live", "time", 30, 30)
    assert (plan.position, plan.room_scan, plan.check_out, plan.sections) == (True, False, "none", ())
    assert plan.briefing.startswith("You have 90 minutes from the moment you start.")
    assert "\n" in plan.briefing
    assert (row.warnings_before_end, row.ratio, row.admission) == (2, 8, "proctor")
    assert house.ask(lambda c: detection.policy(c, "chem")).identity


def test_a_form_gives_back_what_it_was_made_of(house):
    house.do(plans.set_plan, EXAM, RICH, by="x")
    client = house.user("planner")
    fields = submitted(client.get(f"/exams/{EXAM}/plan").text)
    assert fields["items"].endswith("&lt;b&gt;Water&lt;/b&gt;")
    fields |= {
        "items": "A calculator\r\n<b>Water</b>\r\n\r\n",
        "contact": RICH.contact,
        "briefing": "Stay.\r\nNo notes.",
    }
    before = house.ask(lambda c: state.exam(c, EXAM))
    assert sent(client, fields, EXAM) == (303, "")
    assert planned(house) == RICH
    after = house.ask(lambda c: state.exam(c, EXAM))
    assert after == dataclasses.replace(before, starts_at=after.starts_at)
    assert 0 <= before.starts_at - after.starts_at < 60  # a form has no seconds


@pytest.mark.parametrize(
    ("changed", "field", "sentence"),
    [
        ({"onboarding_minutes": "61"}, "onboarding_minutes", "61 is not from 15 to 60"),
        ({"buffer_minutes": "1.5"}, "buffer_minutes", "must be a whole number"),
        ({"ratio": "16"}, "ratio", "16 candidates for one proctor"),
        ({"section.2.title": "Two", "section.2.link": "ftp://x"}, "section.2.link", "section 2"),
        ({"section.3.link": "https://x.test"}, "section.3.title", "section 3: the title is empty"),
        ({"section.1.title": "One", "section.1.minutes": "soon"}, "section.1.minutes", "must be a number"),
        ({"mode": "remote"}, "mode", "is not known"),
        ({"items": "x" * 81}, "items", "allowed items"),
        ({"kind": "computer", "pages": "on", "check_out": "proctor"}, "", "belong to a paper exam"),
        ({"level": "none", "position": "on"}, "", "without a camera"),
    ],
)
def test_what_is_wrong_is_said_at_its_field_and_nothing_is_lost(lasting, changed, field, sentence):
    fields = {
        "exam": "new-one",
        "title": "Typed",
        "starts_at": "2030-01-02T09:30",
        "briefing": "My own rules",
        **changed,
    }
    code, page = sent(lasting.user("planner"), fields, None)
    assert code == 400
    assert sentence in page
    assert 'value="Typed"' in page
    assert "My own rules" in page
    if field:
        about = re.search(rf'id="about-{field}" class="wrong">([^<]*)<', page)
        assert about, f"{field} does not say it"
        assert sentence in about[1]
    assert lasting.ask(lambda c: {row.exam for row in state.exams(c)}) == {EXAM}


def test_M33_the_stake_and_the_id_are_set_with_the_plan(house):
    client = house.user("planner")
    said = {
        "exam": "chem",
        "title": "Chem",
        "starts_at": 5,
        "stake": "high",
        "identity": True,
        "plan": {"kind": "paper"},
    }
    assert client.post("/exams", json=said).status_code == 201
    policy = house.ask(lambda c: detection.policy(c, "chem"))
    assert (policy.stake, policy.identity, policy.paper) == ("high", True, True)
    assert client.post("/exams/chem/plan", json={"stake": "low"}).json["stake"] == "low"
    policy = house.ask(lambda c: detection.policy(c, "chem"))
    assert (policy.stake, policy.identity) == ("low", True)


def test_a_script_changes_what_it_names_and_hears_what_is_wrong(house):
    client, url = house.user("planner"), f"/exams/{EXAM}/plan"
    said = client.post(url, json={"minutes": 60, "plan": {"room": "B2", "known_allowed": False}}).json
    assert (said["settings"]["minutes"], said["settings"]["title"], said["settings"]["admission"]) == (
        60, "Biology 101", "proctor",
    )  # fmt: skip
    assert (said["plan"]["room"], client.get(url, headers={"Accept": "application/json"}).json) == ("B2", said)
    for wrong in ({"plan": 5}, {"plan": {"rom": "B2"}}, {"plan": {"mode": 1}}, {"ratio": 16}, {"plan": {"items": [1]}}):
        assert client.post(url, json=wrong).status_code == 400
    house.reach("in_exam")
    refused = client.post(url, json={"plan": {"sections": [{"title": "One"}]}})
    assert (refused.status_code, "since the first candidate started" in refused.json["error"]) == (409, True)
    page = client.post(url, data={**submitted(client.get(url).text), "mode": "record_review"})
    assert (page.status_code, "since the first candidate came in" in page.text) == (409, True)


def test_I32_no_page_of_a_proctor_or_candidate_hears_of_the_link_when_it_changes(house):
    house.reach("in_exam")
    house.user("planner").post(f"/exams/{EXAM}/plan", json={"link": "https://exam.test/other", "title": "Biology 102"})
    for role in (Role.PROCTOR, Role.CANDIDATE):
        found = [event for event in told(house, viewer(house, role)) if event["type"] == "exam.changed"]
        assert len(found) == 1, role
        assert "exam.test" not in str(found), role


def test_M20_a_room_that_is_taken_is_said_before_and_refused_after(house):
    house.do(plans.set_plan, EXAM, ExamPlan(room="B2"), by="x")
    client = house.user("planner")
    page = client.get("/exams/new").text
    assert '"room": "B2"' in page
    fields = submitted(page) | {"title": "Chemistry", "exam": "chem", "room": "b2", "starts_at": local(house)}
    code, page = sent(client, fields, None)
    assert (code, "The room b2 is taken by biology-101 until" in page) == (409, True)
    assert house.ask(lambda c: len(state.exams(c))) == 1
    assert sent(client, fields | {"room": "B3"}, None)[0] == 303


def local(house):
    return plan_form.local(house.ask(lambda c: state.exam(c, EXAM)).starts_at)


def test_M2_M87_the_form_speaks_of_alternatives_and_of_the_candidates_copy(lasting):
    page = lasting.user("planner").get("/exams/new").text
    assert page.index("No video") < page.index("Camera and microphone")
    assert "an open-book exam, a project" in page
    assert "candidates hold the only original" in page


def test_a_form_is_for_planners(lasting):
    for path in ("/exams/new", f"/exams/{EXAM}/plan"):
        assert lasting.user("proctor").get(path).status_code == 403


# --- roster ---


def test_M1_one_candidate_is_added_like_a_roster_of_one(house):
    client, url = house.user("planner"), f"/exams/{EXAM}/candidates"
    said = {"seat": "9", "candidate": "c-9", "name": "Hopper, Grace", "switches": ["extra_time", "breaks"]}
    page = client.post(url, data={**said, "extra_minutes": ""})
    assert (page.status_code, "does not say how much" in page.text) == (400, True)
    page = client.post(url, data={**said, "extra_minutes": "20", "room": "B3"})
    assert (page.status_code, "20 min. extra" in page.text, "B3" in page.text) == (200, True, True)
    refused = client.post(url, json={"seat": "9", "candidate": "c-10", "name": "Again"})
    assert "seat 9 is already taken" in refused.json["error"]


def test_seats_change_and_who_does_not_come_goes(house):
    client = house.user("planner")
    moved = {"attempt": house.attempts[0], "seat": "12", "reason": "nearer the door"}
    assert client.post(f"/exams/{EXAM}/seat", json=moved).json == {"attempt": house.attempts[0], "seat": "12"}
    assert client.post(f"/exams/{EXAM}/seat", json={**moved, "seat": "2"}).status_code == 409
    gone = {"attempt": house.attempts[2], "reason": "ill"}
    assert client.post(f"/exams/{EXAM}/withdraw", data=gone).status_code == 303
    assert house.attempt(2).stage == "ended"
    page = client.post(f"/exams/{EXAM}/withdraw", data=gone)
    assert (page.status_code, "over already" in page.text) == (409, True)
    assert client.post("/exams/none/withdraw", json=gone).status_code == 404


def test_M31_accommodations_are_changed_by_planner_and_institution_only(house):
    url = f"/exams/{EXAM}/accommodations/{house.attempts[0]}"
    for role in Role:
        answer = house.role(role).post(url, json={"switches": ["breaks"]})
        assert (answer.status_code == 200) == (role in (Role.PLANNER, Role.INSTITUTION)), role
    institution = house.user("institution")
    assert institution.post(url, data={"switches": ["extra_time"], "extra_minutes": "0"}).status_code == 400
    answer = institution.post(url, data={"switches": ["extra_time"], "extra_minutes": "15"})
    assert (answer.status_code, answer.headers["Location"]) == (303, url)
    assert house.attempt().extra_minutes == 15
    assert 'value="15"' in institution.get(url).text


def test_M96_a_planner_lets_a_proctor_lead_and_takes_it_back(house):
    client, url = house.user("planner"), f"/exams/{EXAM}/delegates"
    assert client.post(url, json={"user": "staff", "active": True}).status_code == 400
    assert client.post(url, data={"user": "proctor", "active": "on"}).status_code == 303
    assert house.ask(lambda c: planning.delegates(c, EXAM)) == {"proctor"}
    client.post(url, data={"user": "proctor", "active": "off"})
    assert house.ask(lambda c: planning.delegates(c, EXAM)) == set()


# --- content ---


def test_content_is_stored_for_the_box_alone_and_named_in_the_ledger(house):
    client = house.user("planner")
    assert pdf(client).json == {"section": 1, "name": "exam.pdf", "bytes": len(PDF)}
    (event,) = house.events("content.stored")
    file = house.services.paths.data / event.payload.path
    assert (file.read_bytes(), stat.S_IMODE(file.stat().st_mode)) == (PDF, 0o600)
    assert event.payload.path.startswith(f"content/{EXAM}/1-")
    assert pdf(client, PDF + b"\n", name="../../etc/x y.pdf").json["name"] == "etc_x_y.pdf"
    assert house.ask(lambda c: planning.content(c, EXAM))[1].bytes == len(PDF) + 1
    assert len(list(file.parent.iterdir())) == 2  # the ledger names the older one too
    assert "PDF, 1 kB" in client.get(f"/exams/{EXAM}").text


@pytest.mark.parametrize(
    ("data", "section", "sentence"),
    [
        (None, "1", "No PDF was sent"),
        (b"", "1", "not a whole PDF"),
        (b"<html>%PDF-1.7 startxref %%EOF", "1", "not a whole PDF"),
        (PDF[:-9], "1", "not a whole PDF"),
        (PDF + b" " * content.LARGEST, "1", "larger than 20 MB"),
        (PDF, "2", "has no section 2"),
        (PDF, "0", "has no section 0"),
        (PDF, "x", "must be a number"),
    ],
)
def test_what_is_no_content_is_refused_in_words_and_not_kept(lasting, data, section, sentence):
    answer = pdf(lasting.user("planner"), data, section=section)
    assert answer.status_code in (400, 413)
    assert sentence in answer.json["error"]
    assert not list((lasting.services.paths.data / "content").glob("*/*"))


def test_content_of_nobody_elses(house):
    assert pdf(house.user("planner"), exam="none").status_code == 404
    assert pdf(house.user("proctor")).status_code == 403
    house.user("planner").post(f"/exams/{EXAM}/end", json={"reason": "x"})
    assert pdf(house.user("planner")).status_code == 409
    assert not (house.services.paths.data / "content").exists()


# --- is it ready? ---


def test_the_exams_page_says_what_is_missing(house):
    house.do(plans.set_plan, EXAM, dataclasses.replace(RICH, contact=""), by="x")
    client = house.user("planner")
    client.post(f"/exams/{EXAM}/candidates", json={"seat": "9", "candidate": "c-9", "name": "New"})
    page = client.get(f"/exams/{EXAM}").text
    for sentence in (
        "Seats without a proctor: 2. Proctors assigned: 2, needed: 1.",
        "Content is missing in places: 1.",
        "Candidates without a join code: 1.",
        "No contact for help is named.",
    ):
        assert sentence in page
    for attempt in (row.attempt for row in house.ask(lambda c: state.attempts(c, EXAM)) if row.proctor is None):
        client.post(f"/exams/{EXAM}/assign", json={"attempt": attempt, "proctor": "lead"})
    pdf(client, section="2")
    client.post(f"/exams/{EXAM}/codes", json={})
    client.post(f"/exams/{EXAM}/plan", json={"plan": {"contact": "555"}})
    assert "Everything is ready." in client.get(f"/exams/{EXAM}").text


def test_I3_nobody_is_asked_to_watch_what_is_reviewed_later(house):
    house.do(plans.set_plan, EXAM, ExamPlan(mode=Mode.RECORD_REVIEW), by="x")
    page = words_of(house.user("planner").get(f"/exams/{EXAM}"))
    assert "Seats without a proctor" not in page
    assert "recorded and reviewed" in page


def test_M15_that_recordings_are_ready_is_told_to_the_planner(house):
    client = house.user("planner")
    assert "Recordings" not in words_of(client.get("/exams"))
    for how in ("page", "mail"):
        said = NoticeGiven(exam=EXAM, how=how, to="planner", trouble="")
        house.services.writer.append(Draft(payload=said, chain="box", exam=EXAM, actor="sync"))
    for path in ("/exams", f"/exams/{EXAM}"):
        assert words_of(client.get(path)).count("Recordings of “Biology 101” are ready since") == 1


def test_M102_submitted_work_has_a_way_to_the_institutions_checker(house):
    house.do(plans.set_plan, EXAM, ExamPlan(plagiarism_link=RICH.plagiarism_link), by="x")
    client = house.user("planner")
    assert "check.test" not in client.get(f"/exams/{EXAM}").text
    house.reach("submitted")
    assert f'href="https://check.test/{EXAM}/c-1"' in client.get(f"/exams/{EXAM}").text


# --- before the day ---


def test_M21_rules_notice_and_checklist_are_public_and_nothing_else_is(house):
    house.do(plans.set_plan, EXAM, RICH, by="x")
    page = house.client().get(f"/prepare/{EXAM}")
    assert page.status_code == 200
    for said in (
        *("Biology 101", "B2", "Stay.\nNo notes.", "A calculator", "kept 3 days", "A printer with paper."),
        *("Recordings are kept 30 days", "One, 30 minutes, then a break of 10 minutes", "the only original"),
    ):
        assert said in page.text, said
    assert "&lt;b&gt;Water&lt;/b&gt;" in page.text
    for secret in ("exam.test", "check.test", "Lovelace", "c-1", "proctor2", "seed"):
        assert secret not in words_of(page), secret
    assert house.client().get("/prepare/none").status_code == 404


def test_M21_no_video_is_said_as_such(house):
    house.do(plans.set_plan, EXAM, ExamPlan(level=Level.NONE, second=Second.NONE), by="x")
    page = words_of(house.client().get(f"/prepare/{EXAM}"))
    assert "Neither picture nor sound." in page
    assert "Your camera" not in page
    assert "a phone" not in page


def test_M104_how_to_ask_for_accommodations_stands_there_before_the_day(lasting):
    page = lasting.client().get(f"/prepare/{EXAM}").text
    assert "More time, breaks, somebody beside you, assistive software: ask your institution before the day." in page
    assert "With your join code you can ask on your exam" in page


def test_M22_a_practice_run_says_when_it_is_deleted(house):
    house.do(plans.set_plan, EXAM, ExamPlan(practice=True), by="x")
    assert "deleted 24 hours after it" in house.client().get(f"/prepare/{EXAM}").text
    assert "practice run" in house.user("planner").get("/exams").text
