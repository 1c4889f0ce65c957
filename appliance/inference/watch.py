"""One webcam feed, from observations to flags. Live and replayed footage take this very path."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, replace

from appliance.exam import episode
from appliance.exam.episode import QUIET, Closed, Episode, Raised, State, Tick, Verdict
from appliance.exam.feed import Position
from appliance.exam.flags import RULES, applies
from appliance.inference import ticks
from appliance.inference.observe import Observation

DISCONNECTED = "camera_disconnected"
MOMENTS = ("onset", "peak", "last")


@dataclass(frozen=True, slots=True)
class Shot:
    """A picture to keep with a flag: wall seconds when it was taken, and its JPEG."""

    at: float
    jpeg: bytes


Shots = Mapping[str, Shot]
"""By moment: "onset", "peak", "last"."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Begun:
    """A rule fired."""

    code: str
    episode: Episode
    shots: Shots


@dataclass(frozen=True, slots=True, kw_only=True)
class Over:
    """The episode is over."""

    code: str
    episode: Episode
    ended_at: float
    shots: Shots


class Watch:
    """Folds what is seen of one feed. Holds three pictures for each rule that has fired, and for one that is about to
    the picture of each tick that may still be its onset (the same few pictures for every rule)."""

    def __init__(self) -> None:
        self._memory = ticks.Memory()
        self._states: dict[str, State] = dict.fromkeys(RULES, QUIET)
        self._waiting: dict[str, list[Shot]] = defaultdict(list)
        self._open: dict[str, dict[str, Shot]] = defaultdict(dict)
        self._counts: dict[str, list[int]] = {code: [0, 0] for code in RULES}
        self._last: Shot | None = None
        self._position: float | None = None
        self._stands = Position.FRONT

    @property
    def counts(self) -> dict[str, list[int]]:
        """Rule -> [ticks that could be judged, all ticks], of the rules that had any."""
        return {code: list(count) for code, count in self._counts.items() if count[1]}

    @property
    def active(self) -> frozenset[str]:
        """The rules that have fired and still hold."""
        return frozenset(code for code, state in self._states.items() if state.active)

    def resume(self, code: str, begun: Episode) -> None:
        """Go on with a flag that an earlier process raised."""
        self._states[code] = episode.resume(begun)

    def place(self, position: Position, now: float) -> list[Begun | Over]:
        """The camera stands so from now on: rules that say nothing about it there end what they had open."""
        self._stands = position
        outputs: list[Begun | Over] = []
        for code in [code for code in RULES if not applies(code, position)]:
            self._states[code], closed = episode.finish(self._states[code], now)
            outputs += [self._output(code, output) for output in closed]
            self._waiting.pop(code, None)
        return outputs

    def see(
        self, seen: Observation, jpeg: bytes | None, *, resting: frozenset[str] = frozenset()
    ) -> tuple[list[Begun | Over], bool]:
        """What follows from one picture, and whether the next should be looked at closely: something was seen that a
        rule wants to see again soon. Rules that are `resting` (a call) judge nothing."""
        self._memory, found = ticks.judge(self._memory, seen)
        found = {code: tick for code, tick in found.items() if applies(code, self._stands)}
        self._position = seen.position
        shot = None if jpeg is None else Shot(seen.at, jpeg)
        self._last = shot or self._last
        outputs = []
        for code, tick in episode.suppress(found, self.active).items():
            rests = code in resting
            outputs += self._advance(code, replace(tick, verdict=Verdict.UNASSESSABLE) if rests else tick, shot)
        return outputs, any(self._doubtful(code) for code in ("phone_visible", "multiple_people"))

    def connected(self, at: float, *, lost: bool | None) -> list[Begun | Over]:
        """Whether media were missing at this moment; None: they were, by the box's own fault. Flags carry the last
        picture that came."""
        verdict = Verdict.UNASSESSABLE if lost is None else Verdict.TRUE if lost else Verdict.FALSE
        outputs = self._advance(DISCONNECTED, Tick(at=at, verdict=verdict, position=self._position), None)
        shots = {} if self._last is None else {"onset": self._last}
        return [replace(output, shots=shots) if isinstance(output, Begun) else output for output in outputs]

    def quiet(self, until: float) -> list[Begun | Over]:
        """Media kept coming up to `until`: the ticks of a second each that say so."""
        at, outputs = self._states[DISCONNECTED].last_tick_at, []
        if at == float("-inf"):
            return []
        for _ in range(15):  # after so many an episode is over; more would say the same
            at += 1.0
            if at >= until:
                break
            outputs += self.connected(at, lost=False)
        return outputs

    def finish(self, now: float) -> list[Begun | Over]:
        """Nothing more comes."""
        outputs: list[Begun | Over] = []
        for code in RULES:
            self._states[code], closed = episode.finish(self._states[code], now)
            outputs += [self._output(code, output) for output in closed]
        return outputs

    def _doubtful(self, code: str) -> bool:
        """A rule has begun to gather true ticks and has not fired yet."""
        return bool(self._states[code].pending)

    def _advance(self, code: str, tick: Tick, shot: Shot | None) -> list[Begun | Over]:
        count = self._counts[code]
        count[0] += tick.verdict is not Verdict.UNASSESSABLE
        count[1] += 1
        before = self._states[code]
        after, outputs = episode.advance(RULES[code], before, tick)
        self._states[code] = after
        self._keep(code, before, tick, shot)
        begun = any(isinstance(output, Raised) for output in outputs)
        results = [self._output(code, output) for output in outputs if isinstance(output, Closed)]
        if begun or (before.ended and after.active):
            self._join(code, fresh=begun)
        results += [self._output(code, output) for output in outputs if isinstance(output, Raised)]
        if not after.pending:
            self._waiting.pop(code, None)
        return results

    def _keep(self, code: str, before: State, tick: Tick, shot: Shot | None) -> None:
        """Put the picture of a true tick where it belongs: with the open flag, or with what may become one."""
        if tick.verdict is not Verdict.TRUE or shot is None:
            return
        now = self._states[code]
        if not before.active:
            oldest = now.pending[0].at if now.pending else float("-inf")
            self._waiting[code] = [*(kept for kept in self._waiting[code] if kept.at >= oldest), shot]
            return
        shots = self._open[code]
        if now.open is not None and now.open.peak_at == tick.at:
            shots["peak"] = shot
        shots["last"] = shot

    def _join(self, code: str, *, fresh: bool) -> None:
        """What was waiting belongs to the open flag from now on, as far as it lies inside its episode."""
        of = self._states[code].open
        waiting = self._waiting.pop(code, [])
        assert of is not None
        waiting = [shot for shot in waiting if shot.at >= of.onset_at]
        if fresh:
            self._open[code] = {"onset": waiting[0]} if waiting else {}
        shots = self._open[code]
        for shot in waiting:
            shots["last"] = shot
            if shot.at == of.peak_at:
                shots["peak"] = shot

    def _output(self, code: str, output: Raised | Closed) -> Begun | Over:
        if isinstance(output, Raised):
            return Begun(code=code, episode=output.episode, shots=dict(self._open[code]))
        return Over(code=code, episode=output.episode, ended_at=output.ended_at, shots=self._open.pop(code, {}))


def weight(code: str, of: Episode) -> tuple[str, str]:
    """Category and severity: the rule's own, or uncertain and low when most true ticks were doubtful."""
    if 2 * of.doubts > of.true:
        return "uncertain", "low"
    return RULES[code].category.value, RULES[code].severity.value
