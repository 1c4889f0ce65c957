"""A real Chromium with the bench's pages, driven by Playwright."""

import importlib.util
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from appliance.errors import Unavailable

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

_FLAGS = (
    "--no-sandbox",
    "--autoplay-policy=no-user-gesture-required",
    "--disable-background-timer-throttling",
    "--disable-backgrounding-occluded-windows",
    "--disable-renderer-backgrounding",
    "--disable-features=WebRtcHideLocalIpsWithMdns",  # no camera is asked for, so addresses would be names
)


def missing() -> str:
    """Why there is no browser; "" when there is one."""
    if shutil.which("chromium") is None:
        return "Chromium is not installed: `make bench-peers` installs it"
    if importlib.util.find_spec("playwright") is None:
        return "Playwright is not installed: it comes with requirements/dev.txt"
    return ""


@contextmanager
def chromium(command: Path | None = None) -> "Iterator[Browser]":
    """A browser without windows; `command` starts it in another place. Unavailable when it does not start."""
    from playwright.sync_api import Error, sync_playwright

    with sync_playwright() as driver:
        try:
            browser = driver.chromium.launch(executable_path=command or "/usr/bin/chromium", args=list(_FLAGS))
        except Error as error:
            raise Unavailable(f"Chromium did not start: {error.message.splitlines()[0]}") from error
        try:
            yield browser
        except Error as error:
            raise Unavailable(f"a page failed: {error.message.splitlines()[0]}") from error
        finally:
            browser.close()


def opened(browser: "Browser", url: str) -> "Page":
    """A page of its own context, so that neither is in the other's background."""
    page = browser.new_context().new_page()
    page.goto(url)
    return page


def called(page: "Page", function: str, argument: Any = None) -> Any:
    """What a function of the page gives."""
    return page.evaluate(f"argument => {function}(argument)", argument)
