"""Is it one voice, or are there two? Pure (proctoring.md 4.2).

The voices of the last seconds are compared with each other only: nobody's voice is enrolled, and no template outlives
the window.
"""

from collections.abc import Sequence
from statistics import fmean

from appliance.exam.episode import Tick
from appliance.inference.judges.context import Context, tick
from appliance.inference.sound import Heard

FEWEST = 6  # d-vectors in the window
EACH = 3  # of each of the two
_ROUNDS = 8

Vector = tuple[float, ...]


def judge(recent: Sequence[Heard], seen: Heard, context: Context) -> Tick:
    """Whether the d-vectors of the window fall into two groups that are less alike than one speaker's ever were."""
    rule = context.rules["second_voice"]
    found = [h.voice for h in recent if h.voice and not h.elsewhere and seen.at - h.at < rule.numbers["window"]]
    if len(found) < FEWEST:
        voiced = seen.chances is not None and any(
            chance >= context.rules["speech"].threshold for chance in seen.chances
        )
        return tick(seen.at, None if voiced or seen.chances is None else False, position=seen.position, score=0.0)
    alike, fewest = split(found)
    two = alike < rule.threshold and fewest >= EACH
    why = {"alike": round(alike, 2), "windows": len(found), "fewer": fewest}
    return tick(seen.at, two, position=seen.position, score=min(1.0, max(0.0, 1.0 - alike)), why=why)


def split(vectors: Sequence[Vector]) -> tuple[float, int]:
    """Into two groups around the two that are least alike -> cosine of the groups' means, size of the smaller."""
    pairs = [(cosine(a, b), i, j) for i, a in enumerate(vectors) for j, b in enumerate(vectors[:i])]
    _, i, j = min(pairs)
    first, second = vectors[i], vectors[j]
    for _ in range(_ROUNDS):
        sides = [cosine(vector, first) >= cosine(vector, second) for vector in vectors]
        one = [vector for vector, side in zip(vectors, sides, strict=True) if side]
        other = [vector for vector, side in zip(vectors, sides, strict=True) if not side]
        if not one or not other:
            return 1.0, 0
        first, second = _mean(one), _mean(other)
    return cosine(first, second), min(len(one), len(other))


def cosine(a: Vector, b: Vector) -> float:
    """Of two vectors of length 1."""
    return sum(x * y for x, y in zip(a, b, strict=True))


def _mean(vectors: Sequence[Vector]) -> Vector:
    """Of length 1."""
    mean = [fmean(values) for values in zip(*vectors, strict=True)]
    length = max(sum(value * value for value in mean) ** 0.5, 1e-9)
    return tuple(value / length for value in mean)
