"""The packets of a real Chromium: its temporal layers, and what it does when some are lost."""

import asyncio
import itertools
import random

import av
import numpy as np
import pytest

from appliance.capture import hooks
from appliance.exam.events import GapOpened
from appliance.recording.frame import Media
from tests.capture.peers import until
from tests.capture.scene import WEBCAM, scene
from tests.capture.test_browser import chromium, needs_chromium, publish, site

pytestmark = pytest.mark.slow
__all__ = ["needs_chromium"]


def decode(codec, frames):
    """RTP time of each frame -> its pixels."""
    context = av.CodecContext.create(codec, "r")
    context.thread_count = 1
    context.flags |= av.codec.context.Flags.low_delay
    found = {}
    for frame in frames:
        packet = av.Packet(frame.data)
        packet.pts = frame.timestamp
        for picture in context.decode(packet):
            found[picture.pts] = picture.to_ndarray(format="gray").astype(int)
    return found


@pytest.mark.parametrize("codec", ["H264", pytest.param("VP8", marks=pytest.mark.long)])
def test_the_base_layer_alone_shows_the_same_pictures(tmp_path, codec):
    async def work():
        async with scene(tmp_path / "media") as here, site(here, tmp_path / "media") as base, chromium() as browser:
            page = await publish(browser, base, codec=codec)
            await until(lambda: len(here.pictures.shown) > 90, seconds=30)
            await page.close()
            return [frame for _, frame, _ in here.pictures.shown if frame.media is Media.VIDEO]

    frames = asyncio.run(work())
    first = next(number for number, frame in enumerate(frames) if frame.key)
    later = next((number for number, frame in enumerate(frames) if frame.key and number > first), None)
    group = frames[later or first :]
    layers = [frame.layer for frame in group[4:]]
    assert 0.2 < layers.count(0) / len(layers) < 0.35, "one frame in four"
    assert set(layers) == {0, 1, 2}
    everything, alone = decode(codec.lower(), group), decode(codec.lower(), [f for f in group if not f.layer])
    assert len(alone) > 8
    for moment, pixels in alone.items():
        assert np.abs(pixels - everything[moment]).mean() < 0.5


REPEATS_SOUND = """
const set = RTCPeerConnection.prototype.setLocalDescription;
RTCPeerConnection.prototype.setLocalDescription = async function() {
  const {type, sdp} = await this.createOffer(), opus = /(a=rtpmap:(\\d+) opus\\/48000\\/2\\r\\n)/g;
  return set.call(this, {type, sdp: sdp.replace(opus, '$1a=rtcp-fb:$2 nack\\r\\n')});
};"""
"""As lib/peer.ts does."""


@pytest.mark.parametrize("repeats_sound", [pytest.param(False, marks=pytest.mark.long), True])
def test_a_lossy_line_freezes_nothing(tmp_path, monkeypatch, repeats_sound):
    """One packet in twenty is lost on its way here, repeated ones too. Chromium repeats sound if its page says so."""
    chance, take = random.Random(11), hooks._Taker.take

    def lossy(self, data):
        if chance.random() >= 0.05:
            take(self, data)

    async def work():
        async with scene(tmp_path / "media") as here, site(here, tmp_path / "media") as base, chromium() as browser:
            page = await publish(browser, base, script=REPEATS_SOUND if repeats_sound else "")
            await until(lambda: len(here.pictures.shown) > 15, seconds=30)
            monkeypatch.setattr(hooks._Taker, "take", lossy)
            receivers = here.station.publications[WEBCAM]._receivers
            for receiver in receivers.values():  # the taker's method was handed to the connection already
                taker = receiver.transport.__dict__[hooks._TAKER]
                setattr(receiver.transport.transport._connection, hooks._TAKER, taker.take)
            before = len(here.pictures.shown)
            await asyncio.sleep(12)
            told = {media: hooks.reception(receiver) for media, receiver in receivers.items()}
            arrived = [frame.arrived for _, frame, _ in here.pictures.shown[before:]]
            gaps = here.ledger.of(GapOpened)
            await page.close()
            return told, arrived, gaps

    told, arrived, gaps = asyncio.run(work())
    assert told[Media.VIDEO].lost > 10
    assert told[Media.VIDEO].recovered > 0.9 * told[Media.VIDEO].lost
    assert max(b - a for a, b in itertools.pairwise(arrived)) <= 0.4
    assert gaps == []
    assert told[Media.AUDIO].lost > 10
    assert told[Media.AUDIO].recovered >= (0.9 * told[Media.AUDIO].lost if repeats_sound else 0)
    assert repeats_sound or told[Media.AUDIO].given_up > 10  # nobody could repeat it
