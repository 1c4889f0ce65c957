"""What a feed tells the ledger: opened, segments, gaps with their cause, closed."""

import pytest

from appliance.capture import feed as module
from appliance.capture import pack
from appliance.capture.feed import LiveFeed, Services
from appliance.capture.recorder import Resume
from appliance.capture.segment import Place
from appliance.config import CaptureSettings
from appliance.exam.events import FeedAligned, FeedClosed, FeedOpened, GapClosed, GapOpened, SegmentClosed
from appliance.exam.gap import Cause
from appliance.recording import h264
from appliance.recording.frame import Encoded, Media
from tests.capture import media
from tests.capture.peers import RecordingLedger
from tests.capture.scene import WEBCAM, Pictures
from tests.capture.test_recorder import Memory

WALL = 1_795_000_000.0


class Clock:
    def __init__(self):
        self.now = 0.0

    def time(self):
        return WALL + self.now

    def monotonic(self):
        return self.now


class Files(Memory):
    """The recorder's memory writer, and the playlists."""

    def __init__(self):
        super().__init__()
        self.playlists = []

    def replace(self, path, data, done):
        self.playlists.append(data.decode())
        done(None, "")
        return True


class Viewer:
    def __init__(self):
        self.frames, self.left = [], False

    def offer(self, frame, position, payloads):
        assert payloads == pack.payloads(frame.codec, frame.data)
        self.frames.append((frame, position))

    def leave(self):
        self.left = True


class Scene:
    def __init__(self, tmp_path, monkeypatch, **options):
        self.clock = Clock()
        monkeypatch.setattr(module, "time", self.clock)
        self.ledger, self.pictures, self.files = RecordingLedger(), Pictures(), Files()
        services = Services(
            media=tmp_path,
            writer=self.files,
            ledger=self.ledger,
            pictures=self.pictures,
            settings=CaptureSettings(segment_seconds=4.0, keyframe_seconds=2.0),
        )
        self.feed = LiveFeed(Place("bio", WEBCAM, "S1"), services, **options)
        self.asked = 0

    def connect(self, name="c1", *, sound=False):
        self.feed.connected(name, sound=sound, ask_key_frame=self._ask, lost=lambda: 3)

    def _ask(self):
        self.asked += 1

    def play(self, seconds, *, frames=None, silent=False):
        """Pictures from now on; the clip begins with a key frame each time."""
        frames = frames or media.video("h264")
        start = self.clock.now
        for number in range(round(seconds * 15)):
            self.clock.now = start + number / 15
            if not silent:
                data = frames[number % len(frames)]
                ticks = round(self.clock.now * 90_000)
                self.feed.frame(Encoded(Media.VIDEO, "h264", data, ticks, self.clock.now, h264.describe(data)[0]))
            self.feed.tick(self.clock.now)
        self.clock.now = start + seconds

    def exact_gaps(self):
        """(cause, from, until or None), wall seconds."""
        closed = {gap.gap: gap.ends_at for gap in self.ledger.of(GapClosed)}
        return [(gap.cause, gap.starts_at, closed.get(gap.gap)) for gap in self.ledger.of(GapOpened)]

    def gaps(self):
        opened = {gap.gap: gap for gap in self.ledger.of(GapOpened)}
        closed = {gap.gap: gap for gap in self.ledger.of(GapClosed)}
        assert set(closed) <= set(opened)
        return [
            (gap.cause, round(gap.starts_at - WALL, 1), name in closed and round(closed[name].ends_at - WALL, 1))
            for name, gap in opened.items()
        ]


@pytest.fixture
def scene(tmp_path, monkeypatch):
    return Scene(tmp_path, monkeypatch)


def test_a_connection_from_its_first_frame_to_its_end(scene):
    scene.connect()
    scene.play(6)
    scene.feed.disconnected("c1", Cause.PAGE_CLOSED)
    assert scene.ledger.types() == ["feed.opened", "segment.closed", "segment.closed", "feed.closed", "gap.opened"]
    (opened,), (closed,) = scene.ledger.of(FeedOpened), scene.ledger.of(FeedClosed)
    assert (opened.codecs, opened.opened_at, opened.connection) == (["h264"], WALL, "c1")
    assert (closed.cause, closed.connection) == ("page_closed", "c1")
    assert scene.gaps() == [("page_closed", 6.0, False)]
    assert [chain for chain, _, _ in scene.ledger.said] == ["a1"] * 5
    assert [exam for _, exam, _ in scene.ledger.said] == ["bio"] * 5
    assert scene.pictures.ended == [WEBCAM]


def test_silence_for_two_seconds_is_a_gap_that_began_with_the_last_picture(scene):
    scene.connect()
    scene.play(3)
    scene.play(1.9, silent=True)
    assert scene.gaps() == []
    scene.play(3, silent=True)
    assert scene.gaps() == [("no_media", 3.0, False)]
    assert len(scene.ledger.of(SegmentClosed)) == 1  # what is there is closed and safe
    asked = scene.asked
    assert asked > 0
    scene.play(2)
    assert scene.gaps() == [("no_media", 3.0, 7.9)]


def test_a_key_frame_is_asked_for_at_once_when_pictures_go_on(scene):
    scene.connect()
    scene.play(3)
    scene.play(3, silent=True)
    scene.asked = 0
    scene.play(1.0, frames=media.video("h264")[1:30])
    assert scene.asked >= 1
    assert scene.gaps() == [("no_media", 3.0, False)]


def test_pictures_that_cannot_be_played_are_a_gap_with_that_cause(scene):
    scene.connect()
    scene.play(3, frames=media.video("h264")[1:30])
    assert scene.gaps() == [("not_playable", 0.0, False)]
    scene.play(1)
    assert scene.gaps() == [("not_playable", 0.0, 3.0)]


def test_a_full_disk_is_a_gap_with_that_cause(scene):
    scene.connect()
    scene.play(2)
    scene.files.error = OSError(28, "No space left on device")
    scene.play(3)
    assert [(cause, ends) for cause, _, ends in scene.gaps()] == [("storage_full", False)]
    assert scene.feed.facts(scene.clock.now)["gap"] == "storage_full"
    scene.files.error = None
    scene.play(4)
    ((cause, starts, ends),) = scene.gaps()
    assert cause == "storage_full"
    assert starts <= 2.0
    assert ends >= 5.0


def test_a_feed_that_comes_back_closes_its_gap(scene):
    scene.connect("c1")
    scene.play(3)
    scene.feed.disconnected("c1", Cause.CONNECTION_LOST)
    scene.play(5, silent=True)
    scene.connect("c2")
    scene.play(3)
    assert scene.gaps() == [("connection_lost", 3.0, 8.0)]
    assert [opened.connection for opened in scene.ledger.of(FeedOpened)] == ["c1", "c2"]
    scene.feed.disconnected("c1", Cause.REPLACED)  # the old one's end comes late
    assert len(scene.ledger.of(FeedClosed)) == 1
    scene.feed.disconnected("c2", Cause.PAGE_CLOSED)
    assert scene.files.playlists[-1].count("#EXT-X-DISCONTINUITY") == 1


def test_the_end_of_the_attempt_ends_everything(scene):
    scene.connect()
    viewer = Viewer()
    scene.feed.viewers.add(viewer)
    scene.play(3)
    done = []
    scene.feed.over(WALL + 3.0, lambda: done.append(True))
    assert done == [True]
    assert viewer.left
    assert scene.ledger.of(FeedClosed)[0].cause == "ended"
    assert scene.gaps() == []
    assert scene.files.playlists[-1].endswith("#EXT-X-ENDLIST\n")


def test_the_end_of_the_attempt_closes_an_open_gap(scene):
    scene.connect()
    scene.play(3)
    scene.feed.disconnected("c1", Cause.PAGE_CLOSED)
    scene.feed.over(WALL + 60.0)
    assert scene.gaps() == [("page_closed", 3.0, 60.0)]


def test_what_was_recorded_before_a_restart_leaves_a_gap_until_media_are_back(tmp_path, monkeypatch):
    resume = Resume(begins_at=WALL - 100, end=80.0, number=4)
    scene = Scene(tmp_path, monkeypatch, resume=resume)
    scene.feed.resumed()
    assert scene.gaps() == [("capture_restarted", -20.0, False)]
    scene.connect()
    scene.play(2)
    assert scene.gaps() == [("capture_restarted", -20.0, 0.0)]
    again = Scene(tmp_path, monkeypatch, resume=resume)
    again.feed.resumed()
    assert again.ledger.of(GapOpened)[0].gap == scene.ledger.of(GapOpened)[0].gap  # saying it again is harmless
    assert again.ledger.ids == {i for i in scene.ledger.ids if i in again.ledger.ids}


def test_frames_go_to_viewers_and_to_the_decoder_with_their_position(scene):
    viewer = Viewer()
    scene.feed.viewers.add(viewer)
    scene.connect()
    scene.play(2)
    assert [position for _, position in viewer.frames] == pytest.approx([number / 15 for number in range(30)])
    assert len(scene.pictures.shown) == 30
    assert scene.feed.codec == "h264"


def test_how_old_its_media_are_is_told_once_it_is_measured(scene):
    scene.connect()
    scene.play(2)
    for _ in range(3):
        scene.feed.travelled("c1", 0.3)
        scene.feed.travelled("another", 0.001)
    scene.play(10)
    (event,) = scene.ledger.of(FeedAligned)
    assert (event.kind, event.connection, event.delay_ms) == ("webcam", "c1", 150.0)
    assert event.method == "round trip and arrival", "this sender sends no reports"
    facts = scene.feed.facts(scene.clock.now)
    assert (facts["rtt_ms"], facts["delay_ms"]) == (300.0, 150.0)


def test_a_sender_that_cannot_be_asked_is_said_to_be_unknown(scene):
    """A camera by RTSP."""
    scene.connect()
    scene.play(12)
    (event,) = scene.ledger.of(FeedAligned)
    assert (event.delay_ms, event.uncertainty_ms, event.method) == (0.0, 500.0, "arrival")


def test_key_frames_are_asked_for_at_most_twice_a_second(scene):
    scene.connect()
    assert scene.asked == 1
    for _ in range(10):
        scene.feed.want_key_frame()
    assert scene.asked == 1
    assert scene.feed.counters["skipped_key_frame_requests"] == 10
    scene.clock.now += 0.6
    scene.feed.want_key_frame()
    assert scene.asked == 2


def test_the_facts_of_a_feed(scene):
    scene.connect()
    scene.play(4)
    facts = scene.feed.facts(scene.clock.now)
    assert facts["fps"] == pytest.approx(15, abs=1)
    assert facts["bitrate"] > 10_000
    assert facts["lost"] == 3
    assert facts["position"] > 3
    assert (facts["viewers"], facts["gap"]) == (0, None)
    assert facts["silent_s"] < 0.2


def test_the_playlist_shows_the_open_segment(scene):
    scene.connect()
    scene.play(3.5)
    assert len(scene.files.playlists) >= 1
    assert "00001.mp4" in scene.files.playlists[-1]
    assert ".open" not in scene.files.playlists[-1]
