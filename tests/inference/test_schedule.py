"""When each feed is looked at."""

from appliance.inference.look import Look
from appliance.inference.schedule import Pace, Schedule


def pace_of():
    return Pace(rates={Look.FACES: 2.0, Look.OBJECTS: 1.0})


def looks(pace, times, *, closely=frozenset()):
    """-> (time, objects?) of the pictures that are looked at."""
    seen = []
    for at in times:
        if pace.due(at):
            seen.append((at, Look.OBJECTS in pace.due(at)))
            pace.looked(at, hungry=frozenset({Look.OBJECTS}) if at in closely else frozenset())
    return seen


def grid(seconds, rate, start=1000.0):
    return [start + i / rate for i in range(int(seconds * rate))]


def test_two_looks_a_second_one_of_them_for_objects():
    seen = looks(pace_of(), grid(10, 4))
    assert len(seen) == 20
    assert sum(objects for _, objects in seen) == 10


def test_pictures_that_come_unevenly_do_not_change_the_rate():
    seen = looks(pace_of(), grid(30, 3.75))
    assert 50 <= len(seen) <= 61


def test_slow_pictures_are_all_looked_at():
    assert len(looks(pace_of(), grid(10, 1))) == 10


def test_after_a_sighting_every_picture_is_looked_at_for_objects_then_the_old_rate():
    times = grid(10, 4)
    seen = looks(pace_of(), times, closely=frozenset(times[4:12]))
    burst = [(at, objects) for at, objects in seen if times[5] <= at <= times[12]]
    assert len(burst) == 8
    assert all(objects for _, objects in burst)
    rest = [(at, objects) for at, objects in seen if at > times[20]]
    assert len(rest) == 9
    assert sum(objects for _, objects in rest) in (4, 5)


def test_a_clock_set_back_does_not_stop_the_looks():
    pace = pace_of()
    looks(pace, grid(10, 4))
    seen = looks(pace, grid(10, 4, start=500.0))
    assert len(seen) >= 19
    assert sum(objects for _, objects in seen) >= 9


def test_the_one_that_waited_longest_is_next():
    schedule = Schedule()
    for feed, at in (("a", 1.0), ("b", 0.5), ("c", 3.0)):
        schedule.add(feed, at)
    assert schedule.pick(2.0) == "b"
    schedule.looked("b", 2.0, again_at=2.5, interval=0.5)
    assert schedule.pick(2.0) == "a"
    schedule.looked("a", 2.0, again_at=2.5, interval=0.5)
    assert schedule.pick(2.0) is None
    assert schedule.wait(2.0) == 0.5
    assert schedule.wait(9.0) == 0.0


def test_nothing_to_do():
    schedule = Schedule()
    assert schedule.pick(1.0) is None
    assert schedule.wait(1.0) == 1.0
    schedule.looked("gone", 1.0, again_at=2.0, interval=0.5)
    assert schedule.feeds() == frozenset()


def test_too_many_feeds_are_served_in_turn_and_counted_as_late():
    schedule = Schedule()
    for i in range(10):
        schedule.add(f"f{i}", 0.0)
    turns: dict[str, int] = {}
    now = 0.0
    while now < 20.0:  # each look takes 0.2 s: 5 a second for feeds that want 20
        feed = schedule.pick(now)
        if feed is None:
            now += 0.01
            continue
        turns[feed] = turns.get(feed, 0) + 1
        now += 0.2
        schedule.looked(feed, now - 0.2, again_at=now - 0.2 + 0.5, interval=0.5)
    assert max(turns.values()) - min(turns.values()) <= 1
    assert schedule.late > 50


def test_a_feed_that_is_removed_is_looked_at_no_more():
    schedule = Schedule()
    schedule.add("a", 0.0)
    schedule.remove("a")
    schedule.remove("a")
    assert schedule.pick(5.0) is None
    assert schedule.late == 0
