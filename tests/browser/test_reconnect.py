"""A candidate's line breaks in every way it can; publishing resumes by itself, the gap has its cause, and what a drop
lost is filled late. A real Chromium behind a line of its own."""

import contextlib
import itertools
import signal
import time
from urllib.parse import urlsplit

import av
import pytest
from playwright.sync_api import Error, expect

from appliance.exam.events import FeedOpened, GapOpened
from appliance.ledger import state
from appliance.ledger.reader import Reader
from tests.browser import test_exam
from tests.browser.line import forwarded, laid
from tests.browser.people import MOVES, PATIENCE_MS, QUIET, Candidate, Proctor, chromium
from tests.browser.test_exam import NAMES, until
from tests.whole_box import CAPTURE

pytestmark = [pytest.mark.long, pytest.mark.timeout(600)]  # a minute and a half of waiting for lines to fail

exam_box = test_exam.exam_box
RESUMED_SECONDS = 5.0
NOTICED_SECONDS = 2.75
"""Two, and how often it is looked, and how long the ledger takes on a busy machine."""
FILLED_SECONDS = 20.0


class Seat(Candidate):
    """A candidate in a browser that keeps its profile, at the other end of a line."""

    def __init__(self, playwright, line, profile, url, code):
        self.playwright, self.line, self.profile = playwright, line, profile
        self.url, self.code, self.name = url, code, NAMES["1"]
        self.open()

    def open(self):
        flags = ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"]
        flags.append(f"--unsafely-treat-insecure-origin-as-secure={self.url}")
        self.context = self.playwright.chromium.launch_persistent_context(
            self.profile, executable_path=self.line.chromium, args=[*QUIET, *flags], locale="en-GB"
        )
        self.context.set_default_timeout(PATIENCE_MS)
        self.page = self.context.pages[0]

    def close(self):
        with contextlib.suppress(Error):
            self.context.close()

    def share_screen(self):
        self.page.get_by_role("button", name="Share your screen").click()
        self.both_arrive()

    def both_arrive(self):
        expect(self.page.get_by_text("Arrives at the box")).to_have_count(2, timeout=PATIENCE_MS)


class Watch:
    """What the ledger says of the one attempt that is recorded."""

    def __init__(self, box):
        self.box, self.reader = box, Reader(box.paths.database)
        self.known: set[str] = set()

    @property
    def attempt(self):
        return next(path.name for path in self.box.paths.media.glob("bio/*") if any(path.glob("webcam/1-*")))

    def rows(self, query):
        with self.reader.connect() as connection:
            return query(connection, attempt=self.attempt)

    def gap(self, kind, *, seconds=30.0):
        """The next gap of this feed that is closed."""

        def closed():
            found = [gap for gap in self.rows(state.gaps) if gap.kind == kind and gap.gap not in self.known]
            return next((gap for gap in found if gap.ends_at is not None), None)

        gap = until(closed, seconds, lambda: f"no gap of {kind} was closed: {self.rows(state.gaps)}\n{self.box.logs()}")
        self.known.add(gap.gap)
        return gap

    def connections(self):
        """How many there were up to now."""
        return len(self.reader.events(after=0, types=frozenset((FeedOpened.TYPE,)), chain=self.attempt))

    def forget(self):
        """Whatever there is now is not looked at."""
        self.known |= {gap.gap for gap in self.rows(state.gaps)}

    def filled(self, gap):
        """Which part of it."""
        fills = [fill for fill in self.rows(state.fills) if fill.gap == gap.gap]
        return sum(fill.ends_at - fill.starts_at for fill in fills) / (gap.ends_at - gap.starts_at)

    def is_filled(self, gap, part=0.9):
        until(lambda: self.filled(gap) >= part, FILLED_SECONDS, lambda: f"{self.filled(gap):.0%} of {gap} is filled")

    def noticed(self, gap):
        """Seconds from the last picture to the event that says so."""
        events = self.reader.events(after=0, types=frozenset((GapOpened.TYPE,)), chain=self.attempt)
        return next(event.wall for event in events if event.payload.gap == gap.gap) - gap.starts_at

    def before_late(self):
        """Seconds of the webcam's recording that play before its first late piece."""
        text = (self.box.paths.media / "bio" / self.attempt / "webcam" / "playlist.m3u8").read_text()
        lengths = [float(line[8:-1]) for line in text.splitlines() if line.startswith("#EXTINF:")]
        names = [line for line in text.splitlines() if not line.startswith("#")]
        return sum(lengths[: next(n for n, name in enumerate(names) if "-late." in name)])

    def steps(self, kind, since, until):
        """The times between one decoded picture and the next, in the order of the playlist, in a stretch of time."""
        folder = self.box.paths.media / "bio" / self.attempt / kind
        lines = (folder / "playlist.m3u8").read_text().splitlines()
        moments = [state_of.starts_at - state_of.position for state_of in self.rows(state.segments)[:1]]
        pictures = []
        for name in [line for line in lines if not line.startswith("#")]:
            file = folder / name if (folder / name).exists() else folder / f"{name}.open"
            with av.open(str(file)) as source:
                pictures += [moments[0] + float(frame.pts * frame.time_base) for frame in source.decode(video=0)]
        seen = [moment for moment in pictures if since - 2 < moment < until + 2]
        assert seen
        assert seen == sorted(seen)
        return [after - before for before, after in itertools.pairwise(seen)]


def test_publishing_resumes_by_itself_and_what_was_lost_is_brought(exam_box, playwright, tmp_path):
    box, codes = exam_box
    with laid(tmp_path) as line, forwarded(line.here, urlsplit(box.url).port) as port:
        seat = Seat(playwright, line, tmp_path / "profile", f"http://{line.here}:{port}", codes["1"])
        watch = Watch(box)
        try:
            seat.join()
            seat.sign()
            seat.share()
            time.sleep(8)
            watch.forget()
            _packets_vanish(line, watch)
            _another_network(line, watch)
            _the_cable_is_pulled(line, watch)
            watch.forget()  # on a busy machine the line may waver a moment
            _the_computer_sleeps(line, watch)
            _the_web_process_dies(box, seat, watch)
            _the_recorder_dies(box, watch)
            _the_page_is_loaded_again(seat, watch)
            _the_browser_dies(line, seat, watch)
        finally:
            seat.close()
        _the_review_shows_it(playwright, box, watch)


def _packets_vanish(line, watch):
    """UDP alone: nothing tells the browser."""
    line.swallow("meta l4proto udp")
    time.sleep(8)
    line.let_through()
    back = time.time()
    for kind in ("webcam", "screen"):
        gap = watch.gap(kind)
        assert gap.cause == "network_lost"
        assert gap.ends_at - back < RESUMED_SECONDS
        assert watch.noticed(gap) < NOTICED_SECONDS
        watch.is_filled(gap)
    gap = next(gap for gap in watch.rows(state.gaps) if gap.kind == "webcam" and gap.gap in watch.known)
    assert max(watch.steps("webcam", back - 8, back)) < 1.0
    time.sleep(3)


def _the_cable_is_pulled(line, watch):
    line.pull()
    time.sleep(8)
    line.plug()
    back = time.time()
    for kind in ("webcam", "screen"):
        gap = watch.gap(kind)
        assert gap.cause == "network_lost"
        assert gap.ends_at - back < RESUMED_SECONDS
        watch.is_filled(gap)
    time.sleep(3)


def _another_network(line, watch):
    line.move()
    moved = time.time()
    for kind in ("webcam", "screen"):
        gap = watch.gap(kind)
        assert gap.cause == "network_changed"
        assert gap.ends_at - moved < RESUMED_SECONDS
        watch.is_filled(gap, 0.8)
    time.sleep(3)


def _the_computer_sleeps(line, watch):
    line.signal(signal.SIGSTOP)
    time.sleep(20)
    line.signal(signal.SIGCONT)
    back = time.time()
    for kind in ("webcam", "screen"):
        gap = watch.gap(kind)
        assert gap.cause == "device_slept"
        assert gap.ends_at - back < RESUMED_SECONDS
    time.sleep(3)


def _the_web_process_dies(box, seat, watch):
    before = watch.connections()
    killed = box.kill("web")
    box.wait_healthy("web", other_than=killed)
    seat.both_arrive()
    assert watch.connections() == before
    watch.forget()


def _the_recorder_dies(box, watch):
    worker = next(name for name in CAPTURE if box.health(name).get("feeds"))
    killed = box.kill(worker)
    box.wait_healthy(worker, other_than=killed)
    back = time.time()
    for kind in ("webcam", "screen"):
        gap = watch.gap(kind)
        assert gap.cause == "capture_restarted"
        assert gap.ends_at - back < RESUMED_SECONDS
        watch.is_filled(gap, 0.8)
    time.sleep(3)


def _the_page_is_loaded_again(seat, watch):
    seat.page.reload()
    back = time.time()
    gap = watch.gap("webcam")
    assert gap.cause == "page_reloaded"
    assert gap.ends_at - back < RESUMED_SECONDS
    seat.share_screen()  # browsers want a person's click for a screen
    assert watch.gap("screen").cause == "page_reloaded"
    time.sleep(8)  # browsers write down what a page remembers now and then


def _the_review_shows_it(playwright, box, watch):
    """In its place, and marked."""
    with chromium(playwright) as browser:
        page = Proctor(browser, box.url, "pia", test_exam.PASSWORD).page
        expect(page.get_by_role("heading").first).to_be_visible()
        page.goto(f"{box.url}/look/{watch.attempt}")
        expect(page.get_by_text("filled late (").first).to_be_attached()  # the older gaps are folded away
        video = page.get_by_label("Recording of the camera")
        until(lambda: video.evaluate("v => Number.isFinite(v.duration) && v.duration > 10"), 30, "no recording")
        video.evaluate(f"v => {{ v.muted = true; v.currentTime = {watch.before_late() + 1}; return v.play(); }}")
        expect(page.locator(".late")).to_be_visible()
        assert video.evaluate(MOVES), "the late piece does not play"


def _the_browser_dies(line, seat, watch):
    line.signal(signal.SIGKILL)
    seat.close()
    died = time.time()
    seat.open()
    seat.page.goto(f"{seat.url}/exam")
    back = time.time()
    gap = watch.gap("webcam")
    assert gap.cause == "browser_crashed"
    assert gap.ends_at - back < RESUMED_SECONDS
    assert gap.starts_at < died + 0.5  # a little of it was still on its way
    seat.share_screen()
