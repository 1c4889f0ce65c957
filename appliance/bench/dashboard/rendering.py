"""A wall of fifteen candidates with three feeds each in a real Chromium: frames a second while stills change twice a
second."""

import itertools
import threading
import time
from typing import Any

import cv2
import numpy as np

from appliance.bench.capture import browser
from appliance.bench.dashboard.site import EXAM, Site
from appliance.box import health, picture
from appliance.exam.feed import Feed, Kind
from appliance.web.auth import COOKIE

STILLS_A_SECOND = 2
SECONDS = 10.0
KINDS = (Kind.WEBCAM, Kind.SCREEN, Kind.PHONE)
WIDTH, HEIGHT = 640, 360
_DIFFERENT = 12
_READY_MS = 60_000

_COUNT = """(milliseconds) => new Promise((done) => {
  const frames = [];
  const step = (at) => {
    frames.push(at);
    if (at - frames[0] < milliseconds) requestAnimationFrame(step);
    else done(frames);
  };
  requestAnimationFrame(step);
})"""


class Camera:
    """Writes what capture's decoder and workers would: pictures of every feed, and the health of a worker."""

    def __init__(self, house: Site) -> None:
        self._house = house
        self._feeds = [Feed(attempt, kind) for attempt in house.attempts for kind in KINDS]
        self._pictures = [_picture(number) for number in range(_DIFFERENT)]
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="bench-camera")
        self.rounds = 0

    def __enter__(self) -> "Camera":
        self._round()
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        self._thread.join()

    def _run(self) -> None:
        following = time.monotonic()
        while not self._stopping.wait(max(0.0, following - time.monotonic())):
            following += 1 / STILLS_A_SECOND
            self._round()

    def _round(self) -> None:
        self.rounds += 1
        paths, now = self._house.paths, time.time()
        for number, feed in enumerate(self._feeds):
            jpeg = self._pictures[(number + self.rounds) % _DIFFERENT]
            header = picture.Header(
                feed=str(feed),
                number=self.rounds,
                taken_at=now,
                position=self.rounds / STILLS_A_SECOND,
                width=WIDTH,
                height=HEIGHT,
                jpeg_bytes=len(jpeg),
                raw_bytes=0,
            )
            picture.write(paths.pictures, header, jpeg, b"")
        facts = {str(feed): {"fps": 15.0, "bitrate": 800_000, "loss": 0.0, "silent_s": 0.1} for feed in self._feeds}
        health.write(paths.health, "capture-1", healthy=True, sentence="records", feeds=facts)


def _picture(number: int) -> bytes:
    """Something like a person in a room: soft shapes, and the noise of a sensor. About 40 KB."""
    random = np.random.default_rng(number)
    coarse = random.integers(40, 200, (9, 16, 3)).astype(np.uint8)
    smooth = np.asarray(cv2.resize(coarse, (WIDTH, HEIGHT), interpolation=cv2.INTER_CUBIC), np.float64)
    pixels = smooth + random.normal(0, 6, smooth.shape)
    _, jpeg = cv2.imencode(".jpg", np.clip(pixels, 0, 255).astype(np.uint8), [cv2.IMWRITE_JPEG_QUALITY, 75])
    return jpeg.tobytes()


def measure(house: Site) -> dict[str, Any]:
    """`wall_fps`: frames a second over ten seconds, None without a browser (then `wall_skipped` says why);
    `wall_stills_per_s`: pictures that the page fetched."""
    if why := browser.missing() or _not_built(house):
        return {"wall_fps": None, "wall_skipped": why}
    with Camera(house), browser.chromium() as chromium:
        context = chromium.new_context(viewport={"width": 1920, "height": 1080})
        context.add_cookies([{"name": COOKIE, "value": house.logins[0], "url": house.url}])
        page = context.new_page()
        fetched: list[str] = []
        page.on("response", lambda answer: fetched.append(answer.url) if "/picture/" in answer.url else None)
        page.goto(f"{house.url}/wall/{EXAM}")
        page.wait_for_function(
            "(count) => [...document.querySelectorAll('img')].filter((i) => i.naturalWidth > 1).length >= count",
            arg=len(house.attempts) * len(KINDS),
            timeout=_READY_MS,
        )
        time.sleep(2.0)
        fetched.clear()
        cpu = house.cpu()
        frames = page.evaluate(_COUNT, SECONDS * 1000)
        stills, used = len(fetched), house.cpu() - cpu
        context.close()
    seconds = (frames[-1] - frames[0]) / 1000
    waits = sorted(after - before for before, after in itertools.pairwise(frames))
    return {
        "wall_fps": round((len(frames) - 1) / seconds, 1),
        "wall_frame_ms": {"p50": round(waits[len(waits) // 2], 1), "p99": round(waits[int(len(waits) * 0.99)], 1)},
        "wall_stills_per_s": round(stills / seconds, 1),
        "wall_stills_wanted_per_s": len(house.attempts) * len(KINDS) * STILLS_A_SECOND,
        "wall_web_cores": round(used / seconds, 2),
    }


def _not_built(house: Site) -> str:
    return "" if house.health()["healthy"] else "the front end is not built: `make setup` builds it"
