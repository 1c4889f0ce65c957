"""The page that `appliance pull` writes, in a real browser from the disk: found, sorted, opened, read by everybody."""

from pathlib import Path

import pytest
from playwright.sync_api import sync_playwright

from appliance.pull import page as store_page
from appliance.pull.catalogue import AttemptEntry, ExamEntry, State
from appliance.pull.checked import Check, Checks
from appliance.pull.errand import Scope
from tests.browser.people import CHROMIUM, QUIET

pytestmark = pytest.mark.slow

AXE = Path(__file__).parents[2] / "appliance/web/frontend/node_modules/axe-core/axe.min.js"


def entry(box, *, flags=0, size=1000, state=State.COMPLETE):
    attempt = AttemptEntry(
        attempt=f"a{box}", seat="7", candidate="c7", name="Äöü <Unusual>", flags={"phone_visible": flags}, bytes=size
    )
    return ExamEntry(
        site="north", box=box, exam="bio", state=state, title="Biology", starts_at=1.7e9, number=1, signed_at=1.7e9,
        report="report", attempts=(attempt,), bytes=size,
    )  # fmt: skip


def check(**said):
    usual = {
        "checked_at": 1.8e9, "scope": Scope.WHOLE, "attempts": (), "left_out": 0, "finding": "", "findings": 0,
        "keys": (), "key_given": True, "vouched": True, "manifests": {}, "files": 9, "bytes": 9,
    }  # fmt: skip
    return Check(**usual | said)


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    copy = tmp_path_factory.mktemp("copy")
    bundle = copy / "north/lab-1/bio"
    (bundle / "report").mkdir(parents=True)
    for name in ("index.html", "report/report.pdf"):
        (bundle / name).write_text("<title>the bundle</title>", encoding="utf-8")
    checks = Checks(copy)
    checks.exams = {
        "north/lab-2/bio": check(finding="a-very-long-name-of-a-file/" * 6 + ": it was changed", findings=3),
        "north/lab-3/bio": check(scope=Scope.REPORTS, left_out=40),
    }
    entries = [
        entry("lab-1", size=3_000_000_000),
        entry("lab-2", flags=3),
        entry("lab-3", size=5, state=State.GOING_ON),
    ]
    file = store_page.write(entries, checks, source="s3://evidence", now=1.8e9)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=[*QUIET])
        context = browser.new_context(
            bypass_csp=True, viewport={"width": 1200, "height": 800}
        )  # axe comes from outside
        page = context.new_page()
        page.goto(file.as_uri())
        yield page
        browser.close()


def boxes(page):
    return page.eval_on_selector_all("tbody tr:not([hidden])", "rows => rows.map((row) => row.cells[2].textContent)")


def test_exams_are_found_and_sorted_by_keyboard_alone(page):
    page.focus("#words")
    page.keyboard.type("lab-2 north")
    assert boxes(page) == ["lab-2"]
    assert page.inner_text("#shown") == "1 of 3 exams"
    page.fill("#words", "")
    for expected, sort in ((["lab-3", "lab-2", "lab-1"], "ascending"), (["lab-1", "lab-2", "lab-3"], "descending")):
        page.get_by_role("button", name="Size").focus()
        page.keyboard.press("Enter")
        assert boxes(page) == expected
        assert page.locator(f"th[aria-sort={sort}]").inner_text().startswith("Size")


def test_links_lead_to_what_is_here_and_only_that(page):
    links = page.eval_on_selector_all("a", "links => links.map((link) => link.getAttribute('href'))")
    assert set(links) == {"north/lab-1/bio/index.html", "north/lab-1/bio/report/report.pdf", "north/lab-1/bio/"}
    page.get_by_role("link", name="evidence").click()
    assert page.title() == "the bundle"
    page.go_back()


def test_it_is_readable_in_light_and_dark_and_fits_a_telephone(page):
    page.locator("summary").first.click()
    assert "Äöü <Unusual>" in page.locator("tbody").inner_text()
    for scheme in ("light", "dark"):
        for width in (1200, 320):
            page.emulate_media(color_scheme=scheme)
            page.set_viewport_size({"width": width, "height": 800})
            assert page.evaluate("document.documentElement.scrollWidth") <= width
            if not AXE.exists():
                pytest.skip("axe-core is not installed: scripts/setup")
            page.evaluate(AXE.read_text(encoding="utf-8"))
            found = page.evaluate("axe.run().then((said) => said.violations.map((one) => one.id + ': ' + one.help))")
            assert found == [], (scheme, width)


def test_what_was_not_checked_is_not_called_proved(page):
    said = page.eval_on_selector_all("tbody tr", "rows => rows.map((row) => row.cells[8].textContent)")
    assert sorted(one.partition("2027")[0] for one in said)[0].startswith("NOT PROVED")
    assert [one for one in said if one.startswith("proved: whole")] == []
    assert "not checked" in said
