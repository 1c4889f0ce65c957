"""Calls over the API: who may call whom, where the voices go, and when a call ends by itself."""

import time

import pytest

from appliance.box import health
from appliance.box.token import FeedTokens
from appliance.errors import NotAllowed
from appliance.exam.call import LOST_SECONDS
from appliance.exam.feed import Feed, Kind
from appliance.ledger import state
from appliance.web import line
from appliance.web.line import Lines

from .conftest import EXAM

pytestmark = pytest.mark.slow


@pytest.fixture
def house(house):
    house.reach("in_exam")
    return house


def call(house, who="proctor", number=0):
    return house.user(who).post(f"/api/attempts/{house.attempts[number]}/call", json={})


def going_on(house, number=0):
    return house.ask(lambda c: state.calls(c, attempt=house.attempts[number], going_on=True))


def hang_up(house, id, who="proctor", **fields):
    return house.user(who).post(f"/api/attempts/{house.attempts[0]}/call/end", json={"call": id, **fields})


def tokens(house):
    return FeedTokens.from_file(house.services.paths.feed_key)


def test_a_proctor_calls_and_publishes_the_voice_as_a_feed_of_the_attempt(house):
    said = call(house)
    assert said.status_code == 201
    assert said.json["url"] == f"/whip/{house.attempts[0]}/call"
    claim = tokens(house).check(said.json["token"], "publish")
    assert (claim.feed, claim.exam, claim.seat) == (Feed(house.attempts[0], Kind.CALL), EXAM, "1")
    (started,) = house.events("call.started")
    assert started.payload.to_json() == {"call": said.json["call"], "by": "proctor", "by_name": "The proctor"}


def test_the_candidate_hears_of_it_and_gets_the_way_to_listen(house):
    candidate = house.candidate()
    assert candidate.get("/api/me").json["call"] is None
    assert candidate.post("/api/me/call").status_code == 409
    id = call(house).json["call"]
    told = candidate.get("/api/me").json["call"]
    assert (told["call"], told["by_name"]) == (id, "The proctor")
    assert told["started_at"] == pytest.approx(time.time(), abs=5)
    door = candidate.post("/api/me/call").json
    assert (door["call"], door["url"]) == (id, f"/whep/{house.attempts[0]}/call")
    assert tokens(house).check(door["token"], "view").feed == Feed(house.attempts[0], Kind.CALL)
    with pytest.raises(NotAllowed):
        tokens(house).check(door["token"], "publish")


def test_another_candidate_learns_nothing_of_it(house):
    house.reach("in_exam", 1)
    call(house)
    other = house.candidate(1)
    assert other.get("/api/me").json["call"] is None
    assert other.post("/api/me/call").status_code == 409
    assert other.post(f"/api/attempts/{house.attempts[0]}/call", json={}).status_code == 403


def test_hanging_up_is_in_the_ledger_with_its_reason(house):
    hang_up(house, call(house).json["call"])
    hang_up(house, call(house).json["call"], leaving=True)
    assert [e.payload.reason for e in house.events("call.ended")] == ["hung up", "page closed"]
    assert house.candidate().get("/api/me").json["call"] is None
    assert hang_up(house, "nonsense").status_code == 404


def test_one_at_a_time_and_the_refusal_names_who_talks(house):
    id = call(house).json["call"]
    refused = call(house, "lead")
    assert refused.status_code == 409
    assert "The proctor is speaking" in refused.json["error"]
    assert call(house).json["call"] == id, "a page that was loaded again goes on"
    assert hang_up(house, id, "lead").status_code == 200, "a lead may end it, too"
    assert call(house, "lead").status_code == 201


def test_only_who_sees_the_candidate_calls(house):
    assert call(house, "proctor2").status_code == 403
    assert call(house, "reviewer").status_code == 403
    assert going_on(house) == []


def test_nobody_is_called_before_or_after_the_recording(house):
    house.reach("consent", 1)
    assert call(house, "proctor2", 1).status_code == 409
    house.reach("submitted")
    assert call(house).status_code == 409


def test_handing_in_ends_the_call(house):
    call(house)
    assert house.candidate().post("/api/me/finish").status_code == 200
    assert [e.payload.reason for e in house.events("call.ended")] == ["attempt over"]


def test_the_wall_and_the_look_show_who_talks(house):
    id = call(house).json["call"]
    proctor = house.user("proctor")
    assert [row["by_name"] for row in proctor.get(f"/api/exams/{EXAM}/wall").json["calls"]] == ["The proctor"]
    hang_up(house, id)
    assert proctor.get(f"/api/exams/{EXAM}/wall").json["calls"] == []
    (row,) = proctor.get(f"/api/attempts/{house.attempts[0]}").json["calls"]
    assert row["ended_at"] >= row["started_at"]


def test_another_proctors_wall_does_not(house):
    call(house)
    assert house.user("proctor2").get(f"/api/exams/{EXAM}/wall").json["calls"] == []


# --- the line ---


def voice(house, silent):
    """What capture says of the proctor's voice; None: it is not connected."""
    facts = {str(Feed(house.attempts[0], Kind.CALL)): {"silent_s": silent}}
    health.write(house.services.paths.health, "capture", healthy=True, sentence="records", feeds=facts)


@pytest.fixture
def lines(house):
    call(house)
    return Lines(house.services)


def test_a_voice_that_arrives_keeps_the_call(house, lines):
    for now in range(0, 60, 5):
        voice(house, 0.1)
        lines.look(now=float(now))
    assert len(going_on(house)) == 1


@pytest.mark.parametrize("silent", [None, "away"])
def test_a_page_that_went_away_ends_the_call_after_ten_seconds(house, lines, silent):
    voice(house, 0.0)
    lines.look(now=100.0)
    if silent is None:
        voice(house, None)  # its connection is over
    else:
        (house.services.paths.health / "capture.json").unlink()  # nobody records
    lines.look(now=100.0 + LOST_SECONDS - 0.5)
    assert len(going_on(house)) == 1
    lines.look(now=100.0 + LOST_SECONDS + 0.5)
    assert going_on(house) == []
    (ended,) = house.events("call.ended")
    assert (ended.payload.by, ended.payload.reason) == ("box", "line lost")


def test_silence_on_an_open_connection_counts_from_the_last_sound(house, lines):
    lines.look(now=0.0)
    voice(house, 4.0)
    lines.look(now=10.0)
    voice(house, 10.5)
    lines.look(now=16.5)
    assert going_on(house) == []


def test_a_call_that_never_came_to_be_is_over_soon(house, lines):
    lines.look(now=0.0)
    lines.look(now=LOST_SECONDS + 1)
    assert going_on(house) == []


def test_a_process_that_started_anew_gives_the_call_its_time(house, lines):
    Lines(house.services).look(now=1e6)
    assert len(going_on(house)) == 1


def test_the_lines_are_looked_at_by_themselves(house, monkeypatch):
    monkeypatch.setattr(line, "EVERY_SECONDS", 0.01)
    monkeypatch.setattr(line.call, "LOST_SECONDS", 0.05)
    with line.watched(house.services):
        call(house)
        deadline = time.monotonic() + 5
        while going_on(house):
            assert time.monotonic() < deadline
            time.sleep(0.02)
