"""Does the face look like a still picture? Pure (proctoring.md 4.2).

No acceptable model tells a picture from a person (shared/facts/models.md), so nothing here pretends to be one: it is
only said that for a whole minute the eyes neither closed, nor moved, nor opened more or less.
"""

from dataclasses import dataclass

from appliance.exam.episode import Tick
from appliance.inference.judges.context import Context, tick
from appliance.inference.look import Look
from appliance.inference.observe import Observation

SEEN = 0.80  # of the looks of the window must show the eyes
TAIL = 0.05  # of the values at either end that may be errors of measurement
LONGEST = 400  # looks that are remembered: a minute of every picture


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """The last looks: second, how open the eyes were and where they looked; None where that could not be told."""

    looks: tuple[tuple[float, float | None, float | None], ...] = ()


def judge(memory: Memory, seen: Observation, context: Context) -> tuple[Memory, dict[str, Tick]]:
    """Nothing is said of a picture that was not looked at for it."""
    if Look.HEAD not in seen.looked:
        return memory, {}
    rule = context.rules["spoof_suspected"]
    window = rule.numbers["window"]
    eyes = (seen.at, None, None) if seen.head is None else (seen.at, seen.head.eyes_open, seen.head.gaze)
    kept = [look for look in memory.looks if 0 < seen.at - look[0] <= window]
    memory = Memory(looks=(*kept, eyes)[-LONGEST:])
    return memory, {rule.code: _still(memory, seen, context)}


def _still(memory: Memory, seen: Observation, context: Context) -> Tick:
    """Unassessable until the eyes were seen for long enough."""
    rule = context.rules["spoof_suspected"]
    opens = sorted(value for _, value, _ in memory.looks if value is not None)
    gazes = sorted(value for _, _, value in memory.looks if value is not None)
    begun = seen.at - memory.looks[0][0] >= 0.9 * rule.numbers["window"]
    if not opens or not begun or min(len(opens), len(gazes)) < SEEN * len(memory.looks):
        moved = bool(opens) and opens[0] < rule.threshold
        return tick(seen.at, False if moved else None, position=seen.position)
    blinked = opens[0] < rule.threshold
    moves = max(_spread(opens), _spread(gazes))
    why = {"smallest_opening": round(opens[0], 2), "eyes_moved": round(moves, 3)}
    true = not blinked and moves < rule.numbers["moves"]
    return tick(seen.at, true, position=seen.position, score=max(0.0, 1.0 - moves), light=seen.face_light, why=why)


def _spread(values: list[float]) -> float:
    cut = int(TAIL * len(values))
    return values[-1 - cut] - values[cut]
