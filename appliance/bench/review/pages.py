"""The two players that are measured, in real pages: the box's own review, and three bare ones on what nginx serves.

Both are asked for a moment and watched from outside (`probe.js`): the pictures themselves say which moment they show.
"""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import urljoin

from appliance.bench.review.moments import Listing, moment_of
from appliance.errors import Unavailable
from appliance.web.auth import COOKIE

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page, ViewportSize

LOOP = 64.0
"""Seconds after which the pictures say the same again."""

WITHIN = 0.11
"""A picture of the screen lasts 0.1 s."""

OPEN_PATIENCE_MS = 20_000
SEEK_PATIENCE_MS = 5_000
_WINDOW: "ViewportSize" = {"width": 1440, "height": 1000}
_PROBE = (files("appliance.bench.review") / "probe.js").read_text(encoding="utf-8")

_RACE = "(ask, ms) => Promise.race([ask, new Promise((done) => setTimeout(() => done(null), ms))])"
_WANT = "(wanted) => { window.sought = window.probe.want(...wanted); }"
_SOUGHT = f"() => ({_RACE})(window.sought, {SEEK_PATIENCE_MS})"
_OPENED = f"() => ({_RACE})(window.opened, {OPEN_PATIENCE_MS})"
_PRESSED = "() => window.probe.pressed.at"

_FREE = """(wall) => {
  const [from, to] = [window.span.from, window.span.to];
  const slider = document.querySelector("[role=slider].tl");
  slider.scrollIntoView({ block: "nearest" });
  const box = slider.getBoundingClientRect();
  const x = Math.round(box.left + ((wall - from) / (to - from)) * box.width);
  for (let y = box.bottom - 3; y > box.top; y -= 2) {
    const there = document.elementFromPoint(x, y);
    const at = from + ((x - box.left) / box.width) * (to - from);
    if (slider.contains(there) && !there.closest("[data-flag]")) return { x, y, wall: at };
  }
  return null;
}"""


class Player(Protocol):
    """One page with three feeds, at rest."""

    def seek(self, wall: float) -> tuple[float, float | None]:
        """-> the moment it went to (as near as it can be asked for), and ms until all three showed it, or None."""
        ...

    def play(self, speed: float, seconds: float) -> dict[str, Any]:
        """Plays from where it is, and stands again; -> what `probe.recorded` says."""
        ...


@dataclass(frozen=True, slots=True)
class Place:
    """Where a recording is and when it began. `span`: what the page's timeline shows; `count`: feeds."""

    begins_at: float
    span: tuple[float, float]
    count: int = 3

    def wanted(self, wall: float) -> list[Any]:
        """What `probe.want` takes."""
        return [moment_of(wall, self.begins_at, LOOP), {"loop": LOOP, "within": WITHIN, "count": self.count}]


@contextmanager
def review(browser: "Browser", url: str, token: str, place: Place, wall: float) -> "Iterator[tuple[Review, float]]":
    """The box's page, opened cold at a moment; -> it, and ms from the navigation's start until all three showed it."""
    context = browser.new_context(viewport=_WINDOW)
    try:
        context.add_cookies([{"name": COOKIE, "value": token, "url": urljoin(url, "/")}])
        page = context.new_page()
        opened = _opened(page, f"{url}?at={wall}", place, wall, probed=".rv-pictures video")
        page.evaluate("([from, to]) => { window.span = { from, to }; }", list(place.span))
        yield Review(page, place), opened
    finally:
        context.close()


@contextmanager
def bare(
    browser: "Browser", url: str, listings: Sequence[Listing], place: Place, wall: float
) -> "Iterator[tuple[Bare, float]]":
    """The peer's page, the same way."""
    context = browser.new_context(viewport=_WINDOW)
    try:
        page = context.new_page()
        times = ",".join(str(listing.at(wall)) for listing in listings)
        opened = _opened(page, f"{url}#{times}", place, wall, probed="video")
        yield Bare(page, place, listings), opened
    finally:
        context.close()


def heard(browser: "Browser", url: str, token: str, kinds: Sequence[str], seconds: float) -> float | None:
    """How long it takes until the box knows how loud the feeds of a recording are, asked from now on: a child process
    reads all of it once. None: not within `seconds`."""
    context = browser.new_context()
    try:
        context.add_cookies([{"name": COOKIE, "value": token, "url": url}])
        began, waiting = time.monotonic(), list(kinds)
        while waiting and time.monotonic() - began < seconds:
            waiting = [kind for kind in waiting if not context.request.get(f"{url}/{kind}/loudness").json()["done"]]
            time.sleep(0.5 if waiting else 0)
        return None if waiting else time.monotonic() - began
    finally:
        context.close()


def _opened(page: "Page", url: str, place: Place, wall: float, *, probed: str) -> float:
    page.add_init_script(f"window.probed = {probed!r};")
    page.add_init_script(_PROBE)
    page.add_init_script(f"window.opened = window.probe.want(...{place.wanted(wall)!r});")
    page.goto(url, wait_until="commit")
    shown = page.evaluate(_OPENED)
    if shown is None:
        raise Unavailable(
            f"the page {url.partition('?')[0]} did not show all feeds within {OPEN_PATIENCE_MS / 1000:.0f} s",
            hint=f"It showed {page.evaluate('() => window.probe.seen()')}.",
        )
    return float(max(shown))


class Review:
    """The box's own."""

    def __init__(self, page: "Page", place: Place) -> None:
        self._page, self._place = page, place

    def seek(self, wall: float) -> tuple[float, float | None]:
        """By a click on the timeline; from the press on."""
        point = self._page.evaluate(_FREE, wall)
        if point is None:
            raise Unavailable("the timeline of the review page has no free place to click on")
        self._page.evaluate(_WANT, self._place.wanted(point["wall"]))
        self._page.mouse.click(point["x"], point["y"])
        shown = self._page.evaluate(_SOUGHT)
        pressed = self._page.evaluate(_PRESSED)
        return point["wall"], None if shown is None else max(shown) - pressed

    def go(self, wall: float) -> float | None:
        """By typing the time (whole seconds); from the key that ends it."""
        self._page.keyboard.press("g")
        field = self._page.locator("#go-to")
        field.fill(time.strftime("%H:%M:%S", time.localtime(wall)))
        self._page.evaluate(_WANT, self._place.wanted(wall))
        field.press("Enter")
        shown = self._page.evaluate(_SOUGHT)
        return None if shown is None else max(shown) - self._page.evaluate(_PRESSED)

    def play(self, speed: float, seconds: float) -> dict[str, Any]:
        """By its buttons."""
        self._page.locator(".rv-transport select").first.select_option(f"{speed:g}")
        self._page.keyboard.press("Escape")
        self._page.locator(".rv-transport .rv-button.primary").click()
        said = _recorded(self._page, seconds)
        self._page.locator(".rv-transport .rv-button.primary").click()
        return said


class Bare:
    """Three `<video>` and nothing that keeps them together."""

    def __init__(self, page: "Page", place: Place, listings: Sequence[Listing]) -> None:
        self._page, self._place, self._listings = page, place, listings

    def seek(self, wall: float) -> tuple[float, float | None]:
        """By `currentTime` of all three at once. Chromium's own HLS player gets stuck now and then: then it is loaded
        anew, and the seek counts as one that showed nothing."""
        shown = self._page.evaluate(
            f"""async ([wanted, times]) => {{
              const asked = performance.now();
              const shown = window.probe.want(...wanted);
              window.go(times);
              const at = await ({_RACE})(shown, {SEEK_PATIENCE_MS});
              return at && Math.max(...at) - asked;
            }}""",
            [self._place.wanted(wall), [listing.at(wall) for listing in self._listings]],
        )
        if shown is None:
            self._page.reload()
            self._page.wait_for_timeout(1_000)
        return wall, shown

    def play(self, speed: float, seconds: float) -> dict[str, Any]:
        """All three told to in one turn."""
        self._page.evaluate("(speed) => window.play(speed)", speed)
        said = _recorded(self._page, seconds)
        self._page.evaluate("() => document.querySelectorAll('video').forEach((video) => video.pause())")
        return said


def _recorded(page: "Page", seconds: float) -> dict[str, Any]:
    page.wait_for_timeout(1_000)
    page.evaluate("() => window.probe.record()")
    page.wait_for_timeout(seconds * 1000)
    said: dict[str, Any] = page.evaluate("() => window.probe.recorded()")
    return said
