"""The certificate that the door shows: another one while it runs, without a restart."""

import datetime
import json
import time

import pytest

from appliance.certificates import chain, chosen, site
from appliance.config import Settings
from appliance.door.shown import Shown
from tests.certificates.authority import BOX, Site, new_key, pem


def test_another_certificate_is_shown_as_soon_as_it_is_installed(paths):
    shown = Shown(paths, Settings())
    assert (shown.look(), shown.certified.mode) == ("", "own")
    authority, key = Site(now=datetime.datetime.now(datetime.UTC)), new_key()
    site.install(paths, Settings(), chain.read(pem(key, authority.leaf(key, names=[BOX]), authority.below)))
    assert (shown.look(), shown.certified.mode) == ("", "files")
    chosen.write(paths, mode="own")
    assert (shown.look(), shown.certified.mode) == ("", "own")


def test_what_cannot_be_read_is_said_and_the_old_one_stays(paths):
    shown = Shown(paths, Settings())
    before = shown.certified
    (paths.keys / "authority.pem").write_bytes(b"nonsense")
    assert "cannot be renewed" in shown.look()
    assert shown.certified == before


@pytest.mark.slow
def test_a_process_of_its_own_asks_the_acme_server_and_ends_with_the_door(paths):
    chosen.write(paths, mode="acme", acme_directory="https://127.0.0.1:1/dir", names=BOX)
    shown = Shown(paths, Settings())
    try:
        shown.look()
        deadline = time.monotonic() + 60
        while not (paths.keys / "renewal.json").exists():
            assert time.monotonic() < deadline
            time.sleep(0.05)
        assert "does not answer" in json.loads((paths.keys / "renewal.json").read_text(encoding="utf-8"))["trouble"]
        shown.look()
        assert "does not answer" in shown.certified.trouble
    finally:
        shown.stop()
