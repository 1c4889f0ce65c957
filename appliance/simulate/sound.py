"""A microphone in a quiet room."""

import numpy as np

from appliance.simulate.encode import PACKET_SAMPLES, SOUND_RATE, SoundEncoder
from appliance.simulate.reel import CHUNK_SECONDS, Chunk

LOUDNESS = 60.0
"""Of the noise: standard deviation of 16-bit samples, about -55 dB."""

PACKETS = round(CHUNK_SECONDS * SOUND_RATE / PACKET_SAMPLES)
"""In a chunk."""


class Hush:
    """Makes quiet noise."""

    def __init__(self) -> None:
        self._random = np.random.default_rng(3)
        self._encoder = SoundEncoder()

    def make(self) -> Chunk:
        """The next two seconds."""
        noise = self._random.normal(0, LOUDNESS, (PACKETS, PACKET_SAMPLES)).astype(np.int16)
        return tuple(self._encoder.encode(samples) for samples in noise)
