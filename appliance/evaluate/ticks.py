"""Single looks against labels: which of them should have been true, and how strongly the detector said so. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from appliance.evaluate import roc
from appliance.evaluate.dataset import EVERYTHING, Clip, Span
from appliance.evaluate.match import Outcome
from appliance.exam.episode import Tick, Verdict

FALSE_RATE = 0.02


@dataclass(frozen=True, slots=True)
class Scores:
    """Of the looks of one rule that could be judged."""

    positive: tuple[float, ...] = ()
    negative: tuple[float, ...] = ()

    def __add__(self, other: "Scores") -> "Scores":
        return Scores(self.positive + other.positive, self.negative + other.negative)

    @property
    def auc(self) -> float | None:
        return roc.auc(self.positive, self.negative)

    @property
    def tpr(self) -> float | None:
        """At 2 % false."""
        return roc.rate_at(self.positive, self.negative, false_rate=FALSE_RATE)


def strength(tick: Tick) -> float:
    """0..1. Every true look is above every one that is not, and within each the stronger score is; a score above 1
    (another unit) is as strong as 1."""
    true = tick.verdict is Verdict.TRUE
    score = float(true) if tick.score is None else min(1.0, max(0.0, tick.score))
    return (1.0 + score) / 2.0 if true else score / 2.0


def scores(
    clip: Clip, ticks: Mapping[str, Sequence[Tick]], codes: Mapping[str, Sequence[str]], outcome: Outcome
) -> dict[str, Scores]:
    """By code. Where a label may be met by several codes, its looks count for the one that met it (the first, where
    none did) and for no other."""
    found: dict[str, Scores] = {}
    for code in {code for names in codes.values() for code in names}:
        mine, others = _spans(clip, code, codes, outcome)
        positive, negative = [], []
        for tick in ticks.get(code, ()):
            if tick.verdict is Verdict.UNASSESSABLE:
                continue
            if inside(tick.at, mine):
                positive.append(strength(tick))
            elif not inside(tick.at, others):
                negative.append(strength(tick))
        if positive or negative:
            found[code] = Scores(tuple(positive), tuple(negative))
    return found


def _spans(
    clip: Clip, code: str, codes: Mapping[str, Sequence[str]], outcome: Outcome
) -> tuple[list[Span], list[Span]]:
    """-> where it should be true, and where it is not asked."""
    mine: list[Span] = []
    others = [s for s in clip.ignored if s.flag == EVERYTHING or code in codes.get(s.flag, ())]
    for label in clip.labels:
        names = codes.get(label.flag, ())
        if code in names:
            (mine if _owner(label, names, outcome) == code else others).append(label)
    return mine, others


def _owner(label: Span, names: Sequence[str], outcome: Outcome) -> str:
    met = (a.code for e, a in outcome.hits if e.codes[0] in names and e.start <= label.start and label.end <= e.end)
    return next(met, names[0])


def inside(at: float, spans: Sequence[Span]) -> bool:
    """Is this moment in one of them?"""
    return any(span.start <= at <= span.end for span in spans)
