"""What obstore carries keeps the contract of stores: on a real WebDAV server, and on obstore's own store in memory,
which takes objects as Azure and Google do. Neither of these two could be tried."""

import hashlib
import itertools

import pytest
from obstore.store import MemoryStore

from appliance.config import UpstreamSettings
from appliance.errors import ApplianceError, Unavailable
from appliance.stores import objects, places
from appliance.stores.objects import ObjectsStore
from appliance.stores.port import Refused
from tests.servers.webdav import PASSWORD, USER
from tests.stores.contract import *  # noqa: F403 - the suite

pytestmark = pytest.mark.slow

NUMBERS = itertools.count()


def sha(data):
    return hashlib.sha256(data).hexdigest()


def dav(address, folder, *, password=PASSWORD):
    file = folder / "credentials"
    file.write_text(f"[default]\nusername = {USER}\npassword = {password}\n")
    return places.at(f"dav://{address}/evidence", places.Access(credentials_file=str(file)))


@pytest.fixture(scope="module")
def connected(webdav, tmp_path_factory):
    """The library's threads and its connection live on between tests."""
    store = dav(webdav, tmp_path_factory.mktemp("dav"))
    store.put("first", b"", sha256=sha(b""))
    return store


@pytest.fixture(params=["memory", "webdav"])
def driver(request, connected):
    if request.param == "memory":
        return ObjectsStore(MemoryStore(), shown="memory", prefix="of/the/box")
    return ObjectsStore(connected._inner, shown="webdav", prefix=f"evidence/{next(NUMBERS)}", kind=objects.WEBDAV)


def test_what_is_larger_than_one_piece_arrives_and_nothing_stays_of_what_breaks_off(driver, tmp_path, monkeypatch):
    monkeypatch.setattr(objects, "WHOLE", 100_000)
    data = b"video" * 300_000
    driver.put("large", data, sha256=sha(data))
    assert driver.confirm("large", data, sha256=sha(data))
    monkeypatch.setattr(objects, "_checked", lambda source, _: len(source))  # it changes after it was looked at
    with pytest.raises(SourceDamaged):  # noqa: F405
        driver.put("other", data, sha256=sha(b""))
    assert [found.key for found in driver.list("")] == ["large"]


def test_I7_wrong_credentials_a_wrong_folder_and_a_store_that_is_away_are_told_apart(connected, webdav, tmp_path):
    with pytest.raises(Refused, match="credentials"):
        dav(webdav, tmp_path, password="wrong").put("x", b"1", sha256=sha(b"1"))
    away = dav("127.0.0.1:9", tmp_path)
    with pytest.raises(Unavailable, match="does not answer") as trouble:
        away.put("x", b"1", sha256=sha(b"1"))
    assert not isinstance(trouble.value, Refused)
    assert PASSWORD not in away.address


def test_azure_and_google_are_made_from_their_words_and_nothing_is_asked_yet(connected, tmp_path):
    file = tmp_path / "credentials"
    file.write_text("[default]\naccount_name = lab\naccount_key = c2VjcmV0\n")
    assert places.at("az://evidence/north", places.Access(credentials_file=str(file))).address == "az://evidence/north"
    with pytest.raises(ApplianceError, match="lock_mode"):
        places.of_box(UpstreamSettings(url="az://evidence", lock_mode="governance", lock_days=1), tmp_path)
    with pytest.raises(ApplianceError) as trouble:
        places.at("az://evidence", places.Access(credentials_file=str(file), profile="other"))
    assert "other" in str(trouble.value)
    assert "c2VjcmV0" not in str(trouble.value)
    away = places.at("az://evidence", places.Access(credentials_file=str(file), endpoint="http://127.0.0.1:9"))
    with pytest.raises(ApplianceError, match="does not answer"):
        away.stat("x")
