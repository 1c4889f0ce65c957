"""What was raised against what is labelled: one alarm for one episode, by the largest overlap. Pure.

Tolerance and order are those of proctoring.md 5, point 5.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace

from appliance.evaluate.dataset import EVERYTHING, Span
from appliance.exam.detection import RuleSet
from appliance.exam.flags import Category, Rule

TOLERANCE = 2.0
"""Seconds by which an alarm may lie outside its label."""

EDGE = 0.3
"""Seconds by which one may lie outside a span that is not counted: labels were set by eye to so much."""


@dataclass(frozen=True, slots=True)
class Alarm:
    """A flag that was raised: first true tick, when the rule fired, when it was over; seconds of the clip."""

    code: str
    onset: float
    fired: float
    end: float


@dataclass(frozen=True, slots=True)
class Episode:
    """What should be raised. `codes`: any of them; `due`: it lasts long enough for one of their rules, so that silence
    is a miss; otherwise an alarm is neither right nor wrong."""

    codes: tuple[str, ...]
    start: float
    end: float
    due: bool = True


@dataclass(frozen=True, slots=True)
class Outcome:
    """Every due episode is hit or missed; every alarm is a hit, a duplicate, false, or not counted."""

    hits: tuple[tuple[Episode, Alarm], ...] = ()
    missed: tuple[Episode, ...] = ()
    duplicates: tuple[tuple[Episode, Alarm], ...] = ()
    false: tuple[Alarm, ...] = ()
    uncounted: tuple[Alarm, ...] = ()


def episodes(labels: Sequence[Span], codes: Mapping[str, Sequence[str]], rules: RuleSet) -> list[Episode]:
    """What the rules in force should raise. Labels of one flag that are nearer than a rule's `merge_within` are one
    episode, as detection makes them one; it is due when one of them lasts long enough by itself."""
    found: list[Episode] = []
    open_: dict[str, int] = {}
    for label in sorted(labels, key=lambda s: s.start):
        own = [rules.rules[code] for code in codes.get(label.flag, ()) if code in rules]
        if not own:
            continue
        due = label.end - label.start >= min(map(needs, own))
        at = open_.get(label.flag)
        if at is not None and label.start - found[at].end <= max(rule.merge_within for rule in own):
            found[at] = replace(found[at], end=max(found[at].end, label.end), due=found[at].due or due)
            continue
        open_[label.flag] = len(found)
        found.append(Episode(tuple(rule.code for rule in own), label.start, label.end, due))
    return found


def needs(rule: Rule) -> float:
    """Seconds that something must last for the rule to fire."""
    return max(rule.seconds, rule.numbers.get("voiced", 0.0))


@dataclass(frozen=True, slots=True, kw_only=True)
class Uncounted:
    """Where an alarm is not counted. `spans`: code -> spans; `known`: the codes that the labels speak of at all;
    `something`: spans in which anything is labelled or ignored; `rules`: to tell notes from alerts."""

    spans: Mapping[str, Sequence[Span]] = field(default_factory=dict)
    known: Collection[str] = ()
    something: Sequence[Span] = ()
    rules: RuleSet = field(default_factory=lambda: RuleSet({}))

    @classmethod
    def of(
        cls, labels: Sequence[Span], ignored: Sequence[Span], codes: Mapping[str, Sequence[str]], rules: RuleSet
    ) -> "Uncounted":
        """From what the labels of a clip say."""
        known = frozenset(code for names in codes.values() for code in names)
        spans: dict[str, list[Span]] = {}
        for span in ignored:
            for code in known if span.flag == EVERYTHING else codes.get(span.flag, ()):
                spans.setdefault(code, []).append(span)
        return cls(spans=spans, known=known, something=(*labels, *ignored), rules=rules)

    def has(self, alarm: Alarm) -> bool:
        """Inside an ignored span of its flag. One of a flag that the labels do not know: where they say that something
        happens; and a neutral note is no alert anywhere."""
        if self.rules[alarm.code].category is Category.NEUTRAL:
            return True
        spans = self.spans.get(alarm.code, ()) if alarm.code in self.known else self.something
        return any(_overlap(alarm, span.start, span.end, EDGE) >= 0 for span in spans)


def match(expected: Sequence[Episode], alarms: Sequence[Alarm], uncounted: Uncounted) -> Outcome:
    """One to one, the pair with the largest overlap first."""
    pairs = sorted(
        (
            (-overlap, episode.start, alarm.onset, e, a)
            for e, episode in enumerate(expected)
            if episode.due
            for a, alarm in enumerate(alarms)
            if alarm.code in episode.codes and (overlap := _overlap(alarm, episode.start, episode.end, TOLERANCE)) >= 0
        )
    )
    hit: dict[int, int] = {}
    taken: set[int] = set()
    for *_, e, a in pairs:
        if e not in hit and a not in taken:
            hit[e] = a
            taken.add(a)
    again = {a: e for *_, e, a in reversed(pairs) if a not in taken}
    rest = [alarm for a, alarm in enumerate(alarms) if a not in taken and a not in again]
    off = [alarm for alarm in rest if uncounted.has(alarm) or _meets_undue(alarm, expected)]
    return Outcome(
        hits=tuple((expected[e], alarms[a]) for e, a in sorted(hit.items())),
        missed=tuple(episode for e, episode in enumerate(expected) if episode.due and e not in hit),
        duplicates=tuple((expected[e], alarms[a]) for a, e in sorted(again.items())),
        false=tuple(alarm for alarm in rest if alarm not in off),
        uncounted=tuple(off),
    )


def _meets_undue(alarm: Alarm, expected: Sequence[Episode]) -> bool:
    return any(
        not episode.due and alarm.code in episode.codes and _overlap(alarm, episode.start, episode.end, TOLERANCE) >= 0
        for episode in expected
    )


def _overlap(alarm: Alarm, start: float, end: float, tolerance: float) -> float:
    """Seconds; below 0 how far apart they are."""
    return min(alarm.end, end + tolerance) - max(alarm.onset, start - tolerance)
