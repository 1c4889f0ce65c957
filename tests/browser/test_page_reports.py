"""What a real browser reports of the candidate's page: a paste, a page out of sight, a tab shared and gone."""

import contextlib
import csv
import time

import pytest
from playwright.sync_api import expect

from appliance.ledger.reader import Reader
from tests.browser.people import CHROMIUM, PATIENCE_MS, QUIET, Candidate
from tests.whole_box import Box

pytestmark = [pytest.mark.long, pytest.mark.timeout(180)]

SHARED = "The shared tab"

WHOLE = """
const real = MediaStreamTrack.prototype.getSettings;
MediaStreamTrack.prototype.getSettings = function () {
  const said = real.call(this);
  return said.displaySurface && !window.onlyATab ? { ...said, displaySurface: "monitor" } : said;
};
"""
"""At check-in nobody gets on with less than a whole screen, and the whole screen of this browser cannot be closed: so
the tab passes for one until `onlyATab` is said."""


@pytest.fixture
def exam_box(tmp_path):
    """A box with one seat that is admitted by itself, the exam in another tab; -> (box, its code)."""
    box = Box(tmp_path / "data")
    roster, out = tmp_path / "roster.csv", tmp_path / "codes.csv"
    roster.write_text("seat,candidate,name,proctor\n1,c1,Ada Lovelace,\n", encoding="utf-8")
    options = ["--id", "bio", "--title", "Biology 101", "--roster", str(roster), "--codes-out", str(out)]
    made = box.command("exam", "create", *options, "--admission", "automatic", "--link", "https://exam.test/x")
    assert made.returncode == 0, made.stderr
    lines = [line for line in out.read_text(encoding="utf-8").splitlines() if line and not line.startswith("#")]
    (row,) = csv.DictReader(lines)
    box.start()
    try:
        yield box, row["code"]
    finally:
        box.stop()


@contextlib.contextmanager
def sharing_a_tab(playwright):
    """A browser that shares the tab of that title when it is asked for a screen: one that can be closed. -> its only
    window."""
    flags = ["--use-fake-device-for-media-stream", f"--auto-select-tab-capture-source-by-title={SHARED}"]
    browser = playwright.chromium.launch(executable_path=CHROMIUM, args=[*QUIET, *flags])
    try:
        yield browser
    finally:
        browser.close()


def until(true, seconds, what):
    deadline = time.monotonic() + seconds
    while not (found := true()):
        assert time.monotonic() < deadline, what()
        time.sleep(0.2)
    return found


def test_what_the_page_reports_becomes_flags_and_a_hidden_page_does_not(exam_box, playwright):
    box, code = exam_box
    with sharing_a_tab(playwright) as browser:
        ada = Candidate(browser, box.url, code, "Ada Lovelace")
        ada.page.context.grant_permissions(["camera", "microphone"], origin=box.url)
        ada.page.add_init_script(WHOLE)
        tab = _shared_tab(ada)
        ada.join()
        ada.sign()
        ada.share()
        ada.page.get_by_role("button", name="Continue").click()
        ada.start()

        _pastes(ada, "a sentence of more than twenty letters")
        _goes_out_of_sight(ada)
        tab.close()
        again = ada.page.get_by_role("button", name="Share your screen")
        expect(again).to_be_visible(timeout=PATIENCE_MS)
        time.sleep(4)  # so long that it is a flag
        _shared_tab(ada)
        ada.page.evaluate("window.onlyATab = true")
        again.click()

        reader = Reader(box.paths.database)

        def facts():
            return [(e.payload.fact, e.payload.value) for e in reader.events(types=frozenset({"page.reported"}))]

        def flags():
            return {flag["code"] for flag in box.flags("bio")}

        wanted = {"share_wrong_surface", "clipboard", "share_lost"}
        until(lambda: flags() >= wanted, 20, lambda: f"flags: {flags()}\nfacts: {facts()}\n{box.logs()}")
        assert {("surface", "browser"), ("pasted", "38"), ("hidden", ""), ("share_ended", "")} <= set(facts())
        assert "focus_lost" not in flags(), "the exam is in another tab: a hidden page says nothing"
        assert not any("sentence" in value for _, value in facts()), "only how long it was"
        assert not ada.page.faults


def _shared_tab(ada):
    tab = ada.page.context.new_page()
    tab.set_content(f"<title>{SHARED}</title><h1>Not a whole screen</h1>")
    ada.page.bring_to_front()
    return tab


def _pastes(ada, text):
    """Typed, cut, and pasted with the keys that people use."""
    field = ada.page.get_by_label("Your message")
    field.fill(text)
    field.press("Control+a")
    field.press("Control+x")
    expect(field).to_have_value("")
    field.press("Control+v")
    expect(field).to_have_value(text)


def _goes_out_of_sight(ada):
    """Another tab comes to the front, as the exam's does. Playwright lets every page believe that it is in front."""
    page = ada.page.context.new_cdp_session(ada.page)
    page.send("Emulation.setFocusEmulationEnabled", {"enabled": False})
    ada.page.bring_to_front()
    ada.page.evaluate("0")
    other = ada.page.context.new_page()
    other.bring_to_front()
    until(lambda: ada.page.evaluate("document.hidden || !document.hasFocus()"), 5, lambda: "the page is still in front")
    other.close()
    ada.page.bring_to_front()
