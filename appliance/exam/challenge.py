"""A head-turn and blink challenge: some steps that nobody can know beforehand, shown one after the other. Pure.

It helps a person to see that somebody sits there and no picture; it is no proof of that (facts/models.md: there is no
acceptable model against spoofing).
"""

from collections.abc import Callable, Sequence
from enum import StrEnum


class Step(StrEnum):
    """What the candidate is asked to do; the sides are the candidate's own."""

    LEFT = "left"
    RIGHT = "right"
    BLINK = "blink"


class Seen(StrEnum):
    """What the box saw of a step."""

    DONE = "done"
    NOT_SEEN = "not_seen"
    UNASSESSABLE = "unassessable"


STEPS = 3

STEP_SECONDS = 5.0
"""Each step stands so long on the candidate's page: read a line, turn the head, come back."""

READY_SECONDS = 3.0
"""Before the first step the page says what comes."""

OPEN_SECONDS = 60.0
"""So long a challenge waits: the candidate may be in another window when it is asked."""


def pick(choose: Callable[[Sequence[Step]], Step]) -> tuple[Step, ...]:
    """`STEPS` steps, no two the same in a row. `choose` takes one at random."""
    steps: list[Step] = []
    while len(steps) < STEPS:
        steps.append(choose([step for step in Step if not steps or step is not steps[-1]]))
    return tuple(steps)


def is_open(*, asked_at: float, answered: bool, now: float) -> bool:
    """Does the candidate's page show it, and is no other asked meanwhile?"""
    return not answered and now < asked_at + OPEN_SECONDS
