"""A whole box is lost; another one is made of its newest backup, as it lies upstream, and goes on."""

import re
import shutil
import time

import pytest
import requests

from appliance.box import recovery
from appliance.config import load
from tests.whole_box import Box

pytestmark = pytest.mark.long


def wait_for(find, seconds=90.0):
    deadline = time.monotonic() + seconds
    while not (found := find()):
        assert time.monotonic() < deadline
        time.sleep(0.5)
    return found


def signed_in(url, user, password):
    with requests.Session() as browser:
        page = browser.get(f"{url}/sign-in", timeout=10).text
        token = re.search(r'name="csrf_token" value="([^"]+)"', page)[1]
        fields = {"csrf_token": token, "user": user, "password": password}
        return browser.post(f"{url}/sign-in", data=fields, headers={"Referer": url}, timeout=20)


def test_a_lost_box_comes_back_from_what_is_upstream(tmp_path):
    with Box.running(tmp_path / "one" / "data", demo=True) as lost:
        assert lost.command("backup").returncode == 0
        key, password = recovery.secret(lost.paths.keys), lost.password
        (copy,) = wait_for(lambda: list((lost.data / "upstream").glob("*/*/_box/backups/*.age")))
        kept = tmp_path / copy.name
        shutil.copyfile(copy, kept)
        upstream = tmp_path / "store"
        shutil.copytree(lost.data / "upstream", upstream)
    shutil.rmtree(lost.data)

    new = Box(tmp_path / "two" / "data")
    said = new.command("restore", str(kept), text=f"{key}\n")
    assert said.returncode == 0, said.stderr
    assert "demo" in new.command("exam", "list").stdout
    named = load(new.paths.config).upstream.box
    shutil.copytree(upstream, new.data / "upstream")
    new.start()
    try:
        assert signed_in(new.url, "proctor", password).url.endswith("/wall"), "everybody signs in as before"
        head = wait_for(lambda: list((new.data / "upstream").glob(f"*/{named}/_box/checkpoints/*/*.note")))
        assert head, "the new box vouches for its ledger under its own name"
    finally:
        new.stop()
    proved = new.command("verify", str(new.data / "upstream"), seconds=120)
    assert "two histories" not in proved.stdout + proved.stderr
