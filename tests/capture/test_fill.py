"""Back-fill: what a drop lost comes late, lies in its gap and nowhere else, and can be played."""

import asyncio
import io
import itertools
import json
import struct
import time
from collections import Counter
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace

import av
import pytest

from appliance.capture import feed as feed_module
from appliance.capture import fill, index, piece, vp8
from appliance.capture.feed import LiveFeed, Services
from appliance.capture.fill import Fills
from appliance.capture.segment import Place
from appliance.capture.writer import Writer
from appliance.config import CaptureSettings
from appliance.errors import BadInput, Unavailable
from appliance.exam.events import GapClosed, GapFilled, SegmentClosed
from appliance.exam.gap import Cause
from appliance.recording import h264
from appliance.recording.frame import RATE, Encoded, Media
from tests.capture import media
from tests.capture.peers import RecordingLedger, until
from tests.capture.scene import SCREEN, WEBCAM, Pictures
from tests.capture.test_door import at_the_door, publish_token, refused, view_token

pytestmark = pytest.mark.slow  # together too long for `make check`

WALL = 1_795_000_000.0
EVERY = 30
SSRC = {Media.VIDEO: 77, Media.AUDIO: 78}
FIRST_RTP = {Media.VIDEO: 2**32 - 200_000, Media.AUDIO: 5}
"""The pictures' timestamps pass through zero in the first seconds."""


class Clock:
    now = 0.0

    def time(self):
        return WALL + self.now

    def monotonic(self):
        return self.now


@dataclass(frozen=True)
class Made:
    """A frame as the page keeps it."""

    media: Media
    rtp: int
    at: float
    data: bytes
    key: bool


class Page:
    """Encodes all the time; what it sends arrives only while the line is there. `late`: how far its clock is off."""

    def __init__(self, feed, clock, *, codec="h264", ssrc=SSRC, late=0.0):
        self.feed, self.clock, self.codec, self.ssrc, self.late = feed, clock, codec, ssrc, late
        self.kept: list[Made] = []
        self.began = round(clock.now * 150)
        self.pictures, self.sounds = media.video(codec, every=EVERY), media.sound()

    async def play(self, seconds, *, line=True):
        start = self.clock.now
        for tick in range(round(start * 150), round((start + seconds) * 150)):
            self.clock.now = tick / 150
            if tick % 3 == 0:
                self._make(Media.AUDIO, self.sounds[tick // 3 % len(self.sounds)], True, line)
            if (tick - self.began) % 10 == 0:
                data = self.pictures[(tick - self.began) // 10 % len(self.pictures)]
                key = h264.describe(data)[0] if self.codec == "h264" else vp8.is_key(data)
                self._make(Media.VIDEO, data, key, line)
                self.feed.tick(self.clock.now)
                await stored(self.feed)
        self.clock.now = start + seconds

    def _make(self, kind, data, key, line):
        now, rate = self.clock.now, RATE[kind]
        rtp = (FIRST_RTP[kind] + round(now * rate)) % 2**32
        self.kept.append(Made(kind, rtp, WALL + now + self.late, data, key))
        if line:
            codec = self.codec if kind is Media.VIDEO else "opus"
            self.feed.frame(Encoded(kind, codec, data, round(now * rate), now, key, ssrc=self.ssrc[kind], rtp=rtp))

    def connect(self, name):
        self.feed.connected(name, sound=True, ask_key_frame=lambda: None, lost=lambda: 0)

    def pieces(self, starts_at, ends_at, *, seconds=4.0):
        """Of a hole: each from a key frame on, about `seconds` long."""
        keys = [made.at for made in self.kept if made.key and made.media is Media.VIDEO]
        at = max((key for key in keys if key <= starts_at), default=keys[0])
        while at < ends_at:
            until = next((key for key in keys if key >= max(at, starts_at) + seconds), 1e12)
            yield self.pack([made for made in self.kept if at <= made.at < min(until, ends_at + 0.5)])
            at = until

    def pack(self, frames):
        header = {"codec": self.codec, **{kind.value: ssrc for kind, ssrc in self.ssrc.items()}}
        return packed(header, [(int(made.media is Media.VIDEO), made.rtp, made.at, made.data) for made in frames])


def packed(header, frames):
    head = header if isinstance(header, bytes) else json.dumps(header).encode()
    body = b"FILL" + len(head).to_bytes(2, "big") + head
    return body + b"".join(struct.pack(">BIdI", kind, rtp, at, len(data)) + data for kind, rtp, at, data in frames)


@dataclass
class Scene:
    clock: Clock
    ledger: RecordingLedger
    services: Services
    feed: LiveFeed
    page: Page
    fills: Fills

    async def bring(self, body):
        async def read():
            return body

        return await self.fills.take(self.feed, read)

    async def drop(self, seconds, *, name="c1", **options):
        """The line is gone for a while, then a new connection is there."""
        await self.page.play(seconds, line=False)
        self.feed.disconnected(name, Cause.REPLACED)
        await settled()
        self.page = Page(
            self.feed, self.clock, codec=self.page.codec, ssrc={k: v + 10 for k, v in self.page.ssrc.items()}
        )
        self.page.connect(name + "+")
        await self.page.play(4)

    async def fill(self, page):
        """As the page does: ask, then bring piece by piece."""
        said = []
        for starts_at, ends_at in self.fills.asked(self.feed, "")["holes"]:
            said += [await self.bring(body) for body in page.pieces(starts_at, ends_at)]
        return [answer["filled"] for answer in said]

    def text(self):
        return (self.services.media / self.feed.place.folder / "playlist.m3u8").read_text()

    def played(self):
        """Position of each picture that can be decoded, file by file in the order of the playlist."""
        names = [line for line in self.text().splitlines() if not line.startswith("#")]
        return [moment for name in names for moment in decoded(self.services.media / self.feed.place.folder / name)]


def decoded(file, stream="video"):
    if not file.exists():
        file = file.with_name(file.name + ".open")
    with av.open(str(file)) as source:
        return [float(frame.pts * frame.time_base) for frame in source.decode(**{stream: 0})]


async def stored(feed):
    """What was handed to the writer is on disk, and the feed knows."""
    await until(lambda: not feed.recorder.in_flight)


async def settled():
    for _ in range(20):
        await asyncio.sleep(0.005)


@asynccontextmanager
async def scene(folder, monkeypatch, *, codec="h264"):
    clock, ledger = Clock(), RecordingLedger()
    monkeypatch.setattr(feed_module, "time", clock)
    writer = Writer(folder, reserve=0)
    settings = CaptureSettings(segment_seconds=4.0, keyframe_seconds=2.0)
    services = Services(media=folder, writer=writer, ledger=ledger, pictures=Pictures(), settings=settings)
    writer.start()
    feed = LiveFeed(Place("bio", WEBCAM, "S1"), services)
    here = Scene(clock, ledger, services, feed, Page(feed, clock, codec=codec), Fills())
    here.page.connect("c1")
    try:
        yield here
    finally:
        here.feed.over(WALL + clock.now)
        await settled()
        await asyncio.to_thread(writer.stop)
        await asyncio.sleep(0)


def run(work):
    return asyncio.run(work())


def test_a_size_that_changes_at_once_leaves_out_a_moment(tmp_path, monkeypatch):
    """What came before it is too short for a file of its own, and must not be in the way."""

    async def work():
        async with scene(tmp_path, monkeypatch) as here:
            page = here.page
            await page.play(5)
            await page.play(0.14, line=False)
            page.pictures, page.began = (
                media.video("h264", every=EVERY, width=640, height=480),
                round(here.clock.now * 150),
            )
            await here.drop(5)
            filled = await here.fill(page)
            assert sum(end - start for start, end in filled) > 4.8
            assert here.fills.asked(here.feed, "")["holes"] == []

    run(work)


@pytest.mark.parametrize("codec", ["h264", "vp8"])
def test_what_a_drop_lost_is_filled_and_plays_in_its_place(tmp_path, monkeypatch, codec):
    async def work():
        async with scene(tmp_path, monkeypatch, codec=codec) as here:
            page = here.page
            await page.play(7)
            await here.drop(8)
            (gap,) = here.ledger.of(GapClosed)
            assert 7.5 < gap.ends_at - gap.starts_at < 10.5
            filled = await here.fill(page)
            assert None not in filled
            assert sum(end - start for start, end in filled) > 0.97 * (gap.ends_at - gap.starts_at)
            assert here.fills.asked(here.feed, "")["holes"] == []
            late = [segment for segment in here.ledger.of(SegmentClosed) if segment.late]
            assert [said.path for said in here.ledger.of(GapFilled)] == [segment.path for segment in late]
            assert {said.gap for said in here.ledger.of(GapFilled)} == {gap.gap}
            for segment in late:
                assert "-late." in segment.path
                assert segment.starts_at >= gap.starts_at - 0.001
                assert segment.starts_at + segment.duration <= gap.ends_at + 0.001
            await here.page.play(3)
            await settled()
            return here.played(), late

    played, late = run(work)
    steps = [after - before for before, after in itertools.pairwise(played)]
    assert max(steps) < 0.2, "there is no hole in the recording"
    assert min(steps) > 0, "nothing is there twice"
    assert late[0].codecs == [codec, "opus"]


def test_sound_and_picture_of_a_late_piece_are_in_step(tmp_path, monkeypatch):
    async def work():
        async with scene(tmp_path, monkeypatch) as here:
            page = here.page
            await page.play(7)
            await here.drop(6)
            await here.fill(page)
            return [tmp_path / segment.path for segment in here.ledger.of(SegmentClosed) if segment.late]

    for file in run(work):
        picture, sound = decoded(file), decoded(file, "audio")
        assert abs(picture[0] - sound[0]) < 0.03
        assert abs(picture[-1] - sound[-1]) < 0.1


def test_a_piece_is_taken_once(tmp_path, monkeypatch):
    async def work():
        async with scene(tmp_path, monkeypatch) as here:
            page = here.page
            await page.play(5)
            await here.drop(6)
            (hole,) = here.fills.asked(here.feed, "")["holes"]
            bodies = list(page.pieces(*hole))
            first = [await here.bring(body) for body in bodies]
            files = sorted(tmp_path.rglob("*-late*"))
            assert all(answer["filled"] for answer in first)
            assert [await here.bring(body) for body in bodies] == [{"filled": None}] * len(bodies)
            assert sorted(tmp_path.rglob("*-late*")) == files
            assert here.fills.counters == {"fills": len(bodies), "fills_known": len(bodies), "fills_refused": 0}

    run(work)


def test_a_picture_that_changes_its_size_makes_another_file(tmp_path, monkeypatch):
    async def work():
        async with scene(tmp_path, monkeypatch) as here:
            page = here.page
            await page.play(5)
            await page.play(3, line=False)
            page.pictures = media.video("h264", every=EVERY, width=640, height=480)
            await here.drop(4)
            ((hole),) = here.fills.asked(here.feed, "")["holes"]
            (body,) = page.pieces(*hole, seconds=60)
            assert (await here.bring(body))["filled"] == pytest.approx(hole, abs=0.1)
            await settled()
            return here.played(), [tmp_path / said.path for said in here.ledger.of(GapFilled)]

    played, files = run(work)
    sizes = []
    for file in files:
        with av.open(str(file)) as source:
            sizes.append({(frame.width, frame.height) for frame in source.decode(video=0)})
    assert sizes == [{(320, 240)}, {(640, 480)}]
    assert max(after - before for before, after in itertools.pairwise(played)) < 0.2


def test_nothing_outside_a_gap_is_taken(tmp_path, monkeypatch):
    async def work():
        async with scene(tmp_path, monkeypatch) as here:
            page = here.page
            await page.play(8)
            assert await here.bring(page.pack(page.kept)) == {"filled": None}
            await page.play(4, line=False)
            assert here.fills.asked(here.feed, "")["open"]
            assert await here.bring(page.pack(page.kept)) == {"filled": None}, "a gap that is open is not filled"
            assert not list(tmp_path.rglob("*-late*"))

    run(work)


def test_after_a_restart_of_the_box_the_pages_time_says_where_frames_belong(tmp_path, monkeypatch):
    """The new process knows neither the stream nor its last frame."""

    async def work():
        async with scene(tmp_path, monkeypatch) as here:
            page = here.page
            await page.play(6)
            here.feed.over(WALL + 6)
            await settled()
            found = index.survey(tmp_path, tmp_path / here.feed.place.folder)
            here.feed = LiveFeed(found.place, here.services, resume=found.resume, entries=found.entries)
            here.feed.resumed()
            page.feed = here.feed
            await page.play(5, line=False)
            here.page = Page(here.feed, here.clock, ssrc=dict.fromkeys(Media, 99))
            here.page.connect("c2")
            await here.page.play(5)
            filled = await here.fill(page)
            assert here.ledger.of(GapClosed)[-1].cause == "capture_restarted"
            await settled()
            return here.played(), filled

    played, filled = run(work)
    assert filled
    steps = [after - before for before, after in itertools.pairwise(played)]
    assert max(steps) < 0.2
    assert min(steps) > 0


def test_late_pieces_stay_in_place_and_late_when_the_folder_is_read_back(tmp_path, monkeypatch):
    async def work():
        async with scene(tmp_path, monkeypatch) as here:
            page = here.page
            await page.play(6)
            await here.drop(6)
            await here.fill(page)
            await here.page.play(6)
            here.feed.over(WALL + here.clock.now)
            await settled()
            found = index.survey(tmp_path, tmp_path / here.feed.place.folder)
            again = LiveFeed(found.place, here.services, resume=found.resume, entries=found.entries)
            return found, here.feed.recorder.begins_at, here.text(), again, here.ledger.of(SegmentClosed)

    found, begins_at, text, again, told = run(work)
    assert found.resume.begins_at == begins_at
    positions = [entry.position for entry in found.entries]
    assert positions == sorted(positions)
    names = [line for line in text.splitlines() if not line.startswith("#")]
    assert [entry.name for entry in found.entries] == names
    assert [entry.late for entry in found.entries] == ["-late" in name for name in names]
    assert any(entry.late for entry in found.entries)
    assert again.holes.missing() == []
    late = next(segment for segment in told if segment.late)
    assert index.describe(tmp_path, tmp_path / late.path) == replace(late, sha256=late.sha256)


def test_the_playlist_breaks_around_a_late_piece(tmp_path, monkeypatch):
    async def work():
        async with scene(tmp_path, monkeypatch) as here:
            page = here.page
            await page.play(5)
            await here.drop(3)
            await here.fill(page)
            await settled()
            return here.text().splitlines()

    lines = run(work)
    at = next(number for number, line in enumerate(lines) if line.endswith("-late.mp4"))
    assert lines[at - 5] == lines[at + 1] == "#EXT-X-DISCONTINUITY"


KEY = media.video("h264")[0]
GOOD = {"codec": "h264", "video": 77, "audio": 78}


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        (b"", "not a piece"),
        (b"GET / HTTP/1.1", "not a piece"),
        (packed(b"[]", []), "header"),
        (packed(b'{"codec": "h264", "video": "x"}', []), "header"),
        (packed(b"[" * 3000, []), "header"),
        (b"FILL\xff\xff{}", "header"),
        (packed({"codec": "av1"}, []), "codec"),
        (packed(GOOD, [(7, 0, WALL, KEY)]), "makes no sense"),
        (packed(GOOD, [(1, 0, float("nan"), KEY)]), "makes no sense"),
        (packed(GOOD, [(1, 0, -1.0, KEY)]), "makes no sense"),
        (packed(GOOD, [(1, 0, WALL, b"")]), "makes no sense"),
        (packed(GOOD, [(1, 0, WALL, KEY)])[:-1], "makes no sense"),
        (packed(GOOD, [(1, 0, WALL, KEY)]) + b"\1", "cut short"),
        (packed(GOOD, [(1, 0, WALL, b"x")] * 20_001), "too many"),
        (bytes(piece.MOST_BYTES + 1), "too large"),
    ],
)
def test_garbage_is_refused_with_a_sentence(body, sentence):
    with pytest.raises(BadInput) as refusal:
        piece.read(body)
    assert sentence in refusal.value.message


def test_pictures_that_cannot_be_read_are_refused_and_counted(tmp_path, monkeypatch):
    async def work():
        async with scene(tmp_path, monkeypatch) as here:
            page = here.page
            await page.play(5)
            await here.drop(5)
            sps_cut_short = b"\0\0\0\1\x67\x42\xe0\x1f\0\0\0\1\x68\xce\0\0\0\1\x65\x88" + b"a" * 50
            inside = [made for made in page.kept if WALL + 6 < made.at < WALL + 9]
            lies = [replace(made, data=sps_cut_short) if made.media is Media.VIDEO else made for made in inside]
            with pytest.raises(BadInput, match="cannot be read"):
                await here.bring(page.pack(lies))
            noise = [replace(made, data=b"noise" * 20) if made.media is Media.VIDEO else made for made in inside]
            assert await here.bring(page.pack(noise)) == {"filled": None}, "no key frame, no piece"
            assert here.fills.counters["fills_refused"] == 1
            assert not list(tmp_path.rglob("*-late*"))

    run(work)


def test_a_gap_takes_no_more_than_a_camera_sends(tmp_path, monkeypatch):
    monkeypatch.setattr(fill, "_SPARE_BYTES", 1000)
    monkeypatch.setattr(fill, "_BYTES_A_SECOND", 1000)

    async def work():
        async with scene(tmp_path, monkeypatch) as here:
            page = here.page
            await page.play(5)
            await here.drop(5)
            with pytest.raises(BadInput, match="more than the gap can have held"):
                await here.fill(page)
            assert not list(tmp_path.rglob("*-late*"))

    run(work)


def test_a_page_that_uploads_without_end_has_to_wait(tmp_path, monkeypatch):
    async def work():
        async with scene(tmp_path, monkeypatch) as here:
            await here.page.play(3)
            body = here.page.pack(here.page.kept)
            for _ in range(fill.MOST_A_MINUTE):
                await here.bring(body)
            with pytest.raises(Unavailable, match="too often"):
                await here.bring(body)
            assert here.fills.counters["fills_refused"] == 1

    run(work)


def test_an_upload_that_stalls_is_given_up(tmp_path, monkeypatch):
    monkeypatch.setattr(fill, "READ_SECONDS", 0.05)

    async def work():
        async with scene(tmp_path, monkeypatch) as here:
            await here.page.play(3)
            with pytest.raises(BadInput, match="too long"):
                await here.fills.take(here.feed, asyncio.Event().wait)

    run(work)


def test_a_disk_that_fails_leaves_the_hole_to_be_filled_later(tmp_path, monkeypatch):
    async def work():
        async with scene(tmp_path, monkeypatch) as here:
            page = here.page
            await page.play(5)
            await here.drop(5)
            holes = here.fills.asked(here.feed, "")["holes"]
            monkeypatch.setattr(here.services.writer, "append", lambda *_: False)
            with pytest.raises(Unavailable):
                await here.fill(page)
            monkeypatch.undo()
            assert here.fills.asked(here.feed, "")["holes"] == holes
            assert all(await here.fill(page))

    run(work)


@pytest.mark.parametrize(
    ("cause", "why", "told"),
    [
        (Cause.NO_MEDIA, "device_slept", "device_slept"),
        (Cause.PAGE_CLOSED, "page_reloaded", "page_reloaded"),
        (Cause.REPLACED, "browser_crashed", "browser_crashed"),
        (Cause.STORAGE_FULL, "network_lost", "storage_full"),
        (Cause.CAPTURE_RESTARTED, "network_lost", "capture_restarted"),
        (Cause.NO_MEDIA, "capture_restarted", "no_media"),
        (Cause.NO_MEDIA, "the dog", "no_media"),
    ],
)
def test_the_page_may_say_why_but_not_about_the_box(tmp_path, monkeypatch, cause, why, told):
    async def work():
        async with scene(tmp_path, monkeypatch) as here:
            await here.page.play(5)
            here.feed.disconnected("c1", cause)
            await settled()
            here.fills.asked(here.feed, why)
            here.clock.now += 3
            here.page.connect("c2")
            await here.page.play(3)
            return Counter(gap.cause for gap in here.ledger.of(GapClosed))

    assert run(work) == {told: 1}


# --- the door ---

ASK = {"body": '{"why": ""}', "kind": "application/json"}
BRING = {"body": packed(GOOD, []), "kind": "application/octet-stream"}


def test_only_the_publisher_of_the_feed_may_ask_and_bring(tmp_path):
    async def work(ask, _):
        for how in (ASK, BRING):
            refused(await ask("POST", "/fill/a1/webcam", **how), 401, "token")
            refused(await ask("POST", "/fill/a1/webcam", token=view_token(), **how), 401, "for view")
            refused(await ask("POST", "/fill/a1/webcam", token=publish_token(SCREEN), **how), 403, "another feed")
            refused(await ask("POST", "/fill/a1/webcam", token=publish_token(), **how), 404, "not recorded")
            refused(await ask("POST", "/fill/a1/nonsense", token=publish_token(), **how), 400)

    at_the_door(tmp_path, work)


def test_the_door_answers_a_question_and_takes_a_piece(tmp_path):
    async def work(ask, here):
        feed = here.station.feeds[WEBCAM] = LiveFeed(Place("bio", WEBCAM, "S1"), here.station._services)
        status, said, _ = await ask("POST", "/fill/a1/webcam", token=publish_token(), **ASK)
        assert (status, said["holes"], said["open"]) == (200, [], True)
        assert abs(said["now"] - time.time()) < 5
        status, said, _ = await ask("POST", "/fill/a1/webcam", token=publish_token(), **BRING)
        assert (status, said) == (200, {"filled": None})
        nonsense = BRING | {"body": b"nonsense"}
        refused(await ask("POST", "/fill/a1/webcam", token=publish_token(), **nonsense), 400, "not a piece")
        huge = BRING | {"body": io.BytesIO(bytes(piece.MOST_BYTES + 1))}
        refused(await ask("POST", "/fill/a1/webcam", token=publish_token(), **huge), 400, "too large")
        odd = ASK | {"body": "[]"}
        refused(await ask("POST", "/fill/a1/webcam", token=publish_token(), **odd), 400, "cannot be read")
        refused(await ask("POST", "/fill/a1/webcam", token=publish_token(), body="x"), 415)
        assert here.station.facts()["fills_refused"] == 2
        feed.over(time.time())
        here.station.end_attempt("a1", time.time())
        refused(await ask("POST", "/fill/a1/webcam", token=publish_token(), **ASK), 404)

    at_the_door(tmp_path, work)
