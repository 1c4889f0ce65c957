"""Is it still the same face? Pure (proctoring.md 4.2).

A quick check every few seconds only asks for a closer one: a burst of looks at a face that is fit to be compared. Two
bursts far below the limit are a mismatch; a doubtful one, or none, is "could not verify" and never another person.
Each number says what it was measured on in docs/detection.md.
"""

from dataclasses import dataclass, replace
from statistics import median

from appliance.exam.episode import Tick
from appliance.inference.boxes import Box
from appliance.inference.judges.context import Context, tick
from appliance.inference.likeness import MATCH
from appliance.inference.look import Look
from appliance.inference.observe import Observation

LOST_FOR = 1.0  # seconds without the face after which whoever comes is to be compared anew
STEP = 0.60  # of its width: a face that jumps further between two looks may be another one
PATIENCE = 8.0  # seconds after which a burst that found no face fit for it gives up
PAUSE = 30.0  # seconds until the next one is tried then


_CODES = frozenset({"identity_mismatch", "identity_unverifiable"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """`box`, `box_at`: the face followed, and when it was last seen. A burst goes on while `burst_at` is set and has
    `scores` so far; `next_at` is when the next is due; `low`: bursts in a row that were far below the limit;
    `compared_at`: when a burst last said yes or no, at first when a face to compare was first there."""

    box: Box | None = None
    box_at: float = float("-inf")
    burst_at: float | None = None
    scores: tuple[float, ...] = ()
    next_at: float = float("-inf")
    low: int = 0
    compared_at: float | None = None


def judge(memory: Memory, seen: Observation, context: Context) -> tuple[Memory, dict[str, Tick]]:
    """Nothing is said of a look at which nobody was compared, but that it is long ago."""
    if not seen.enrolled or not _CODES & context.codes:
        return Memory(), {}
    if seen.candidate is None:
        return replace(memory, burst_at=None, scores=()), {}
    memory = _follow(memory, seen)
    if memory.burst_at is None and seen.at >= memory.next_at:
        memory = replace(memory, burst_at=seen.at, scores=())
    ticks: dict[str, Tick] = {}
    if seen.likeness is not None:
        memory, ticks = _compare(memory, seen, context)
    elif memory.burst_at is not None and seen.at - memory.burst_at > PATIENCE:
        memory = _give_up(memory, seen.at)
    since = seen.at if memory.compared_at is None else memory.compared_at
    long_ago = seen.at - since >= context.rules["identity_unverifiable"].numbers["after"]
    ticks["identity_unverifiable"] = _say(seen, long_ago, minutes=round((seen.at - since) / 60, 1))
    return replace(memory, compared_at=since), ticks


def hungry(memory: Memory) -> frozenset[Look]:
    """A burst wants every picture."""
    return frozenset() if memory.burst_at is None else frozenset({Look.LIKENESS})


def _say(seen: Observation, true: bool | None, *, score: float | None = None, **why: float | str) -> Tick:
    return tick(seen.at, true, position=seen.position, score=score, light=seen.face_light, why=why)


def _follow(memory: Memory, seen: Observation) -> Memory:
    """Where the track of the face breaks, a burst is due at once; what was found before holds no longer."""
    assert seen.candidate is not None
    box, before = seen.candidate.box, memory.box
    same = before is not None and 0 <= seen.at - memory.box_at <= LOST_FOR and _near(before, box)
    memory = replace(memory, box=box, box_at=seen.at)
    return memory if same else replace(memory, next_at=seen.at, burst_at=None, scores=(), low=0)


def _near(before: Box, box: Box) -> bool:
    across = abs((before.left + before.right) - (box.left + box.right)) / 2
    down = abs((before.top + before.bottom) - (box.top + box.bottom)) / 2
    return max(across, down) <= STEP * max(before.width, box.width)


def _compare(memory: Memory, seen: Observation, context: Context) -> tuple[Memory, dict[str, Tick]]:
    assert seen.likeness is not None
    score, rule = seen.likeness.score, context.rules["identity_mismatch"]
    if memory.burst_at is None:  # a quick check
        if score is None:
            return memory, {}
        if score < MATCH:
            return replace(memory, burst_at=seen.at, scores=()), {}
        return memory, {"identity_mismatch": _say(seen, False, score=_strength(score), cosine=round(score, 3))}
    scores = memory.scores if score is None else (*memory.scores, score)
    if len(scores) < rule.numbers["burst"]:
        if seen.at - memory.burst_at <= PATIENCE:
            return replace(memory, scores=scores), {}
        reason = seen.likeness.reason or "too_few"
        return _give_up(memory, seen.at), {"identity_mismatch": _say(seen, None, reason=reason)}
    return _conclude(replace(memory, scores=()), median(scores), seen, context)


def _give_up(memory: Memory, at: float) -> Memory:
    return replace(memory, burst_at=None, scores=(), next_at=at + PAUSE)


def _conclude(memory: Memory, score: float, seen: Observation, context: Context) -> tuple[Memory, dict[str, Tick]]:
    """A burst is complete: `score` is its median."""
    rule = context.rules["identity_mismatch"]
    code, cosine = "identity_mismatch", round(score, 3)
    if score < rule.threshold:
        low = memory.low + 1
        memory = replace(memory, low=low, burst_at=seen.at, compared_at=seen.at)  # and another, at once
        if low < rule.numbers["bursts"]:
            return memory, {}
        return memory, {code: _say(seen, True, score=_strength(score), cosine=cosine, bursts=low)}
    if score < MATCH:
        return replace(_give_up(memory, seen.at), low=0), {code: _say(seen, None, cosine=cosine, reason="doubtful")}
    memory = replace(memory, low=0, burst_at=None, next_at=seen.at + rule.numbers["every"], compared_at=seen.at)
    return memory, {code: _say(seen, False, score=_strength(score), cosine=cosine)}


def _strength(score: float) -> float:
    """How unlike, 0..1."""
    return min(1.0, max(0.0, 1.0 - score))
