"""Somebody changed the store: nothing of what it touches is deleted here, it is said once, and put right by sending."""

import contextlib
import json
import shutil
import time

import pytest

from appliance.errors import Unavailable
from appliance.exam import events
from appliance.exam.events import UpstreamAltered, UpstreamRestored
from appliance.exam.retention import Data
from appliance.ledger import altered, dates
from appliance.ledger.actions import erasure
from appliance.proof.verify import verify
from appliance.stores.s3 import S3Store
from appliance.stores.s3_client import Client, Server
from appliance.sync.afresh import RESTS_SECONDS
from appliance.sync.receipt import NAMED
from appliance.sync.retention import Retention
from tests.sync.rig import FlakyStore, Killed, whole_exam
from tests.sync.test_retention import DAY, files, gone, identified, keeper, shown, stored_attempt
from tests.sync.test_service import said

pytestmark = pytest.mark.slow


def folder(rig, attempt):
    return rig.exam_folder / attempt


def told(rig):
    return [*said(rig, UpstreamAltered), *said(rig, UpstreamRestored)]


def standing(rig):
    with rig.reader.connect() as connection:
        return altered.standing(connection)


def a_segment(rig, attempt):
    return min((folder(rig, attempt) / "media" / "webcam").glob("*.mp4"))


def late():
    return time.time() + 31 * DAY


def test_M90_an_object_that_is_gone_upstream_keeps_the_whole_attempt_here_and_is_said_once(rig):
    attempt, other = stored_attempt(rig, "1"), stored_attempt(rig, "2")
    there, victim = files(rig, attempt), a_segment(rig, attempt)
    kept = victim.read_bytes()
    victim.unlink()
    retention = keeper(rig)
    for minute in range(3):
        retention.turn(now=late() + 60 * minute)
    keeper(rig).turn(now=late())
    assert (gone(rig, attempt), files(rig, attempt)) == ([], there), "not even what the store still has of it"
    assert [what for what, _ in gone(rig, other)] == ["identity", "recordings"], "the others go on"
    [finding] = told(rig)
    assert (finding.objects, finding.other) == (1, [])
    assert finding.missing[0].endswith(f"media/webcam/{victim.name}")
    assert "sends again" in finding.hint
    assert retention.afresh.altered == 1
    with rig.reader.connect() as connection:
        late_kinds = [kind for kind in dates.of_attempt(connection, attempt, now=late()).kinds if kind.waits]
    assert [kind.what for kind in late_kinds] == [Data.RECORDINGS, Data.IDENTITY], "the page says that it waits"
    victim.write_bytes(kept)
    retention.turn(now=late() + RESTS_SECONDS)
    retention.turn(now=late() + RESTS_SECONDS + 60)
    assert [what for what, _ in gone(rig, attempt)] == ["identity", "recordings"], "right again: it goes on"
    assert [type(one) for one in told(rig)] == [UpstreamAltered, UpstreamRestored]
    assert standing(rig) == {}
    assert retention.afresh.altered == 0


@pytest.mark.parametrize("same_length", [True, False])
def test_M90_an_object_with_other_content_upstream_keeps_the_attempt_here(rig, same_length):
    attempt = stored_attempt(rig)
    victim = a_segment(rig, attempt)
    data = victim.read_bytes()
    victim.write_bytes(data[::-1] if same_length else data[:-1])
    keeper(rig).turn(now=late())
    assert [what for what, _ in gone(rig, attempt)] == (["identity"] if same_length else []), (
        "what cannot be told from a list is told by reading, right before it goes"
    )
    [finding] = told(rig)
    assert (finding.objects, finding.missing) == (1, [])
    assert finding.other[0].endswith(victim.name)
    assert "Move them aside" in finding.hint
    for now in (late(), time.time(), late()):  # nothing is due at the second
        keeper(rig).turn(now=now)
    assert len(told(rig)) == 1, "what was found by its content is not taken back by a list"
    assert victim.name in files(rig, attempt)


@pytest.mark.parametrize("name", ["manifest.json", "ledger.jsonl", "report/report.pdf"])
def test_M90_a_manifest_a_ledger_or_a_report_that_is_gone_counts_too(rig, name):
    attempt = stored_attempt(rig)
    (folder(rig, attempt) / name).unlink()
    keeper(rig).turn(now=late())
    assert gone(rig, attempt) == []
    [finding] = told(rig)
    assert finding.missing == [f"north/box-1/bio/{attempt}/{name}"]


def test_M90_a_manifest_that_somebody_made_is_not_the_one_that_was_stored(rig):
    attempt = stored_attempt(rig)
    manifest = folder(rig, attempt) / "manifest.json"
    made = json.loads(manifest.read_bytes()) | {"files": []}
    manifest.write_text(json.dumps(made))
    keeper(rig).turn(now=late())
    assert gone(rig, attempt) == []
    assert told(rig)[0].other == [f"north/box-1/bio/{attempt}/manifest.json"]


def test_M90_another_finding_is_another_event_and_many_objects_are_counted(rig, monkeypatch):
    monkeypatch.setattr("appliance.sync.receipt.NAMED", 1)
    attempt = stored_attempt(rig)
    first, second = sorted((folder(rig, attempt) / "media" / "webcam").glob("*.mp4"))
    for victim in (first, second):
        victim.unlink()
        keeper(rig).turn(now=late())
    assert [(one.objects, len(one.missing)) for one in told(rig)] == [(1, 1), (2, 1)]


def test_M90_while_the_store_is_away_nothing_that_waits_for_it_goes_and_the_rest_does(rig):
    attempt = rig.evidence.sit("1")
    scan = shown(rig, attempt, delete_at=0.0)
    identified(rig, attempt)
    rig.start()
    rig.evidence.over(attempt)
    rig.until(lambda: rig.stored(attempt))
    rig.store = FlakyStore(rig.store, faults=10**6, error=Unavailable("the line is down", hint="Wait."))
    retention = keeper(rig)
    retention.turn(now=late())
    assert [what for what, _ in gone(rig, attempt)] == ["scan"], "which never leaves the box"
    assert not (rig.paths.media / scan).exists()
    assert retention.afresh.waits == "the line is down"
    assert len(rig.store.calls) == 1, "asked once in a turn"
    assert told(rig) == [], "away is no finding"
    rig.store.faults = 0
    retention.turn(now=late())
    assert [what for what, _ in gone(rig, attempt)] == ["scan", "identity", "recordings"]
    assert retention.afresh.waits == ""


def test_M90_what_the_store_was_told_to_delete_after_this_box_is_no_finding(rig):
    attempt = stored_attempt(rig)
    keeper(rig).turn(now=time.time() + 15 * DAY)
    for path in (folder(rig, attempt) / "identity").iterdir():
        path.unlink()  # as /retention/EXAM/store.txt lists it
    keeper(rig).turn(now=late())
    assert [what for what, _ in gone(rig, attempt)] == ["identity", "recordings"]
    assert told(rig) == []


def test_M90_one_list_of_the_bundle_is_enough_for_all_kinds(rig):
    attempt = stored_attempt(rig)
    rig.store = FlakyStore(rig.store)
    keeper(rig).turn(now=time.time() + 200 * DAY)
    assert len(gone(rig, attempt)) == 3
    assert [call.split("/")[-1] for call in rig.store.calls if not call.startswith("confirm")] == [
        "manifest.json", attempt,
    ]  # fmt: skip
    assert all(call.startswith("confirm") for call in rig.store.calls[2:])


def test_M90_a_file_that_is_damaged_here_goes_all_the_same_when_the_store_has_what_was_recorded(rig):
    attempt = stored_attempt(rig)
    here = next((rig.paths.media / "bio" / attempt / "webcam").glob("*.mp4"))
    here.write_bytes(here.read_bytes()[::-1])
    keeper(rig).turn(now=late())
    assert [what for what, _ in gone(rig, attempt)] == ["identity", "recordings"]


def test_M90_what_could_not_be_sent_and_is_whole_again_is_not_deleted(rig):
    attempt = rig.evidence.sit("1")
    here = next((rig.paths.media / "bio" / attempt / "webcam").glob("*.mp4"))
    aside = here.rename(rig.paths.data / "aside.mp4")  # its disk was away
    rig.start()
    rig.evidence.over(attempt)
    rig.until(lambda: rig.stored(attempt))
    aside.rename(here)
    keeper(rig).turn(now=late())
    assert gone(rig, attempt) == []
    assert here.is_file()
    [finding] = told(rig)
    assert finding.missing[0].endswith(here.name)


def test_M90_a_deletion_that_was_cut_off_asks_the_store_again_before_it_goes_on(rig, monkeypatch):
    attempt = stored_attempt(rig)
    retention, there = keeper(rig), files(rig, attempt)

    def killed(*_, **__):
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(Retention, "_finish", killed)
        with pytest.raises(Killed):
            retention.turn(now=late())
    a_segment(rig, attempt).unlink()
    for _ in range(2):
        keeper(rig).turn(now=late())
    assert files(rig, attempt) == there
    assert not list((rig.paths.data / "deleting").iterdir())
    assert [type(one) for one in told(rig)] == [UpstreamAltered]


def test_M90_a_lawful_request_waits_too_until_the_store_is_right(rig):
    attempt = stored_attempt(rig)
    victim = a_segment(rig, attempt)
    kept = victim.read_bytes()
    victim.unlink()
    asked = {"reference": "r1", "by": "ina", "by_name": "Ina"}
    rig.evidence.writer.transact(lambda t: erasure.ask(t, attempt, **asked))
    keeper(rig).turn(now=time.time() + 1)
    assert gone(rig, attempt) == []
    victim.write_bytes(kept)
    keeper(rig).turn(now=time.time() + 1)
    assert gone(rig, attempt)[-1] == ("personal", "request")
    assert not said(rig, events.UpstreamFailed)


def keys(rig, attempt):
    return sorted(one.key for one in rig.store.list(f"north/box-1/bio/{attempt}"))


def mender(rig):
    """As the sync process has it: what is gone and still here is sent again by whoever sends."""
    return Retention(
        rig.paths, rig.reader, rig.ledger, store=rig.store, site="north", box="box-1", send_again=rig.service.send_again
    )


def test_M90_what_is_gone_upstream_and_still_here_is_sent_again_and_said(rig):
    attempt = stored_attempt(rig)
    victims = sorted((folder(rig, attempt) / "media").rglob("*.mp4"))[:3]
    kept = [victim.read_bytes() for victim in victims]
    for victim in victims:
        victim.unlink()
    retention = mender(rig)
    retention.turn(now=late())
    rig.until(lambda: all(victim.exists() for victim in victims))
    assert [victim.read_bytes() for victim in victims] == kept
    retention.turn(now=late() + RESTS_SECONDS)
    assert [type(one) for one in told(rig)] == [UpstreamAltered, UpstreamRestored]
    assert told(rig)[-1].sent == 3
    assert [what for what, _ in gone(rig, attempt)] == ["identity", "recordings"]
    rig.for_seconds(10)
    assert rig.service.status()["backlog_objects"] == 0


def test_M90_a_bundle_that_somebody_removed_altogether_comes_back_and_verifies(rig):
    first, _ = whole_exam(rig)
    before = keys(rig, first)
    shutil.rmtree(folder(rig, first))
    retention = mender(rig)
    retention.turn(now=late())
    [finding] = told(rig)
    assert (finding.objects, len(finding.missing)) == (len(before), NAMED)
    rig.until(lambda: keys(rig, first) == before)
    assert verify(rig.exam_folder).findings == []
    retention.turn(now=late() + RESTS_SECONDS)
    assert ("recordings", "date") in gone(rig, first)


def test_I7_what_is_deleted_upstream_long_before_its_date_is_noticed_within_a_day(rig):
    first, second = stored_attempt(rig, "1"), stored_attempt(rig, "2")
    retention, now = mender(rig), time.time()
    for minute in range(2):
        retention.turn(now=now + 60 * minute)
    victim = a_segment(rig, second)
    victim.unlink()
    for minute in range(2, 5):
        retention.turn(now=now + 60 * minute)
    assert told(rig) == [], "each attempt is asked about once a day, one a minute"
    for minute in range(2):
        retention.turn(now=now + DAY + 60 * (minute + 1))
    rig.until(victim.is_file)
    retention.turn(now=now + DAY + 2 * RESTS_SECONDS)
    assert [(type(one), one.attempt) for one in told(rig)] == [(UpstreamAltered, second), (UpstreamRestored, second)]
    assert gone(rig, first) == []


def test_M90_a_manifest_that_is_neither_there_nor_here_is_for_a_person_to_bring_back(rig):
    attempt = stored_attempt(rig)
    (folder(rig, attempt) / "manifest.json").unlink()
    shutil.rmtree(rig.paths.proved)
    mender(rig).turn(now=late())
    [finding] = told(rig)
    assert (finding.missing, finding.objects) == ([f"north/box-1/bio/{attempt}/manifest.json"], 1)
    assert "Bring it back from a copy" in finding.hint
    assert "`site`, `box` or the store" in finding.hint
    assert gone(rig, attempt) == []


def test_M90_it_is_sent_again_after_a_restart_too_and_also_while_it_is_held(rig):
    attempt = stored_attempt(rig)
    victim = a_segment(rig, attempt)
    victim.unlink()
    keeper(rig).turn(now=late())  # the process that found it is gone
    rig.start()
    retention = mender(rig)
    retention.turn(now=time.time())  # nothing is due: the clock was set right
    rig.until(victim.is_file)
    retention.turn(now=time.time() + RESTS_SECONDS)
    assert standing(rig) == {}


def test_M90_on_a_real_s3_server_what_somebody_did_there_is_found_and_mended(rig, juicefs):
    bucket, prefix = juicefs.bucket(), "evidence"
    server = Server(bucket=bucket, endpoint=juicefs.endpoint, credentials_file=str(juicefs.credentials))
    with contextlib.closing(Client(server)) as client, juicefs.client() as somebody:
        rig.store = S3Store(client, prefix=prefix)
        lost, forged = (stored_attempt(rig, seat) for seat in ("1", "2"))
        key = {attempt: next(key for key in keys(rig, attempt) if key.endswith(".mp4")) for attempt in (lost, forged)}
        somebody.delete_object(Bucket=bucket, Key=f"{prefix}/{key[lost]}")
        there = somebody.head_object(Bucket=bucket, Key=f"{prefix}/{key[forged]}")
        somebody.put_object(
            Bucket=bucket,
            Key=f"{prefix}/{key[forged]}",
            Body=b"x" * there["ContentLength"],
            Metadata=there["Metadata"],  # it says our hash, and is as long
        )
        retention = mender(rig)
        retention.turn(now=late())
        found = standing(rig)
        assert (found[lost].said.missing, found[lost].said.other) == ([key[lost]], [])
        assert (found[forged].said.missing, found[forged].said.other) == ([], [key[forged]])
        assert "recordings" not in {what for attempt in key for what, _ in gone(rig, attempt)}
        somebody.delete_object(Bucket=bucket, Key=f"{prefix}/{key[forged]}")  # moved aside, as the hint says
        retention.turn(now=late() + RESTS_SECONDS)
        rig.until(lambda: all(rig.store.stat(one) for one in key.values()))
        retention.turn(now=late() + 2 * RESTS_SECONDS)
        assert standing(rig) == {}
        assert all(gone(rig, attempt)[-1] == ("recordings", "date") for attempt in key)
