"""A proctor calls a candidate, in real browsers: each hears the other, both are recorded, and the end is noticed."""

import math
import struct
import time
import wave

import av
import numpy as np
import pytest
from playwright.sync_api import expect

from tests.browser.people import Candidate, Proctor, chromium
from tests.whole_box import Box

pytestmark = [pytest.mark.long, pytest.mark.timeout(300)]

PASSWORD = "correct horse battery"
PIA_HERTZ, ADA_HERTZ = 440, 1000

LISTEN = """
(stream, name) => {
  const context = new AudioContext(), analyser = context.createAnalyser();
  analyser.fftSize = 4096; analyser.smoothingTimeConstant = 0;
  context.createMediaStreamSource(stream).connect(analyser);
  const bins = new Float32Array(analyser.frequencyBinCount), wave = new Float32Array(512);
  const said = window[name] = {heard: [], onsets: []};
  let loud = false, quietSince = Date.now();
  setInterval(() => {
    analyser.getFloatFrequencyData(bins);
    let best = 0;
    for (let i = 1; i < bins.length; i++) if (bins[i] > bins[best]) best = i;
    if (bins[best] > -60) said.heard.push(Math.round(best * context.sampleRate / analyser.fftSize));
  }, 100);
  setInterval(() => {
    analyser.getFloatTimeDomainData(wave);
    const level = Math.sqrt(wave.slice(-256).reduce((sum, x) => sum + x * x, 0) / 256), now = Date.now();
    if (level > 0.02) { if (!loud && now - quietSince > 200) said.onsets.push(now); loud = true; quietSince = now; }
    else loud = false;
  }, 2);
}
"""
KEEP_MICROPHONE = """
const open = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
navigator.mediaDevices.getUserMedia = async (wanted) => (window.microphone = await open(wanted));
"""


def pulses(file, hertz):
    """A WAV that says "beep" once a second, never twice quite alike: a steady tone is noise to a browser."""
    rate = 48_000
    with wave.open(str(file), "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(rate)
        for number in range(10 * rate):
            second = number / rate
            on = second % 1.0 < 0.3
            sample = 12_000 * math.sin(2 * math.pi * hertz * second) if on else 0.0
            out.writeframesraw(struct.pack("<h", round(sample)))
    return file


@pytest.fixture
def called(tmp_path):
    """A box with a proctor, a lead, and one candidate whom nobody has to admit; -> (box, code)."""
    box = Box(tmp_path / "data")
    for user, role, name in (("pia", "proctor", "Pia Proctor"), ("lea", "lead", "Lea Lead")):
        made = box.command("user", "create", user, "--role", role, "--full-name", name, text=PASSWORD + "\n")
        assert made.returncode == 0, made.stderr
    roster, out = tmp_path / "roster.csv", tmp_path / "codes.csv"
    roster.write_text("seat,candidate,name,proctor\n1,c1,Ada Lovelace,pia\n", encoding="utf-8")
    arguments = ["--id", "bio", "--title", "Biology 101", "--roster", str(roster), "--codes-out", str(out)]
    made = box.command("exam", "create", *arguments)
    assert made.returncode == 0, made.stderr
    lines = [line.split(",") for line in out.read_text().splitlines() if line and not line.startswith("#")]
    box.start()
    try:
        yield box, lines[1][lines[0].index("code")]
    finally:
        box.stop()


def until(true, seconds, what):
    deadline = time.monotonic() + seconds
    while not (found := true()):
        assert time.monotonic() < deadline, what() if callable(what) else what
        time.sleep(0.1)
    return found


def test_I30_M59_a_call_is_heard_on_both_sides_and_recorded(called, playwright, tmp_path):
    box, code = called
    with (
        chromium(playwright, microphone=pulses(tmp_path / "ada.wav", ADA_HERTZ)) as one,
        chromium(playwright, microphone=pulses(tmp_path / "pia.wav", PIA_HERTZ)) as two,
    ):
        ada = Candidate(one, box.url, code, "Ada Lovelace")
        ada.join()
        ada.sign()
        ada.share()
        ada.ready()
        pia = Proctor(two, box.url, "pia", PASSWORD)
        pia.page.add_init_script(KEEP_MICROPHONE)
        pia.watch("bio")
        pia.look("1")
        _calls(ada, pia)
        _both_hear(ada, pia)
        print(f"mouth to ear: {_delay(ada, pia):.0f} ms")
        _the_wall_shows_it(two, box)
        _hangs_up(ada, pia)
        assert not [fault for page in (ada.page, pia.page) for fault in page.faults]
        _calls(ada, pia)
        time.sleep(3)  # something to be recorded
        _the_page_goes_away(ada, pia)
        ended = box.command("end", "--exam", "bio", "--wait", seconds=120)
        assert ended.returncode == 0, ended.stderr
    _is_recorded(box)


def _calls(ada, pia):
    dialog = pia.page.locator("dialog.look-dialog")
    pia.page.keyboard.press("t")
    expect(dialog.get_by_role("region", name="Call")).to_contain_text("Call with seat 1, Ada Lovelace")
    banner = ada.page.get_by_role("region", name="Call from your proctor")
    expect(banner).to_contain_text("Pia Proctor, your proctor, is speaking with you")
    expect(banner).to_contain_text("What both of you say is recorded", timeout=15_000)
    expect(dialog.get_by_text("Seat 1 hears you. Both sides are recorded.")).to_be_visible(timeout=15_000)


def _both_hear(ada, pia):
    ada.page.evaluate(f"({LISTEN})(document.querySelector('.call audio').srcObject, 'call')")
    pia.page.evaluate(f"({LISTEN})(document.querySelector('dialog video').srcObject, 'call')")
    for who, hertz in ((ada, PIA_HERTZ), (pia, ADA_HERTZ)):
        seen = until(
            lambda who=who: len(found := who.page.evaluate("window.call.heard")) > 8 and found, 15, "nothing is heard"
        )
        share = sum(abs(frequency - hertz) < 30 for frequency in seen) / len(seen)
        assert share > 0.6, f"expected {hertz} Hz, heard {seen}"
    assert not pia.page.locator("dialog video").first.evaluate("video => video.muted")
    for name in ("Your microphone level", "Microphone level of seat 1"):
        meter = pia.page.get_by_role("meter", name=name)
        until(lambda meter=meter: int(meter.get_attribute("aria-valuenow")) > 20, 10, f"{name} does not move")


def _delay(ada, pia):
    """Milliseconds from the proctor's microphone track to the candidate's, the median of some beeps: the pages share
    this machine's clock. Sound cards are not in it."""
    pia.page.evaluate(f"({LISTEN})(window.microphone, 'own')")
    until(lambda: len(pia.page.evaluate("window.own.onsets")) >= 6, 15, "the microphone says nothing")
    time.sleep(1)
    spoken, heard = pia.page.evaluate("window.own.onsets"), ada.page.evaluate("window.call.onsets")
    delays = [min((there - here for there in heard if there > here), default=1000) for here in spoken]
    median = sorted(delays)[len(delays) // 2]
    assert median < 600, f"delays of {delays} ms"
    return median


def _the_wall_shows_it(browser, box):
    lea = Proctor(browser, box.url, "lea", PASSWORD)
    lea.watch("bio")
    expect(lea.tile("1")).to_contain_text("Call with Pia Proctor")
    lea.look("1")
    dialog = lea.page.locator("dialog.look-dialog")
    expect(dialog).to_contain_text("Pia Proctor is speaking with this candidate since")
    expect(dialog.get_by_role("button", name="Call", exact=True)).to_be_disabled()
    lea.page.context.close()


def _hangs_up(ada, pia):
    pia.page.locator("dialog").get_by_role("button", name="Hang up").click()
    expect(ada.page.get_by_role("region", name="Call from your proctor")).to_have_count(0)
    expect(ada.page.get_by_text("The call is over. Go on with your work.")).to_be_visible()
    expect(pia.page.locator("dialog").get_by_role("button", name="Call", exact=True)).to_be_enabled()
    assert pia.page.evaluate("window.microphone.getTracks().every(track => track.readyState === 'ended')")


def _the_page_goes_away(ada, pia):
    """Its browser dies, so that it cannot say goodbye."""
    began = time.monotonic()
    pia.page.context.browser.close()
    expect(ada.page.get_by_role("region", name="Call from your proctor")).to_have_count(0, timeout=20_000)
    assert time.monotonic() - began < 16


def _is_recorded(box):
    [folder] = box.paths.media.glob("bio/*/call")
    files = sorted(folder.glob("*.mp4"))
    assert len(files) >= 2, "each call begins a file of its own"
    for file in files[:1] + files[-1:]:
        assert abs(_pitch(file) - PIA_HERTZ) < 15
    webcam = sorted((folder.parent / "webcam").glob("*.mp4"))
    assert abs(_pitch(webcam[-1]) - ADA_HERTZ) < 15
    [report] = (box.data / "upstream").glob("*/*/bio/report/report.json")
    assert "Pia Proctor" in report.read_text(encoding="utf-8")


def _pitch(file):
    """The strongest frequency of the sound in a file, in hertz; it must not be silent."""
    with av.open(str(file)) as opened:
        frames = [frame.to_ndarray().mean(axis=0) for frame in opened.decode(audio=0)]
        rate = opened.streams.audio[0].rate
    sound = np.concatenate(frames).astype(float)
    sound = sound / (32768 if np.abs(sound).max() > 2 else 1)
    assert np.sqrt(np.mean(sound**2)) > 0.01, f"{file.name} is silent"
    return int(np.argmax(np.abs(np.fft.rfft(sound))) * rate / len(sound))
