import json
import os
import threading
import time

import pytest

from appliance.box import clock, health, picture
from appliance.box.paths import Paths
from appliance.box.secret import secret_from
from appliance.box.token import Claim, FeedTokens
from appliance.errors import BadInput, NotAllowed, StorageFull
from appliance.exam.feed import Feed, Kind

FEED = Feed("a1", Kind.WEBCAM)


def header(number=1, jpeg=b"", raw=b""):
    return picture.Header(
        feed=str(FEED),
        number=number,
        taken_at=1.0,
        position=2.0,
        width=1,
        height=1,
        jpeg_bytes=len(jpeg),
        raw_bytes=len(raw),
    )


def test_a_picture_is_read_whole_while_it_is_replaced(tmp_path):
    stop = threading.Event()

    def replace():
        number = 0
        while not stop.is_set():
            number += 1
            jpeg, raw = bytes([number % 251]) * 20_000, bytes([number % 251]) * 60_000
            picture.write(tmp_path, header(number, jpeg, raw), jpeg, raw)

    replacing = threading.Thread(target=replace)
    replacing.start()
    try:
        deadline, seen = time.monotonic() + 20, set()
        while len(seen) < 20 and time.monotonic() < deadline:
            if found := picture.read_raw(tmp_path, FEED):
                head, jpeg, raw = found
                assert set(jpeg) == set(raw) == {head.number % 251}
                assert (len(jpeg), len(raw)) == (20_000, 60_000)
                seen.add(head.number)
    finally:
        stop.set()
        replacing.join()
    assert len(seen) == 20
    picture.remove(tmp_path, FEED)
    assert picture.read_jpeg(tmp_path, FEED) is picture.read_header(tmp_path, FEED) is None


@pytest.mark.parametrize("name", ["", "a1", "a1/phonecam", "../x/webcam", "a1/webcam/x", "a 1/webcam"])
def test_what_is_no_feed_is_refused(name):
    with pytest.raises(BadInput, match="name of a feed"):
        Feed.parse(name)


def test_a_token_opens_one_feed_for_one_purpose():
    tokens = FeedTokens(b"key")
    claim = Claim("publish", FEED, "bio", "14")
    token = tokens.mint(claim)
    assert tokens.check(token, "publish") == claim
    with pytest.raises(NotAllowed, match="for publish"):
        tokens.check(token, "view")
    with pytest.raises(NotAllowed, match="not one of this box"):
        FeedTokens(b"other").check(token, "publish")
    with pytest.raises(NotAllowed, match="not one of this box"):
        tokens.check(token[:-2] + "xx", "publish")


def test_a_view_token_expires(monkeypatch):
    tokens = FeedTokens(b"key")
    token = tokens.mint(Claim("view", FEED, "bio", "14"))
    later = time.time() + 62
    monkeypatch.setattr("itsdangerous.timed.time.time", lambda: later)
    with pytest.raises(NotAllowed, match="expired"):
        tokens.check(token, "view")


def test_a_clock_that_is_set_back_shuts_no_page_out(monkeypatch):
    tokens = FeedTokens(b"key")
    token = tokens.mint(Claim("publish", FEED, "bio", "14"))
    yesterday = time.time() - 86_400
    monkeypatch.setattr("itsdangerous.timed.time.time", lambda: yesterday)
    assert tokens.check(token, "publish").seat == "14"


def test_racing_processes_agree_on_a_secret(tmp_path):
    key, found, start = tmp_path / "key", [], threading.Barrier(8)

    def ask():
        start.wait()
        found.append(secret_from(key))

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(found) == {key.read_bytes()}
    assert len(found) == 8
    assert key.stat().st_mode & 0o777 == 0o600
    assert list(tmp_path.iterdir()) == [key]


def test_health_is_silent_after_five_seconds(tmp_path):
    health.write(tmp_path, "web", healthy=True, sentence="fine", queue=3)
    now = time.time()
    assert health.read(tmp_path, "web", now=now)["healthy"] is True
    assert health.read(tmp_path, "web", now=now)["queue"] == 3
    late = health.read(tmp_path, "web", now=now + 6)
    assert (late["healthy"], late["sentence"]) == (False, "silent for 6 s")
    assert health.read(tmp_path, "sync", now=now)["sentence"] == "not running"
    (tmp_path / "web.json").write_text("{half")
    assert health.read(tmp_path, "web", now=now)["healthy"] is False


def test_a_stamp_says_when_and_how_sure():
    first, second = clock.now(), clock.now()
    assert second.monotonic_ns > first.monotonic_ns
    assert abs(first.wall - time.time()) < 1
    assert first.boot == second.boot != ""
    json.dumps([first.wall, first.monotonic_ns, first.boot, first.synchronised])


def test_folders_of_two_boxes_do_not_meet_and_sockets_fit(tmp_path, monkeypatch):
    monkeypatch.delenv("APPLIANCE_RUN", raising=False)
    one, two = Paths.of(tmp_path / "one"), Paths.of(tmp_path / ("x" * 150))
    assert one.run != two.run
    assert len(os.fsencode(two.capture_socket(10))) < 108


def test_a_folder_that_cannot_be_written_is_said(tmp_path, monkeypatch):
    monkeypatch.setenv("APPLIANCE_RUN", str(tmp_path / "run"))
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageFull, match="cannot be written"):
        Paths.of(tmp_path / "file" / "data").make()
