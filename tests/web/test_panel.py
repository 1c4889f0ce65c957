"""The page of the box's front: what light and display show, what is wrong with a part, what may be done from here."""

import html
import json
import re
import time
from dataclasses import replace

import pytest

from appliance.box import health, pairing, panel
from appliance.box.panel import Ask, Panel, Part
from appliance.exam.permissions import Role
from appliance.web.panel import view
from appliance.web.strings import Catalogue

pytestmark = pytest.mark.slow

GREEN = ((0.2, 0.0, 1.0, 0.0, "hold"), (2.8, 0.0, 0.0, 0.0, "hold"))
STATUSES = ("starting", "ready", "recording", "attention", "recording_attention", "syncing", "offline", "fault",
            "shutting_down", "identify")  # fmt: skip


def words(text: str) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", text)).split())


@pytest.fixture
def front(house):
    """Let the panel say something; `ago`: seconds."""
    usual = Panel(
        at=0.0, status="ready", since=time.time() - 60, lines=("Ready", "box-7f3a", "", "120 GB free"), light=GREEN
    )

    def says(*, ago: float = 0.0, **changes) -> None:
        panel.write(house.services.paths.run, replace(usual, at=time.time() - ago, **changes))

    house.now = lambda name="staff": words(house.user(name).get("/box/panel/now").text)
    return says


def test_it_says_what_the_light_and_the_display_show_what_it_means_and_what_to_do(house, front):
    front()
    page = house.user("lead").get("/box/panel").text
    said = words(page)
    for part in (
        "Ready",
        "box-7f3a",
        "120 GB free",
        "green, one short flash every three seconds",
        "Nothing is connected",
    ):
        assert part in said
    light = json.loads(html.unescape(re.search(r'data-light="([^"]*)"', page)[1]))
    assert light == [list(step) for step in GREEN]
    assert page.count("<polygon") == 2  # six seconds of a pattern of three


@pytest.mark.parametrize("status", [*STATUSES, "off"])
def test_every_status_has_its_words_in_both_languages(status):
    for language in ("en", "de"):
        t = Catalogue.load(language=language, strict=True)
        assert all(len(t(f"panel_page.{what}.{status}")) > 3 for what in ("status", "means", "act", "rhythm"))


def test_a_silent_front_says_so_shows_nothing_old_and_offers_nothing(house, front):
    assert "It has not said anything since the box was started" in house.now()
    front(ago=30, status="recording")
    pairing.open_(house.services.paths.run, now=time.time())
    said = house.now()
    assert "The box's front does not answer" in said
    assert "It said something last at" in said
    assert "The display is dark" in said
    for gone in ("Recording", "Ready", "pair window", "Show which box"):
        assert gone not in said
    front(ago=-3600)  # the clock was set back
    assert "does not answer" in house.now()
    (house.services.paths.run / panel.FILE).write_text('{"schema": 99}')
    assert "does not answer" in house.now()


def test_a_part_in_trouble_is_said_with_what_helps(house, front):
    gone = Part(name="display", driver="oled", trouble="unplugged", since=time.time() - 600, about="i2c-1, 0x3c")
    front(parts=(Part(name="lights", driver="usb", about="blink(1)"), gone))
    said = house.now()
    assert "✓ Light · blink(1) It works." in said
    assert "◆ Display · i2c-1, 0x3c Display at the box's front was unplugged. Since " in said
    assert "Plug it in again" in said


def test_a_status_of_another_version_is_no_fault_of_the_page(house, front):
    front(status="dancing", light=((1.0, 9.0, -1.0, 0.0, "wave"),))
    page = house.user("staff").get("/box/panel")
    assert (page.status_code, "#ff0000" in page.text) == (200, True)


def test_what_it_shows_is_asked_for_each_second_and_not_sent_twice(house, front):
    front()
    client = house.user("planner")
    first = client.get("/box/panel/now")
    assert "<html" not in first.text
    again = {"If-None-Match": first.headers["ETag"]}
    assert client.get("/box/panel/now", headers=again).status_code == 304
    front(status="fault")
    assert client.get("/box/panel/now", headers=again).status_code == 200


def test_its_buttons_ask_the_panel_and_only_who_may_mend_has_them(house, front):
    front()
    ear = panel.listener(house.services.paths.run)
    try:
        assert "Show which box this is" in house.now("staff")
        assert "Show which box this is" not in house.now("lead")
        for what in Ask:
            answer = house.user("staff").post("/api/box/panel", json={"what": what.value})
            assert (answer.status_code, bool(answer.json["sentence"])) == (200, True)
            assert panel.asked(ear) == (what, "staff")
        assert house.user("lead").post("/api/box/panel", json={"what": "identify"}).status_code == 403
        odd = house.user("staff").post("/api/box/panel", json={"what": "power_off"})
        assert (odd.status_code, panel.asked(ear)) == (400, None)
    finally:
        ear.close()
    answer = house.user("staff").post("/api/box/panel", json={"what": "identify"})
    assert (answer.status_code, "does not answer" in answer.json["error"]) == (503, True)


def test_the_code_of_the_pair_window_stands_there_and_how_long_it_is_good(house, front):
    front()
    window = pairing.open_(house.services.paths.run, now=time.time() - 60)
    said = house.now()
    assert window.shown in said
    assert re.search(r"Open http://\S+/pair on the lab computer", said)
    assert re.search(r"[34]:\d\d left", said)
    assert "Close the pair window" in said


def test_until_setup_is_finished_what_the_display_shows_stays_at_the_box(house, front):
    front(lines=("Setup: 3333-3333", "", "", ""))
    house.services.paths.provision.mkdir(exist_ok=True)
    (house.services.paths.provision / "setup-code").write_text("33333333")
    assert "3333-3333" not in house.now("planner")
    assert "Shown at the box only" in house.now("planner")


def test_a_box_that_shows_itself_is_said_on_the_box_page_and_to_the_walls(house, front):
    front()
    assert "shows itself" not in words(house.user("lead").get("/box/now").text)
    front(status="identify")
    page = house.user("lead").get("/box/now").text
    assert "shows itself: somebody stands there" in words(page)
    assert 'href="/box/panel"' in page
    name = view.shows_itself(house.services.paths.run, now=time.time())
    wall = house.sockets.test_client(house.app, flask_test_client=house.role(Role.LEAD))
    wall.emit("follow", {"exam": "biology-101"}, callback=True)
    health.write(house.services.paths.health, "panel", healthy=False, sentence="stopped")
    house.follower.pulse()
    (pulse,) = [said["args"][0] for said in wall.get_received() if said["name"] == "health"]
    assert pulse["shows_itself"] == name != ""
    assert "panel" not in pulse["processes"], "a front that is dark does not make the box look ill in an exam"
    wall.disconnect()


@pytest.mark.parametrize(
    ("light", "drawn"),
    [
        ((), []),
        (((1.0, 1.0, 0.0, 0.0, "hold"),), ["0.0,60.0 0.0,0.0 600.0,0.0 600.0,60.0"]),
        (((4.0, 0.0, 0.0, 0.0, "hold"),), []),
        (
            ((2.0, 1.0, 0.0, 0.0, "hold"), (2.0, 0.0, 0.0, 0.0, "hold")),
            ["0.0,60.0 0.0,0.0 200.0,0.0 200.0,60.0", "400.0,60.0 400.0,0.0 600.0,0.0 600.0,60.0"],
        ),
    ],
)
def test_the_picture_of_a_pattern_is_six_seconds_of_it(light, drawn):
    assert [shape.points for shape in view.shapes(light)] == drawn


def test_a_pattern_longer_than_the_picture_is_cut_and_one_that_takes_no_time_is_none():
    (shape,) = view.shapes(((60.0, 0.0, 0.0, 1.0, "breathe"),))
    assert shape.points.endswith("600.0,60.0")
    assert list(view.shapes(((0.0, 1.0, 1.0, 1.0, "hold"),))) == []
