"""The planner's form in a browser: what follows while typing, what belongs to no choice made, and sending it."""

import time

import pytest

from appliance.exam.plan import ExamPlan
from appliance.exam.policy import ExamPolicy
from appliance.ledger.actions import exams, plans
from tests.front.test_pages import assert_accessible, sign_in

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120)]

NOON = time.mktime((2030, 1, 2, 12, 0, 0, 0, 0, -1))
PDF = b"%PDF-1.7\nstartxref\n9\n%%EOF\n"


@pytest.fixture(scope="module")
def room(make_room):
    def prepare(room):
        def work(transaction):
            exams.create_exam(transaction, ExamPolicy(exam="chem", title="Chemistry", starts_at=NOON), by="test")
            plans.set_plan(transaction, "chem", ExamPlan(room="B2"), by="test")

        room.services.writer.transact(work)

    return make_room(0, prepare)


@pytest.fixture
def form(room, visit):
    page = visit(viewport={"width": 1280, "height": 900}, timezone_id="Pacific/Auckland")
    sign_in(page, room, "planner")
    page.goto(f"{room.url}/exams/new")
    page.get_by_label("Title").first.fill("Biology")
    page.get_by_label("Short name").fill("bio")
    page.get_by_label("Check-in begins").fill("2030-01-02T10:00")
    return page


def said(page):
    return page.locator("[data-consequences]").inner_text()


def test_M20_consequences_are_said_while_typing_in_the_labs_time(form):
    assert "Check-in from Wed 10:00; the content opens at Wed 10:30." in said(form)
    assert "For 24 candidates, up to 8 for each: 3 proctors needed." in said(form)
    form.get_by_label("Room", exact=True).fill("B2")
    assert "B2 is taken by “Chemistry” from Wed 12:00 to Wed 14:30." in said(form)
    form.get_by_label("Length in minutes").fill("60")
    assert "taken by" not in said(form)
    assert "Room B2 is taken until Wed 12:00." in said(form)
    form.get_by_text("When the checks are done").click()
    assert "Candidates may start from Wed 10:00 on" in said(form)


def test_what_does_not_belong_to_a_choice_is_not_there_and_not_sent(form, axe, room):
    form.get_by_text("Record and review").click()
    assert form.get_by_label("Candidates for each proctor").is_hidden()
    assert "Nobody watches live" in said(form)
    form.get_by_text("No video").click()
    form.get_by_text("an open-book exam, a project").wait_for()
    form.get_by_text("Check-in", exact=True).last.click()
    assert form.get_by_label("Check the position").is_hidden()
    assert_accessible(form, axe, "form without video")
    form.get_by_role("button", name="Create exam").click()
    form.wait_for_url(f"{room.url}/exams/bio")
    form.get_by_text("recorded and reviewed").wait_for()


def test_a_paper_exam_with_sections_from_the_form_to_its_content(form, room):
    form.get_by_label("Short name").fill("paper-exam")
    form.get_by_text("On paper").click()
    form.get_by_role("heading", name="Check-in").click()
    rules = form.get_by_label("Rules to be acknowledged")
    assert rules.input_value().startswith("You have 90 minutes from the moment you start to write.")
    form.get_by_label("Length in minutes").fill("75")
    assert rules.input_value().startswith("You have 75 minutes")
    rules.fill("Our own rules")
    form.get_by_label("Length in minutes").fill("80")
    assert rules.input_value() == "Our own rules"
    form.get_by_role("heading", name="Sections and breaks").click()
    form.get_by_role("button", name="Add a section").click()
    titles = form.locator('[name$=".title"]')
    assert titles.count() == 2
    titles.nth(0).fill("Choice")
    titles.nth(1).fill("Essay")
    form.locator('[name="section.2.minutes"]').fill("90")
    assert "The sections take 90 minutes, more than the 80 of the exam." in said(form)
    form.locator('[name="section.2.minutes"]').fill("40")
    form.get_by_role("button", name="Create exam").click()
    form.wait_for_url(f"{room.url}/exams/paper-exam")
    form.get_by_text("Content is missing in places: 2.").wait_for()
    form.get_by_label("PDF for “Essay”").set_input_files(
        {"name": "e.pdf", "mimeType": "application/pdf", "buffer": PDF}
    )
    form.get_by_role("button", name="Store").last.click()
    form.get_by_text("Content is missing in places: 1.").wait_for()
    assert form.faults == []
