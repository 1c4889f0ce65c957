"""Where the hands are, for a camera beside the candidate or over the paper. Pure (proctoring.md 4.2).

Never measured on footage: there is none of such a camera (docs/detection.md).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from statistics import median

from appliance.exam.episode import Tick
from appliance.inference.boxes import Box
from appliance.inference.hands import Palm
from appliance.inference.judges.context import Context, tick
from appliance.inference.observe import Observation

PERSON = 0.50
LEARN = 10  # looks at hands from which the zone is known
REMEMBERED = 60  # places of hands, at most
AROUND = 2.0  # palms around the hands' usual places that are still the zone
AWAY = 2  # looks in a row without a hand in the zone that are one exit: one look misses hands often


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """`places`: the last palms, in shares of the picture; `away`: looks in a row without a hand in the zone; `exits`:
    when hands left it; `few_since`: since when fewer than two hands are seen."""

    places: tuple[Box, ...] = ()
    away: int = 0
    exits: tuple[float, ...] = ()
    few_since: float | None = None


def judge(memory: Memory, seen: Observation, context: Context) -> tuple[Memory, dict[str, Tick]]:
    """A rule whose turn it was not has no tick."""
    if seen.hands is None and seen.waits:
        return memory, {}
    sure = [palm for palm in seen.hands or () if palm.score >= context.rules["hands_out_of_view"].threshold]
    if seen.hands is None or not _somebody(seen, sure):
        blind = tick(seen.at, None, position=seen.position)
        return replace(memory, few_since=None), {"hands_out_of_view": blind, "hands_wandering": blind}
    boxes = [palm.box.scaled(1 / seen.width, 1 / seen.height) for palm in sure]
    memory, left = _follow(memory, boxes, seen.at, context.rules["hands_wandering"].numbers["window"])
    memory = replace(memory, few_since=(memory.few_since or seen.at) if len(sure) < 2 else None)
    exits = len(memory.exits)
    wandering = left and exits >= context.rules["hands_wandering"].threshold
    ticks = {
        "hands_out_of_view": _out_of_view(memory, seen, context, len(sure)),
        "hands_wandering": tick(seen.at, wandering, position=seen.position, why={"exits": exits}),
    }
    return (replace(memory, exits=()) if wandering else memory), ticks  # they are counted anew


def _somebody(seen: Observation, hands: Sequence[Palm]) -> bool:
    return bool(hands) or any(person.score >= PERSON for person in seen.persons or ())


def _out_of_view(memory: Memory, seen: Observation, context: Context, hands: int) -> Tick:
    """True when no hand is seen, and when only one has been seen for so long that the rule's own time ends with the
    time for one hand."""
    rule = context.rules["hands_out_of_view"]
    since = memory.few_since
    long = since is not None and seen.at - since >= rule.numbers["one"] - rule.seconds
    return tick(seen.at, hands == 0 or long, position=seen.position, why={"hands": hands})


def _follow(memory: Memory, boxes: Sequence[Box], at: float, window: float) -> tuple[Memory, bool]:
    """Where hands are now, and whether they have just left their zone."""
    zone = _zone(memory.places)
    recent = tuple(t for t in memory.exits if at - t <= window)
    if zone is None:
        return replace(memory, places=(*memory.places, *boxes)[-REMEMBERED:], exits=recent), False
    inside = [box for box in boxes if zone.holds(*box.middle)]
    away = 0 if inside else memory.away + 1
    left = away == AWAY
    places = (*memory.places, *inside)[-REMEMBERED:]
    return replace(memory, places=places, away=away, exits=(*recent, at) if left else recent), left


def _zone(places: Sequence[Box]) -> Box | None:
    """Around the hands' usual places; None while they are too few."""
    if len(places) < LEARN:
        return None
    palm = AROUND * median(max(box.width, box.height) for box in places)
    xs, ys = sorted(box.middle[0] for box in places), sorted(box.middle[1] for box in places)
    tail = len(places) // 10
    return Box(xs[tail] - palm, ys[tail] - palm, xs[-1 - tail] + palm, ys[-1 - tail] + palm)
