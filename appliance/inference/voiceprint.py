"""GE2E d-vectors: do two stretches of a voice sound like one speaker?"""

from functools import cache

import numpy as np

from appliance.inference.models import Model, Numbers

WINDOW, HOP, BANDS = 512, 160, 40
FRAMES = 80
SHAPE = (1, FRAMES, BANDS)
SAMPLES = WINDOW + HOP * (FRAMES - 1)
"""Of one d-vector: 0.82 s at 16 kHz."""

_HAMMING = 400  # samples, in the middle of the window


class VoicePrinter:
    """Makes d-vectors."""

    def __init__(self, model: Model) -> None:
        self.version = model.version
        self._model = model

    def print(self, sound: Numbers) -> tuple[float, ...]:
        """`SAMPLES` samples at 16 kHz in -1..1 -> 256 numbers of length 1."""
        vector = self._model(log_mel(sound)[None])["embedding"][0]
        return tuple((vector / max(float(np.linalg.norm(vector)), 1e-9)).tolist())


def log_mel(sound: Numbers) -> Numbers:
    """-> FRAMES x BANDS, as the network was trained on (librosa's mel spectrogram, not centred, log10)."""
    frames = np.lib.stride_tricks.sliding_window_view(sound, WINDOW)[::HOP] * _window()
    power = np.abs(np.fft.rfft(frames)) ** 2
    logs: Numbers = np.log10(power @ _bands() + 1e-10).astype(np.float32)
    return logs


@cache
def _window() -> Numbers:
    window = np.zeros(WINDOW, np.float32)
    start = (WINDOW - _HAMMING) // 2
    window[start : start + _HAMMING] = 0.54 - 0.46 * np.cos(2 * np.pi * np.arange(_HAMMING) / _HAMMING)
    return window


@cache
def _bands() -> Numbers:
    """Slaney's mel bands: triangles of equal area, linear below 1 kHz and logarithmic above."""
    linear, step = 200 / 3, np.log(6.4) / 27
    most = 1000 / linear + np.log(8000 / 1000) / step
    mels = np.linspace(0.0, most, BANDS + 2)
    edges = np.where(mels < 15, mels * linear, 1000 * np.exp(step * (mels - 15)))
    ramps = edges[:, None] - np.linspace(0, 8000, WINDOW // 2 + 1)[None]
    widths = np.diff(edges)
    triangles = np.maximum(0, np.minimum(-ramps[:-2] / widths[:-1, None], ramps[2:] / widths[1:, None]))
    bands: Numbers = (triangles * (2 / (edges[2:] - edges[:-2]))[:, None]).T.astype(np.float32)
    return bands
