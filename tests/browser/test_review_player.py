"""The review player in a real Chromium, on recordings that were made: whole, damaged, and still growing."""

import random
import shutil
import statistics

import pytest

from appliance.bench.review import damage, recording
from appliance.capture import vp8
from appliance.exam.feed import Kind
from appliance.recording.file import scan
from appliance.recording.frame import Sample
from appliance.recording.webm import WebM
from tests.browser import studio
from tests.browser.people import chromium
from tests.capture import media

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120)]

LOOP = 16.0
GAP, PHONE_GAP = (123.0, 128.0), (64.0 + 4.0, 64.0 + 10.0)
"""Of the webcam, and of the phone (which began 8 s later) after what came late of it."""
BREAKS = {
    2: damage.missing,
    4: damage.cut_short,
    6: damage.corrupt,
    8: damage.scrambled,
    10: damage.headless,
    12: damage.other_size,
}
"""Which of the second candidate's webcam files, of 8 s each, is broken how."""

WEBM = {18: True, 19: False}
"""Those of which a browser sent VP8; to the second no sound came."""


def to_webm(file, *, sound):
    """The same eight seconds as VP8."""
    start, frames, packets = round(scan(file).parts[0].position), media.video("vp8"), media.sound()
    container = WebM(*vp8.picture_size(frames[0]), sound)
    data = container.header()
    for second in range(8):
        pictures = range(second * media.FPS, (second + 1) * media.FPS)
        video = [Sample(start * 90_000 + n * 6000, 6000, frames[n], vp8.is_key(frames[n])) for n in pictures]
        heard = range(second * 50, second * 50 + 50) if sound else ()
        data += container.part(
            second + 1, video, [Sample(start * 48_000 + n * 960, 960, packets[n], True) for n in heard]
        )
    file.with_suffix(".webm").write_bytes(data)
    file.unlink()


@pytest.fixture(scope="module")
def recorded(tmp_path_factory):
    """A web process with a recording of four minutes that goes on, of two candidates; -> what `Screening` wants."""
    folder = tmp_path_factory.mktemp("studio")
    built = studio.build(folder / "player")
    made = recording.make(folder / "data", hours=4 / 60, small=True, seats=2, live=True, flags=0)
    files = sorted(made.folder(Kind.WEBCAM, 1).glob("*.mp4"))
    for number, break_it in BREAKS.items():
        break_it(files[number])
    for number, sound in WEBM.items():
        to_webm(files[number], sound=sound)
    with studio.serving(folder / "data") as url:
        yield url, built, made, []
    shutil.rmtree(folder)


@pytest.fixture
def screening(recorded, playwright):
    with chromium(playwright) as browser:
        opened = studio.Screening(browser, *recorded)
        yield opened
        opened.close()


def off(screening, at):
    """How far the pictures are from the moment that was asked for, seconds, each by its own feed's clock."""
    return {kind: (at - said) % LOOP for kind, said in screening.pictures().items()}


def words(screening):
    """What stands over the webcam's picture."""
    return screening.page.locator(".rp-feed[data-kind=webcam] .rp-words")


def test_I4_it_opens_at_once_and_seeks_quickly_to_the_right_pictures(screening):
    took = screening.open(0, 20.0)
    print(f"opened in {took:.0f} ms")
    assert took < 1500
    assert screening.states() == {"webcam": "shown", "screen": "shown", "phone": "shown"}
    assert all(late < 0.12 for late in off(screening, 20.0).values())
    draw, sought = random.Random(6), []
    for _ in range(25):
        at = draw.uniform(9, 122)
        ms, states = screening.seek(at)
        sought.append(ms)
        late = off(screening, at)
        assert all(late[kind] < 0.45 for kind, state in states.items() if state == "shown"), (at, late)
        assert {states["webcam"], states["screen"]} == {"shown"}, (at, states)
        assert states["phone"] == ("gap" if PHONE_GAP[0] < at < PHONE_GAP[1] else "shown"), at
    print(f"seeks: p50 {statistics.median(sought):.0f} ms, p95 {statistics.quantiles(sought, n=20)[-1]:.0f} ms")
    assert statistics.median(sought) < 300


def test_players_stay_within_80_ms_of_one_another(screening):
    screening.open(0)
    for speed in (1, 2):
        screening.do(f"player.speed = {speed}; player.play()")
        screening.page.wait_for_timeout(1500)
        apart = [screening.moment()["spread_ms"] for _ in range(30) if not screening.page.wait_for_timeout(100)]
        print(
            f"{speed}x: p50 {statistics.median(apart):.0f} ms, p95 {statistics.quantiles(apart, n=20)[-1]:.0f} ms apart"
        )
        assert 0 < statistics.median(apart) <= 80
    assert screening.at() > 5 + 3 + 6


@pytest.mark.long
def test_a_gap_says_its_cause_while_the_others_go_on(screening):
    screening.open(0, GAP[0] - 1)
    screening.do("player.play()")
    screening.until("said.some(line => line.startsWith('playing webcam:gap screen:shown'))")
    assert words(screening).inner_text() == "Not recorded: connection lost."
    shown = "player.moment.feeds[0].state.what === 'shown'"
    screening.until(f"player.moment.wall - recorded.starts_at > {GAP[1]} && {shown}")


def test_a_file_that_is_broken_has_a_clear_state_and_is_played_across(screening):
    screening.open(1, 20.0)
    for file, part, state in (
        (2, 0.5, "missing"), (4, 0.1, "shown"), (4, 0.8, "damaged"), (6, 0.1, "shown"), (6, 0.8, "damaged"),
        (8, 0.1, "shown"), (8, 0.55, "damaged"), (10, 0.5, "damaged"), (12, 0.5, "shown"),
    ):  # fmt: skip
        screening.seek(file * 8 + part * 8)
        screening.until(f"player.moment.feeds[0].state.what === '{state}'", 4)
        assert screening.states()["screen"] == "shown"
        assert words(screening).is_visible() == (state != "shown"), (file, part)
    screening.open(1, 13.0)
    screening.do("player.speed = 8; said.length = 0; player.play()")
    screening.until("player.moment.wall - recorded.starts_at > 98", 30)
    seen = {line.split()[1] for line in screening.do("said")}
    assert {"webcam:shown", "webcam:missing", "webcam:damaged"} <= seen


@pytest.mark.long
def test_a_codec_and_tracks_that_change_in_the_middle_are_played_on(screening):
    screening.open(1, 145.5)
    for file, wide in ((18, 320), (19, 320), (20, 160)):
        assert screening.seek(file * 8 + 3.5)[1]["webcam"] == "shown"
        assert screening.do("document.querySelector('[data-kind=webcam] video').videoWidth") == wide
    screening.seek(150.0)
    screening.do("player.speed = 4; said.length = 0; player.play()")
    screening.until("player.moment.wall - recorded.starts_at > 169", 15)
    assert {line.split()[1] for line in screening.do("said")} <= {"webcam:shown", "webcam:loading"}


def test_it_stops_at_flags_jumps_over_quiet_parts_and_says_what_was_watched(screening):
    screening.open(0, 10.0)
    screening.do("""() => {
      const at = recorded.starts_at;
      player.skip = [{starts_at: at + 11, ends_at: at + 30}]; player.stopAt = [at + 31];
      player.play();
    }""")
    screening.until("player.moment.state === 'paused'")
    assert screening.at() == pytest.approx(31, abs=0.01)
    spans = screening.do("spans.map(s => [s.starts_at - recorded.starts_at, s.ends_at - recorded.starts_at])")
    assert sum(ends - starts for starts, ends in spans) == pytest.approx(2, abs=0.4)
    assert not [span for span in spans if span[0] < 29 and span[1] > 12]


def test_it_steps_by_one_picture_and_shows_a_still_of_another_moment(screening):
    screening.open(0, 20.0)
    first = screening.pictures()["webcam"]
    for steps, frames in ((3, 1), (2, -1)):
        for _ in range(steps):
            screening.do(f"player.step({frames})")
            screening.until("!player.moving")
    screening.page.wait_for_timeout(100)
    assert screening.pictures()["webcam"] - first == pytest.approx(1 / 15, abs=0.01)
    shown = screening.do("""async () => {
      const still = at => player.still('webcam', recorded.starts_at + at);
      const overtaken = still(40.5), video = await still(51.5);
      return [await overtaken, video.currentTime, video.videoWidth, await still(125)];
    }""")
    assert shown == [None, pytest.approx(50, abs=0.01), 160, None]


def test_a_box_that_does_not_answer_is_said_and_the_pictures_come_when_it_does(screening):
    screening.open(0, 20.0)
    screening.page.route("**/media/**", lambda route: route.abort())
    screening.seek(90)
    screening.until("player.moment.feeds.every(feed => feed.state.what === 'unreachable')", 8)
    screening.page.unroute("**/media/**")
    screening.until("player.moment.feeds.every(feed => feed.state.what === 'shown')", 8)


def test_a_recording_that_grows_is_played_as_far_as_it_got(screening):
    (growing,) = screening.made.folder(Kind.WEBCAM).glob("*.open")
    whole = growing.read_bytes()
    growing.write_bytes(whole[: scan(growing).parts[3].offset])
    screening.open(0, 233.0)
    screening.do("said.length = 0; player.play()")
    screening.until("said.some(line => line.includes('webcam:edge'))", 8)
    assert words(screening).inner_text().startswith("Recorded up to here")
    growing.write_bytes(whole)
    shown = "player.moment.feeds[0].state.what === 'shown'"
    screening.until(f"player.moment.wall - recorded.starts_at > 236 && {shown}", 8)
