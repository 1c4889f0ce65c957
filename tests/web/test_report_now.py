"""Reports that somebody wants now: one wish of each exam waits, and the sync process writes them."""

from appliance.exam.events import BOX, ReportWritten
from appliance.exam.permissions import Role
from appliance.ledger.record import Draft

from .conftest import EXAM


def asked(house):
    return [event.payload for event in house.events("report.asked")]


def test_I7_one_button_asks_for_every_report_of_an_exam(house):
    lead = house.role(Role.LEAD)
    page = lead.get(f"/reports/{EXAM}").text
    assert f'action="/reports/{EXAM}/write"' in page
    assert "provisional" in page, "the exam is still going on"
    answer = lead.post(f"/reports/{EXAM}/write")
    assert (answer.status_code, answer.headers["Location"]) == (303, f"/reports/{EXAM}")
    assert [said.exam for said in asked(house)] == [EXAM]
    page = lead.get(f"/reports/{EXAM}").text
    assert "being written" in page
    assert f'action="/reports/{EXAM}/write"' not in page


def test_a_second_wish_is_refused_while_the_first_waits_and_taken_after_it(house):
    lead = house.role(Role.LEAD)
    lead.post(f"/reports/{EXAM}/write")
    assert lead.post(f"/reports/{EXAM}/write").status_code == 409
    assert len(asked(house)) == 1
    for attempt in (house.attempts[0], None):
        said = ReportWritten(exam=EXAM, attempt=attempt, folder="reports", files={})
        house.services.writer.append(Draft(payload=said, chain=BOX, exam=EXAM, actor="sync"))
        status = lead.post(f"/reports/{EXAM}/write").status_code
        assert status == (409 if attempt else 303), "the report on the exam is written last"
    assert len(asked(house)) == 2


def test_an_exam_that_is_not_there_has_no_report_to_ask_for(house):
    assert house.role(Role.REVIEWER).post("/reports/nothing/write").status_code == 404
    assert house.role(Role.PROCTOR).post(f"/reports/{EXAM}/write").status_code == 403
    assert asked(house) == []
