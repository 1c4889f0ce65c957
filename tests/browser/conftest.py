from pathlib import Path

import pytest
from playwright.sync_api import sync_playwright

from tests.browser.people import CHROMIUM
from tests.conftest import SHARED


@pytest.fixture
def playwright():
    if not Path(CHROMIUM).exists():
        pytest.fail("there is no Chromium: `make test` installs it, or apt-get install chromium")
    with sync_playwright() as running:
        yield running


@pytest.fixture
def cameras():
    """Camera files of real people where they lie beside the project: (one who leaves, one who raises a phone)."""
    folder = SHARED / "footage" / "fake-camera"
    files = [folder / "candidate_leaves.mjpeg", folder / "candidate_phone_natural.mjpeg"]
    return files if all(file.exists() for file in files) else None
