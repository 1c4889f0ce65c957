"""Which limit holds when, and how long it takes."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from appliance.config import UpstreamSettings
from appliance.errors import ConfigError
from appliance.sync.uplink import Limit, Night, eta, verdict

BERLIN = ZoneInfo("Europe/Berlin")


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=BERLIN)


NOON, NIGHT, DAWN = at("2026-11-23T12:00"), at("2026-11-23T23:30"), at("2026-11-24T05:59")


def limits(**keys) -> UpstreamSettings:
    return UpstreamSettings(limit_mbit=16, exam_limit_mbit=4, night="22:00-06:00", **keys)


@pytest.mark.parametrize(
    ("settings", "local", "exam", "expected"),
    [
        (UpstreamSettings(), NOON, True, Limit(0, "")),
        (limits(), NOON, False, Limit(16e6, "always")),
        (limits(), NOON, True, Limit(4e6, "exam")),
        (limits(), NIGHT, False, Limit(0, "")),
        (limits(night_limit_mbit=100), NIGHT, False, Limit(100e6, "night")),
        (limits(night_limit_mbit=100), DAWN, True, Limit(4e6, "exam")),
        (limits(night_limit_mbit=2), NIGHT, True, Limit(2e6, "night")),
        (UpstreamSettings(exam_limit_mbit=4), NOON, False, Limit(0, "")),
    ],
)
def test_the_lowest_of_what_holds_now_counts(settings, local, exam, expected):
    assert verdict(settings, local, exam=exam).limit == expected


@pytest.mark.parametrize(
    ("video", "local", "exam", "waits"),
    [
        ("always", NOON, True, ""),
        ("after_exam", NOON, True, "exam"),
        ("after_exam", NOON, False, ""),
        ("night", NOON, False, "day"),
        ("night", NIGHT, True, ""),
        ("night", DAWN, False, ""),
        ("night", at("2026-11-24T06:00"), False, "day"),
    ],
)
def test_recordings_wait_for_the_end_of_the_exam_or_the_night(video, local, exam, waits):
    assert verdict(limits(video=video), local, exam=exam).video_waits == waits


def test_a_night_may_lie_within_one_day():
    night = Night.parse("01:00-05:00")
    assert night is not None
    assert [night.has(at(f"2026-11-24T{hour}")) for hour in ("00:59", "01:00", "04:59", "05:00")] == [0, 1, 1, 0]


def test_an_hour_that_comes_twice_is_night_both_times_and_one_that_is_left_out_is_none():
    night = Night.parse("02:00-03:00")
    assert night is not None
    autumn = [datetime.fromtimestamp(at("2026-10-25T01:30").timestamp() + 1800 * n, BERLIN) for n in range(7)]
    assert [night.has(moment) for moment in autumn] == [False, True, True, True, True, False, False]
    spring = [datetime.fromtimestamp(at("2026-03-29T01:30").timestamp() + 1800 * n, BERLIN) for n in range(4)]
    assert not any(night.has(moment) for moment in spring)


@pytest.mark.parametrize("text", ["22-6", "22:00-22:00", "24:00-06:00", "night", "22:00 - 06:00"])
def test_a_night_that_is_none_is_refused_in_words(text):
    with pytest.raises(ConfigError, match="no span of a day"):
        Night.parse(text)


def seconds(settings: UpstreamSettings, now: datetime, **what) -> float | None:
    known = {"urgent": 0, "video": 0, "bps": 8e6, "exam": False} | what
    return eta(settings, now=now.timestamp(), local=lambda wall: datetime.fromtimestamp(wall, BERLIN), **known)


def test_how_long_it_takes_follows_from_the_line_and_the_limit():
    assert seconds(UpstreamSettings(), NOON) == 0
    assert seconds(UpstreamSettings(), NOON, urgent=1_000_000, video=9_000_000) == 10
    assert seconds(UpstreamSettings(limit_mbit=4), NOON, video=10_000_000) == 20
    assert seconds(UpstreamSettings(limit_mbit=4), NOON, video=10_000_000, bps=None) == 20
    assert seconds(UpstreamSettings(), NOON, video=10_000_000, bps=None) is None


def test_how_long_it_takes_counts_the_hours_in_which_recordings_wait():
    only = UpstreamSettings(video="night", night="22:00-06:00")
    assert seconds(only, NOON, urgent=1_000_000) == 1, "reports go at once"
    assert seconds(only, NOON, video=1_000_000) == 10 * 3600 + 1
    assert seconds(only, NOON, video=1_000_000 * (8 * 3600 + 60)) == 34 * 3600 + 60, "60 s are left for the next night"
    longer = seconds(only, at("2026-10-24T12:00"), video=1_000_000 * (8 * 3600 + 60))
    assert longer == 18 * 3600 + 60, "the night in which clocks go back has an hour more"


def test_how_long_it_takes_cannot_be_said_while_recordings_wait_for_an_end_that_nobody_knows():
    waits = UpstreamSettings(video="after_exam")
    assert seconds(waits, NOON, video=1, exam=True) is None
    assert seconds(waits, NOON, video=1_000_000, exam=False) == 1
    assert seconds(UpstreamSettings(limit_mbit=0.001), NOON, video=10**12) is None, "weeks ahead nobody knows"
