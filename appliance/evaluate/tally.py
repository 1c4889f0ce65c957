"""What was counted of each rule with each person, and the rates that follow. Pure."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from appliance.evaluate import bootstrap
from appliance.evaluate.bootstrap import Interval
from appliance.evaluate.match import Outcome
from appliance.exam.episode import Tick, Verdict

RULE_OF_THREE = 3.0
"""With none in n hours the rate is below 3/n with 95 % confidence."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """Counts of one rule. `seconds`: of clips in which it could fire; `delays`: from the label's start to the flag."""

    episodes: int = 0
    hits: int = 0
    false: int = 0
    duplicates: int = 0
    uncounted: int = 0
    assessable: int = 0
    ticks: int = 0
    seconds: float = 0.0
    delays: tuple[float, ...] = field(default=())

    def __add__(self, other: "Tally") -> "Tally":
        return Tally(
            episodes=self.episodes + other.episodes,
            hits=self.hits + other.hits,
            false=self.false + other.false,
            duplicates=self.duplicates + other.duplicates,
            uncounted=self.uncounted + other.uncounted,
            assessable=self.assessable + other.assessable,
            ticks=self.ticks + other.ticks,
            seconds=self.seconds + other.seconds,
            delays=self.delays + other.delays,
        )

    @property
    def hours(self) -> float:
        return self.seconds / 3600.0

    @property
    def recall(self) -> float | None:
        return self.hits / self.episodes if self.episodes else None

    @property
    def precision(self) -> float | None:
        """Of the alerts that are right or false; duplicates are neither."""
        return self.hits / (self.hits + self.false) if self.hits + self.false else None

    @property
    def false_per_hour(self) -> float | None:
        return self.false / self.hours if self.seconds else None

    @property
    def coverage(self) -> float | None:
        return self.assessable / self.ticks if self.ticks else None


def of_clip(outcome: Outcome, ticks: Mapping[str, Sequence[Tick]], *, seconds: float) -> dict[str, Tally]:
    """By code. A missed episode counts for the first code that could have met it."""
    hits = dict(outcome.hits)
    codes = {*ticks, *(e.codes[0] for e in outcome.missed), *(a.code for a in hits.values())}
    codes |= {alarm.code for alarm in (*outcome.false, *outcome.uncounted)}
    codes |= {alarm.code for _, alarm in outcome.duplicates}
    return {
        code: Tally(
            episodes=sum(a.code == code for a in hits.values()) + sum(e.codes[0] == code for e in outcome.missed),
            hits=sum(a.code == code for a in hits.values()),
            false=sum(a.code == code for a in outcome.false),
            duplicates=sum(a.code == code for _, a in outcome.duplicates),
            uncounted=sum(a.code == code for a in outcome.uncounted),
            assessable=sum(t.verdict is not Verdict.UNASSESSABLE for t in ticks.get(code, ())),
            ticks=len(ticks.get(code, ())),
            seconds=seconds if code in ticks else 0.0,
            delays=tuple(alarm.fired - episode.start for episode, alarm in hits.items() if alarm.code == code),
        )
        for code in sorted(codes)
    }


def total(tallies: Iterable[Tally]) -> Tally:
    """All of them."""
    return sum(tallies, Tally())


def upper_bound(count: int, hours: float) -> float | None:
    """Of a rate an hour, with 95 % confidence: the rule of three where there was none, else the normal approximation
    of the square root of a count."""
    if hours <= 0:
        return None
    return RULE_OF_THREE / hours if count == 0 else (math.sqrt(count) + 0.98) ** 2 / hours


def recall_interval(subjects: Sequence[Tally]) -> Interval:
    """By resampling people; each tally is one person's."""
    return bootstrap.ratio([t.hits for t in subjects], [t.episodes for t in subjects])


def precision_interval(subjects: Sequence[Tally]) -> Interval:
    """Likewise."""
    return bootstrap.ratio([t.hits for t in subjects], [t.hits + t.false for t in subjects])


def false_interval(subjects: Sequence[Tally]) -> Interval:
    """Likewise, of false alerts an hour."""
    return bootstrap.ratio([t.false for t in subjects], [t.hours for t in subjects])


def percentile(values: Sequence[float], share: float) -> float | None:
    """The smallest value that `share` of them do not exceed."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)] if ordered else None
