"""Footage as a camera: paced, fitted, never twice the same, with its own sound."""

import av
import numpy as np
import pytest

from appliance.errors import BadInput, NotFound
from appliance.simulate import clip
from tests.simulate.reels import decoded


def bar(picture):
    """Where the bar's middle is, as a share of the width."""
    bright = picture.mean(axis=(0, 2)) > 150
    return float(np.flatnonzero(bright).mean() / len(bright))


def test_fitted_paced_and_in_order(footage):
    pictures = decoded(clip.Pictures(footage / "b.mp4", 1).make())
    assert len(pictures) == 30
    assert {picture.shape for picture in pictures} == {(360, 640, 3)}
    places = [bar(picture) for picture in pictures]
    assert places == sorted(places)
    assert places[15] == pytest.approx((15 / 15 * 20 * 20 + 30) / 960, abs=0.06)


def test_the_second_pass_is_another_one(footage):
    camera = clip.Pictures(footage / "b.mp4", 1)
    first, second = (decoded(camera.make()) for _ in range(2))
    assert bar(second[0]) < 0.1 < bar(first[-1])
    for one, other in zip(first, second, strict=True):
        assert np.abs(one.astype(int) - other).mean() > 0.5
        assert np.abs(one.astype(int) - other).mean() < 40


def test_another_seat_shows_it_otherwise(footage):
    one, other = (decoded(clip.Pictures(footage / "b.mp4", seed).make()[:1])[0] for seed in (1, 2))
    assert np.abs(one.astype(int) - other).mean() > 0.5


def test_its_own_sound(footage):
    assert clip.has_sound(footage / "b.mp4")
    sound = clip.Sound(footage / "b.mp4", 1)
    packets = [*sound.make(), *sound.make()]
    assert len(packets) == 200
    decoder = av.CodecContext.create("libopus", "r")
    decoder.sample_rate = 48_000
    wave = np.concatenate(
        [
            frame.to_ndarray().astype(np.float64).reshape(-1, frame.layout.nb_channels).mean(axis=1)
            for packet in packets
            for frame in decoder.decode(av.Packet(packet))
        ]
    )
    spectrum = np.abs(np.fft.rfft(wave[48_000:96_000]))
    assert abs(int(spectrum.argmax()) - 440) <= 2


def test_what_is_no_clip_is_said(footage, tmp_path):
    with pytest.raises(NotFound, match="no clips"):
        clip.files(tmp_path)
    (tmp_path / "a.mp4").write_bytes(b"not a film")
    with pytest.raises(BadInput, match=r"a\.mp4 cannot be played"):
        clip.files(tmp_path)


def test_a_clip_that_breaks_off_goes_on_with_what_it_has(footage, tmp_path):
    whole = (footage / "b.mp4").read_bytes()
    start = whole.index(b"mdat") + 20_000
    damaged = tmp_path / "c.mp4"
    damaged.write_bytes(whole[:start] + b"\x00" * 4000 + whole[start + 4000 :])
    camera = clip.Pictures(damaged, 1)
    assert [len(camera.make()) for _ in range(3)] == [30, 30, 30]
