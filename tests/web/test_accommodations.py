"""Accommodations: the planner grants them, planner and institution read them, and nobody who watches ever does."""

import csv
import io
import json
import re

import pypdf
import pytest

from appliance.exam.accommodation import Switch
from appliance.exam.permissions import Action, Role, may
from appliance.ledger import detection
from appliance.ledger.actions import exams
from appliance.report import write
from appliance.web.live import Follower
from tests.web.test_detection import words_of
from tests.web.test_planner import upload

from .conftest import EXAM
from .test_live import Server, join, settle
from .test_table import endpoints, path_of

pytestmark = pytest.mark.slow  # together too long for `make check`

GRANTED = frozenset({Switch.COVERING, Switch.HEARING_AID, Switch.READING_ALOUD})
SECRETS = re.compile("attempt.accommodated|" + "|".join(GRANTED), re.IGNORECASE)
"""The event's name, and the switches."""

WATCHING = [Role.PROCTOR, Role.LEAD, Role.REVIEWER, Role.CANDIDATE, Role.PHONE, Role.STAFF]


@pytest.fixture
def granted(house):
    """The first candidate has accommodations, is in the exam and flagged, and its report is written."""
    house.do(exams.accommodate, house.attempts[0], GRANTED, by="planner")
    house.reach("in_exam")
    house.flag()
    for attempt in (None, house.attempts[0]):
        house.ask(lambda c, a=attempt: write.write(connection=c, paths=house.services.paths, exam=EXAM, attempt=a))
    return house


def text_of(answer):
    """What is said, but for a rule's own name: a head covering is noted of somebody, and granted to nobody here."""
    return re.sub(r"head[\s_]+coverings?", "", _said(answer), flags=re.IGNORECASE)


def _said(answer):
    if answer.mimetype == "application/pdf":
        return "".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(answer.data)).pages)
    return words_of(answer) if answer.mimetype == "text/html" else answer.data.decode(errors="replace")


@pytest.mark.parametrize("role", WATCHING)
def test_no_answer_of_the_box_names_a_switch_to_who_watches_or_sits_there(granted, role):
    client = granted.role(role)
    read = 0
    for method, rule, action in endpoints(granted.app):
        if rule.startswith(("/sign-out", "/static")) or not may(role, action):
            continue
        files = ["report.json", "report.csv", "report.pdf"] if "<file>" in rule and "reports" in rule else [""]
        for file in files:
            path = path_of(granted, rule).replace("playlist.m3u8", file or "playlist.m3u8")
            with client.open(path, method=method, json={}, headers={"Accept": "text/html"}) as answer:
                found = SECRETS.search(text_of(answer))
                assert not found, f"{method} {path} says {found[0]!r} to {role}"
                read += answer.status_code == 200
    assert read > 3


@pytest.mark.parametrize("role", [Role.PROCTOR, Role.LEAD, Role.REVIEWER, Role.CANDIDATE])
def test_no_event_that_a_page_follows_names_one(granted, role):
    server = Server()
    follower = Follower(granted.services, emit=server.emit, drop=print, backlog=lambda _sid: 0, connections=2)
    join(granted, follower, role, "page")
    granted.do(exams.accommodate, granted.attempts[0], {Switch.COVERING}, by="planner")
    settle(follower)
    said = json.dumps(server.events("page"))
    assert "attempt.started" in said
    assert not SECRETS.search(said)


@pytest.mark.parametrize("role", [Role.LEAD, Role.REVIEWER, Role.PROCTOR])
def test_the_list_is_refused_to_who_watches_and_reviews(granted, role):
    client = granted.role(role)
    assert client.get(f"/reports/{EXAM}/accommodations.csv").status_code == 403
    for file in ("accommodations.csv", "../accommodations.csv"):
        assert client.get(f"/reports/{EXAM}/{granted.attempts[0]}/{file}").status_code in (403, 404)


@pytest.mark.parametrize("role", [Role.PLANNER, Role.INSTITUTION])
def test_planner_and_institution_read_neutral_codes(granted, role):
    client = granted.role(role)
    assert "accommodations.csv" in words_of(client.get(f"/reports/{EXAM}"))
    with client.get(f"/reports/{EXAM}/accommodations.csv") as answer:
        rows = list(csv.DictReader(io.StringIO(answer.data.decode("utf-8-sig"))))
    assert [row["accommodations"] for row in rows] == ["covering hearing_aid reading_aloud", "", ""]
    assert "face_obstructed" in rows[0]["rules_not_applied"].split()


def test_who_reads_the_report_is_told_which_rules_are_not_applied_and_no_more(granted):
    with granted.role(Role.LEAD).get(f"/reports/{EXAM}/{granted.attempts[0]}/report.json") as answer:
        assert {"speech", "face_obstructed", "headphones"} <= set(answer.json["not_applied"])


# --- granting ---


def test_the_roster_grants_them_and_an_unknown_one_is_named_by_its_line(house):
    client = house.user("planner")
    page = upload(client, "seat,candidate,name,accommodations\n8,c-8,Alan Turing,breaks dyslexia\n")
    assert page.status_code == 400
    assert "dyslexia" in words_of(page)
    upload(client, "seat,candidate,name,accommodations\n8,c-8,Alan Turing,breaks|gaze\n")
    (event,) = house.events("attempt.accommodated")
    assert event.payload.switches == ["breaks", "gaze"]
    assert "breaks, gaze" in words_of(client.get(f"/exams/{EXAM}"))


def test_the_page_of_one_candidate_grants_and_takes_back(house):
    client, path = house.user("planner"), f"/exams/{EXAM}/accommodations/{house.attempts[0]}"
    assert "checked" not in words_of(client.get(path))
    assert client.post(path, data={"switches": ["gaze", "breaks"]}).status_code == 303
    assert words_of(client.get(path)).count(" checked") == 2
    assert client.post(path, json={"switches": []}).json == {"switches": [], "extra_minutes": 0}
    assert house.ask(lambda c: detection.granted(c, house.attempts[0])) == frozenset()
    assert [e.payload.switches for e in house.events("attempt.accommodated")] == [["breaks", "gaze"], []]


@pytest.mark.parametrize(("said", "status"), [({"switches": ["magic"]}, 400), ({"switches": "gaze"}, 400), ({}, 400)])
def test_what_is_no_switch_is_refused(house, said, status):
    path = f"/exams/{EXAM}/accommodations/{house.attempts[0]}"
    assert house.user("planner").post(path, json=said).status_code == status
    assert house.events("attempt.accommodated") == []


def test_an_attempt_that_is_over_keeps_what_it_had(house):
    house.reach("submitted")
    path = f"/exams/{EXAM}/accommodations/{house.attempts[0]}"
    assert house.user("planner").post(path, data={"switches": ["gaze"]}).status_code == 409
    assert house.user("planner").get(f"/exams/other/accommodations/{house.attempts[0]}").status_code == 404


def test_only_a_planner_comes_near(house):
    assert {role for role in Role if may(role, Action.READ_ACCOMMODATIONS)} == {Role.PLANNER, Role.INSTITUTION}
