"""People in front of a real Chromium: a candidate with a camera file, a proctor, each doing what the words on the page
say. Selectors are roles and visible words, so a page that people cannot read does not pass."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

from playwright.sync_api import Browser, Page, Playwright, expect

CHROMIUM = "/usr/bin/chromium"

QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--autoplay-policy=no-user-gesture-required",
]
"""As root in a container, without a line to anywhere."""

PATIENCE_MS = 25_000


@contextlib.contextmanager
def chromium(
    playwright: Playwright, *, camera: Path | None = None, microphone: Path | None = None
) -> Iterator[Browser]:
    """A browser of its own: the camera file is a command-line flag. Without one, Chromium's own test picture."""
    flags = ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"]
    if camera:
        flags.append(f"--use-file-for-fake-video-capture={camera}")
    if microphone:
        flags.append(f"--use-file-for-fake-audio-capture={microphone}")
    browser = playwright.chromium.launch(executable_path=CHROMIUM, args=[*QUIET, *flags])
    try:
        yield browser
    finally:
        browser.close()


def new_page(browser: Browser, **options) -> Page:
    """A page whose faults fail the test: an uncaught exception, or a breach of the content security policy."""
    context = browser.new_context(locale="en-GB", **options)
    context.set_default_timeout(PATIENCE_MS)
    page = context.new_page()
    page.faults = []
    page.on("pageerror", lambda error: page.faults.append(str(error)))
    page.on(
        "console",
        lambda said: page.faults.append(said.text) if "Content Security Policy" in said.text else None,
    )
    return page


class Candidate:
    """Walks through the steps."""

    def __init__(self, browser: Browser, url: str, code: str, name: str) -> None:
        self.page = new_page(browser)
        self.url, self.code, self.name = url, code, name

    def step(self, title: str) -> None:
        expect(self.page.get_by_role("heading", level=1)).to_have_text(title, timeout=PATIENCE_MS)

    def join(self) -> None:
        self.page.goto(self.url)
        self.page.get_by_label("Join code").fill(self.code)
        self.page.get_by_role("button", name="Continue").click()
        self.step("Is this you?")
        expect(self.page.get_by_text(self.name).first).to_be_visible()

    def sign(self) -> None:
        self.page.get_by_role("button", name="Yes, that is me").click()
        self.step("Read and sign")
        self.page.get_by_label("Type your full name to sign").fill(self.name)
        self.page.get_by_role("button", name="I agree and sign").click()

    def share(self) -> None:
        self.step("Share camera and screen")
        self.page.get_by_role("button", name="Turn on camera and microphone").click()
        self.page.get_by_role("button", name="Share your screen").click()
        expect(self.page.get_by_text("Arrives at the box")).to_have_count(2, timeout=PATIENCE_MS)

    def level(self) -> int:
        return int(self.page.get_by_role("meter", name="Microphone level").get_attribute("aria-valuenow") or 0)

    def ready(self) -> None:
        self.page.get_by_role("button", name="Continue").click()
        self.step("Please wait for your proctor")

    def start(self) -> None:
        self.step("You are admitted")
        self.page.get_by_role("button", name="Start the exam").click()
        self.step("Exam")

    def say(self, text: str) -> None:
        self.page.get_by_label("Your message").fill(text)
        self.page.get_by_role("button", name="Send", exact=True).click()

    def hand_in(self) -> None:
        self.page.get_by_role("button", name="Hand in").click()
        self.page.get_by_role("button", name="Yes, hand in").click()
        self.step("You have handed in")


class Proctor:
    """Signs in and watches."""

    def __init__(self, browser: Browser, url: str, user: str, password: str) -> None:
        self.page = new_page(browser, viewport={"width": 1440, "height": 900})
        self.url = url
        self.page.goto(f"{url}/sign-in")
        self.page.get_by_label("User name").fill(user)
        self.page.get_by_label("Password").fill(password)
        self.page.get_by_role("button", name="Sign in").click()

    def watch(self, exam: str) -> None:
        self.page.goto(f"{self.url}/wall/{exam}")
        expect(self.page.get_by_role("heading", name="Next")).to_be_visible(timeout=PATIENCE_MS)

    def tile(self, seat: str):
        return self.page.locator(".tiles > li", has=self.page.get_by_role("button", name=f"Look at seat {seat},"))

    def admit(self, seat: str) -> None:
        self.tile(seat).get_by_role("button", name="Admit").click()

    def look(self, seat: str) -> None:
        self.page.get_by_role("button", name=f"Look at seat {seat},").first.click()
        expect(self.page.locator("dialog .look-title")).to_contain_text(f"Seat {seat}", timeout=PATIENCE_MS)

    def close(self) -> None:
        self.page.locator("dialog").get_by_role("button", name="Close").click()


MOVES = """
video => new Promise(done => {
  const canvas = document.createElement('canvas'), pen = canvas.getContext('2d', {willReadFrequently: true});
  canvas.width = 64; canvas.height = 48;
  const look = () => { pen.drawImage(video, 0, 0, 64, 48); return pen.getImageData(0, 0, 64, 48).data; };
  const began = performance.now(), first = look();
  const check = () => {
    const now = look();
    let changed = 0;
    for (let i = 0; i < now.length; i += 4) changed += Math.abs(now[i] - first[i]) > 6 ? 1 : 0;
    if (changed > 3 && video.currentTime > 0) return done(true);
    if (performance.now() - began > 15000) return done(false);
    setTimeout(check, 200);
  };
  check();
})
"""
"""Whether the picture in a <video> changes within 15 s."""
