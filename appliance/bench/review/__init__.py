"""How quickly a recording opens and seeks, whether its feeds stay in step, and how long reports take:
`appliance bench review`.

A recording of three hours with three feeds, the box's own web process, and a real Chromium that opens the review page
and is clicked on. In the same run nginx serves the same files and playlists to three bare `<video>`, which are asked
for the same moments. The pictures say which moment they show, so both are measured from outside, by the same eye. About
five minutes, and 4 GB of disk for that time.
"""

import os
import shutil
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin

from appliance.bench.capture import browser
from appliance.bench.dashboard import site
from appliance.bench.figures import Figures, spread
from appliance.bench.review import nginx, pages, recording, report
from appliance.bench.review.growing import Growing
from appliance.bench.review.moments import Line, Listing, apart, chosen, ratio, sought, table, worse
from appliance.bench.review.pages import LOOP, Place, Player
from appliance.bench.review.recording import Made
from appliance.ledger import writer
from appliance.ledger.actions import users

if TYPE_CHECKING:
    from playwright.sync_api import Browser

OPEN_LIMIT_MS = 1000.0
SEEK_LIMIT_MS = 300.0
SPREAD_LIMIT_MS = 80.0
RATIO_LIMIT = 1.2
REPORT_LIMIT_SECONDS = 10.0

HOURS = 3.0
OPENS = 5
SEEKS = 48
BLOCK = 8
"""Seeks of one side before the other has its turn: what else the machine does meets both."""

REST_SECONDS = 0.4
PLAY_SECONDS = 20.0
SPEEDS = (1.0, 2.0)
SOUNDING = ("webcam", "phone")
LOUDNESS_SECONDS = 300.0
"""How long the first reviewer's waveform may take; what comes after it is measured without it."""

LIVE_HOURS = 0.25
LIVE_SEEKS = 16
EDGE_SECONDS = 15.0
"""Before the end of a growing recording: the page asks every ten seconds what is new."""


def run() -> Figures:
    """`open_ms`: median of cold opens, from the start of the navigation; `seek_ms`: from the press on the timeline;
    both until all three feeds show that moment. `ratio_vs_nginx`: the worse of the two against the bare players."""
    load = os.getloadavg()[0]
    with tempfile.TemporaryDirectory(prefix="appliance-bench-") as temporary:
        folder = Path(temporary)
        pages_said = _pages(folder)
        reports = report.measure(folder / "report")
    said = {**pages_said, **reports, "load": {"before": round(load, 2), "after": round(os.getloadavg()[0], 2)}}
    print("\n".join(table(lines(said))), flush=True)
    return said


def lines(said: Figures) -> list[Line]:
    """What is printed, with what it is held against."""
    played = said.get("spread_ms", {})
    live = said.get("live", {})
    return [
        Line("open, median, ms", said.get("open_ms"), OPEN_LIMIT_MS),
        Line("the very first open, ms", said.get("open_first_ms")),
        Line("waveform of two feeds, first time, s", said.get("loudness_s")),
        Line("seek, p50, ms", said.get("seek_ms", {}).get("p50")),
        Line("seek, p95, ms", said.get("seek_ms", {}).get("p95"), SEEK_LIMIT_MS),
        Line("seeks whose moment was never shown", said.get("seek_ms", {}).get("never_shown"), 0),
        Line("open / nginx", said.get("ratios", {}).get("open"), RATIO_LIMIT),
        Line("seek p95 / nginx", said.get("ratios", {}).get("seek_p95"), RATIO_LIMIT),
        *(Line(f"feeds apart at {name[1:]}x, p95, ms", each["p95"], SPREAD_LIMIT_MS) for name, each in played.items()),
        Line("while it is recorded: open, ms", live.get("open_ms"), OPEN_LIMIT_MS),
        Line("while it is recorded: seek, p95, ms", live.get("seek_ms", {}).get("p95"), SEEK_LIMIT_MS),
        Line("while it is recorded: its end never shown", live.get("edge_ms", {}).get("never_shown"), 0),
        Line("reports of 15 candidates, s", said.get("report_s"), REPORT_LIMIT_SECONDS),
    ]


def _pages(folder: Path) -> dict[str, Any]:
    """What is measured in a browser; without one only that is said."""
    if why := browser.missing():
        return {"open_ms": None, "seek_ms": {"p50": None, "p95": None}, "ratio_vs_nginx": None, "skipped": why}
    with browser.chromium() as chromium:
        said = _against(chromium, folder)
        with _house(folder / "live", hours=LIVE_HOURS, live=True) as live:
            said["live"] = _live(chromium, live)
    return said


@dataclass(frozen=True, slots=True)
class House:
    """A box with one recording. `url`: of its review; `token`: who reviews."""

    made: Made
    url: str
    token: str
    place: Place
    listings: list[Listing]

    @property
    def api(self) -> str:
        """Of its attempt."""
        return urljoin(self.url, f"/api/review/{self.made.attempts[0]}")

    @property
    def feeds(self) -> list[str]:
        """Folders of the feeds below the media folder."""
        return [str(self.made.folder(kind).relative_to(self.made.paths.media)) for kind in self.made.kinds]

    def moments(self, count: int, *, seed: int) -> list[float]:
        """Random ones."""
        return chosen(self.listings, self.made.begins_at, self.made.ends_at, count, seed=seed)


@contextmanager
def _house(data: Path, *, hours: float, live: bool = False) -> Iterator[House]:
    made = recording.make(data, hours=hours, live=live)
    try:
        with writer.opened(made.paths.database) as ledger:
            token = ledger.transact(lambda t: users.open_login(t, user=made.people["reviewer"]))
        playlists = [made.folder(kind) / nginx.PLAYLIST for kind in made.kinds]
        listings = [Listing.of(file.read_text(encoding="ascii")) for file in playlists]
        place = Place(made.begins_at, (made.begins_at, made.ends_at), len(made.kinds))
        with site.web(made.paths) as (url, _):
            yield House(made, f"{url}/review/{made.exam}/{made.attempts[0]}", token, place, listings)
    finally:
        shutil.rmtree(made.paths.run, ignore_errors=True)


@dataclass(slots=True)
class Side:
    """What one of the two did."""

    opens: list[float] = field(default_factory=list)
    seeks: list[float | None] = field(default_factory=list)
    spread_ms: dict[str, dict[str, float]] = field(default_factory=dict)

    @property
    def open_ms(self) -> float | None:
        """Median."""
        return round(statistics.median(self.opens), 1) if self.opens else None

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        each = [round(one, 1) for one in self.opens]
        return {
            "open_ms": self.open_ms,
            "opens_ms": each,
            "seek_ms": sought(self.seeks),
            "spread_ms": self.spread_ms,
        }


def _against(chromium: "Browser", folder: Path) -> dict[str, Any]:
    ours, theirs = Side(), Side()
    with ExitStack() as stack:
        house = stack.enter_context(_house(folder / "data", hours=HOURS))
        why = nginx.missing()
        if why:
            print(f"review has no ratio to nginx: {why}", flush=True)
        media = house.made.paths.media
        peer = None if why else stack.enter_context(nginx.serving(folder / "nginx", media, house.feeds))
        first, *moments = house.moments(OPENS + 1, seed=1)
        with pages.review(chromium, house.url, house.token, house.place, first) as (_, first_ms):
            loud = pages.heard(chromium, house.api, house.token, SOUNDING, LOUDNESS_SECONDS)
        for wall in moments:
            with pages.review(chromium, house.url, house.token, house.place, wall) as (_, ms):
                ours.opens.append(ms)
            if peer is not None:
                with pages.bare(chromium, peer.url, house.listings, house.place, wall) as (_, ms):
                    theirs.opens.append(ms)
        begin, *moments = house.moments(SEEKS + 1, seed=2)
        own, _ = stack.enter_context(pages.review(chromium, house.url, house.token, house.place, begin))
        sides: list[tuple[Side, Player]] = [(ours, own)]
        if peer is not None:
            bare, _ = stack.enter_context(pages.bare(chromium, peer.url, house.listings, house.place, begin))
            sides.append((theirs, bare))
        for first in range(0, SEEKS, BLOCK):
            for side, player in sides:
                side.seeks += [_seek(player, wall) for wall in moments[first : first + BLOCK]]
        for side, player in sides:
            side.spread_ms = _played(player, begin)
    once = {"open_first_ms": round(first_ms, 1), "loudness_s": None if loud is None else round(loud, 1)}
    return {**_compared(ours, theirs), **once}


def _compared(ours: Side, theirs: Side) -> dict[str, Any]:
    mine, peer = ours.to_json(), theirs.to_json()
    ratios = {
        "open": ratio(mine["open_ms"], peer["open_ms"]),
        "seek_p95": ratio(mine["seek_ms"]["p95"], peer["seek_ms"]["p95"]),
        "seek_p50": ratio(mine["seek_ms"]["p50"], peer["seek_ms"]["p50"]),
    }
    return {**mine, "ratio_vs_nginx": worse(ratios["open"], ratios["seek_p95"]), "ratios": ratios, "nginx": peer}


def _seek(player: Player, wall: float) -> float | None:
    time.sleep(REST_SECONDS)
    return player.seek(wall)[1]


def _played(player: Player, wall: float) -> dict[str, dict[str, float]]:
    """How far the feeds were apart at each speed, from the same moment."""
    found = {}
    for speed in SPEEDS:
        _seek(player, wall)
        off = apart(player.play(speed, PLAY_SECONDS), speed, LOOP)
        if len(off) > 1:
            found[f"x{speed:g}"] = {name: round(value, 1) for name, value in spread(off).items()}
    return found


def _live(chromium: "Browser", house: House) -> dict[str, Any]:
    """The exam still runs: the last file of each feed grows, and with it the timeline, so that a time is typed and not
    clicked on. `edge_ms`: to what was written some seconds before."""
    begin, *moments = map(float, map(round, house.moments(LIVE_SEEKS + 1, seed=3)))
    encoded = recording.loops(house.made.kinds, small=False)
    feeds = [
        (loop, house.made.folder(loop.shape.kind), round(listing.seconds))
        for loop, listing in zip(encoded, house.listings, strict=True)
    ]
    times: list[float | None] = []
    edges: list[float | None] = []
    with (
        Growing(feeds, house.made.ends_at) as growing,
        pages.review(chromium, house.url, house.token, house.place, begin) as (player, ms),
    ):
        for number, wall in enumerate(moments, 1):
            time.sleep(REST_SECONDS)
            times.append(player.go(wall))
            if number % 4 == 0:
                time.sleep(REST_SECONDS)
                edges.append(player.go(float(round(growing.ends_at - EDGE_SECONDS))))
    return {"open_ms": round(ms, 1), "seek_ms": sought(times), "edge_ms": sought(edges)}
