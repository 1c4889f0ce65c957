"""What a judge knows beside what it sees, and how it says what it makes of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from appliance.exam.detection import USUAL, RuleSet
from appliance.exam.episode import Tick, Verdict
from appliance.exam.feed import Kind, Position
from appliance.inference.baseline import NOT_TAKEN, Baseline


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """Of one feed. `base`: how the candidate sat at check-in; without it (a clip) angles are absolute and nothing is
    said that needs one. `declared`: the candidate's phone is to lie in the picture, as it was said at check-in; None:
    nobody said, so that it does where one was seen then."""

    rules: RuleSet = USUAL
    kind: Kind = Kind.WEBCAM
    position: Position | None = Position.FRONT
    base: Baseline = NOT_TAKEN
    declared: bool | None = None

    @property
    def codes(self) -> frozenset[str]:
        """The rules in force that look at this feed."""
        return frozenset(code for code, rule in self.rules.rules.items() if rule.applies(self.kind, self.position))


def tick(
    at: float,
    true: bool | None,
    *,
    position: float | None = None,
    score: float | None = None,
    light: float | None = None,
    doubt: bool = False,
    why: Mapping[str, Any] | None = None,
) -> Tick:
    """`true` None is unassessable."""
    verdict = Verdict.UNASSESSABLE if true is None else Verdict.TRUE if true else Verdict.FALSE
    return Tick(at=at, verdict=verdict, position=position, score=score, light=light, doubt=doubt, why=why or {})
