"""From the ticks of one sense of one feed to flags. Live and replayed footage take this very path."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Set
from dataclasses import dataclass, replace

from appliance.exam import episode
from appliance.exam.detection import USUAL, RuleSet
from appliance.exam.episode import QUIET, Closed, Episode, Raised, State, Tick, Verdict
from appliance.exam.flags import RULES

ABOUT = 3.0
"""Seconds within which two onsets are the same moment."""

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
    """Folds the ticks of one sense of one feed. Holds three pictures for each rule that has fired, and for one that is
    about to the picture of each tick that may still be its onset (the same few pictures for every rule)."""

    def __init__(self, rules: RuleSet = USUAL) -> None:
        self._rules = rules
        self._states: dict[str, State] = defaultdict(lambda: QUIET)
        self._waiting: dict[str, list[Shot]] = defaultdict(list)
        self._open: dict[str, dict[str, Shot]] = defaultdict(dict)
        self._counts: dict[str, list[int]] = defaultdict(lambda: [0, 0])
        self._last: Shot | None = None

    @property
    def counts(self) -> dict[str, list[int]]:
        """Rule -> [ticks that could be judged, all ticks], of the rules that had any."""
        return {code: list(count) for code, count in self._counts.items()}

    @property
    def active(self) -> frozenset[str]:
        """The rules that have fired and still hold."""
        return frozenset(code for code, state in self._states.items() if state.active)

    @property
    def pending(self) -> frozenset[str]:
        """Rules that have begun to gather true ticks and have not fired yet."""
        return frozenset(code for code, state in self._states.items() if state.pending)

    @property
    def last_tick_at(self) -> Mapping[str, float]:
        """Rule -> when it was last judged."""
        return {code: state.last_tick_at for code, state in self._states.items()}

    def shows(self, code: str, onset: float | None) -> bool:
        """Does the rule hold, or gather true ticks with few others between them, since about `onset` (None: now)?"""
        state = self._states.get(code, QUIET)
        if state.open is not None and not state.ended:
            return onset is None or abs(state.open.onset_at - onset) <= ABOUT
        since = [tick for tick in state.pending if onset is None or tick.at >= onset - ABOUT]
        judged = [tick.verdict is Verdict.TRUE for tick in since if tick.verdict is not Verdict.UNASSESSABLE]
        if not judged or not judged[-1] or 2 * sum(judged) < len(judged):
            return False
        begins = next(tick.at for tick in since if tick.verdict is Verdict.TRUE)
        return onset is None or begins <= onset + ABOUT

    def resume(self, code: str, begun: Episode) -> None:
        """Go on with a flag that an earlier process raised; one of this process is known better."""
        if self._states[code].open is None:
            self._states[code] = episode.resume(begun)

    def use(self, rules: RuleSet) -> None:
        """The numbers that hold from now on; what is open stays open."""
        self._rules = rules

    def keep_only(self, codes: Collection[str], now: float) -> list[Begun | Over]:
        """No other rule says anything from now on (the camera was moved, an accommodation was granted): the others end
        what they had open."""
        return self.rest([code for code in self._states if code not in codes], now)

    def rest(self, codes: Collection[str], now: float) -> list[Begun | Over]:
        """These rules end what they have open, and forget what they were about to raise."""
        outputs: list[Begun | Over] = []
        for code in [code for code in self._states if code in codes]:
            _, closed = episode.finish(self._states.pop(code), now)
            outputs += [self._output(code, output) for output in closed]
            self._waiting.pop(code, None)
        return outputs

    def fold(
        self,
        ticks: Mapping[str, Tick],
        shot: Shot | None = None,
        *,
        resting: Collection[str] = (),
        active: Set[str] = frozenset(),
    ) -> list[Begun | Over]:
        """What follows from the ticks of one moment. Rules that are `resting` (a call) judge nothing; `active` are
        rules that hold on another sense, which may be the cause of what is seen here."""
        self._last = shot or self._last
        outputs = []
        for code, tick in episode.suppress(ticks, self.active | active).items():
            rests = code in resting
            outputs += self._advance(code, replace(tick, verdict=Verdict.UNASSESSABLE) if rests else tick, shot)
        return outputs

    def finish(self, now: float) -> list[Begun | Over]:
        """Nothing more comes."""
        return self.keep_only((), now)

    def _advance(self, code: str, tick: Tick, shot: Shot | None) -> list[Begun | Over]:
        count = self._counts[code]
        count[0] += tick.verdict is not Verdict.UNASSESSABLE
        count[1] += 1
        before = self._states[code]
        after, outputs = episode.advance(self._rules[code], before, tick)
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
    """Category and severity: the rule's own, or uncertain and low when most true ticks were doubtful. Where a rule has
    lighter and heavier cases its judge says which in `why["severity"]`."""
    if 2 * of.doubts > of.true:
        return "uncertain", "low"
    return RULES[code].category.value, str(of.why.get("severity", RULES[code].severity.value))
