"""What a candidate's page may report, of whom, and how much."""

import time

import pytest

from appliance.exam.page import Fact

pytestmark = pytest.mark.slow


def facts(*said, now=1000.0):
    rows = [
        {"mark": f"p-{n}", "fact": fact.value, "value": value, "at": at} for n, (fact, value, at) in enumerate(said)
    ]
    return {"now": now, "facts": rows}


def reported(house):
    return [event.payload for event in house.events("page.reported")]


def test_facts_stand_on_the_own_chain_with_the_time_at_which_they_happened(house):
    house.reach("in_exam")
    before = time.time()
    said = facts((Fact.HIDDEN, "", 940.0), (Fact.PASTED, "42", 999.5))
    assert house.candidate().post("/api/me/page", json=said).json == {"reported": 2}
    hidden, pasted = house.events("page.reported")
    assert (hidden.chain, hidden.actor) == (house.attempts[0], "candidate")
    assert (hidden.payload.fact, pasted.payload.fact, pasted.payload.value) == ("hidden", "pasted", "42")
    assert hidden.payload.happened_at == pytest.approx(before - 60, abs=2)
    assert pasted.payload.happened_at - hidden.payload.happened_at == pytest.approx(59.5)


def test_a_report_that_is_sent_again_stands_there_once(house):
    house.reach("in_exam")
    client, said = house.candidate(), facts((Fact.HIDDEN, "", 990.0))
    assert client.post("/api/me/page", json=said).status_code == 200
    assert client.post("/api/me/page", json=said).status_code == 200
    assert len(reported(house)) == 1


def test_a_clock_that_runs_ahead_reports_nothing_from_the_future(house):
    house.reach("in_exam")
    house.candidate().post("/api/me/page", json=facts((Fact.SHOWN, "", 5000.0)))
    assert reported(house)[0].happened_at <= time.time()


@pytest.mark.parametrize("stage", ["consent", "submitted"])
def test_outside_of_the_recorded_stages_nothing_is_reported(house, stage):
    house.reach(stage)
    answer = house.candidate().post("/api/me/page", json=facts((Fact.SHOWN, "", 1.0)))
    assert answer.status_code == 409
    assert reported(house) == []


@pytest.mark.parametrize(
    "said",
    [
        {},
        {"now": 1.0, "facts": "all"},
        {"now": 1.0, "facts": [3]},
        {"now": "soon", "facts": []},
        {"now": 1.0, "facts": [{"mark": "m", "fact": "levitated", "at": 1.0}]},
        {"now": 1.0, "facts": [{"mark": "m", "fact": "hidden", "at": "then"}]},
        {"now": 1.0, "facts": [{"mark": "", "fact": "hidden", "at": 1.0}]},
        {"now": 1.0, "facts": [{"mark": "m", "fact": "pasted", "value": "x" * 201, "at": 1.0}]},
        {"now": 1.0, "facts": [{"mark": f"m{n}", "fact": "hidden", "at": 1.0} for n in range(51)]},
    ],
)
def test_nonsense_is_refused_whole(house, said):
    house.reach("in_exam")
    answer = house.candidate().post("/api/me/page", json=said)
    assert answer.status_code == 400
    assert reported(house) == []


def test_a_flood_is_refused_and_the_next_minute_is_another(house):
    house.reach("in_exam")
    client = house.candidate()
    answers = [
        client.post(
            "/api/me/page",
            json={"now": 1.0, "facts": [{"mark": f"{batch}-{n}", "fact": "hidden", "at": 1.0} for n in range(50)]},
        ).status_code
        for batch in range(6)
    ]
    assert answers == [200, 200, 200, 200, 409, 409]
    assert len(reported(house)) == 200


def test_one_candidate_s_flood_is_not_another_s(house):
    for number in (0, 1):
        house.reach("in_exam", number)
    for batch in range(5):
        rows = [{"mark": f"{batch}-{n}", "fact": "hidden", "at": 1.0} for n in range(50)]
        house.candidate(0).post("/api/me/page", json={"now": 1.0, "facts": rows})
    assert house.candidate(1).post("/api/me/page", json=facts((Fact.SHOWN, "", 1.0))).status_code == 200
    assert reported(house)[-1].fact == "shown"
