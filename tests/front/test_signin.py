"""Sign-in as people do it: Chromium with an authenticator of its own, on the real pages."""

import os
import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.front.room import PASSWORD
from tests.front.test_pages import assert_accessible

pytestmark = [pytest.mark.slow, pytest.mark.timeout(60)]

SHOTS = os.environ.get("SIGNIN_SHOTS")
AUTHENTICATOR = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


@pytest.fixture(scope="module")
def room(make_room):
    return make_room(0)


def shot(page, name):
    if SHOTS:
        (Path(SHOTS) / f"{name}.png").write_bytes(page.screenshot(full_page=True))


def enter(page, base, password=PASSWORD, user="admin"):
    page.goto(f"{base}/sign-in")
    page.get_by_label("User name").fill(user)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in", exact=True).press("Enter")


def test_a_passkey_is_added_and_signs_in_alone_and_as_the_second_step(visit, room, axe):
    base = room.url.replace("127.0.0.1", "localhost")
    page = visit(viewport={"width": 320, "height": 800})
    devtools = page.context.new_cdp_session(page)
    devtools.send("WebAuthn.enable")
    devtools.send("WebAuthn.addVirtualAuthenticator", {"options": AUTHENTICATOR})
    enter(page, base)
    page.goto(f"{base}/account")
    form = page.locator("[data-passkey-add]")
    form.get_by_label("Name of this passkey").fill("my laptop")
    form.get_by_label("Your password").fill("wrong wrong wrong")
    form.get_by_role("button").click()
    expect(form.get_by_role("alert")).to_contain_text("password")
    page.faults.clear()  # the refusal is one to the console
    form.get_by_label("Your password").fill(PASSWORD)
    form.get_by_role("button").click()
    expect(page.get_by_text("my laptop", exact=True)).to_be_visible()
    assert_accessible(page, axe, page.url)
    shot(page, "account-320")
    recovery = page.get_by_role("region", name="Recovery codes")
    recovery.get_by_label("Your password").fill(PASSWORD)
    recovery.get_by_role("button").click()
    expect(page.get_by_role("listitem")).to_have_count(10)
    assert_accessible(page, axe, page.url)
    shot(page, "recovery-320")
    code = page.locator("code.secret").first.inner_text()

    page.get_by_role("link", name="I have them").click()
    page.get_by_role("button", name="Sign out", exact=True).first.click()
    page.goto(f"{base}/sign-in?next=/users")
    page.get_by_role("button", name="Use a passkey instead").click()
    expect(page).to_have_url(f"{base}/users")
    assert_accessible(page, axe, page.url)
    shot(page, "users-320")

    page.get_by_role("button", name="Sign out", exact=True).click()
    enter(page, base)
    expect(page.get_by_role("heading", name="Second step")).to_be_visible()
    assert_accessible(page, axe, page.url)
    shot(page, "second-320")
    page.get_by_role("button", name="Use your passkey").click()
    expect(page).to_have_url(f"{base}/box")

    page.get_by_role("button", name="Sign out", exact=True).click()
    enter(page, base)
    page.get_by_text("use a recovery code").click()
    page.get_by_label("Recovery code").fill(code)
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_text(re.compile("9 are left"))).to_be_visible()


def test_a_person_is_helped_and_the_page_at_a_number_says_what_does_not_work_there(visit, room, axe):
    page = visit(viewport={"width": 1200, "height": 900}, color_scheme="dark")
    enter(page, room.url, user="planner")
    page.goto(f"{room.url}/account")
    expect(page.get_by_text("Passkeys do not work at this address: 127.0.0.1")).to_be_visible()
    expect(page.locator("[data-passkey-add]")).to_have_count(0)
    assert_accessible(page, axe, page.url)
    shot(page, "account-number-dark")
    assert page.get_by_role("button", name="Sign out everywhere else").count() == 0
