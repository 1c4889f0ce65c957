"""The real process: killed, stopped, started without a ledger, with a wrong setting."""

import contextlib
import json
import random
import signal
import subprocess
import sys
import time

import pytest

from appliance.box import health
from appliance.config import Settings, UpstreamSettings
from appliance.errors import ConfigError
from appliance.exam.events import AttemptStored, ExamStored
from appliance.ledger import reader as reader_module
from appliance.ledger import writer as writer_module
from appliance.ledger.socket import LedgerServer
from appliance.proof.verify import verify
from appliance.sync.main import store_of
from tests.report import evidence as made
from tests.sync.rig import Rig


@pytest.fixture
def served(paths):
    """The web process' part: the writer and its socket, in this process."""
    with writer_module.opened(paths.database) as writer, reader_module.opened(paths.database) as reader:
        server = LedgerServer(paths.ledger_socket, writer=writer, reader=reader)
        server.start()
        try:
            yield Rig(paths, made.build(writer, paths.media), reader)
        finally:
            server.stop()


@contextlib.contextmanager
def sync(paths):
    command = [sys.executable, "-m", "appliance", "--data", str(paths.data), "sync"]
    process = subprocess.Popen(command, stderr=subprocess.PIPE)
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def wait(predicate, seconds=60.0):
    deadline = time.monotonic() + seconds
    while not predicate():
        assert time.monotonic() < deadline
        time.sleep(0.02)


@pytest.mark.long
@pytest.mark.slow
def test_killed_again_and_again_it_ends_with_the_same_proof(served):
    attempt = served.evidence.sit("1")
    served.evidence.over(attempt)
    served.evidence.end_exam()
    chance = random.Random(7)
    for _ in range(8):
        with sync(served.paths) as process:
            wait(lambda: health.read(served.paths.health, "sync", now=time.time())["healthy"], 30)
            time.sleep(chance.uniform(0.0, 4.0))
            process.send_signal(signal.SIGKILL)
            process.wait()
        (served.paths.health / "sync.json").unlink()
    with sync(served.paths):
        wait(served.exam_stored)
    assert verify(served.paths.upstream / "site").findings == []
    stored = served.reader.events(types=frozenset({AttemptStored.TYPE, ExamStored.TYPE}))
    assert len(stored) == 3


@pytest.mark.slow
def test_it_stops_at_once_and_tells_what_it_did(served):
    attempt = served.evidence.sit("1")
    with sync(served.paths) as process:
        wait(lambda: len(list(served.paths.upstream.rglob("*.mp4"))) == 4)
        served.evidence.over(attempt)
        wait(lambda: served.stored(attempt))
        wait(lambda: health.read(served.paths.health, "sync", now=time.time()).get("sent_objects", 0) > 15)
        said = health.read(served.paths.health, "sync", now=time.time())
        assert said["healthy"]
        assert said["sentence"] == "everything so far is upstream"
        assert (said["backlog_objects"], said["bundles"], said["lost"]) == (0, 0, 0)
        assert said["sent_bytes"] > 1000
        began = time.monotonic()
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0
        assert time.monotonic() - began < 3


@pytest.mark.slow
def test_without_a_ledger_it_waits_and_stops_when_told(paths):
    with sync(paths) as process:
        wait(lambda: "waiting for the ledger" in health.read(paths.health, "sync", now=time.time())["sentence"])
        process.send_signal(signal.SIGTERM)
        assert process.wait(3) == 0


@pytest.mark.slow
def test_an_upstream_that_is_not_there_is_told_and_found_again(served, tmp_path):
    folder = tmp_path / "mnt" / "usb"
    served.paths.config.write_text(f'[upstream]\nfolder = "{folder}"\nsite = "north"\nbox = "seven"\n')
    attempt = served.evidence.sit("1")
    served.evidence.over(attempt)

    def said():
        return health.read(served.paths.health, "sync", now=time.time())

    with sync(served.paths):
        wait(lambda: str(folder) in said()["sentence"])
        assert said()["healthy"], "the box works on without its upstream"
        assert said()["backlog_objects"] > 0
        folder.parent.mkdir()
        wait(lambda: served.stored(attempt))
    assert verify(folder / "north" / "seven" / "bio" / attempt).findings == []


@pytest.mark.parametrize("name", ["", "a/b", "..", "a b", ".hidden"])
def test_a_site_that_cannot_be_a_folder_is_refused_before_anything_is_sent(paths, name):
    with pytest.raises(ConfigError, match="site"):
        store_of(paths, Settings(upstream=UpstreamSettings(site=name)))


def test_the_store_is_the_folder_of_the_settings_or_the_box_own(paths, tmp_path):
    data = b"{}"
    digest = "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"
    store_of(paths, Settings()).put("x", data, sha256=digest)
    assert json.loads((paths.upstream / "x").read_bytes()) == {}
    other = Settings(upstream=UpstreamSettings(folder=str(tmp_path / "usb")))
    store_of(paths, other).put("x", data, sha256=digest)
    assert (tmp_path / "usb" / "x").exists()
