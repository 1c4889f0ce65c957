"""From Opus packets to the newest sound of a feed: bounded, timed, and hard to break."""

import asyncio

import av
import numpy as np
import pytest

from appliance.box import sound
from appliance.box.sound import RATE, SECONDS
from appliance.capture.batch import Batches
from appliance.capture.decoder import Decoder
from appliance.capture.pictures import WAITING_BATCHES, DecoderLink
from appliance.exam.feed import Feed, Kind
from appliance.recording.frame import Encoded, Media
from tests.capture import media
from tests.capture.peers import until

WEBCAM, SCREEN = Feed("a1", Kind.WEBCAM), Feed("a1", Kind.SCREEN)
PACKET = 0.02


def batches(packets, *, from_position=0.0):
    """Everything that `packets` fill, on a recording that began at wall second 1000."""
    made = Batches()
    return [
        message
        for number, packet in enumerate(packets)
        for message in made.add(
            WEBCAM,
            packet,
            at=1000 + from_position + number * PACKET,
            position=from_position + number * PACKET,
        )
    ]


def hear(folder, messages):
    decoder = Decoder(folder, folder)
    for head, data in messages:
        decoder.handle(head, data)
    return decoder


def test_a_second_of_opus_is_a_second_at_16_khz_with_its_time(tmp_path):
    hear(tmp_path, batches(media.sound(seconds=1)[:39]))  # 39 packets: three batches of 13
    header, samples = sound.read(tmp_path, WEBCAM)
    assert header.samples == header.end == len(samples) == pytest.approx(39 * PACKET * RATE, abs=200)
    assert header.ends_at == pytest.approx(1000 + 39 * PACKET)
    assert header.position == pytest.approx(39 * PACKET)
    spectrum = np.abs(np.fft.rfft(samples[-8000:]))
    assert np.argmax(spectrum) * RATE / 8000 == pytest.approx(440, abs=4)  # the tone; it was sent in stereo


def test_only_the_newest_seconds_are_kept_and_the_count_goes_on(tmp_path):
    hear(tmp_path, batches(media.sound(seconds=8)))
    header, samples = sound.read(tmp_path, WEBCAM)
    assert len(samples) == SECONDS * RATE
    assert header.end > 7.5 * RATE


def test_a_lost_packet_is_passed_over_and_a_hole_begins_a_new_run(tmp_path):
    packets = media.sound(seconds=3)
    decoder = hear(tmp_path, batches(packets[:52]))
    first, _ = sound.read(tmp_path, WEBCAM)
    for head, data in batches(packets[52:78], from_position=53 * PACKET):
        decoder.handle(head, data)
    second, _ = sound.read(tmp_path, WEBCAM)
    assert second.run == first.run
    for head, data in batches(packets[78:104], from_position=10.0):
        decoder.handle(head, data)
    third, samples = sound.read(tmp_path, WEBCAM)
    assert third.run > first.run
    assert third.end == len(samples) < 0.6 * RATE


def test_a_hole_ends_a_batch():
    made = Batches()
    packet = media.sound(seconds=1)[0]
    assert list(made.add(WEBCAM, packet, at=1000.0, position=0.0)) == []
    [(head, _)] = made.add(WEBCAM, packet, at=1005.0, position=5.0)
    assert (head["position"], head["ends"], head["ends_at"]) == (0.0, PACKET, 1000.0 + PACKET)


def test_packets_that_make_no_sense_are_passed_over(tmp_path):
    good = list(media.sound(seconds=1))
    hostile = [b"", b"\xff", b"\x00" * 3, bytes(range(200)), good[3][:5], b"\xfc\xff\xfe" * 400]
    hear(tmp_path, batches(good[:13] + hostile + good[13:39]))
    header, _ = sound.read(tmp_path, WEBCAM)
    assert header.end > 30 * PACKET * RATE  # what came after them is heard


def test_nothing_stays_of_a_feed_that_is_over(tmp_path):
    decoder = hear(tmp_path, batches(media.sound(seconds=1)))
    decoder.handle({"feed": str(WEBCAM), "end": True}, b"")
    assert sound.read(tmp_path, WEBCAM) is None


def test_a_file_that_is_cut_off_says_so(tmp_path):
    hear(tmp_path, batches(media.sound(seconds=1)))
    file = sound.path_of(tmp_path, WEBCAM)
    file.write_bytes(file.read_bytes()[:-100])
    with pytest.raises(ValueError, match="cut off"):
        sound.read(tmp_path, WEBCAM)
    file.write_bytes(b"no header at all")
    with pytest.raises(ValueError, match="Expecting value"):
        sound.read(tmp_path, WEBCAM)


def packet(number, data):
    return Encoded(Media.AUDIO, "opus", data, number * 960, number * PACKET)


def test_when_the_decoder_does_not_follow_the_oldest_sound_is_dropped_and_counted(tmp_path):
    async def work():
        link = DecoderLink(tmp_path, tmp_path)
        data = media.sound(seconds=1)[0]
        for number in range(13 * (WAITING_BATCHES + 3)):
            link.hear(WEBCAM, packet(number, data), at=1000 + number * PACKET, position=number * PACKET)
        link.hear(SCREEN, packet(0, data), at=1000.0, position=0.0)
        return link.waiting, link.counters["unheard"]

    assert asyncio.run(work()) == (WAITING_BATCHES, 3)  # and a screen has no microphone


@pytest.mark.slow
def test_the_child_process_hears(tmp_path):
    async def work():
        link = DecoderLink(tmp_path, tmp_path)
        link.start()
        try:
            for number, data in enumerate(media.sound(seconds=1)):
                link.hear(WEBCAM, packet(number, data), at=1000 + number * PACKET, position=number * PACKET)
            await until(lambda: sound.read(tmp_path, WEBCAM) is not None)
            link.end(WEBCAM)
            await asyncio.sleep(0.3)
            assert sound.read(tmp_path, WEBCAM) is None
        finally:
            await link.stop()

    asyncio.run(work())


def test_the_codec_is_there():
    assert "libopus" in av.codecs_available
