"""Planning by forms and by JSON."""

import io

import pytest
from werkzeug.datastructures import FileStorage
from werkzeug.test import encode_multipart

from appliance.exam import roster
from appliance.ledger import state

from .conftest import EXAM

pytestmark = pytest.mark.slow

NEW = {"exam": "chemistry", "title": "Chemistry", "starts_at": "2030-01-02T09:30", "zone_offset": "-60"}
ROSTER = "seat,candidate,name\n8,c-8,Alan Turing\n9,c-9,Edsger Dijkstra\n"


def upload(client, text, exam=EXAM, **headers):
    file = FileStorage(io.BytesIO(text if isinstance(text, bytes) else text.encode()), "roster.csv", "roster")
    boundary, body = encode_multipart({"roster": file})
    kind = f"multipart/form-data; boundary={boundary}"
    return client.post(f"/exams/{exam}/roster", data=body, content_type=kind, headers=headers)


def test_an_exam_by_the_form(house):
    client = house.user("planner")
    answer = client.post("/exams", data=NEW)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/exams/chemistry")
    row = house.ask(lambda c: state.exam(c, "chemistry"))
    assert row.starts_at == 1893573000.0  # 2030-01-02 08:30 UTC
    assert (row.minutes, row.ratio, row.admission) == (90, 8, "proctor")
    assert "Chemistry" in client.get("/exams/chemistry").text
    assert "Chemistry" in client.get("/exams").text
    assert client.get("/exams/new").status_code == 200


def test_an_exam_by_json(house):
    said = {"exam": "physics", "title": "Physics", "starts_at": 5.5, "minutes": 30, "admission": "automatic"}
    answer = house.user("admin").post("/exams", json=said)
    assert (answer.status_code, answer.json) == (201, {"exam": "physics"})
    assert house.events("exam.created")[-1].payload.starts_at == 5.5


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"exam": "Not a name"}, "cannot name an exam"),
        ({"exam": EXAM}, "already an exam"),
        ({"starts_at": "tomorrow"}, "not a date"),
        ({"minutes": "0"}, "is not a length"),
        ({"minutes": "many"}, "must be a number"),
        ({"ratio": "16"}, "16 candidates for one proctor"),
        ({"admission": "nobody"}, "is not known"),
        ({"link": "javascript:alert(1)"}, "is not a link"),
        ({"title": ""}, "is empty"),
    ],
)
def test_what_does_not_fit_is_said_and_what_was_typed_stays(lasting, changed, sentence):
    answer = lasting.user("planner").post("/exams", data={**NEW, **changed})
    assert answer.status_code == 400
    assert sentence in answer.text
    assert 'value="2030-01-02T09:30"' in answer.text or "starts_at" in changed
    assert len(lasting.events("exam.created")) == 1


def test_a_roster_is_imported_and_codes_are_made_once(house):
    client = house.user("planner")
    house.reach("consent")
    page = upload(client, ROSTER)
    assert page.status_code == 200
    assert "Alan Turing" in page.text
    page = client.post(f"/exams/{EXAM}/codes")
    issued = [e for e in house.events("attempt.code_issued") if e.chain not in house.attempts]
    assert len(issued) == 2
    assert "once" in page.text
    codes = client.post(f"/exams/{EXAM}/codes", json={}).json["codes"]
    assert [row["seat"] for row in codes] == ["2", "3", "8", "9"]  # seat 1 is here already
    assert house.client().post("/join", json={"code": codes[0]["code"]}).status_code == 200


def test_codes_as_csv(house):
    upload(house.user("planner"), "seat,candidate,name\n8,c-8,=2+2\n")
    answer = house.user("planner").post(f"/exams/{EXAM}/codes", headers={"Accept": "text/csv"})
    assert answer.mimetype == "text/csv"
    lines = answer.text.splitlines()
    assert lines[0] == "seat,name,code"
    assert len(lines) == 5
    assert lines[4].startswith("8,'=2+2,")


def test_a_code_for_one(house):
    house.reach("in_exam")
    said = house.user("planner").post(f"/exams/{EXAM}/codes", json={"attempt": house.attempts[0]}).json
    assert [row["seat"] for row in said["codes"]] == ["1"]


def test_a_roster_with_faults_names_each_line_and_imports_nothing(house):
    text = "seat,candidate,name\n1,c-9,Someone\n8,c-8\n8,c-1,Alan Turing\n"
    page = upload(house.user("planner"), text)
    assert page.status_code == 400
    assert "Nothing was imported" in page.text
    answer = upload(house.user("planner"), text, Accept="application/json")
    assert [line for line, _ in answer.json["findings"]] == [3]
    taken = upload(house.user("planner"), "seat,candidate,name\n1,c-9,Someone\n", Accept="application/json")
    assert taken.json["findings"] == [[2, "seat 1 is already taken in this exam"]]
    assert len(house.ask(lambda c: state.attempts(c, EXAM))) == 3


@pytest.mark.parametrize(
    ("content", "status", "sentence"),
    [
        (b"", 400, "seat"),
        (b"\xff\xfe", 400, "not UTF-8"),
        (b'seat,candidate,name\n"1,c,n', 400, "not CSV"),
        (b"seat,candidate,name\n" + b"x" * (roster.MAX_BYTES - 19), 400, "bytes"),
        (b"x" * (roster.MAX_BYTES + 100_000), 413, "at most 1016 kB"),
        (ROSTER.splitlines()[0].encode() + b"".join(b"\n%d,c%d,N" % (i, i) for i in range(501)), 400, "at most 500"),
    ],
    ids=["empty", "binary", "broken", "a byte too many", "far too large", "too many"],
)
def test_a_bad_file_is_a_sentence(lasting, content, status, sentence):
    house = lasting
    for answer in (
        upload(house.user("planner"), content, Accept="application/json"),
        house.user("planner").post(
            f"/exams/{EXAM}/roster", data=content, content_type="text/csv", headers={"Accept": "application/json"}
        ),
    ):
        assert answer.status_code == status
        assert sentence in str(answer.json)


def test_no_file_is_a_sentence(house):
    answer = house.user("planner").post(f"/exams/{EXAM}/roster", headers={"Accept": "application/json"})
    assert answer.json["error"] == "No roster file was sent."


def test_assigning(house):
    client = house.user("planner")
    url, attempt = f"/exams/{EXAM}/assign", house.attempts[2]
    answer = client.post(url, data={"attempt": attempt, "proctor": "lead"})
    assert (answer.status_code, answer.headers["Location"]) == (303, f"/exams/{EXAM}")
    assert house.attempt(2).proctor == "lead"
    assert "no proctor nobody" in client.post(url, data={"attempt": attempt, "proctor": "nobody"}).text
    assert client.post(url, json={"attempt": attempt, "proctor": ""}).json == {"attempt": attempt, "proctor": None}
    assert house.attempt(2).proctor is None
    assert client.post("/exams/none/assign", json={"attempt": attempt, "proctor": ""}).status_code == 404


def test_a_proctor_cannot_be_given_more_than_the_ratio(house):
    house.do(lambda t: t.connection.exec_driver_sql("UPDATE exam SET ratio = 1"))
    said = {"attempt": house.attempts[2], "proctor": "proctor"}
    answer = house.user("planner").post(f"/exams/{EXAM}/assign", json=said)
    assert answer.status_code == 409
    assert "more than 1 candidates" in answer.json["error"]


def test_ending_an_exam(house):
    house.reach("in_exam")
    answer = house.user("planner").post(f"/exams/{EXAM}/end", data={"reason": "time is up"})
    assert answer.headers["Location"] == f"/exams/{EXAM}"
    assert house.attempt().stage == "ended"
    assert house.user("lead").post(f"/exams/{EXAM}/end", json={"reason": "again"}).status_code == 409
    assert house.user("planner").get(f"/exams/{EXAM}").status_code == 200


def test_a_lead_may_end_it_and_stays_on_the_wall(house):
    answer = house.user("lead").post(f"/exams/{EXAM}/end", data={"reason": "fire"})
    assert answer.headers["Location"] == f"/wall/{EXAM}"
    assert house.user("planner").get(f"/exams/{EXAM}").status_code == 200


def test_ending_needs_a_reason(house):
    assert house.user("planner").post(f"/exams/{EXAM}/end", data={"reason": " "}).status_code == 400
    assert house.events("exam.ended") == []
