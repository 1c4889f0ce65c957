"""Silero: is this sound a voice?"""

from dataclasses import dataclass, field

import numpy as np

from appliance.inference.models import Model, Numbers

CHUNK = 512
"""Samples that are judged at once: 32 ms at 16 kHz."""

CHUNK_SECONDS = CHUNK / 16_000

_CONTEXT = 64


@dataclass(slots=True)
class VoiceState:
    """What the network remembers of one microphone, and the samples that do not make a chunk yet."""

    state: Numbers = field(default_factory=lambda: np.zeros((2, 1, 128), np.float32))
    context: Numbers = field(default_factory=lambda: np.zeros(_CONTEXT, np.float32))
    rest: Numbers = field(default_factory=lambda: np.zeros(0, np.float32))


class VoiceFinder:
    """Says of each chunk how likely it is a voice."""

    def __init__(self, model: Model) -> None:
        self.version = model.version
        self._model = model

    def listen(self, sound: Numbers, of: VoiceState) -> tuple[float, ...]:
        """`sound`: samples at 16 kHz in -1..1 that follow those before; -> likelihood, 0..1, of each full chunk."""
        samples = np.concatenate([of.rest, sound])
        chances = []
        for start in range(0, len(samples) - CHUNK + 1, CHUNK):
            chunk = samples[start : start + CHUNK]
            said = self._model(np.concatenate([of.context, chunk])[None], of.state)
            of.state, of.context = said["stateN"].copy(), chunk[-_CONTEXT:]
            chances.append(float(said["output"][0, 0]))
        of.rest = samples[len(samples) // CHUNK * CHUNK :]
        return tuple(chances)
