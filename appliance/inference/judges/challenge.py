"""What is seen of a head-turn and blink challenge. Pure.

A step is done when it was seen after the ones before it; a still picture can do none of them. It decides nothing.
"""

from dataclasses import dataclass, replace

from appliance.exam.challenge import OPEN_SECONDS, Seen, Step
from appliance.inference.baseline import Baseline
from appliance.inference.judges.attention import COVERED
from appliance.inference.observe import Observation

TURN = 20.0  # degrees from straight ahead; turns of A08 pass 26, by chance only a look of A18 and a slide in A40 do
SHUT, OPEN = 0.20, 0.25  # eyes by height and width: .09 to .19 in blinks, .25 to .43 open
SIDES = {Step.LEFT: 1.0, Step.RIGHT: -1.0}
"""The candidate's own left is at the picture's right."""

ANSWER_BEFORE = 2.0
"""Seconds before the challenge closes by itself in which what was seen is said."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Challenge:
    """`done`: how many of the `steps` were seen so far. Of the looks since the last of them, `looks` in all, `heads`
    showed where the head points and `eyes` whether the eyes are open; `open`: they were."""

    name: str
    steps: tuple[Step, ...]
    asked_at: float
    done: int = 0
    looks: int = 0
    heads: int = 0
    eyes: int = 0
    open: bool = False


def look(memory: Challenge, seen: Observation, base: Baseline) -> Challenge:
    """With one picture more."""
    if memory.done == len(memory.steps) or seen.at < memory.asked_at:
        return memory
    head = None if seen.head is None or (seen.head.covered or 0.0) >= COVERED else seen.head
    eyes = None if head is None else head.eyes_open
    memory = replace(
        memory,
        looks=memory.looks + 1,
        heads=memory.heads + (head is not None),
        eyes=memory.eyes + (eyes is not None),
    )
    step = memory.steps[memory.done]
    if step is Step.BLINK:
        if eyes is not None and eyes < SHUT and memory.open:
            return _next(memory)
        return replace(memory, open=memory.open or (eyes is not None and eyes >= OPEN))
    if head is not None and SIDES[step] * (head.yaw - (base.yaw or 0.0)) >= TURN:
        return _next(memory)
    return memory


def _next(memory: Challenge) -> Challenge:
    return replace(memory, done=memory.done + 1, looks=0, heads=0, eyes=0, open=False)


def answer(memory: Challenge, now: float) -> list[Seen] | None:
    """One for each step, once all were seen or the time is over; None before."""
    left = memory.steps[memory.done :]
    if left and now < memory.asked_at + OPEN_SECONDS - ANSWER_BEFORE:
        return None
    return [Seen.DONE] * memory.done + [_unseen(memory, step) for step in left]


def _unseen(memory: Challenge, step: Step) -> Seen:
    """Not seen, if at least half of the looks could have shown it."""
    could = memory.eyes if step is Step.BLINK else memory.heads
    return Seen.NOT_SEEN if memory.looks and 2 * could >= memory.looks else Seen.UNASSESSABLE
