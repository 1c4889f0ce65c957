import contextlib
import shutil
import time
from pathlib import Path

import pytest
from playwright.sync_api import sync_playwright

from appliance.box.paths import Paths
from tests.conftest import SETTLE_SECONDS, browsers
from tests.front.room import Room

FRONTEND = Path(__file__).parents[2] / "appliance" / "web" / "frontend"
CHROMIUM = "/usr/bin/chromium"
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-first-run",
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
]


@pytest.fixture(scope="module")
def playwright():
    if not Path(CHROMIUM).exists():
        pytest.fail("there is no Chromium: `make test` installs it, or apt-get install chromium")
    with sync_playwright() as running:
        yield running


@pytest.fixture(scope="module")
def browser(playwright):
    """One for the tests of a module, each in a context of its own; what it starts is gone when it is closed."""
    running = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
    yield running
    running.close()
    deadline = time.monotonic() + SETTLE_SECONDS
    while left := browsers():
        assert time.monotonic() < deadline, f"the browser left behind: {', '.join(left)}"
        time.sleep(0.02)


@contextlib.contextmanager
def opened(folder, seats, prepare=None, *, capture=False):
    """A room with so many seats; `prepare` may write into the ledger before the box starts."""
    room = Room(Paths.of(folder / "data").make())
    try:
        room.furnish(seats)
        if prepare is not None:
            with room.ledger():
                prepare(room)
        room.start(capture=capture)
        yield room
    finally:
        room.stop()
        shutil.rmtree(room.paths.run, ignore_errors=True)


@pytest.fixture(scope="module")
def make_room(tmp_path_factory):
    """Rooms for the tests of a module."""
    with contextlib.ExitStack() as stack:
        yield lambda seats, prepare=None: stack.enter_context(opened(tmp_path_factory.mktemp("room"), seats, prepare))


@pytest.fixture(scope="module")
def axe():
    """The script that looks for what somebody could not see, hear or reach."""
    file = FRONTEND / "node_modules" / "axe-core" / "axe.min.js"
    if not file.exists():
        pytest.fail("axe-core is not installed: run `make setup`")
    return file.read_text(encoding="utf-8")


@pytest.fixture
def visit(browser):
    """A page in a context of its own; what goes wrong in it stands in `page.faults`."""
    contexts = []

    def open_page(**options):
        context = browser.new_context(locale="en-GB", **options)
        context.set_default_timeout(10_000)
        contexts.append(context)
        page = context.new_page()
        page.faults = []
        page.on("pageerror", lambda error: page.faults.append(str(error)))
        page.on("console", lambda said: page.faults.append(said.text) if _is_fault(said.text) else None)
        return page

    yield open_page
    for context in contexts:
        context.close()


def _is_fault(text):
    return "Content Security Policy" in text or text.startswith("no sentence")
