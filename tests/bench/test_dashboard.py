"""What the bench of the pages makes of what it saw, and one small run against the real web process."""

import json

import pytest

from appliance.bench import dashboard
from appliance.bench.dashboard import load, site
from appliance.bench.dashboard.page import Page
from appliance.errors import Unavailable


def message(*events, upto):
    return {"events": list(events), "head": upto, "upto": upto}


def event(seq, wall, **said):
    return {"seq": seq, "wall": wall, "type": said.pop("type", "flag.raised"), "payload": said}


def test_a_page_notes_when_each_event_arrived_and_how_far_it_is():
    page = Page()
    page.hear(message(event(7, 100.0), event(8, 100.1, type="message.sent", text="chat 1"), upto=9), 100.25)
    assert page.seen == {7: pytest.approx(0.25), 8: pytest.approx(0.15)}
    assert (page.upto, page.chats, page.moved.is_set()) == (9, {"chat 1": 100.25}, True)


def said(*seen, chats=None, closed=0):
    pages = [{str(seq): late for seq, late in page.items()} for page in seen]
    chats = chats or [{"chat 1": 10.2}] * len(seen)
    return {"seen": pages, "chats": chats, "closed": closed, "timer_late": [0.001, 0.002]}


def test_what_did_not_come_to_a_page_is_lost():
    figures = load._figures(said({1: 0.01, 2: 0.03}, {1: 0.02}), {1, 2}, {"chat 1": 10.0})
    assert figures["lost"] == 1
    assert figures["event_ms"] == {"p50": 20.0, "p95": 30.0, "max": 30.0}
    assert figures["chat_ms"]["p50"] == 200.0
    assert figures["timer_late_ms"]["max"] == 2.0


def test_what_was_there_before_does_not_count():
    figures = load._figures(said({1: 9.0, 2: 0.01}, {1: 9.0, 2: 0.01}), {2}, {"chat 1": 10.0})
    assert (figures["lost"], figures["event_ms"]["max"]) == (0, 10.0)


def test_nothing_at_all_is_an_error_and_no_figure():
    with pytest.raises(Unavailable):
        load._figures(said({}, {}), {1}, {"chat 1": 10.0})


def test_ratios_say_how_much_of_each_limit_is_used():
    shared = {"event_ms": {"p95": 25.0}, "chat_ms": {"p95": 500.0}}
    ratios = dashboard._ratios(shared, {"wall_fps": 60.0}, {"catch_up_s": 0.5})
    assert ratios == {"event_p95": 0.5, "chat_p95": 0.5, "wall_fps": 2.0, "catch_up": 0.5}
    assert dashboard._ratios(shared, {"wall_fps": None}, {"catch_up_s": 0.5})["wall_fps"] is None


@pytest.mark.long
def test_a_small_run_loses_nothing_and_a_wall_comes_back(tmp_path, monkeypatch):
    monkeypatch.setattr(load, "PAGES", 6)
    monkeypatch.setattr(load, "SECONDS", 3.0)
    monkeypatch.setattr(load, "RETURNS", 2)
    with site.serving(tmp_path, 700) as house:
        shared, returned = load.share(house), load.catch_up(house)
    assert (shared["lost"], shared["closed"], shared["pages"]) == (0, 0, 6)
    assert 0 < shared["event_ms"]["p50"] < 5000
    assert 0 < returned["catch_up_s"] < 20
    assert returned["catch_up_lost"] == 0
    assert json.dumps(shared)
