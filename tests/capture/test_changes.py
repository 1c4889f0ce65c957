"""A real Chromium changes what it sends while it is recorded: the recording plays on, over every change."""

import asyncio
import time
from functools import partial

import pytest

from appliance.box.token import Claim
from appliance.capture import vp8
from appliance.capture.feed import LiveFeed
from appliance.capture.segment import Place
from appliance.config import CaptureSettings
from appliance.exam.events import GapOpened, SegmentClosed
from appliance.exam.feed import Feed, Kind
from appliance.exam.gap import Cause
from appliance.recording import mp4
from appliance.recording.frame import Encoded, Media, Sample
from appliance.recording.webm import WebM
from tests.capture import media
from tests.capture.peers import until
from tests.capture.scene import WEBCAM, scene
from tests.capture.test_browser import PLAY, PUBLISH, TOKENS, chromium, needs_chromium, site

__all__ = ["needs_chromium"]  # its fixture counts here too
pytestmark = pytest.mark.slow

SETTINGS = CaptureSettings(segment_seconds=4.0, keyframe_seconds=2.0)
CANVAS = """
() => {
  window.camera = (width, height, color) => {
    const canvas = document.createElement('canvas'), ink = canvas.getContext('2d');
    canvas.width = width; canvas.height = height; document.body.append(canvas);
    setInterval(() => { ink.fillStyle = color; ink.fillRect(0, 0, canvas.width, canvas.height); ink.fillStyle = '#fff';
      ink.fillRect((performance.now() / 5) % (canvas.width - 60), 60, 60, 60); }, 50);
    return {canvas, track: canvas.captureStream(20).getVideoTracks()[0]};
  };
  const context = new AudioContext(), out = context.createMediaStreamDestination(), tone = context.createOscillator();
  tone.connect(out); tone.start();
  window.sound = out.stream.getAudioTracks()[0];
  window.first = camera(640, 480, '#225');
  navigator.mediaDevices.getUserMedia = async () => new MediaStream([first.track, sound]);
}"""
SILENT = "async () => { await pc.getSenders().find(s => s.track?.kind === 'audio').replaceTrack(null); }"
SPEAK = "async () => { await pc.getSenders().find(s => !s.track).replaceTrack(sound); }"
TURN = "() => { first.canvas.width = 480; first.canvas.height = 640; }"
SWITCH = """async () => {
  window.second = camera(320, 240, '#522');
  await pc.getSenders().find(s => s.track?.kind === 'video').replaceTrack(second.track);
}"""


def size_of(path):
    """Width and height that the header of a file says."""
    content = path.read_bytes()
    at = content.index(b"avc1") + 4 + 24
    return int.from_bytes(content[at : at + 2], "big"), int.from_bytes(content[at + 2 : at + 4], "big")


def records(ledger, codec):
    """Does the newest segment hold it?"""
    segments = ledger.of(SegmentClosed)
    return segments and segments[-1].codecs[0] == codec


async def publish(browser, base, codec="H264"):
    page = await browser.new_page()
    await page.goto(base)
    await page.evaluate(CANVAS)
    token = TOKENS.mint(Claim("publish", WEBCAM, "bio", "S1"))
    await page.evaluate(PUBLISH, {"url": f"/whip/{WEBCAM}", "token": token, "codec": codec, "screen": False})
    return page


async def until_size(here, size):
    """Until a segment of this size is being recorded."""

    def there():
        segment = here.station.feeds[WEBCAM].recorder.segment
        video = segment.container.video if segment and segment.container.suffix == ".mp4" else None
        return video and (video.width, video.height) == size

    await until(there, seconds=15)


async def played(browser, base, total, *, kind="webcam", shares=(0.1, 0.5, 0.3, 0.9, 0.7)):
    """The whole recording by HLS: from its beginning to its end at four times the speed, and a seek into each part."""
    page = await browser.new_page()
    await page.goto(base)
    # A play that waits for data never settles: it is not waited for.
    play = PLAY.replace("await video.play()", "video.play()")
    seeks = [total * share for share in shares]
    said = await page.evaluate(play, {"url": f"/media/bio/a1/{kind}/playlist.m3u8", "seeks": seeks})
    through = await page.evaluate(
        """async () => {
          const video = document.getElementById('v'), since = performance.now();
          video.currentTime = 0; video.playbackRate = 4; video.play().catch(() => {});
          while (performance.now() - since < 30000 && !video.ended && !video.error)
            await new Promise(done => setTimeout(done, 50));
          return {ended: video.ended, at: video.currentTime, error: video.error && video.error.message};
        }"""
    )
    await page.close()
    return said, through


@pytest.mark.long
def test_sound_that_goes_and_comes_a_turned_phone_and_another_camera_play_as_one(tmp_path):
    async def work():
        async with (
            scene(tmp_path / "media", settings=SETTINGS) as here,
            site(here, tmp_path / "media") as base,
            chromium() as browser,
        ):
            page = await publish(browser, base)
            await until_size(here, (640, 480))
            await page.evaluate(SILENT)
            await asyncio.sleep(5)
            await page.evaluate(SPEAK)
            await asyncio.sleep(2)
            await page.evaluate(TURN)
            await until_size(here, (480, 640))
            await asyncio.sleep(3)
            await page.evaluate(SWITCH)
            await until_size(here, (320, 240))
            await asyncio.sleep(3)
            await page.close()
            here.station.end_attempt("a1", time.time())
            await until(lambda: here.station.feeds == {})
            segments = here.ledger.of(SegmentClosed)
            said, through = await played(browser, base, sum(segment.duration for segment in segments))
            return here.ledger, said, through

    ledger, said, through = asyncio.run(work())
    segments = ledger.of(SegmentClosed)
    sizes = [size_of(tmp_path / "media" / segment.path) for segment in segments]
    assert [size for n, size in enumerate(sizes) if n == 0 or size != sizes[n - 1]] == [
        (640, 480),
        (480, 640),
        (320, 240),
    ]
    assert ledger.of(GapOpened) == []
    total = sum(segment.duration for segment in segments)
    assert said["ready"], said
    assert said["duration"] == pytest.approx(total, abs=0.3)
    assert all(seek["sought"] and seek["moved"] > 0 and not seek["error"] for seek in said["seeks"]), said
    assert through["ended"], through


@pytest.mark.long
def test_a_call_s_recording_plays_over_its_pauses(tmp_path):
    """Sound alone, with a pause between two calls."""

    async def work():
        async with (
            scene(tmp_path / "media", settings=SETTINGS) as here,
            site(here, tmp_path / "media") as base,
            chromium() as browser,
        ):
            feed = LiveFeed(Place("bio", Feed("a1", Kind.CALL), "S1"), here.station._services)
            begin = time.monotonic()
            for call in range(2):
                feed.connected(f"c{call}", sound=True, picture=False, ask_key_frame=lambda: None, lost=lambda: 0)
                for number in range(250):
                    await asyncio.sleep(max(0, begin + number / 50 - time.monotonic()))
                    now, data = time.monotonic(), media.sound()[number]
                    feed.frame(Encoded(Media.AUDIO, "opus", data, number * 960, now, True))
                done = asyncio.Event()
                feed.disconnected(f"c{call}", Cause.PAGE_CLOSED, done.set)
                await done.wait()
                await asyncio.sleep(2)
                begin = time.monotonic()
            feed.over(time.time())
            segments = here.ledger.of(SegmentClosed)
            return segments, await played(browser, base, 9.0, kind="call", shares=(0.7,))

    segments, (said, through) = asyncio.run(work())
    assert {tuple(segment.codecs) for segment in segments} == {("opus",)}
    assert said["duration"] == pytest.approx(sum(segment.duration for segment in segments), abs=0.3)
    assert all(seek["sought"] for seek in said["seeks"]), said
    assert through["ended"], through


APPEND = """
async ({files}) => {
  const video = document.getElementById('v'), source = new MediaSource();
  video.src = URL.createObjectURL(source);
  await new Promise(done => source.addEventListener('sourceopen', done, {once: true}));
  const buffer = source.addSourceBuffer('video/webm; codecs="vp8,opus"');
  for (const file of files) {
    buffer.appendBuffer(await (await fetch(file)).arrayBuffer());
    await new Promise(done => buffer.addEventListener('updateend', done, {once: true}));
  }
  const ranges = [...Array(buffer.buffered.length).keys()].map(n => [buffer.buffered.start(n), buffer.buffered.end(n)]);
  video.currentTime = ranges[0][0] + 3.5; video.playbackRate = 2; video.play().catch(() => {});
  await new Promise(done => setTimeout(done, 1500));
  return {ranges, at: video.currentTime, error: video.error && video.error.message};
}"""


def test_vp8_plays_by_media_source_file_after_file(tmp_path):
    """What a page with a player of its own could use where HLS has no WebM."""
    frames, container = media.video("vp8"), WebM(320, 240, True)
    for file in range(2):
        content = container.header()
        for second in range(file * 4, file * 4 + 4):
            numbers = range(second * 15, second * 15 + 15)
            video = [Sample(n * 6000, 6000, frames[n], vp8.is_key(frames[n])) for n in numbers]
            sound = [Sample(n * 960, 960, media.sound()[n], True) for n in range(second * 50, second * 50 + 50)]
            content += container.part(second, video, sound)
        (tmp_path / "media").mkdir(exist_ok=True)
        (tmp_path / "media" / f"{file}.webm").write_bytes(content)

    async def work():
        async with (
            scene(tmp_path / "media") as here,
            site(here, tmp_path / "media") as base,
            chromium() as browser,
        ):
            page = await browser.new_page()
            await page.goto(base)
            return await page.evaluate(APPEND, {"files": ["/media/0.webm", "/media/1.webm"]})

    said = asyncio.run(work())
    assert said["error"] is None
    assert said["ranges"] == [[0, pytest.approx(8, abs=0.05)]]
    assert said["at"] > 4.2, "over the end of the first file"


@pytest.mark.long
def test_a_page_that_comes_back_with_another_codec_leaves_files_that_play(tmp_path):
    """No list can hold both codecs for Chromium: the review plays such a recording piece by piece."""

    async def work():
        async with (
            scene(tmp_path / "media", settings=SETTINGS) as here,
            site(here, tmp_path / "media") as base,
            chromium() as browser,
        ):
            for codec in ("H264", "VP8"):
                page = await publish(browser, base, codec)
                await until(partial(records, here.ledger, codec.lower()), seconds=20)
                await page.close()
            here.station.end_attempt("a1", time.time())
            await until(lambda: here.station.feeds == {})
            page = await browser.new_page()
            await page.goto(base)
            play = PLAY.replace("await video.play()", "video.play()")
            segments = here.ledger.of(SegmentClosed)
            said = [await page.evaluate(play, {"url": f"/media/{one.path}", "seeks": []}) for one in segments]
            return segments, said

    segments, said = asyncio.run(work())
    assert {segment.codecs[0] for segment in segments} == {"h264", "vp8"}
    assert all(one["ready"] for one in said), said
    ends = 0.0
    for segment in segments:
        assert segment.position >= ends - 0.001
        ends = segment.position + segment.duration
    assert mp4.scan(tmp_path / "media" / segments[0].path).codecs == ("h264", "opus")
