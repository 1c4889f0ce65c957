"""What makes a seat green, amber or red, and how a check goes on."""

import dataclasses

import pytest

from appliance.exam.seat_check import (
    CARD_LOOKS,
    CARD_SECONDS,
    CONNECT_SECONDS,
    LOOK_SECONDS,
    Colour,
    Facts,
    Look,
    Point,
    Run,
    Step,
    Trouble,
    advance,
    facts_of,
    judge,
    skip,
    stop,
    worst,
)

WELL = Facts(
    fps=15.0, width=1280, height=720, light=110.0, face=True, face_light=120.0, level=-25.0, floor=-60.0,
    loss=0.0, rtt_ms=3.0, card_looks=CARD_LOOKS, looks=6,
)  # fmt: skip


def found(**changes) -> dict[Point, tuple[str, str]]:
    return {one.point: (one.colour.value, one.code) for one in judge(dataclasses.replace(WELL, **changes))}


def test_a_seat_where_all_is_well_is_green():
    assert {colour for colour, _ in found().values()} == {"green"}


@pytest.mark.parametrize(
    ("point", "changes", "colour", "code"),
    [
        ("camera", {"fps": None}, "red", "no_picture"),
        ("camera", {"fps": 3.0}, "red", "slow"),
        ("camera", {"fps": 8.0}, "amber", "halting"),
        ("camera", {"height": 240}, "amber", "small"),
        ("camera", {"height": 480}, "green", "camera_well"),
        ("light", {"light": None}, "red", "not_looked"),
        ("light", {"light": 20.0}, "red", "dark"),
        ("light", {"light": 50.0}, "amber", "dim"),
        ("light", {"light": 240.0}, "amber", "glare"),
        ("light", {"face": False}, "amber", "no_face"),
        ("light", {"face_light": 30.0}, "amber", "backlit"),
        ("light", {"light": 20.0, "face": False}, "red", "dark"),
        ("microphone", {"level": None}, "red", "mic_silent"),
        ("microphone", {"level": -90.0}, "red", "mic_silent"),
        ("microphone", {"level": -60.0}, "amber", "faint"),
        ("microphone", {"floor": -20.0}, "amber", "noisy"),
        ("microphone", {"trouble": Trouble.NO_MICROPHONE}, "red", "no_microphone"),
        ("line", {"loss": 0.04}, "red", "loss"),
        ("line", {"loss": 0.01}, "amber", "some_loss"),
        ("line", {"rtt_ms": 400.0}, "red", "slow_line"),
        ("line", {"rtt_ms": 150.0}, "amber", "long_line"),
        ("phone", {"card_looks": 1}, "red", "card_not_seen"),
        ("phone", {"card_looks": 0, "looks": 0}, "red", "not_looked"),
        ("phone", {"card_looks": 0, "skipped": True}, "amber", "card_skipped"),
    ],
)
def test_each_point_has_its_limits(point, changes, colour, code):
    said = found(**changes)
    assert said[Point(point)] == (colour, code)
    others = {colour for at, (colour, _) in said.items() if at is not Point(point)}
    assert others == {"green"}


@pytest.mark.parametrize("trouble", ["denied", "missing", "busy", "insecure", "full", "no_line", "gone"])
def test_what_stops_a_check_is_said_once_and_the_rest_is_not_known(trouble):
    said = found(trouble=Trouble(trouble))
    assert said[Point.CAMERA] == ("red", trouble)
    assert {said[point] for point in list(Point)[1:]} == {("open", "unknown")}


def test_a_seat_has_the_colour_of_its_worst_point():
    assert worst([Colour.GREEN, Colour.AMBER]) is Colour.AMBER
    assert worst([Colour.RED, Colour.AMBER, Colour.OPEN]) is Colour.RED
    assert worst([Colour.OPEN, Colour.GREEN]) is Colour.OPEN
    assert worst([]) is Colour.OPEN


def look(at: float, **changes) -> Look:
    usual = {"fps": 15.0, "loss": 0.0, "rtt_ms": 2.0, "level": -40.0, "picture_at": at, "light": 100.0, "face": True}
    return Look(**{**usual, "at": at, "phone": 0.0, **changes})


def run_to(step: Step) -> tuple[Run, float]:
    run, at = Run(since=0.0, height=720, width=1280), 0.0
    while run.step is not step:
        at += 0.5
        run = advance(run, look(at))
    return run, at


def test_a_check_connects_looks_and_asks_for_the_card():
    run, at = run_to(Step.CARD)
    assert 0.5 + LOOK_SECONDS <= at <= 1.5 + LOOK_SECONDS
    for n in range(CARD_LOOKS):
        assert run.step is Step.CARD
        run = advance(run, look(at + n, phone=0.9))
    assert run.step is Step.OVER
    assert {one.colour for one in judge(facts_of(run))} == {Colour.GREEN}


def test_one_picture_of_a_phone_counts_once_however_often_it_is_looked_at():
    run, at = run_to(Step.CARD)
    for _ in range(5):
        run = advance(run, look(at + 1, picture_at=at + 0.5, phone=0.9))
    assert facts_of(run).card_looks == 1


def test_a_card_that_is_not_seen_ends_the_check_after_its_time():
    run, at = run_to(Step.CARD)
    while run.step is Step.CARD:
        at += 0.5
        run = advance(run, look(at))
    assert at <= CONNECT_SECONDS + LOOK_SECONDS + CARD_SECONDS
    assert {one.code for one in judge(facts_of(run)) if one.point is Point.PHONE} == {"card_not_seen"}


def test_without_a_card_at_hand_the_rest_counts():
    run, _ = run_to(Step.CARD)
    assert {one.code for one in judge(facts_of(skip(run))) if one.colour is not Colour.GREEN} == {"card_skipped"}
    assert skip(Run(since=0.0)).step is Step.CONNECTING, "there is nothing to leave out yet"


def test_media_that_do_not_come_are_said_after_a_while():
    run = advance(Run(since=0.0), look(CONNECT_SECONDS + 1, fps=None, picture_at=None))
    assert (run.step, run.trouble) == (Step.OVER, Trouble.NO_LINE)


def test_a_page_that_cannot_go_on_stops_its_check_and_a_missing_microphone_does_not():
    run = stop(Run(since=0.0), Trouble.NO_MICROPHONE)
    assert (run.step, run.trouble) == (Step.CONNECTING, Trouble.NO_MICROPHONE)
    run = stop(Run(since=0.0), Trouble.DENIED)
    assert (run.step, run.trouble) == (Step.OVER, Trouble.DENIED)
    assert stop(run, Trouble.GONE) == run, "what came first counts"
    assert advance(run, look(1.0)) == run


def test_the_light_is_that_before_the_card_was_held_up():
    run, at = run_to(Step.CARD)
    for n in range(30):
        run = advance(run, look(at + 0.1 * n, light=240.0, phone=0.0))
    assert facts_of(run).light == 100.0


def test_facts_survive_the_ledger_and_a_newer_box_may_know_more():
    assert Facts.of({**WELL.to_json(), "new": 1}) == WELL
