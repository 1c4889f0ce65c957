"""Which rules judge nothing in a stage, and when the candidate is let go for a while: a break, a pause, the check-out,
the room that is shown once more. Pure (proctoring.md 4.1 point 7, M55, M85)."""

from appliance.exam import events
from appliance.exam.events import Payload
from appliance.exam.flags import RULES
from appliance.exam.stage import FREE, WATCHED, Stage, rests

SHOWING = 180.0
"""Seconds for which rules rest at most after staff asked for the room to be shown: nobody is left alone by not doing
it. A scan takes about 45 s; nobody was measured."""

_RESTING = {stage: frozenset(code for code in RULES if rests(stage, code)) for stage in Stage}


class Leave:
    """Of one attempt. `free`: nobody is to look or listen; `resting`: the rules that judge nothing; `last`: when rules
    began to rest last, and all of those."""

    def __init__(self) -> None:
        self.free = False
        self.resting = _RESTING[Stage.INVITED]
        self.last: tuple[float, frozenset[str]] = (float("-inf"), frozenset())
        self._asked_at: float | None = None

    def hear(self, payload: Payload, at: float) -> None:
        """An event of the attempt, at wall second `at`."""
        if isinstance(payload, events.ScanAsked):
            self._asked_at = at
        elif isinstance(payload, events.ScanRecorded):
            self._asked_at = None

    @property
    def ends_at(self) -> float:
        """When it is over by itself, if it is that the room is to be shown."""
        return float("inf") if self._asked_at is None else self._asked_at + SHOWING

    def turn(self, stage: Stage, at: float) -> frozenset[str]:
        """What holds in `stage` at `at`; -> the rules that rest from now on."""
        if at >= self.ends_at:
            self._asked_at = None
        shows = self._asked_at is not None and stage in WATCHED
        self.free = shows or stage in FREE
        before, self.resting = self.resting, _RESTING[Stage.PAUSED if shows else stage]
        if new := self.resting - before:
            self.last = at, self.resting
        return new
