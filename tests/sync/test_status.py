"""What is said of the upstream each second, for the page and the metrics."""

import json
import time

import pytest

from appliance.box import upstream
from appliance.config import UpstreamSettings
from appliance.errors import StorageFull
from appliance.stores.port import Refused
from appliance.sync.status import Status
from tests.sync.rig import FlakyStore, Rig

pytestmark = pytest.mark.slow


def status(rig: Rig) -> Status:
    return Status(
        service=rig.service, settings=rig.settings, local=True, remembered=rig.paths.cache / upstream.FILE
    )  # fmt: skip


def waiting(state: upstream.Upstream) -> dict[str | None, tuple[int, int]]:
    return {one.attempt: (one.objects, one.bytes) for one in state.backlog}


def test_a_running_exam_whose_recordings_are_all_there_waits_for_nothing(rig):
    rig.evidence.sit("1")
    rig.start()
    rig.for_seconds(10)
    state = status(rig).now()
    assert (state.backlog, state.waiting_objects, state.oldest) == ((), 0, None)
    assert (state.reachable, state.sent_objects, state.failures) == (True, 4, ())
    assert state.last_success == pytest.approx(time.time(), abs=60)
    assert state.eta_s == 0.0


def test_after_a_weekend_without_a_store_the_first_look_of_a_new_process_says_it_all(rig):
    attempt = rig.evidence.sit("1")
    rig.start()
    rig.for_seconds(10)
    before = status(rig)
    before.say(rig.paths.run)
    rig.evidence.over(attempt)
    rig.evidence.end_exam()
    rig.store = FlakyStore(rig.store, faults=10**9)
    rig.start()
    first = status(rig).now()
    assert first.last_success == before.now().last_success, "known before anything was sent"
    assert first.reachable is None
    rig.for_seconds(100)
    state = status(rig).now()
    assert waiting(state)[attempt][0] > 10
    assert waiting(state)[None][0] > 3, "the exam's own ledger and report"
    assert state.oldest is not None
    assert state.waiting_bytes > 1000
    assert state.reachable is False
    assert state.eta_s is None
    assert state.resumes_at is not None
    [failure] = state.failures
    assert (failure.kind, failure.where, failure.message, failure.hint) == (
        "away",
        "upstream",
        "the line is down",
        "Wait.",
    )
    assert failure.since <= state.at
    rig.store.faults = 0
    rig.until(rig.exam_stored)
    assert status(rig).now().backlog == ()
    assert status(rig).now().failures == ()


def test_a_bundle_that_is_not_signed_upstream_yet_still_waits(rig):
    """Else somebody would be told that all is safe while nothing of it is proved."""
    attempt = rig.evidence.sit("1")
    rig.start()
    rig.for_seconds(10)
    rig.evidence.finish(attempt)
    rig.turn()
    assert waiting(status(rig).now()) == {attempt: (1, 0)}


def test_what_is_beyond_the_outbox_counts(rig):
    attempt = rig.evidence.sit("1")
    rig.store = FlakyStore(rig.store, faults=10**9)
    service = rig.start()
    service.sender.outbox.capacity = 1
    rig.for_seconds(5)
    whole = sum(path.stat().st_size for path in rig.paths.media.rglob("*.mp4"))
    state = status(rig).now()
    assert waiting(state) == {attempt: (4, whole)}
    assert state.beyond == 3


@pytest.mark.parametrize(
    ("error", "kind"),
    [(Refused("the key is wrong", hint="Ask for another."), "refused"), (StorageFull("the bucket is full"), "full")],
)
def test_what_does_not_go_is_said_in_its_kind(rig, error, kind):
    rig.evidence.sit("1")
    rig.store = FlakyStore(rig.store, faults=10**9, error=error)
    rig.start()
    rig.for_seconds(5)
    assert [(one.kind, one.message) for one in status(rig).now().failures] == [(kind, error.message)]


def test_limits_and_waits_are_said_and_a_guess_how_long_it_takes(rig):
    rig.evidence.sit("1")
    rig.settings = UpstreamSettings(limit_mbit=0.008, exam_limit_mbit=0.004, video="after_exam")
    rig.start()
    rig.for_seconds(3)
    state = status(rig).now()
    assert (state.limit_bps, state.limit_why, state.video_waits) == (4000.0, "exam", "exam")
    assert state.waiting_objects == 4
    assert state.eta_s is None, "nobody knows when the exam ends"
    rig.settings = UpstreamSettings(video="night", night="00:00-00:01", night_limit_mbit=1)
    assert status(rig)._eta({}) == 0.0


def test_an_exam_holds_back_from_its_start_until_it_ends_or_is_forgotten(rig):
    attempt = rig.evidence.sit("1")
    rig.settings = UpstreamSettings(exam_limit_mbit=4)
    wall = [time.time() - 3600]
    rig.start(wall=lambda: wall[0])

    def why() -> str:
        rig.for_seconds(3)
        return rig.service.ruling.verdict.limit.why

    assert why() == "", "not before its start"
    wall[0] = time.time()
    assert why() == "exam"
    wall[0] += 30 * 86400
    assert why() == "exam", "long over, and somebody is still recorded"
    rig.evidence.over(attempt)
    assert why() == "", "nobody ended it, and nobody is there"
    wall[0] = time.time()
    assert why() == "exam"
    rig.evidence.end_exam()
    assert why() == ""


def test_it_is_written_whole_and_what_the_next_process_needs_is_kept(rig):
    rig.evidence.sit("1")
    rig.start()
    rig.for_seconds(10)
    it = status(rig)
    it.say(rig.paths.run)
    said = upstream.read(rig.paths.run)
    assert said is not None
    assert (said.store, said.local, said.sent_objects) == (str(rig.paths.upstream), True, 4)
    assert json.loads((rig.paths.cache / upstream.FILE).read_text())["last_success"] == said.last_success
    (rig.paths.cache / upstream.FILE).write_text("[broken")
    assert status(rig).now().last_success == said.last_success
