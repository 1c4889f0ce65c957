"""Pairing without a card: while somebody at the box let it, a lab's computer is bound to its seat by the code there."""

import re
import time

import pytest

from appliance.box import pairing, panel
from appliance.box.panel import Ask
from appliance.exam.stage import CLOSED
from appliance.ledger import board
from appliance.ledger.actions import attempts
from appliance.ledger.actions import board as actions
from appliance.web.board import machine
from appliance.web.panel.guesses import MOST, Guesses

pytestmark = pytest.mark.slow

JSON = {"Accept": "application/json"}


@pytest.fixture
def lab(make_house):
    """Seats 1 to 3 by the roster, and a pair window that somebody opened."""
    made = make_house(JOIN_LIMIT="1000/minute")
    made.run = made.services.paths.run
    made.window = pairing.open_(made.run, now=time.time())
    return made


def pair(client, code, seat, **more):
    return client.post("/pair", data={"code": code, "seat": seat, **more})


def paired(lab, seat, client=None):
    """A computer that was paired."""
    client = client or lab.client()
    assert client.post("/pair", json={"code": lab.window.shown, "seat": seat}).status_code == 200
    return client


def test_without_a_window_it_says_how_to_open_one_and_takes_nothing(lab):
    pairing.close(lab.run)
    page = lab.client().get("/pair")
    assert page.status_code == 200
    assert "hold its button for 3 seconds" in page.text
    assert "<form" not in page.text
    answer = pair(lab.client(), lab.window.shown, "2", sure="1")
    assert (answer.status_code, "takes no codes any more" in answer.text) == (409, True)
    assert lab.ask(board.machines) == {}


def test_a_code_and_a_seat_are_shown_first_and_then_bind_as_a_desk_card_does(lab):
    client = lab.client()
    form = client.get("/pair").text
    assert re.findall(r"<option[^>]*>([^<]+)</option>", form)[1:] == ["1", "2", "3"]
    asked = pair(client, lab.window.shown.lower().replace("-", " "), "2")
    assert (asked.status_code, "Is this seat 2?" in asked.text) == (200, True)
    assert lab.ask(board.machines) == {}, "nothing is bound before it was asked"
    done = pair(client, lab.window.shown, "2", sure="1")
    assert (done.status_code, done.location) == (303, "/seat")
    assert "Seat 2" in client.get("/seat").text
    row = lab.ask(board.machines)["2"]
    assert row.machine == machine.known_as(client.get_cookie(machine.COOKIE).value)
    assert lab.events("machine.bound")[0].payload.seat == "2"
    assert "stands at seat 2 already" in client.get("/pair").text
    assert pair(client, lab.window.shown, "2").location == "/seat"
    assert lab.services.guesses.facts() == {"pairing_wrong": 0, "pairing_closed": 0, "pairing_paired": 1}


def test_it_says_whose_place_it_takes_and_where_it_was_before(lab):
    paired(lab, "1")
    client = paired(lab, "2")
    asked = pair(client, lab.window.shown, "1").text
    assert "seat 2" in asked.lower()
    assert "another computer" in asked.lower() or "there" in asked.lower()
    assert pair(client, lab.window.shown, "1", sure="1").status_code == 303
    assert lab.ask(board.machines)["1"].moved_from == "2"


def test_bad_input_is_said_and_loses_nothing(lab):
    right = lab.window.shown
    for code, seat, status, sentence in (
        ("3333-3333", "2", 400, "not the code on the box"),
        ("nonsense", "2", 400, "not the code on the box"),
        ("", "2", 400, "code"),
        (right, "99", 404, "no seat 99"),
        (right, "<b>", 404, "no seat &lt;b&gt;"),
        (right, "", 400, "seat"),
        (right, "x" * 60, 400, "seat"),
    ):
        answer = pair(lab.client(), code, seat)
        assert (answer.status_code, sentence in answer.text) == (status, True), (code, seat)
        assert "<form" in answer.text
        assert code in answer.text
    assert lab.ask(board.machines) == {}


def test_twenty_wrong_codes_close_the_window_for_everybody_at_once_and_tell_the_panel(lab):
    ear = panel.listener(lab.run)
    try:
        for n in range(MOST - 1):
            answer = lab.client().post("/pair", json={"code": "3333-3333", "seat": "2"})
            assert (answer.status_code, f"{MOST - 1 - n} more tries" in answer.json["hint"]) == (400, True)
        assert panel.asked(ear) is None
        last = lab.client().post("/pair", json={"code": "3333-3333", "seat": "2"})
        assert (last.status_code, "Too many codes" in last.json["error"]) == (409, True)
        assert panel.asked(ear) == (Ask.CLOSE_PAIRING, pairing.GUESSES)
    finally:
        ear.close()
    right = lab.client().post("/pair", json={"code": lab.window.shown, "seat": "2"})
    assert right.status_code == 409, "also the right code, before the panel has closed it"
    assert "takes no codes just now" in lab.client().get("/pair").text
    assert lab.services.guesses.facts()["pairing_closed"] == 1
    lab.window = pairing.open_(lab.run, now=time.time())
    paired(lab, "2")


def test_it_is_closed_also_where_no_panel_answers(lab):
    for _ in range(MOST):
        lab.client().post("/pair", json={"code": "3333-3333", "seat": "2"})
    assert lab.client().post("/pair", json={"code": lab.window.shown, "seat": "2"}).status_code == 409


def test_guesses_of_one_address_are_slowed_down_and_good_codes_are_not(make_house):
    house = make_house(JOIN_LIMIT="3/minute")
    window = pairing.open_(house.services.paths.run, now=time.time())
    for _ in range(5):
        paired_ = house.client().post("/pair", json={"code": window.shown, "seat": "1"})
        assert paired_.status_code == 200
    codes = [house.client().post("/pair", json={"code": "3333-3333", "seat": "1"}).status_code for _ in range(4)]
    assert codes == [400, 400, 400, 429]


def test_a_form_of_another_site_binds_nothing(make_house):
    house = make_house(WTF_CSRF_ENABLED=True)
    window = pairing.open_(house.services.paths.run, now=time.time())
    assert pair(house.client(), window.shown, "2", sure="1").status_code == 400
    assert house.ask(board.machines) == {}


def test_a_computer_in_an_exam_keeps_its_seat_and_nobody_takes_the_seat_of_one(lab):
    theirs = paired(lab, "1")
    lab.reach("in_exam")
    known_as = lab.ask(board.machines)["1"].machine
    lab.do(actions.sits_at, lab.attempts[0], machine=known_as)
    for client, seat in ((theirs, "2"), (lab.client(), "1")):
        answer = pair(client, lab.window.shown, seat, sure="1")
        assert (answer.status_code, "is in an exam" in answer.text) == (409, True)
    assert lab.ask(board.machines)["1"].machine == known_as
    lab.do(attempts.finish, lab.attempts[0])
    assert lab.attempt().stage in CLOSED
    paired(lab, "2", theirs)


def test_a_window_that_is_over_or_from_the_future_takes_nothing(lab):
    for now in (time.time() - 301, time.time() + 3600):
        lab.window = pairing.open_(lab.run, now=now)
        assert lab.client().post("/pair", json={"code": lab.window.shown, "seat": "1"}).status_code == 409


def test_the_page_for_a_card_leads_to_it(lab):
    assert 'href="/pair"' in lab.client().get("/seat").text


def test_guesses_count_for_one_window():
    guesses = Guesses()
    assert guesses.missed("a") == MOST - 1
    assert (guesses.left("a"), guesses.left("b")) == (MOST - 1, MOST)
    assert guesses.missed("b") == MOST - 1
