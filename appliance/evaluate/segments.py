"""Five seconds at a time: the protocol of Atoum et al., for comparison only (proctoring.md 5, point 4). Pure.

That a segment has five seconds is our reading: the paper's body was not to be had.
"""

from collections import deque
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from appliance.evaluate.dataset import EVERYTHING, Clip
from appliance.evaluate.ticks import inside, strength
from appliance.exam.episode import Tick, Verdict
from appliance.exam.flags import RULES, Category

SECONDS = 5.0
FALSE_ALARM_RATE = 0.02
_SMOOTH = 2.0  # seconds of looks that are taken together
_LEAST = 3  # of them; what is missing counts as nothing seen


@dataclass(frozen=True, slots=True)
class Segment:
    """`positive`: at least half of it is labelled; `touched`: some of it is; `score`: the strongest smoothed detector
    in it, 0..1."""

    positive: bool
    touched: bool
    score: float


def segments(
    clip: Clip,
    seconds: float,
    ticks: Mapping[str, Sequence[Tick]],
    codes: Mapping[str, Sequence[str]],
    judged: Collection[str],
) -> list[Segment]:
    """Those of a clip; what is left over at its end counts when it is half a segment. `judged`: the codes that could
    fire there at all. Neutral notes say nothing of a person, and no detector does where the labels ignore it."""
    own = [s for s in clip.labels if any(code in judged for code in codes.get(s.flag, ()))]
    curves = {
        code: smoothed(_counted(clip, code, said, codes))
        for code, said in ticks.items()
        if RULES[code].category is not Category.NEUTRAL
    }
    found = []
    for number in range(max(1, int(seconds / SECONDS + 0.5))):
        start, end = number * SECONDS, min(seconds, (number + 1) * SECONDS)
        covered = _covered([(max(start, s.start), min(end, s.end)) for s in own])
        scores = [score for curve in curves.values() for at, score in curve if start <= at < end]
        found.append(Segment(covered >= 0.5 * (end - start), covered > 0, max(scores, default=0.0)))
    return found


def smoothed(ticks: Sequence[Tick]) -> list[tuple[float, float]]:
    """When, and the mean strength of the looks of the last two seconds that could be judged; what is not true has
    none."""
    recent: deque[tuple[float, float]] = deque()
    found = []
    for tick in ticks:
        if tick.verdict is Verdict.UNASSESSABLE:
            continue
        recent.append((tick.at, strength(tick) if tick.verdict is Verdict.TRUE else 0.0))
        while recent[0][0] <= tick.at - _SMOOTH:
            recent.popleft()
        found.append((tick.at, sum(score for _, score in recent) / max(_LEAST, len(recent))))
    return found


def _counted(clip: Clip, code: str, ticks: Sequence[Tick], codes: Mapping[str, Sequence[str]]) -> list[Tick]:
    """Without those where the labels ignore it; inside a label of it they count, whatever else is ignored there."""
    on = [s for s in clip.labels if code in codes.get(s.flag, ())]
    off = [s for s in clip.ignored if s.flag == EVERYTHING or code in codes.get(s.flag, ())]
    return [tick for tick in ticks if inside(tick.at, on) or not inside(tick.at, off)]


def _covered(spans: Sequence[tuple[float, float]]) -> float:
    """Seconds under any of the spans."""
    total, until = 0.0, float("-inf")
    for start, end in sorted(spans):
        total += max(0.0, end - max(start, until))
        until = max(until, end)
    return total
