"""The sound of a clip through the very path that a live microphone takes."""

from collections.abc import Iterator
from pathlib import Path

import av
import numpy as np

from appliance.box.sound import RATE, Samples
from appliance.errors import BadInput
from appliance.inference.budget import Budget, printed
from appliance.inference.detectors import Detectors
from appliance.inference.sound import SECONDS, WINDOW, Ear, Heard


def hear(clip: Path, detectors: Detectors) -> Iterator[Heard]:
    """What is heard in it, each half second; nothing of a clip without a sound track. Any rate and number of channels.
    BadInput when the sound cannot be read."""
    ear, budget = Ear(detectors), Budget()
    for number, window in enumerate(_windows(clip), start=1):
        at = number * SECONDS
        heard = ear.listen(window, at=at, position=at)
        yield printed(heard, ear.voice, detectors.voices, budget)


def _windows(clip: Path) -> Iterator[Samples]:
    rest = np.zeros(0, np.int16)
    for samples in _samples(clip):
        rest = np.concatenate([rest, samples])
        while len(rest) >= WINDOW:
            yield rest[:WINDOW]
            rest = rest[WINDOW:]


def _samples(clip: Path) -> Iterator[Samples]:
    """At 16 kHz, mono. Where the track begins late there is silence before."""
    resampler = av.AudioResampler("s16", "mono", RATE)
    try:
        with av.open(str(clip)) as container:
            if not container.streams.audio:
                return
            begun = False
            for frame in container.decode(audio=0):
                if not begun and frame.time:
                    yield np.zeros(max(0, round(frame.time * RATE)), np.int16)
                begun = True
                yield from map(_mono, resampler.resample(frame))
            yield from map(_mono, resampler.resample(None))
    except (av.FFmpegError, OSError, ValueError) as error:
        raise BadInput(f"the sound of {clip.name} cannot be read: {error}") from None


def _mono(frame: av.AudioFrame) -> Samples:
    return frame.to_ndarray().ravel().astype(np.int16)
