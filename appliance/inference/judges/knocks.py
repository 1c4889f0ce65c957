"""Trains of knocks at even intervals, as in a code. Pure (proctoring.md 4.2).

Typing is none: its intervals and its loudness vary, and its runs are long. Nor is a clock: it never pauses.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from statistics import fmean

from appliance.exam.episode import Tick
from appliance.inference.judges.context import Context, tick
from appliance.inference.onsets import Burst
from appliance.inference.sound import Heard

SHORTEST, LONGEST = 0.15, 1.2  # seconds between two knocks of a train; a longer pause ends it
MOST = 12  # knocks in a train; more is a machine
ALIKE = 8.0  # dB between the loudest and the softest of a train
VOICED, SOME = 0.50, 0.25  # so many chunks this likely a voice: syllables begin suddenly, too


@dataclass(frozen=True, slots=True, kw_only=True)
class Knocks:
    """`run`: those since the last pause, the newest `MOST` + 1; `trains`: when each train of the window ended;
    `voiced`: a voice was heard in the run, which makes it none."""

    run: tuple[Burst, ...] = ()
    trains: tuple[float, ...] = ()
    voiced: bool = False


def judge(memory: Knocks, seen: Heard, context: Context) -> tuple[Knocks, Tick]:
    """True at the end of a train, when there were enough of them lately."""
    rule = context.rules["patterned_sound"]
    before = memory.trains
    for burst in seen.bursts:
        memory = _close(memory, burst.at, rule.numbers["bursts"], rule.numbers["spread"])
        memory = replace(memory, run=(*memory.run, burst)[-(MOST + 1) :])
    chances = seen.chances or ()
    voiced = sum(chance >= VOICED for chance in chances) > SOME * len(chances)
    memory = replace(memory, voiced=bool(memory.run) and (memory.voiced or voiced))
    memory = _close(memory, seen.at, rule.numbers["bursts"], rule.numbers["spread"])
    ended = memory.trains[len(before) :]
    trains = tuple(at for at in memory.trains if 0 <= seen.at - at <= rule.numbers["window"])
    true = bool(ended) and len(trains) >= rule.threshold
    score = min(1.0, len(trains) / (2 * rule.threshold))
    said = tick(seen.at, true, position=seen.position, score=score, why={"trains": len(trains)})
    return replace(memory, trains=trains), said


def _close(memory: Knocks, now: float, fewest: float, spread: float) -> Knocks:
    """The run is over when nothing followed for long enough; it was a train, or was none."""
    if not memory.run or 0 <= now - memory.run[-1].at <= LONGEST:
        return memory
    train = not memory.voiced and fewest <= len(memory.run) <= MOST and is_even(memory.run, spread)
    trains = (*memory.trains, memory.run[-1].at) if train else memory.trains
    return Knocks(trains=trains)


def is_even(run: Sequence[Burst], spread: float) -> bool:
    """The same thing at the same interval: the longest and the shortest differ by less than `spread` of their mean."""
    between = [b.at - a.at for a, b in pairwise(run)]
    levels = [burst.level for burst in run]
    if min(between) < SHORTEST or max(levels) - min(levels) > ALIKE:
        return False
    return max(between) - min(between) < spread * fmean(between)
