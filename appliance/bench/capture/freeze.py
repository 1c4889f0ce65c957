"""The longest freeze at random loss: a real Chromium publishes over a line that loses packets on the way to the box.

A viewer beside the box, without loss, gets each frame as soon as the box has it whole; what is measured is the longest
time between two frames there. Nothing is subtracted: at 15 frames a second it cannot be less than 67 ms. The same
without loss is measured first: what this machine and the browser do by themselves.
"""

import time
from pathlib import Path
from typing import Any

import av

from appliance.bench.capture import box as boxes
from appliance.bench.capture.box import EXAM, Box
from appliance.bench.capture.browser import called, chromium, opened
from appliance.bench.capture.job import Helper, helper
from appliance.bench.capture.lossy import BOX_ADDRESS, Line, line
from appliance.bench.figures import Figures
from appliance.errors import Unavailable
from appliance.exam.feed import Feed, Kind

SECONDS = {"loss0": (0.0, 10.0), "loss1": (1.0, 30.0), "loss5": (5.0, 30.0)}
"""Percent, and for how long."""
WARM_UP_SECONDS = 4.0
FEWEST_FPS = 10.0
"""Fewer frames a second than this, and the sender did not do its work: no figure."""
FEED = Feed("lossy", Kind.WEBCAM)


def run(folder: Path) -> Figures:
    """`loss1`, `loss5`: milliseconds. `recording`: what decoding every segment of it said."""
    with line() as lossy:
        with boxes.capturing(folder, prefix=lossy.at_box) as box:
            measured = _published(box, lossy, folder)
        return measured | {"recording": _decoded(folder / "media" / EXAM)}


def _published(box: Box, lossy: Line, folder: Path) -> dict[str, Any]:
    socket = box.address(FEED, "publish")["socket"]
    job = {"socket": socket, "host": BOX_ADDRESS}
    with (
        helper("appliance.bench.capture.site", job, prefix=lossy.at_box) as site,
        chromium(lossy.wrapped("chromium", folder)) as browser,
    ):
        page = opened(browser, f"http://{BOX_ADDRESS}:{site.ask()['port']}/")
        called(page, "whip", box.address(FEED, "publish") | {"watch": False})
        time.sleep(1.0)  # the box takes a viewer when it has seen a frame
        views = {"views": [box.address(FEED, "view")]}
        with helper("appliance.bench.capture.viewer", views, prefix=lossy.at_box) as viewer:
            time.sleep(WARM_UP_SECONDS)
            found: dict[str, Any] = {}
            details: dict[str, Any] = {}
            for name, (percent, seconds) in SECONDS.items():
                lossy.lose(percent)
                before = called(page, "sent")
                found[name], fps = _longest(viewer, seconds)
                after = called(page, "sent")
                details[name] = {
                    "fps": fps,
                    "sent_fps": round((after["frames"] - before["frames"]) / seconds, 1),
                    "bits_per_s": round(8 * (after["bytes"] - before["bytes"]) / seconds),
                    "repeated": after["repeated"] - before["repeated"],
                    "asked_again": after["nacks"] - before["nacks"],
                    "key_frames_asked": after["plis"] - before["plis"],
                    "packets_lost_of": list(reversed(lossy.counted())),
                    "size": f"{after['width']}x{after['height']}",
                }
        called(page, "leave")
    return found | {"details": details}


def _longest(viewer: Helper, seconds: float) -> tuple[int, float]:
    """-> (milliseconds, frames a second)."""
    before = viewer.ask()["frames"][0]
    time.sleep(seconds)
    after = viewer.ask()
    fps = (after["frames"][0] - before) / seconds
    if fps < FEWEST_FPS:
        raise Unavailable(f"only {fps:.1f} frames a second came through")
    return int(after["gaps_ms"][0]), round(fps, 1)


def _decoded(media: Path) -> dict[str, Any]:
    """Every segment, every frame."""
    frames, unplayable, files = 0, 0, sorted(media.glob("*/*/*.mp4"))
    for file in files:
        try:
            with av.open(str(file)) as container:
                container.streams.video[0].codec_context.options = {"err_detect": "explode"}
                frames += sum(1 for _ in container.decode(video=0))
        except (av.FFmpegError, IndexError):
            unplayable += 1
    return {"segments": len(files), "unplayable": unplayable, "frames": frames}
