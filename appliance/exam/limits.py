"""Which numbers of a rule an exam may change, and between which values each makes sense. Pure."""

from dataclasses import dataclass

from appliance.exam.flags import Rule, Unit


@dataclass(frozen=True, slots=True)
class Limits:
    """From `low` to `high`, both included; `whole`: no fractions."""

    low: float
    high: float
    whole: bool = False

    def hold(self, value: float) -> bool:
        """Is this a value between them? Not a number is none."""
        return self.low <= value <= self.high and (not self.whole or value == int(value))

    def __str__(self) -> str:
        return f"{'a whole number ' if self.whole else ''}from {self.low:g} to {self.high:g}"


_OF_THRESHOLD = {
    Unit.SCORE: Limits(0.01, 1.0),
    Unit.SHARE: Limits(0.0001, 1.0),
    Unit.COSINE: Limits(-1.0, 1.0),
    Unit.DEGREES: Limits(1.0, 90.0),
    Unit.LUMA: Limits(1.0, 255.0),
    Unit.DECIBELS: Limits(1.0, 60.0),
    Unit.LEVEL: Limits(-120.0, 0.0),
    Unit.SECONDS: Limits(0.0, 3600.0),
    Unit.TIMES: Limits(1, 100, whole=True),
    Unit.CHARACTERS: Limits(1, 100_000, whole=True),
    Unit.RATE: Limits(0.1, 30.0),
}
_SECONDS = Limits(0.0, 3600.0)
_SHARE = Limits(0.1, 1.0)
_HITS = Limits(1, 100, whole=True)
_OTHER = Limits(0.0, 3600.0)


def of(rule: Rule) -> dict[str, Limits]:
    """By name, in the order of a form: the threshold where there is one, the rule's time, what decides between several
    ticks where one is not enough, and the judge's own numbers."""
    found: dict[str, Limits] = {}
    if rule.unit in _OF_THRESHOLD:
        found["threshold"] = _OF_THRESHOLD[rule.unit]
    if rule.seconds:
        found["seconds"] = _SECONDS
    if rule.hits > 1:
        found |= {"share": _SHARE, "hits": _HITS}
    return found | dict.fromkeys(rule.numbers, _OTHER)


def value(rule: Rule, name: str) -> float:
    """What a rule has there; KeyError where it has no such number."""
    if name in rule.numbers:
        return rule.numbers[name]
    if name not in of(rule):
        raise KeyError(name)
    number: float = getattr(rule, name)
    return number
