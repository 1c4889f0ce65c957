"""Footage through the very path that live pictures take, at the live rate."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np

from appliance.errors import BadInput
from appliance.inference.detectors import Detectors
from appliance.inference.judges import sight
from appliance.inference.judges.context import Context
from appliance.inference.models import Picture
from appliance.inference.observe import Observer
from appliance.inference.schedule import Pace
from appliance.inference.track import Track
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


def replay(clip: Path, detectors: Detectors, *, pace: Pace) -> list[Found]:
    """The flags of a clip, in the order in which they fired. BadInput when it is no video."""
    observer, track = Observer(detectors), Track(sight.judge, sight.Memory(), Context())
    begun: dict[str, tuple[float, float]] = {}
    found: list[Found] = []
    end = 0.0

    def note(output: Begun | Over, at: float) -> None:
        if isinstance(output, Begun):
            begun[output.code] = (output.episode.onset_at, at)
            return
        onset, fired = begun.pop(output.code)
        numbers = output.episode
        found.append(
            Found(
                code=output.code,
                onset=onset,
                fired=fired,
                end=output.ended_at,
                category=weight(output.code, numbers)[0],
                true=numbers.true,
                assessable=numbers.assessable,
                ticks=numbers.ticks,
                score=numbers.score,
            )
        )

    for at, picture in pictures(clip):
        end = at
        if not (wants := pace.due(at)):
            continue
        outputs = track.see(observer.look(picture, at=at, position=at, wants=wants))
        pace.looked(at, hungry=sight.hungry(track.memory, track.watch.pending))
        for output in outputs:
            note(output, at)
    for output in track.watch.finish(end):
        note(output, end)
    return sorted(found, key=lambda flag: flag.fired)


def pictures(clip: Path) -> Iterator[tuple[float, Picture]]:
    """Seconds and picture, as the decoder would write them: at most four a second, at most 640 wide."""
    try:
        with av.open(str(clip)) as container:
            if not container.streams.video:
                raise BadInput(f"{clip.name} has no picture")
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
