"""The seat board: which computer stands where, what its check found, and what lab staff are told."""

import re
import time

import numpy as np
import pytest

from appliance.box import health, seen, sound
from appliance.exam.feed import Feed, Kind
from appliance.exam.seat_check import CARD_LOOKS, Run, Step
from appliance.ledger import board, holding, state
from appliance.ledger.actions import board as actions
from appliance.ledger.actions import own_runs
from appliance.web.board import checks, machine, view
from appliance.web.board.state import MOST, MOST_BESIDE_AN_EXAM, Check

from .conftest import EXAM

pytestmark = pytest.mark.slow

ROOM = "1 2 - 3\n4 5 - 14"
JSON = {"Accept": "application/json"}


@pytest.fixture
def lab(house):
    """A room with seats, and somebody of the lab staff."""
    house.staff = house.user("staff")
    house.staff.post("/seats/arrange", data={"room": ROOM.replace("\n", "\r\n")})
    return house


def codes(lab) -> dict[str, str]:
    """Seat -> the code of its desk card, as it is printed."""
    page = lab.staff.get("/seats/cards").text
    seats = re.findall(r'board-card-seat">Seat ([^<]+)<', page)
    return dict(zip(seats, re.findall(r'board-card-code">([^<]+)<', page), strict=True))


def sit(lab, seat: str, client=None):
    """A lab's computer that was bound by its card."""
    client = client or lab.client()
    assert client.post("/seat/bind", json={"code": codes(lab)[seat]}).status_code == 200
    return client


def now(lab) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", lab.staff.get("/seats/now").text))


def board_of(lab) -> dict[str, view.Seat]:
    with lab.app.app_context():
        found = lab.ask(lambda c: view.seats(c, lab.services.seats, now=time.time()))
    return {seat.seat: seat for seat in found}


def begin(lab, client, **size) -> Check:
    client.get("/api/seat?tab=a&takes=1")
    said = client.post("/api/seat/check", json={"width": 1280, "height": 720, "microphone": True, **size})
    assert said.status_code == 201, said.text
    (check,) = [one for one in lab.services.seats.checks() if one.exam == said.json["run"]]
    return check


def arrives(lab, check, *, at: float, loud: float = 0.1, phone: float = 0.9, **facts) -> None:
    """What capture, decoder and detection say of the seat's camera."""
    paths, feed = lab.services.paths, Feed(check.attempt, Kind.WEBCAM)
    line = {"fps": 15.0, "silent_s": 0.1, "loss": 0.0, "rtt_ms": 3.0, **facts}
    health.write(paths.health, "capture-1", healthy=True, sentence="records", feeds={str(feed): line})
    measured = {"light": 110.0, "face_light": 120.0, "phone": phone}
    seen.write(paths.seen, check.attempt, {"webcam": {"face": "seen", "box": None, "at": at, "measured": measured}})
    samples = (np.sin(np.arange(sound.RATE) / 8) * loud * 32767 / 4).astype(np.int16)
    head = sound.Header(feed=str(feed), run=1, end=len(samples), ends_at=at, position=1.0, samples=len(samples))
    sound.write(paths.sounds, head, samples)


def go_through(lab, check, **facts) -> None:
    """Until it is over, half a second at a time."""
    at = time.time()
    for n in range(120):
        if not lab.services.seats.checks():
            return
        arrives(lab, check, at=at + 0.5 * n, **facts)
        checks.look(lab.services, now=at + 0.5 * n)
    raise AssertionError("the check did not end")


def test_an_empty_lab_says_what_to_do_first(house):
    house.do(lambda t: actions.arrange(t, (), by="staff"))
    page = house.user("staff").get("/seats").text
    assert "1 of 3" not in page
    assert 'href="/seats/arrange"' in page


def test_without_a_plan_the_seats_of_the_rosters_stand_in_rows(house):
    assert [place.seat for place in house.ask(view.places)] == ["1", "2", "3"]
    assert "Nobody has drawn the room" in house.user("lead").get("/seats").text


def test_the_room_is_typed_and_a_fault_is_named_and_loses_nothing(lab):
    assert [place.seat for place in lab.ask(board.places)] == ["1", "2", "3", "4", "5", "14"]
    answer = lab.staff.post("/seats/arrange", data={"room": "1 2\n3 1"})
    assert answer.status_code == 400
    assert "Row 2: seat 1 was there before" in answer.text
    assert "1 2\n3 1</textarea>" in answer.text
    assert len(lab.ask(board.places)) == 6


def test_a_desk_card_binds_a_computer_after_it_was_asked(lab):
    client = lab.client()
    code = codes(lab)["14"]
    page = client.get(f"/seat/{code}")
    assert "Is this seat 14?" in page.text
    assert lab.ask(board.machines) == {}, "a link alone changes nothing"
    answer = client.post("/seat/bind", data={"code": code})
    assert (answer.status_code, answer.location) == (303, "/seat")
    assert "Seat 14" in client.get("/seat").text
    assert client.get(f"/seat/{code}").location == "/seat"
    cookie = client.get_cookie(machine.COOKIE)
    assert cookie.http_only
    row = lab.ask(board.machines)["14"]
    assert row.machine == machine.known_as(cookie.value)
    assert cookie.value not in str(lab.events("machine.bound")), "the ledger has a hash"


def test_a_code_of_no_seat_is_said(lab):
    for code, status, sentence in [
        ("nonsense", 400, "not the code of a desk card"),
        ("3333-3333", 404, "no seat has this code"),
    ]:
        answer = lab.client().get(f"/seat/{code}")
        assert (answer.status_code, sentence in answer.text.lower()) == (status, True)
        assert lab.client().post("/seat/bind", json={"code": code}).status_code == status


def test_cards_of_an_old_sheet_lead_nowhere_and_say_so(lab):
    old = codes(lab)["3"]
    client = sit(lab, "3")
    lab.staff.post("/seats/cards/renew")
    assert codes(lab)["3"] != old
    answer = lab.client().get(f"/seat/{old}")
    assert answer.status_code == 404
    assert "This desk card is an old one" in answer.text
    assert client.get("/api/seat").json["seat"] == "3", "computers stay where they are"


def test_guessing_codes_is_slowed_down(make_house):
    house = make_house(JOIN_LIMIT="3/minute")
    client = house.client()
    assert [client.get("/seat/3333-3333").status_code for _ in range(5)] == [404, 404, 404, 429, 429]


def test_one_computer_at_two_seats_is_noticed_and_said(lab):
    client = sit(lab, "3")
    page = client.get(f"/seat/{codes(lab)['14']}").text
    assert "So far it is seat 3" in page
    sit(lab, "14", client)
    assert set(lab.ask(board.machines)) == {"14"}
    assert "This computer was at seat 3 until" in now(lab)


def test_two_computers_at_one_seat_are_noticed_and_said(lab):
    first, second = sit(lab, "14"), lab.client()
    assert "Another computer stands at seat 14" in second.get(f"/seat/{codes(lab)['14']}").text
    sit(lab, "14", second)
    assert "Another computer stood here until" in now(lab)
    answer = first.get("/api/seat")
    assert (answer.status_code, answer.json["error"]) == (409, "this computer stands at no seat")
    assert second.get("/api/seat").json["seat"] == "14"


def test_lab_staff_take_a_computer_off_its_seat(lab):
    client = sit(lab, "14")
    assert lab.staff.post("/seats/unbind", data={"seat": "14"}).status_code == 303
    assert client.get("/api/seat").status_code == 409
    assert "Which seat is this?" in client.get("/seat").text
    assert lab.staff.post("/seats/unbind", data={"seat": "14"}).status_code == 409
    assert lab.user("planner").post("/seats/unbind", data={"seat": "14"}).status_code == 403


def test_a_check_of_a_good_seat_ends_green_and_leaves_nothing(lab):
    client = sit(lab, "14")
    assert client.get("/api/seat").json["step"] == "idle"
    check = begin(lab, client)
    assert board_of(lab)["14"].tone == "busy"
    said = client.get("/api/seat?tab=a").json
    assert (said["step"], said["door"]["url"]) == ("connecting", f"/whip/{check.attempt}/webcam")
    claim = lab.services.tokens.check(said["door"]["token"], "publish")
    assert (claim.feed.attempt, claim.exam, claim.seat) == (check.attempt, check.exam, "14")
    go_through(lab, check)
    seat = board_of(lab)["14"]
    assert (seat.tone, seat.sign, seat.word) == ("green", "✓", "Ready")
    assert {point.colour for point in seat.points} == {"green"}
    said = client.get("/api/seat?tab=a").json
    assert (said["step"], said["stale"], [one["colour"] for one in said["points"]]) == ("idle", False, ["green"] * 5)
    row = lab.ask(lambda c: state.exam(c, check.exam))
    assert row.ended_at is not None
    assert lab.ask(lambda c: holding.erasures(c, attempt=check.attempt)), "what it recorded goes at once"


def test_a_silent_microphone_is_red_with_what_to_do_on_the_board_and_at_the_seat(lab):
    client = sit(lab, "14")
    go_through(lab, begin(lab, client), loud=0.0)
    seat = board_of(lab)["14"]
    assert (seat.tone, seat.sign, seat.word) == ("red", "✕", "Microphone")
    text = now(lab)
    assert "1 of 6 seats need somebody before anyone sits there." in text
    assert "Microphone: The microphone is silent. Is it plugged in?" in text
    (point,) = [one for one in client.get("/api/seat?tab=a").json["points"] if one["colour"] == "red"]
    assert (point["said"], point["do"][:18]) == ("The microphone is silent.", "Is it plugged in? ")


def test_what_is_measured_at_the_box_decides(lab):
    for facts, tone, word, sentence in [
        ({"fps": 3.0}, "red", "Camera", "Only 3 pictures a second arrive."),
        ({"loss": 0.04}, "red", "Line", "4.0 % of the packets are lost on the way."),
        ({"rtt_ms": 150.0}, "amber", "Line", "takes 150 ms"),
        ({"phone": 0.1}, "red", "Phone card", "did not see the test card"),
    ]:
        go_through(lab, begin(lab, sit(lab, "14")), **facts)
        seat = board_of(lab)["14"]
        assert (seat.tone, seat.word) == (tone, word)
        assert sentence in now(lab)


def test_a_browser_without_a_camera_is_red_with_the_reason(lab):
    for trouble, sentence in [
        ("denied", "The browser may not use the camera."),
        ("missing", "No camera is found."),
        ("busy", "Another program uses the camera."),
        ("insecure", "The address of this page is not secure"),
    ]:
        client = sit(lab, "14")
        said = client.post("/api/seat/trouble", json={"trouble": trouble})
        assert sentence in said.json["points"][0]["said"]
        assert board_of(lab)["14"].tone == "red"
        assert sentence in now(lab)
        assert client.post("/api/seat/trouble", json={"trouble": "boredom"}).status_code == 400


def test_a_page_that_is_closed_in_the_middle_ends_its_check(lab, monkeypatch):
    client = sit(lab, "14")
    check = begin(lab, client)
    monkeypatch.setattr("appliance.web.board.state.PRESENT_SECONDS", -1.0)
    checks.look(lab.services, now=time.time())
    assert lab.services.seats.checks() == []
    assert "closed in the middle" in now(lab)
    assert lab.ask(lambda c: state.exam(c, check.exam)).ended_at is not None


def test_without_a_card_the_rest_counts(lab):
    client = sit(lab, "14")
    check = begin(lab, client)
    lab.services.seats.goes_on(check, Run(step=Step.CARD, since=time.time(), card_at=frozenset()))
    client.post("/api/seat/skip")
    assert lab.services.seats.checks() == []
    assert [one.code for one in lab.ask(board.checks)["14"].findings][-1] == "card_skipped"


def test_of_two_tabs_the_newest_goes_on_and_the_other_rests(lab):
    client = sit(lab, "14")
    assert client.get("/api/seat?tab=a&takes=1").json["elsewhere"] is False
    assert client.get("/api/seat?tab=b&takes=1").json["elsewhere"] is False
    assert client.get("/api/seat?tab=a").json == {"seat": "14", "elsewhere": True}
    assert client.get("/api/seat?tab=b").json["elsewhere"] is False


def test_a_check_is_old_after_a_day_and_of_no_worth_for_another_computer(lab):
    client = sit(lab, "14")
    go_through(lab, begin(lab, client))
    with lab.app.app_context():
        later = lab.ask(lambda c: view.seats(c, lab.services.seats, now=time.time() + 90_000))
    assert [(seat.tone, seat.word) for seat in later if seat.seat == "14"] == [("open", "Old")]
    sit(lab, "14", lab.client())
    seat = board_of(lab)["14"]
    assert (seat.tone, seat.word, seat.points) == ("open", "Unchecked", ())
    assert "made by another computer" in " ".join(seat.notes)


def test_checks_are_bounded_more_so_beside_an_exam_and_the_refused_are_counted(lab):
    client = sit(lab, "14")
    many = [Check(seat=str(n), machine=str(n), exam=str(n), attempt="x", run=Run(since=0.0)) for n in range(MOST)]
    for one in many[:MOST_BESIDE_AN_EXAM]:
        lab.services.seats.begin(one)
    begin(lab, client)
    lab.reach("in_exam")
    answer = client.post("/api/seat/check", json={"width": 1, "height": 1, "microphone": True})
    assert (answer.status_code, lab.services.seats.refused) == (503, 1)
    assert "Wait half a minute" in answer.json["hint"]
    assert lab.services.seats.facts()["seat_checks_refused"] == 1


def test_what_an_earlier_process_left_open_is_ended_at_the_start(lab):
    check = begin(lab, sit(lab, "14"))
    assert lab.do(own_runs.tidy) == [check.exam]
    assert lab.do(own_runs.tidy) == []
    assert lab.ask(lambda c: holding.erasures(c, attempt=check.attempt))


def test_the_boxes_own_runs_stand_in_no_list_of_exams(lab):
    check = begin(lab, sit(lab, "14"))
    for who, path in (("planner", "/exams"), ("lead", "/wall"), ("lead", "/review"), ("lead", "/reports"),
                      ("staff", "/upstream"), ("institution", "/inbox")):  # fmt: skip
        assert check.exam not in lab.user(who).get(path).text, path
    assert [row.exam for row in lab.ask(state.planned)] == [EXAM]


def test_a_candidate_who_sits_at_another_computer_is_told_calmly_and_so_is_the_proctor(lab):
    client = sit(lab, "3")
    client.post("/join", json={"code": lab.codes[0]})
    assert client.get("/api/me").json["machine_seat"] == "3"
    (tile,) = [one for one in lab.user("lead").get(f"/api/exams/{EXAM}/wall").json["attempts"] if one["seat"] == "1"]
    assert tile["machine_seat"] == "3"
    (event,) = lab.events("attempt.at_machine")
    assert event.payload.to_json() == {"seat": "3", "planned": "1"}
    client.post("/join", json={"code": lab.codes[0]})
    assert len(lab.events("attempt.at_machine")) == 1, "said once"


def test_a_candidate_at_a_computer_of_no_seat_is_nothing_to_speak_of(lab):
    client = lab.client()
    client.post("/join", json={"code": lab.codes[0]})
    assert client.get("/api/me").json["machine_seat"] is None
    assert lab.events("attempt.at_machine") == []


def test_the_board_says_nothing_new_while_nothing_changes(lab):
    first = lab.staff.get("/seats/now")
    again = lab.staff.get("/seats/now", headers={"If-None-Match": first.headers["ETag"]})
    assert (first.status_code, again.status_code) == (200, 304)


def test_a_card_must_be_seen_more_than_once():
    assert CARD_LOOKS >= 2
