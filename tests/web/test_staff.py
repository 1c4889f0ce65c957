"""The box page, people, the ledger, reports."""

import html

import pytest

from appliance.box import health
from appliance.exam.events import BOX, ProcessStarted
from appliance.ledger.record import Draft

from .conftest import EXAM, PASSWORD


def test_the_box_in_sentences(house):
    health.write(house.services.paths.health, "capture-1", healthy=False, sentence="the disk is full")
    page = house.user("staff").get("/box").text
    assert "the disk is full" in page
    assert "not running" in page


def test_the_status_with_its_counters(house):
    health.write(house.services.paths.health, "capture-1", healthy=True, sentence="records", feeds={}, queue=3)
    said = house.user("admin").get("/api/status").json
    assert said["processes"]["capture-1"]["queue"] == 3
    assert said["healthy"] is False
    assert said["ledger"] == {"head": house.services.writer.head, "waiting": 0, "refused": 0, "failure": ""}


def test_adding_a_person(house):
    said = {"user": "eva", "name": "Eva", "role": "proctor", "password": "long enough words"}
    answer = house.user("admin").post("/users", data=said)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/users")
    assert "Eva" in house.user("admin").get("/users").text
    signed_in = house.client().post("/sign-in", json={"user": "eva", "password": "long enough words"})
    assert signed_in.json == {"user": "eva", "role": "proctor"}


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"password": "short"}, "at least 10 characters"),
        ({"role": "candidate"}, "no such role"),
        ({"role": "king"}, "no such role"),
        ({"user": "lead"}, "already a user"),
        ({"user": "No Name"}, "cannot name a user"),
    ],
)
def test_a_person_that_does_not_fit(lasting, changed, sentence):
    house = lasting
    said = {"user": "eva", "name": "Eva", "role": "proctor", "password": "long enough words", **changed}
    page = house.user("admin").post("/users", data=said)
    assert page.status_code == 400
    assert sentence in page.text
    assert f'value="{said["password"]}"' not in page.text
    assert house.user("admin").post("/users", json=said).status_code == 400


def test_no_password_is_ever_in_the_ledger_or_on_a_page(house):
    house.user("admin").post("/users", json={"user": "eva", "name": "E", "role": "lead", "password": PASSWORD})
    assert PASSWORD not in house.user("auditor").get("/ledger").text
    assert "argon2" not in house.user("admin").get("/users").text


def test_the_ledger_page_by_page(house):
    for number in range(250):
        said = ProcessStarted(process=f"p{number}", version="1")
        house.services.writer.submit(
            lambda t, said=said: t.append(Draft(payload=said, chain=BOX, exam=None, actor="test"))
        )
    client = house.user("auditor")
    head = house.services.writer.head
    pages = [client.get(path).text for path in ("/ledger", f"/ledger?before={head - 199}")]
    assert f"/ledger?before={head - 199}" in pages[0]
    for process in ("p249", "p60", "p49", "p0"):
        assert [f'"process": "{process}"' in html.unescape(page) for page in pages] == [
            process in ("p249", "p60"),
            process in ("p49", "p0"),
        ]
    assert client.get("/ledger?before=1").status_code == 200
    assert client.get("/ledger?before=x").status_code == 200


def test_reports(house):
    folder = house.services.paths.reports / EXAM
    (folder / house.attempts[0]).mkdir(parents=True)
    for name in ("report.json", "report.csv", "report.pdf", "other.txt"):
        (folder / name).write_text("{}")
        (folder / house.attempts[0] / name).write_text("{}")
    (folder / "private.json").write_text("no")
    client = house.user("institution")
    page = client.get(f"/reports/{EXAM}").text
    assert f"/reports/{EXAM}/{house.attempts[0]}/report.pdf" in page
    assert "other.txt" not in page
    with client.get(f"/reports/{EXAM}/report.pdf") as answer:
        assert (answer.mimetype, "attachment" in answer.headers["Content-Disposition"]) == ("application/pdf", False)
    with client.get(f"/reports/{EXAM}/{house.attempts[0]}/report.csv") as answer:
        assert f"attachment; filename={EXAM}-1-report.csv" in answer.headers["Content-Disposition"]
    for path in ("private.json", "../appliance.toml", "%2e%2e/keys/web", "report.jsonx"):
        assert client.get(f"/reports/{EXAM}/{path}").status_code == 404
    assert client.get("/reports/none").status_code == 404
    assert client.get(f"/reports/{EXAM}/{house.attempts[1]}/report.pdf").status_code == 404
