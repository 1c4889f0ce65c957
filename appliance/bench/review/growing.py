"""The recording of an exam that still runs: each second another part is behind the open file of each feed."""

import threading
import time
from pathlib import Path

from appliance.bench.review.loop import Loop
from appliance.recording.name import OPEN

EVERY_SECONDS = 1.0


class Growing:
    """Between `with` and its end. `feeds`: of each its loop, its folder, and how many seconds are there; `ends_at`:
    wall time up to which all of them are."""

    def __init__(self, feeds: list[tuple[Loop, Path, int]], ends_at: float) -> None:
        self._feeds = [(loop, next(folder.glob(f"*{OPEN}")), seconds) for loop, folder, seconds in feeds]
        self.ends_at = ends_at
        self._grown = 0
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="bench-growing")

    def __enter__(self) -> "Growing":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        self._thread.join()

    def _run(self) -> None:
        following = time.monotonic()
        while not self._stopping.wait(max(0.0, following - time.monotonic())):
            following += EVERY_SECONDS
            for loop, file, seconds in self._feeds:
                place = (seconds + self._grown) % loop.shape.seconds
                with open(file, "ab") as opened:
                    opened.write(loop.parts[place].at(seconds + self._grown - place))
            self._grown += 1
            self.ends_at += 1.0
