"""What the bench of the review makes of what it saw: moments, percentiles, how far feeds are apart, verdicts."""

from itertools import pairwise

import pytest

from appliance.bench import review
from appliance.bench.review import moments, nginx
from appliance.bench.review.moments import Line, Listing
from appliance.errors import Unavailable

PLAYLIST = """#EXTM3U
#EXT-X-PROGRAM-DATE-TIME:1970-01-01T00:16:40.000Z
#EXTINF:30.000,
a.mp4
#EXT-X-DISCONTINUITY
#EXT-X-PROGRAM-DATE-TIME:1970-01-01T00:17:20.000Z
#EXTINF:30.000,
b.mp4
"""


def test_a_player_puts_what_is_recorded_behind_each_other_and_leaves_gaps_out():
    listing = Listing.of(PLAYLIST)
    assert listing.at(1010.0) == 10.0
    assert listing.at(1045.0) == 35.0
    assert [listing.holds(wall) for wall in (1010.0, 1029.5, 1035.0, 1045.0)] == [True, False, False, True]


def test_moments_are_the_same_in_each_run_have_a_picture_of_each_feed_and_are_apart():
    other = Listing(((1050.0, 20.0, 0.0),))
    assert all(
        1051.0 <= wall <= 1069.0 for wall in moments.chosen([Listing.of(PLAYLIST), other], 1000, 1070, 8, seed=1)
    )
    chosen = moments.chosen([Listing.of(PLAYLIST)], 1000, 1070, 8, seed=1)
    assert chosen == moments.chosen([Listing.of(PLAYLIST)], 1000, 1070, 8, seed=1)
    assert all(abs(after - before) > 3.5 for before, after in pairwise(chosen))


def test_feeds_are_apart_by_what_their_pictures_show_at_one_time_at_any_speed():
    said = {"ahead": [0.0, 8.0, None], "frames": [(0, 10.0, 1000.0), (1, 2.05, 1000.0), (2, 5.0, 1000.0)]}
    assert moments.apart(said, 1.0, 64.0) == [pytest.approx(50.0)]
    said["frames"].append((0, 10.2, 1100.0))
    assert moments.apart(said, 2.0, 64.0)[-1] == pytest.approx(50.0)
    assert moments.apart({"ahead": [0.0, 63.96], "frames": [(0, 10.0, 0.0), (1, 10.0, 0.0)]}, 1.0, 64.0) == [
        pytest.approx(40.0)
    ]


def test_a_moment_that_was_never_shown_is_counted():
    said = moments.sought([100.0, None, 200.0, 300.0])
    assert (said["p50"], said["seeks"], said["never_shown"]) == (200.0, 4, 1)
    assert moments.sought([None])["p95"] is None


def test_the_ratio_is_the_worse_of_opening_and_seeking_and_none_without_nginx():
    ours = review.Side(opens=[500.0, 600.0, 700.0], seeks=[200.0, 220.0])
    theirs = review.Side(opens=[600.0], seeks=[200.0, 200.0])
    said = review._compared(ours, theirs)
    assert (said["open_ms"], said["ratios"]["open"], said["ratio_vs_nginx"]) == (600.0, 1.0, 1.1)
    assert review._compared(ours, review.Side())["ratio_vs_nginx"] is None


def test_each_line_says_whether_its_limit_holds():
    lines = [Line("a", 1.0, 1.2), Line("long name", 1.3, 1.2), Line("c", None, 1.2), Line("d", 5.0)]
    assert [line.verdict for line in lines] == ["PASS", "MISSED", "not measured", ""]
    assert moments.table(lines)[1] == "long name        1.3     at most 1.2  MISSED"


def test_without_nginx_it_says_how_to_get_it(tmp_path, monkeypatch):
    monkeypatch.setattr(nginx, "_BINARY", "/nowhere/nginx")
    with (
        pytest.raises(Unavailable, match="bench-peers"),
        nginx.serving(tmp_path / "nginx", tmp_path, ["webcam"]),
    ):
        pass


@pytest.mark.long
@pytest.mark.timeout(600)
def test_a_small_run_shows_every_moment_on_both_sides(monkeypatch):
    small = {"HOURS": 0.06, "LIVE_HOURS": 0.06, "OPENS": 1, "SEEKS": 4, "LIVE_SEEKS": 4, "PLAY_SECONDS": 3.0}
    for name, value in small.items():
        monkeypatch.setattr(review, name, value)
    monkeypatch.setattr(review.report, "measure", lambda folder: {"report_s": None})
    said = review.run()
    assert said["seek_ms"]["never_shown"] == said["nginx"]["seek_ms"]["never_shown"] == 0
    assert said["live"]["seek_ms"]["never_shown"] == said["live"]["edge_ms"]["never_shown"] == 0
    assert said["ratio_vs_nginx"] > 0
    assert set(said["spread_ms"]) == {"x1", "x2"}
