"""Is part of the face covered? Pure (proctoring.md 4.2).

The mesh is less sure of a face whose mouth or eyes it does not see. How sure it is of a whole face differs from person
to person, so each is held against the own beginning. Each number says what it was measured on in docs/detection.md.
"""

from dataclasses import dataclass, replace
from statistics import median

from appliance.exam.episode import Tick
from appliance.inference.judges.context import Context, tick
from appliance.inference.look import Look
from appliance.inference.observe import Observation

WIDE = 80.0  # pixels; of smaller faces the mesh is unsure anyway (A12, A15)
AHEAD = 25.0  # degrees of yaw; likewise beyond it (A08)
DARK = 60.0  # mean luma of the face; likewise below it
FIRST = 12  # looks that say how sure it is of this face


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """`own`: how sure the mesh is of this face when it is whole; `seen`: what that is being made of."""

    own: float | None = None
    seen: tuple[float, ...] = ()


def judge(memory: Memory, seen: Observation, context: Context) -> tuple[Memory, dict[str, Tick]]:
    """Nothing is said of a picture that was not looked at for it."""
    if Look.HEAD not in seen.looked:
        return memory, {}
    rule = context.rules["face_obstructed"]
    if seen.head is None or not _fit(seen):
        return memory, {rule.code: tick(seen.at, None, position=seen.position)}
    score = seen.head.score
    limit = max(rule.threshold, rule.numbers["own"] * (memory.own or 0.0))
    why = {"mesh": round(score, 2), "limit": round(limit, 2)}
    said = tick(
        seen.at,
        score < limit,
        position=seen.position,
        score=1.0 - score,
        light=seen.face_light,
        why=why,
    )
    return _learn(memory, score, rule.threshold), {rule.code: said}


def _fit(seen: Observation) -> bool:
    assert seen.head is not None
    wide = seen.candidate is not None and seen.candidate.box.width >= WIDE
    return wide and abs(seen.head.yaw) <= AHEAD and (seen.face_light or 0.0) >= DARK


def _learn(memory: Memory, score: float, lowest: float) -> Memory:
    if memory.own is not None or score < lowest:
        return memory
    scores = (*memory.seen, score)
    return replace(memory, seen=scores) if len(scores) < FIRST else Memory(own=median(scores))
