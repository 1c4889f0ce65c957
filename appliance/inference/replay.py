"""Footage through the very path that live pictures take, at the live rate."""

from collections import defaultdict, deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np

from appliance.config import InferenceSettings
from appliance.errors import BadInput
from appliance.exam.detection import USUAL, RuleSet
from appliance.exam.episode import Tick
from appliance.exam.feed import Kind
from appliance.exam.flags import Sense
from appliance.inference.coverage import Looks
from appliance.inference.detectors import Detectors
from appliance.inference.gate import Gate
from appliance.inference.judges import sight
from appliance.inference.likeness import template_of
from appliance.inference.models import Picture
from appliance.inference.observe import Observer
from appliance.inference.schedule import Pace, rates
from appliance.inference.soundtrack import hear
from appliance.inference.stream import Stream
from appliance.inference.trace import Trace
from appliance.inference.watch import Begun, Over, weight

PICTURES_PER_SECOND = 4.0
"""How many pictures a second the decoder writes at most; more are not there to be looked at."""

_WIDEST = 640


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A flag of a clip: onset and end in seconds of the clip, and when the rule fired."""

    code: str
    onset: float
    fired: float
    end: float
    category: str
    true: int
    assessable: int
    ticks: int
    score: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Replayed:
    """Of a clip: its flags in the order in which they fired, every tick by code, what there was to judge by, and how
    long it was."""

    found: tuple[Found, ...]
    ticks: Mapping[str, tuple[Tick, ...]]
    senses: frozenset[Sense]
    seconds: float


def live_pace(settings: InferenceSettings | None = None) -> Pace:
    """How often a live feed is looked at when there is time."""
    return Pace(rates=rates(settings or InferenceSettings()))


def replay(
    clip: Path,
    detectors: Detectors,
    *,
    pace: Pace,
    rules: RuleSet = USUAL,
    portrait: Path | None = None,
    trace: Trace | None = None,
) -> Replayed:
    """Look at a clip, and listen to it, as to a live webcam. `portrait`: a photo of the enrolled person; without one no
    face is compared. `trace`: keeps what was seen. BadInput when the clip holds neither pictures nor sound, or cannot
    be played to its end."""
    stream = Stream(Kind.WEBCAM, rules=rules, looks=Looks(process_at=0.0))
    stream.trace = trace
    log = _Log(stream)
    template = None if portrait is None else template_of(detectors, _photo(portrait))
    observer, track = Observer(detectors, template=template, gate=Gate()), stream.tracks[Sense.SIGHT]
    heard = deque(hear(clip, detectors))
    for at, picture in pictures(clip):
        while heard and heard[0].at <= at:
            log.see(Sense.HEARING, heard.popleft())
        log.end = max(log.end, at)
        if wants := pace.due(at):
            log.see(Sense.SIGHT, observer.look(picture, at=at, position=at, wants=wants))
            pace.looked(at, hungry=sight.hungry(track.memory, track.watch.pending))
    for each in heard:
        log.see(Sense.HEARING, each)
    if not log.senses:
        raise BadInput(f"{clip.name} has neither pictures nor sound")
    return log.close()


def _photo(file: Path) -> Picture:
    picture = cv2.imread(str(file), cv2.IMREAD_COLOR)
    if picture is None:
        raise BadInput(f"{file.name} is no picture")
    return np.asarray(picture)


@dataclass(slots=True)
class _Log:
    """What came of it so far."""

    stream: Stream
    end: float = 0.0
    senses: set[Sense] = field(default_factory=set)
    _begun: dict[str, tuple[float, float]] = field(default_factory=dict)
    _found: list[Found] = field(default_factory=list)
    _ticks: dict[str, list[Tick]] = field(default_factory=lambda: defaultdict(list))

    def see(self, sense: Sense, seen: Any) -> None:
        """Let the stream see it."""
        self.senses.add(sense)
        self.end = max(self.end, seen.at)
        self._note(self.stream.see(sense, seen, None, resting=frozenset()), seen.at)
        for code, tick in self.stream.tracks[sense].ticks.items():
            self._ticks[code].append(tick)

    def _note(self, outputs: list[Begun | Over], at: float) -> None:
        for output in outputs:
            if isinstance(output, Begun):
                self._begun[output.code] = (output.episode.onset_at, at)
            else:
                self._found.append(_found(output, *self._begun.pop(output.code)))

    def close(self) -> Replayed:
        """It is over."""
        self._note(self.stream.finish(self.end), self.end)
        found = tuple(sorted(self._found, key=lambda flag: flag.fired))
        ticks = {code: tuple(said) for code, said in self._ticks.items()}
        return Replayed(found=found, ticks=ticks, senses=frozenset(self.senses), seconds=self.end)


def _found(over: Over, onset: float, fired: float) -> Found:
    numbers = over.episode
    return Found(
        code=over.code,
        onset=onset,
        fired=fired,
        end=over.ended_at,
        category=weight(over.code, numbers)[0],
        true=numbers.true,
        assessable=numbers.assessable,
        ticks=numbers.ticks,
        score=numbers.score,
    )


def pictures(clip: Path) -> Iterator[tuple[float, Picture]]:
    """Seconds and picture, as the decoder would write them: at most four a second, at most 640 wide; none of a file of
    sound alone."""
    try:
        with av.open(str(clip)) as container:
            if not container.streams.video:
                return
            due = 0.0
            for frame in container.decode(video=0):
                if frame.time is None or frame.time < due - 1e-6:
                    continue
                due += 1.0 / PICTURES_PER_SECOND
                scale = min(1.0, _WIDEST / frame.width)
                width, height = (max(2, round(side * scale / 2) * 2) for side in (frame.width, frame.height))
                small = frame.reformat(width=width, height=height, format="bgr24")
                yield float(frame.time), np.asarray(small.to_ndarray())
    except (av.FFmpegError, OSError) as error:
        raise BadInput(f"{clip.name} cannot be played: {error}", hint="Use MP4, WebM or MKV.") from None
