"""Glass to glass: from drawing a picture in one page to seeing it in another, through the box and directly.

Both ways take turns in one browser. A time code is read back from the viewer's video (pages.py); the time of a frame is
that of its callback, before it is read.
"""

import itertools
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from appliance.bench.capture.box import Box
from appliance.bench.capture.browser import called, chromium, opened
from appliance.bench.capture.job import helper
from appliance.bench.figures import Figures, spread
from appliance.errors import Unavailable
from appliance.exam.feed import Feed, Kind

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

ROUNDS = 2
WARM_UP_SECONDS = 4.0
SECONDS = 8.0
FEWEST = 60
"""Frames that must be read in a round for its figure to count; 120 are sent."""

_numbers = itertools.count(1)


def run(box: Box) -> Figures:
    """Milliseconds through the box and directly, and the ratio of the medians."""
    through: list[float] = []
    direct: list[float] = []
    codec = ""
    unreadable = 0
    socket = box.address(Feed("x", Kind.WEBCAM), "publish")["socket"]
    with (
        helper("appliance.bench.capture.site", {"socket": socket, "host": "127.0.0.1"}) as site,
        chromium() as browser,
    ):
        url = f"http://127.0.0.1:{site.ask()['port']}/"
        for _ in range(ROUNDS):
            for way, into in ((_through, through), (_directly, direct)):
                found, codec = _measured(*way(browser, url, box))
                into.extend(found["latencies"])
                unreadable += found["unreadable"]
    return told(through, direct) | {"codec": codec, "unreadable_frames": unreadable}


def told(through: Sequence[float], direct: Sequence[float]) -> dict[str, Any]:
    """The figures; Unavailable when too little was seen for one."""
    if min(len(through), len(direct)) < ROUNDS * FEWEST:
        raise Unavailable(f"only {len(through)} frames were seen through the box and {len(direct)} directly")
    ours, theirs = spread(through), spread(direct)
    return {
        "ratio_vs_direct": round(ours["p50"] / theirs["p50"], 2),
        "p50_ms": round(ours["p50"]),
        "p95_ms": round(ours["p95"]),
        "direct_p50_ms": round(theirs["p50"]),
        "direct_p95_ms": round(theirs["p95"]),
        "frames": {"through": len(through), "direct": len(direct)},
    }


def _through(browser: "Browser", url: str, box: Box) -> "tuple[Page, Page]":
    feed = Feed(f"l{next(_numbers)}", Kind.WEBCAM)
    publisher, viewer = opened(browser, url), opened(browser, url)
    called(publisher, "whip", box.address(feed, "publish") | {"watch": False})
    time.sleep(1.0)  # the box takes a viewer when it has seen a frame
    called(viewer, "whip", box.address(feed, "view") | {"watch": True})
    return publisher, viewer


def _directly(browser: "Browser", url: str, _: Box) -> "tuple[Page, Page]":
    publisher, viewer = opened(browser, url), opened(browser, url)
    called(publisher, "accept", called(viewer, "answerToWatch", called(publisher, "offerToSend")))
    return publisher, viewer


def _measured(publisher: "Page", viewer: "Page") -> tuple[dict[str, Any], str]:
    """-> (what was seen, the codec)."""
    time.sleep(WARM_UP_SECONDS)
    called(viewer, "take")
    time.sleep(SECONDS)
    found: dict[str, Any] = called(viewer, "take")
    codec = str(called(viewer, "codec"))
    for page in (publisher, viewer):
        called(page, "leave")
        page.context.close()
    return found, codec
