"""After a restart: what the ledger misses is said again, gaps are opened and closed, ended attempts stay ended."""

import asyncio

import pytest

from appliance.capture import catch_up
from appliance.exam.events import (
    AttemptEnded,
    AttemptFinished,
    GapClosed,
    GapOpened,
    ProcessStarted,
    SegmentClosed,
    SegmentDamaged,
)
from appliance.ledger.client import Told
from tests.capture.peers import RecordingLedger, until
from tests.capture.scene import SCREEN, WEBCAM, scene
from tests.capture.test_index import WALL, record, seconds


class Ledger(RecordingLedger):
    """Tells what it knows, then the event that says that this is all."""

    def __init__(self, known=()):
        super().__init__()
        self.known, self.handler, self.marks, self.seq = list(known), None, [], 0

    def subscribe(self, handler, *, after=0, types=None):
        assert types == catch_up.TYPES
        self.handler = handler

    def append(self, payload, *, chain, exam, id=None):
        super().append(payload, chain=chain, exam=exam, id=id)
        if isinstance(payload, ProcessStarted):
            self.marks.append((payload, id))

    def start(self):
        return

    def tell(self, chain, payload, *, wall=WALL + 50, id="x"):
        self.seq += 1
        self.handler(
            Told(seq=self.seq, id=id, chain=chain, type=payload.TYPE, exam="bio", actor="a", wall=wall, payload=payload)
        )

    def tell_erased(self, chain, type, *, wall=WALL + 50):
        """An event whose words are gone."""
        self.handler(Told(seq=0, id="e", chain=chain, type=type, exam="bio", actor="a", wall=wall, payload=None))

    def tell_all(self):
        for chain, payload in self.known:
            self.tell(chain, payload)
        for payload, id in self.marks:
            self.tell("box", payload, id=id)


def segment_known(path):
    return SegmentClosed(
        kind="webcam", number=1, path=path, starts_at=WALL, position=0, duration=4, bytes=1, init_bytes=1,
        sha256="", codecs=["h264"],
    )  # fmt: skip


@pytest.fixture
def disk(tmp_path):
    folder = tmp_path / "media" / "bio" / "a1" / "webcam"
    folder.mkdir(parents=True)
    return folder


def restart(tmp_path, ledger, work, *, answers=True):
    async def run():
        async with scene(tmp_path / "media", ledger=ledger) as here:
            follower = await catch_up.begin(here.station, here.ownership, ledger, here.media)
            if answers:
                ledger.tell_all()
                await until(lambda: follower.compared)
            return await work(here)

    return asyncio.run(run())


async def nothing(_here):
    return


def test_a_crashed_recording_is_closed_before_the_ledger_answers(tmp_path, disk):
    record(disk, 1, WALL, seconds(0, 3), still_open=True)
    record(disk, 2, WALL, b"nonsense", still_open=True)
    ledger = Ledger()

    async def work(here):
        (segment,) = ledger.of(SegmentClosed)
        assert segment.recovered
        assert (here.media / segment.path).exists()
        (gap,) = ledger.of(GapOpened)
        assert (gap.cause, gap.starts_at) == ("capture_restarted", pytest.approx(WALL + 3))
        assert len(ledger.of(SegmentDamaged)) == 1
        assert WEBCAM in here.station.feeds

    restart(tmp_path, ledger, work, answers=False)


def test_segments_that_the_ledger_misses_are_said_again_and_only_those(tmp_path, disk):
    known = record(disk, 1, WALL, seconds(0, 4))
    missed = record(disk, 2, WALL + 4, seconds(4, 4))
    ledger = Ledger([("a1", segment_known(f"bio/a1/webcam/{known.name}"))])
    restart(tmp_path, ledger, nothing)
    (said,) = ledger.of(SegmentClosed)
    assert said.path.endswith(missed.name)
    assert not said.recovered
    (gap,) = ledger.of(GapOpened)
    assert gap.starts_at == pytest.approx(WALL + 8)
    before = len(ledger.said)
    ledger.marks.clear()
    restart(tmp_path, ledger, nothing)
    assert [payload.TYPE for _, _, payload in ledger.said[before:]] == ["process.started"]


def test_a_gap_that_was_open_keeps_its_cause(tmp_path, disk):
    known = record(disk, 1, WALL, seconds(0, 4))
    gap = GapOpened(gap="g1", kind="webcam", cause="page_closed", starts_at=WALL + 4)
    ledger = Ledger([("a1", segment_known(f"bio/a1/webcam/{known.name}")), ("a1", gap)])

    async def work(here):
        assert here.station.feeds[WEBCAM].coverage.cause.value == "page_closed"

    restart(tmp_path, ledger, work)


def test_attempts_that_ended_stay_ended_and_their_gaps_are_closed(tmp_path, disk):
    known = record(disk, 1, WALL, seconds(0, 4))
    ledger = Ledger(
        [
            ("a1", segment_known(f"bio/a1/webcam/{known.name}")),
            ("a1", GapOpened(gap="g1", kind="webcam", cause="no_media", starts_at=WALL + 4)),
            ("a1", AttemptEnded(by="lead", reason="over", warnings=1, overridden=False)),
            ("a2", AttemptFinished()),
        ]
    )

    async def work(here):
        assert set(here.station.ended) == {"a1", "a2"}
        assert here.station.feeds == {}

    restart(tmp_path, ledger, work)
    (closed,) = ledger.of(GapClosed)
    assert (closed.gap, closed.starts_at, closed.ends_at) == ("g1", WALL + 4, WALL + 50)
    assert ledger.of(GapOpened) == []


def test_an_attempt_that_ended_while_capture_was_down_has_its_last_gap_told(tmp_path, disk):
    record(disk, 1, WALL, seconds(0, 3), still_open=True)
    ledger = Ledger([("a1", AttemptFinished())])

    async def work(here):
        await until(lambda: WEBCAM not in here.station.feeds)
        await until(lambda: "#EXT-X-ENDLIST" in (here.folder / "playlist.m3u8").read_text())

    restart(tmp_path, ledger, work)
    (opened,), (closed,) = ledger.of(GapOpened), ledger.of(GapClosed)
    assert opened.gap == closed.gap
    assert (closed.starts_at, closed.ends_at) == (pytest.approx(WALL + 3), WALL + 50)


def test_the_ledger_is_followed_from_then_on(tmp_path, disk):
    record(disk, 1, WALL, seconds(0, 4))
    ledger = Ledger()

    async def work(here):
        assert WEBCAM in here.station.feeds
        assert SCREEN not in here.station.feeds
        ledger.tell("a1", AttemptFinished(), wall=WALL + 60)
        await until(lambda: here.station.feeds == {})
        (closed,) = ledger.of(GapClosed)
        assert closed.ends_at == WALL + 60

    restart(tmp_path, ledger, work)


def test_an_attempt_stays_ended_when_its_words_were_erased(tmp_path, disk):
    ledger = Ledger()

    async def work(here):
        ledger.tell_erased("a1", AttemptEnded.TYPE)
        await until(lambda: "a1" in here.station.ended)

    restart(tmp_path, ledger, work)
