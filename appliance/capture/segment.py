"""A segment: whose it is, and how its samples become parts."""

import re
from dataclasses import dataclass
from pathlib import Path

from appliance.errors import BadInput
from appliance.exam.feed import Feed
from appliance.recording import silence
from appliance.recording.frame import RATE, Media, Sample
from appliance.recording.name import Name
from appliance.recording.part import Container, Part

_SAFE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_TYPICAL = {Media.VIDEO: RATE[Media.VIDEO] // 15, Media.AUDIO: RATE[Media.AUDIO] // 50}

_NEVER = -1


@dataclass(frozen=True, slots=True)
class Place:
    """Whose recording it is, and so where its files are."""

    exam: str
    feed: Feed
    seat: str

    def checked(self) -> "Place":
        """Itself; BadInput when a part of it could not be the name of a folder or file."""
        for name in (self.exam, self.feed.attempt, self.seat):
            if not _SAFE.fullmatch(name):
                raise BadInput(f"{name[:60]!r} cannot be the name of a recording")
        return self

    @property
    def folder(self) -> str:
        """Relative to the media folder."""
        return f"{self.exam}/{self.feed.attempt}/{self.feed.kind.value}"

    def file(self, starts_at: float, number: int, suffix: str, *, late: bool = False) -> str:
        """Relative to the media folder."""
        return f"{self.folder}/{Name(self.seat, self.feed.kind, starts_at, number, suffix, late)}"

    @classmethod
    def of(cls, folder: Path, seat: str) -> "Place":
        """From the folder of a feed; BadInput when it is not one."""
        return cls(folder.parts[-3], Feed.parse(f"{folder.parts[-2]}/{folder.name}"), seat).checked()


class Segment:
    """One file being filled. Samples come in; a part of them is taken out each second.

    The pictures lead: they say how long the file is, and the newest is held back until the next one says how long it
    lasts. Where there are none, the sound leads.
    """

    def __init__(self, container: Container, number: int, path: str, starts_at: float, position: int) -> None:
        """`position`: of the first sample of the track that leads, in its ticks."""
        self.container, self.number, self.path, self.starts_at = container, number, path, starts_at
        self.position = position
        self.header = container.header()
        self.bytes = len(self.header)
        self.stored: list[Part] = []
        self.sound_missing = False
        self.heard = False
        """Some sound arrived for it."""
        self.leads = Media.AUDIO if container.codecs == ("opus",) else Media.VIDEO
        self._video: list[Sample] = []
        self._audio: list[Sample] = []
        self._leading = self._audio if self.leads is Media.AUDIO else self._video
        self.typical = _TYPICAL[self.leads]
        """How long the last sample of the leading track lasted whose successor is known, in ticks."""
        self._count = 0
        self._filled_until: int | None = None if container.suffix == ".mp4" else _NEVER

    @property
    def codecs(self) -> tuple[str, ...]:
        """What it holds: a track of sound that holds none does not count."""
        return tuple(codec for codec in self.container.codecs if codec != "opus" or self.heard)

    def add(self, media: Media, sample: Sample) -> None:
        """Append a sample; the one before it now has its duration."""
        samples = self._video if media is Media.VIDEO else self._audio
        self.heard = self.heard or media is Media.AUDIO
        if samples:
            lasted = samples[-1].duration = max(1, sample.position - samples[-1].position)
            if media is self.leads:
                self.typical = lasted
        samples.append(sample)

    def waiting(self) -> float:
        """Seconds of the leading track (of the sound, where it has nothing) that are in no part yet."""
        media, samples = (self.leads, self._leading) if self._leading else (Media.AUDIO, self._audio)
        return (samples[-1].position - samples[0].position) / RATE[media] if samples else 0.0

    @property
    def newest(self) -> int:
        """Position of the newest sample of the leading track in ticks; that of the segment where there is none."""
        return self._leading[-1].position if self._leading else self.position

    def take(self, lasts: int | None = None) -> tuple[bytes, Part] | None:
        """The next part. The newest picture goes with it if `lasts` (ticks) says how long it lasts, else it waits; a
        packet of sound says itself how long it lasts. None when there is nothing to take."""
        held: list[Sample] = []
        if self._video and lasts is None:
            held = [self._video.pop()]
        elif self._video:
            self._video[-1].duration = max(1, lasts or 1)
        video, audio = self._video, self._audio
        if not (video or audio) or (lasts is None and self.leads is Media.VIDEO and not video):
            video.extend(held)
            return None
        self._video, self._audio = held, []
        self._leading = self._audio if self.leads is Media.AUDIO else self._video
        return self._part(video, audio)

    def _part(self, video: list[Sample], audio: list[Sample]) -> tuple[bytes, Part]:
        self._count += 1
        if self._filled_until != _NEVER:
            audio = self._fill(video, audio)
        data = self.container.part(self._count, video, audio)
        rate, samples = (RATE[Media.VIDEO], video) if video else (RATE[Media.AUDIO], audio)
        start, end = samples[0].position / rate, (samples[-1].position + samples[-1].duration) / rate
        part = Part(self.bytes, len(data), start, end - start, not video or video[0].key)
        self.bytes += len(data)
        return data, part

    def _fill(self, video: list[Sample], audio: list[Sample]) -> list[Sample]:
        """No hole in the sound: players would stop there."""
        first, last = (video[0].position, video[-1].position + video[-1].duration) if video else (0, 0)
        since = self._filled_until
        if since is None:
            since = _in_sound(first) if video else audio[0].position
        audio = silence.filled(audio, since=since, until=_in_sound(last))
        if audio:
            self._filled_until = max(since, audio[-1].position + audio[-1].duration)
        return audio


def _in_sound(position: int) -> int:
    """Ticks of the pictures -> ticks of the sound."""
    return position * RATE[Media.AUDIO] // RATE[Media.VIDEO]
