"""What the lab can hold, after what was measured."""

import dataclasses
import os

import pytest

from appliance.rehearsal import gauge
from appliance.rehearsal.verdict import Box, Line, Sample, Verdict, judge

BOX = Box(cores=4.0, carries=24, part_seconds=1.0, before=8_000_000_000, names={"a": "1", "b": "9"})
WELL = Line(fps=15.0, loss=0.0, rtt_ms=2.0, silent=0.1)


def samples(seconds: int = 60, *, lines=None, **changes) -> list[Sample]:
    usual = {"cpu": 0.2, "written": 300_000, "memory": 7_800_000_000, "flush": 0.004, "busy": 0.1}
    each = {**usual, **changes}
    return [
        Sample(
            at=float(n),
            lines=lines or {"a": WELL, "b": WELL},
            **{**each, "cpu": each["cpu"] * n, "written": each["written"] * n},
        )
        for n in range(seconds + 1)
    ]


def test_each_part_is_carried_on_from_the_seats_that_were_there():
    found = judge(samples(), BOX, asked=2)
    assert found.parts["processor"] == 28, "0.1 cores a seat, of 4, less the reserve"
    assert found.parts["detection"] == 14
    assert found.parts["flush"] == 87
    assert found.parts["admission"] == 24
    assert (found.holds, found.weakest) == (14, "detection")
    assert (found.here, found.asked, found.real, found.seats) == (2, 2, 0, ())
    assert found.figures["cpu"] == pytest.approx(0.2)


@pytest.mark.parametrize(
    ("changes", "box", "weakest", "holds"),
    [
        ({"cpu": 1.4}, {}, "processor", 4),
        ({"busy": 0.9, "share": 0.5}, {}, "detection", 1),
        ({"flush": 0.1}, {}, "flush", 3),
        ({}, {"carries": 3}, "admission", 3),
        ({"written": 300_000}, {"disk": 600_000.0}, "disk", 2),
        ({"memory": 1_000_000_000}, {}, "memory", 2),
    ],
)
def test_the_weakest_part_says_how_many(changes, box, weakest, holds):
    found = judge(samples(**changes), dataclasses.replace(BOX, **box), asked=2)
    assert (found.weakest, found.holds) == (weakest, holds)


def test_seats_that_could_not_send_and_gaps_count_against_the_box():
    found = judge(samples(lines={"a": WELL, "b": Line()}), BOX, asked=2)
    assert (found.here, found.weakest, found.holds) == (1, "receiver", 1)
    gappy = samples(lines={"a": WELL, "b": Line(fps=15.0, silent=0.1, gap="storage_failed")})
    found = judge(gappy, BOX, asked=2)
    assert (found.weakest, found.holds) == ("recording", 1)


def test_a_weak_seat_is_named_with_what_it_lost():
    lines = {"a": WELL, "b": Line(fps=15.0, loss=0.04, rtt_ms=150.0, silent=0.1)}
    (loss, far) = judge(samples(lines=lines), BOX, asked=2).seats
    assert (loss.seat, loss.code, loss.value) == ("9", "loss", 4.0)
    assert (far.seat, far.code, far.value) == ("9", "far", 150)
    (absent,) = judge(samples(lines={"a": WELL, "b": Line()}), BOX, asked=2).seats
    assert (absent.seat, absent.code) == ("9", "absent")


def test_too_short_a_time_says_nothing():
    for few in ([], samples(5)):
        found = judge(few, BOX, asked=2)
        assert (found.holds, found.weakest, found.parts) == (None, "", {})


def test_a_verdict_survives_the_disk():
    found = judge(samples(lines={"a": WELL, "b": Line()}), BOX, asked=2)
    assert Verdict.of(found.to_json()) == found


def test_processes_are_counted_with_all_that_came_of_them():
    tree = {1: [2, 3], 3: [4], 9: [10]}
    assert gauge.family([1, None], tree) == {1, 2, 3, 4}
    mine = os.getpid()
    assert mine in gauge.children()[os.getppid()]
    assert gauge.cpu_seconds(mine) > 0
    assert gauge.resident(mine) > 1_000_000
    assert gauge.cpu_seconds(2**22 + 1) == 0.0
    assert gauge.memory_available() > 0


def test_a_process_that_was_started_again_takes_nothing_off():
    counts = [*samples(10), *(dataclasses.replace(one, at=one.at + 11) for one in samples(10))]
    assert judge(counts, BOX, asked=2).figures["written"] == pytest.approx(300_000 * 20 / 21)
    spent = gauge.Spent()
    assert spent.add([os.getpid()]) == 0.0, "what was before is not counted"
    assert spent.add([]) == spent.add([2**22 + 1]) == 0.0


def test_a_flush_is_measured_and_leaves_nothing(paths):
    gone = gauge.Gauge(paths)
    sample = gone.take(["a"], simulator=None)
    assert sample.flush is not None
    assert sample.lines == {"a": Line()}
    gone.close()
    assert list(paths.data.glob(".rehearsal*")) == []
