"""From ticks to episodes, pure (proctoring.md 4.1).

A detector's tick says true, false or unassessable. `advance` folds the ticks of one rule on one feed, in the order of
time, into episodes: it says when one begins (raised) and when it is over (closed). Unassessable ticks support and
refute nothing; one missed tick never resets anything; the same thing within ten seconds is the same episode.
"""

from collections.abc import Mapping, Set
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from appliance.exam.flags import RULES, Channel, Rule, Sense


class Verdict(StrEnum):
    """What a detector says at one moment."""

    TRUE = "true"
    FALSE = "false"
    UNASSESSABLE = "unassessable"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tick:
    """One look. `at` wall seconds; `position` seconds on the recording; `score` how strong, 0..1 or None; `light` mean
    luma; `doubt`: true, but something speaks for an innocent reading, so that it weighs less with a person; `why`: what
    the judge saw, by name, for the person who reads the flag."""

    at: float
    verdict: Verdict
    position: float | None = None
    score: float | None = None
    light: float | None = None
    doubt: bool = False
    why: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Episode:
    """A rule that fired. `onset_at` is the first true tick, `last_at` the last one so far; `true` of `assessable` of
    `ticks`; `doubts` of the true ones were doubtful; `light` is the mean luma of the ticks that had one; `why` is
    that of the strongest tick."""

    onset_at: float
    position: float | None
    last_at: float
    score: float | None
    peak_at: float
    true: int
    assessable: int
    ticks: int
    doubts: int
    light: float | None
    lights: int
    why: Mapping[str, Any] = field(default_factory=dict)

    @property
    def coverage(self) -> float:
        """Share of the ticks that could be judged."""
        return self.assessable / self.ticks


@dataclass(frozen=True, slots=True)
class Raised:
    """An episode begins."""

    episode: Episode


@dataclass(frozen=True, slots=True)
class Closed:
    """An episode is over, at `ended_at`."""

    episode: Episode
    ended_at: float


Output = Raised | Closed


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """Of one rule on one feed. `pending`: ticks since the oldest true one that may still be an onset; `open`: the
    episode that was raised and not closed yet; `ended`: it is over unless the same comes back within the rule's
    `merge_within`; `falses`: false ticks since the last true one, the first of them at `false_since`."""

    pending: tuple[Tick, ...] = ()
    open: Episode | None = None
    ended: bool = False
    false_since: float | None = None
    falses: int = 0
    last_tick_at: float = field(default=float("-inf"))

    @property
    def active(self) -> bool:
        """Raised, and still going on."""
        return self.open is not None and not self.ended


QUIET = State()

_SIGHT = frozenset(code for code, rule in RULES.items() if rule.sense is Sense.SIGHT)
_OF_A_PERSON = frozenset(code for code in _SIGHT if RULES[code].channel is not Channel.CAMERA)
_OF_A_SCREEN = frozenset(code for code, rule in RULES.items() if rule.sense is Sense.SCREEN)

CAUSES: dict[str, frozenset[str]] = {
    "camera_disconnected": _SIGHT | {"stream_degraded", "share_lost"},
    "phone_cam_lost": _SIGHT | {"stream_degraded"},
    "network_lost": frozenset({"camera_disconnected", "phone_cam_lost", "stream_degraded", "share_lost", "mic_silent"}),
    "camera_covered": _OF_A_PERSON | {"camera_frozen", "video_replay", "lighting_poor"},
    "camera_frozen": _OF_A_PERSON | {"video_replay", "lighting_poor"},
    "camera_permission_lost": _SIGHT | {"camera_disconnected"},
    "mic_muted": frozenset({"mic_silent"}),
    "share_lost": frozenset({"share_wrong_surface", *_OF_A_SCREEN}),
}
"""One root cause, one event: while the first holds, the others cannot be judged."""


def suppress(ticks: Mapping[str, Tick], active: Set[str]) -> dict[str, Tick]:
    """The ticks of one moment, those made unassessable whose root cause is another rule that is in `active`."""
    silenced = frozenset().union(*(CAUSES[cause] for cause in active if cause in CAUSES))
    return {
        code: replace(tick, verdict=Verdict.UNASSESSABLE, score=None) if code in silenced else tick
        for code, tick in ticks.items()
    }


def resume(episode: Episode) -> State:
    """The state of a rule whose episode was raised by a process that is gone since."""
    return State(open=episode, last_tick_at=episode.last_at)


def advance(rule: Rule, state: State, tick: Tick) -> tuple[State, tuple[Output, ...]]:
    """Fold one tick in. A clock that was set back makes the rule forget what it was about to raise, nothing else."""
    if tick.at <= state.last_tick_at:
        state = replace(state, pending=(), false_since=None, falses=0)
    state = _count_falses(replace(state, last_tick_at=tick.at), tick)
    if state.open is None:
        return _watch(rule, state, tick)
    return _follow(rule, state, tick)


def finish(state: State, now: float) -> tuple[State, tuple[Output, ...]]:
    """Nothing more comes: close what is open."""
    if state.open is None:
        return QUIET, ()
    ended_at = state.open.last_at if state.ended else max(now, state.open.last_at)
    return QUIET, (Closed(state.open, ended_at),)


def _count_falses(state: State, tick: Tick) -> State:
    if tick.verdict is Verdict.TRUE:
        return replace(state, false_since=None, falses=0)
    if tick.verdict is Verdict.FALSE:
        since = tick.at if state.false_since is None else state.false_since
        return replace(state, false_since=since, falses=state.falses + 1)
    return state


def _cleared(rule: Rule, state: State, now: float) -> bool:
    """False for so long, and seen false more than once."""
    return state.false_since is not None and state.falses >= 2 and now - state.false_since >= rule.clear_after


def _watch(rule: Rule, state: State, tick: Tick) -> tuple[State, tuple[Output, ...]]:
    """No episode: gather ticks, and raise one when a window of them satisfies the rule."""
    if _cleared(rule, state, tick.at):
        return replace(state, pending=()), ()
    state = replace(state, pending=_gather(rule, state.pending, tick))
    window = _window(rule, state.pending, tick.at) if tick.verdict is Verdict.TRUE else ()
    if not window:  # nor is anything raised at the moment it is over
        return state, ()
    episode = _begin(window)
    return replace(state, pending=(), open=episode, ended=False), (Raised(episode),)


def _gather(rule: Rule, pending: tuple[Tick, ...], tick: Tick) -> tuple[Tick, ...]:
    """From the oldest true tick on that is young enough to be an onset still."""
    oldest = tick.at - rule.seconds - rule.merge_within
    ticks = (*pending, tick)
    start = next((i for i, t in enumerate(ticks) if t.verdict is Verdict.TRUE and t.at >= oldest), len(ticks))
    return ticks[start:]


def _window(rule: Rule, pending: tuple[Tick, ...], now: float) -> tuple[Tick, ...]:
    """The longest run of ticks up to now that begins with a true one and satisfies the rule; else nothing."""
    true = assessable = 0
    found = len(pending)
    for i in range(len(pending) - 1, -1, -1):
        tick = pending[i]
        assessable += tick.verdict is not Verdict.UNASSESSABLE
        if tick.verdict is not Verdict.TRUE:
            continue
        true += 1
        long_enough = now - tick.at >= rule.seconds and true >= rule.hits
        if long_enough and true >= rule.share * assessable and assessable >= rule.coverage * (len(pending) - i):
            found = i
    return pending[found:]


def _begin(window: tuple[Tick, ...]) -> Episode:
    first = window[0]
    episode = Episode(
        onset_at=first.at,
        position=first.position,
        last_at=first.at,
        score=None,
        peak_at=first.at,
        true=0,
        assessable=0,
        ticks=0,
        doubts=0,
        light=None,
        lights=0,
    )
    for tick in window:
        episode = _add(episode, tick)
    return episode


def _add(episode: Episode, tick: Tick) -> Episode:
    true = tick.verdict is Verdict.TRUE
    peak = true and tick.score is not None and (episode.score is None or tick.score > episode.score)
    light, lights = episode.light, episode.lights
    if tick.light is not None:
        light, lights = ((light or 0.0) * lights + tick.light) / (lights + 1), lights + 1
    return replace(
        episode,
        last_at=max(tick.at, episode.last_at) if true else episode.last_at,
        score=tick.score if peak else episode.score,
        peak_at=tick.at if peak else episode.peak_at,
        true=episode.true + true,
        assessable=episode.assessable + (tick.verdict is not Verdict.UNASSESSABLE),
        ticks=episode.ticks + 1,
        doubts=episode.doubts + (true and tick.doubt),
        light=light,
        lights=lights,
        why=tick.why if peak or (true and not episode.why) else episode.why,
    )


def _follow(rule: Rule, state: State, tick: Tick) -> tuple[State, tuple[Output, ...]]:
    """An episode is open: go on with it, let it end, take it up again, or close it."""
    assert state.open is not None
    if not state.ended:
        episode = _add(state.open, tick)
        if tick.at - episode.onset_at >= rule.longest:
            return State(last_tick_at=tick.at), (Closed(episode, tick.at),)
        ended = _cleared(rule, state, tick.at)
        return replace(state, open=episode, ended=ended, pending=()), ()
    return _linger(rule, state, tick)


def _linger(rule: Rule, state: State, tick: Tick) -> tuple[State, tuple[Output, ...]]:
    """It ended a moment ago: the same within `merge_within` takes it up again, otherwise it is closed."""
    over = state.open
    assert over is not None
    watched, outputs = _watch(rule, replace(state, open=None), tick)
    if outputs:  # the rule is satisfied anew
        again = outputs[0].episode
        if again.onset_at - over.last_at <= rule.merge_within:
            return replace(watched, open=_join(over, again), ended=False), ()
        return watched, (Closed(over, over.last_at), *outputs)
    still_possible = any(
        t.verdict is Verdict.TRUE and t.at - over.last_at <= rule.merge_within for t in watched.pending
    )
    set_back = tick.at < over.last_at  # the clock was: how long ago it ended cannot be told any more
    if not set_back and (tick.at - over.last_at <= rule.merge_within or still_possible):
        return replace(watched, open=over, ended=True), ()
    return watched, (Closed(over, over.last_at),)


def _join(first: Episode, again: Episode) -> Episode:
    higher = again.score is not None and (first.score is None or again.score > first.score)
    lights = first.lights + again.lights
    light = ((first.light or 0.0) * first.lights + (again.light or 0.0) * again.lights) / lights if lights else None
    return replace(
        first,
        last_at=again.last_at,
        score=again.score if higher else first.score,
        peak_at=again.peak_at if higher else first.peak_at,
        true=first.true + again.true,
        assessable=first.assessable + again.assessable,
        ticks=first.ticks + again.ticks,
        doubts=first.doubts + again.doubts,
        light=light,
        lights=lights,
        why=again.why if higher else first.why,
    )
