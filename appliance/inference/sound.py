"""Half a second of a microphone -> one Heard: what was heard, in numbers. The only step of hearing that uses models."""

from collections import deque
from dataclasses import dataclass

import numpy as np

from appliance.box.sound import RATE, Samples
from appliance.inference.detectors import Detectors
from appliance.inference.models import Numbers
from appliance.inference.onsets import Burst, Onsets
from appliance.inference.vad import VoiceState
from appliance.inference.voiceprint import SAMPLES

SECONDS = 0.5
"""Of one Heard."""

WINDOW = int(SECONDS * RATE)
STEP = RATE // 50
"""Samples of one value of the envelope: 20 ms. Syllables come 4 to 16 times a second."""

STEP_SECONDS = STEP / RATE

FULL = 0.985
"""Of full scale: a sample that is this loud was cut."""

QUIETEST = -100.0  # dB; digital silence
_FLOOR_WINDOWS = 60  # half a minute from which the floor is taken
_FLOOR_SHARE = 0.10
_MOSTLY = 0.80  # of the sound of a d-vector must be a voice
_VOICE = 0.50


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """`at`: wall seconds of its end; `position` seconds on the recording. `level` dB below full scale, None when no
    sound came; `envelope`: the same of each 20 ms; `floor`: what this microphone gives when all is quiet; `clipped`:
    share of samples, 0..1, that were cut; `chances`: of each 32 ms, how likely a voice, None without the model;
    `bursts`: sounds that begin suddenly; `voice`: a d-vector of the last 0.8 s, where they were a voice and it was
    asked for. `elsewhere`: the seat where the same is louder, "" for none; `everywhere`: at half of the seats."""

    at: float
    position: float | None
    level: float | None = None
    envelope: tuple[float, ...] = ()
    floor: float = QUIETEST
    clipped: float = 0.0
    chances: tuple[float, ...] | None = None
    bursts: tuple[Burst, ...] = ()
    voice: tuple[float, ...] | None = None
    elsewhere: str = ""
    everywhere: bool = False

    @property
    def steady(self) -> float:
        """The level that three quarters of it exceed: key presses do not raise it, a fan does."""
        return sorted(self.envelope)[len(self.envelope) // 4] if self.envelope else QUIETEST


def silence(at: float) -> Heard:
    """What is heard when no sound comes."""
    return Heard(at=at, position=None)


class Ear:
    """Listens to one microphone, in order."""

    def __init__(self, detectors: Detectors) -> None:
        self._detectors = detectors
        self._quiet: deque[float] = deque(maxlen=_FLOOR_WINDOWS)
        self.begin()

    def begin(self) -> None:
        """A new stretch of sound: nothing of what was before belongs to it."""
        self._voices = VoiceState()
        self._onsets = Onsets()
        self._last: Numbers = np.zeros(0, np.float32)
        self._chances: deque[float] = deque(maxlen=SAMPLES // 512 + 1)

    def listen(self, samples: Samples, *, at: float, position: float | None) -> Heard:
        """`WINDOW` samples, of which the last was heard `at`."""
        sound = samples.astype(np.float32) / 32768.0
        envelope = decibels(sound.reshape(-1, STEP))
        self._quiet.append(float(np.quantile(envelope, _FLOOR_SHARE)))
        finder = self._detectors.vad
        chances = None if finder is None else finder.listen(sound, self._voices)
        self._chances.extend(chances or ())
        self._last = np.concatenate([self._last, sound])[-SAMPLES:]
        return Heard(
            at=at,
            position=position,
            level=float(decibels(sound[None])[0]),
            envelope=tuple(envelope.tolist()),
            floor=float(np.quantile(self._quiet, _FLOOR_SHARE)),
            clipped=float((np.abs(sound) >= FULL).mean()),
            chances=chances,
            bursts=self._onsets.find(sound, at=at),
        )

    @property
    def voice(self) -> Numbers | None:
        """The last 0.8 s, where enough of them are a voice to say whose."""
        voiced = sum(chance >= _VOICE for chance in self._chances)
        enough = len(self._last) == SAMPLES and voiced >= _MOSTLY * (self._chances.maxlen or 1)
        return self._last if enough else None


def decibels(rows: Numbers) -> Numbers:
    """Level of each row, below full scale."""
    power = np.square(rows, dtype=np.float64).mean(axis=-1)
    levels: Numbers = np.maximum(10 * np.log10(power + 1e-12), QUIETEST).astype(np.float32)
    return levels
