"""The Socket.IO door to the follower: who may connect, what a page may say."""

import dataclasses

import pytest

from appliance.config import Settings, WebSettings
from appliance.web import sockets
from appliance.web.app import create_app

from .conftest import EXAM
from .test_live import chat, settle


def connect(house, client):
    return house.sockets.test_client(house.app, flask_test_client=client)


def test_a_page_follows_by_socket(house):
    house.reach("in_exam")
    page = connect(house, house.user("lead"))
    assert page.emit("follow", {"exam": EXAM, "after": 0}, callback=True) == {"head": house.services.writer.head}
    settle(house.follower)
    house.follower.pulse()
    names = [said["name"] for said in page.get_received()]
    assert names == ["events", "health"]
    page.disconnect()
    assert house.follower.counters["sockets"] == 0


def test_a_candidates_page_follows_without_asking(house):
    house.reach("admitted")
    page = connect(house, house.candidate())
    house.reach("in_exam")
    settle(house.follower)
    (said,) = page.get_received()
    assert [e["type"] for e in said["args"][0]["events"]] == ["attempt.started"]
    page.disconnect()


def test_a_candidate_cannot_follow_another_exam_or_another_attempt(house):
    house.reach("in_exam", 0)
    chat(house, 2, 1)
    page = connect(house, house.candidate())
    assert "head" in page.emit("follow", {"exam": "other", "attempt": house.attempts[1], "after": 0}, callback=True)
    settle(house.follower)
    chains = {e["chain"] for said in page.get_received() for e in said["args"][0]["events"]}
    assert chains == {house.attempts[0]}
    page.disconnect()


@pytest.mark.parametrize(
    "said",
    [{}, {"exam": 5}, {"exam": "none"}, {"exam": EXAM, "after": "x"}, {"exam": EXAM, "after": True}, "text", None, [1]],
)
def test_a_follow_that_says_nothing_sensible_is_answered_with_a_sentence(lasting, said):
    page = connect(lasting, lasting.user("lead"))
    answer = page.emit("follow", said, callback=True)
    assert answer["error"]
    assert page.is_connected()
    page.disconnect()


def test_nobody_and_who_may_not_watch_are_not_let_in(house):
    assert not connect(house, house.client()).is_connected()
    assert not connect(house, house.user("staff")).is_connected()
    assert house.events("access.refused")[0].payload.action == "connect"


def test_a_ninth_page_of_one_person_is_refused(house):
    client = house.user("lead")
    pages = [connect(house, client) for _ in range(9)]
    assert [page.is_connected() for page in pages] == [True] * 8 + [False]
    for page in pages[:8]:
        page.disconnect()


def test_the_bound_comes_from_the_settings(services):
    few = dataclasses.replace(services, settings=Settings(web=WebSettings(threads=9)))
    _, follower = sockets.create(create_app(few, TESTING=True), few)
    assert follower._connections == 3


def test_no_message_is_compressed_anew_for_every_page(monkeypatch):
    asked = []
    monkeypatch.setattr(sockets.SimpleWebSocketWSGI, "__call__", lambda _self, environ, _start: asked.append(environ))
    offer = {"HTTP_SEC_WEBSOCKET_EXTENSIONS": "permessage-deflate", "HTTP_SEC_WEBSOCKET_VERSION": "13"}
    sockets._Bounded(None, None)(offer, None)
    assert asked == [{"HTTP_SEC_WEBSOCKET_VERSION": "13"}]
