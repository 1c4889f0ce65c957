"""Where a rehearsal is: one pure machine. Whatever happens, it ends."""

from dataclasses import dataclass, replace
from enum import StrEnum

FILL_SECONDS = 60.0
"""Until all seats send; whoever is not there then is missing, and that is measured."""


class Phase(StrEnum):
    """In this order."""

    PREPARING = "preparing"  # the exam is made, the simulator starts
    FILLING = "filling"  # the seats come in
    MEASURING = "measuring"
    ENDING = "ending"  # everything is taken away again
    OVER = "over"


class Outcome(StrEnum):
    """How it ended; RUNNING: it has not."""

    RUNNING = ""
    DONE = "done"
    STOPPED = "stopped"  # somebody stopped it
    INTERRUPTED = "interrupted"  # candidates came in: theirs is the box
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """`since`: wall seconds when the phase began; `seconds`: how long is measured; `reason`: why it failed, a name of
    `rehearsal.reason`."""

    phase: Phase = Phase.PREPARING
    since: float
    seconds: float
    outcome: Outcome = Outcome.RUNNING
    reason: str = ""

    def left(self, now: float) -> float:
        """Seconds that the phase may still take."""
        lasts = {Phase.FILLING: FILL_SECONDS, Phase.MEASURING: self.seconds}.get(self.phase, 0.0)
        return max(0.0, lasts - (now - self.since))


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What is so now. `here`: seats that send, of `expected`; `playing`: the simulator lives (or none is needed)."""

    at: float
    here: int = 0
    expected: int = 0
    playing: bool = True
    stop: bool = False
    exam_on: bool = False


def advance(state: State, seen: Seen) -> State:
    """The next state; the same where nothing follows."""
    if state.phase in (Phase.ENDING, Phase.OVER):
        return state
    ending = _ending(seen) or _enough(state, seen)
    if ending is not None:
        return replace(state, phase=Phase.ENDING, since=seen.at, outcome=ending[0], reason=ending[1])
    if state.phase is Phase.PREPARING:
        return replace(state, phase=Phase.FILLING, since=seen.at)
    full = seen.here >= seen.expected or not state.left(seen.at)
    if state.phase is Phase.FILLING and full:
        return replace(state, phase=Phase.MEASURING, since=seen.at)
    return state


def _enough(state: State, seen: Seen) -> tuple[Outcome, str] | None:
    """Its time is over, or nobody came."""
    if state.left(seen.at):
        return None
    if state.phase is Phase.MEASURING:
        return Outcome.DONE, ""
    return (Outcome.FAILED, "nobody") if state.phase is Phase.FILLING and not seen.here else None


def _ending(seen: Seen) -> tuple[Outcome, str] | None:
    """What ends it before its time."""
    if seen.stop:
        return Outcome.STOPPED, ""
    if seen.exam_on:
        return Outcome.INTERRUPTED, ""
    if not seen.playing:
        return Outcome.FAILED, "simulator"
    return None


def failed(state: State, reason: str, *, at: float) -> State:
    """Something went wrong that nothing here can know."""
    return replace(state, phase=Phase.ENDING, since=at, outcome=Outcome.FAILED, reason=reason)


def over(state: State, *, at: float) -> State:
    """Everything is taken away."""
    return replace(state, phase=Phase.OVER, since=at)
