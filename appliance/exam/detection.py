"""What a planner decides about detection in one exam: stake, detectors, numbers, what is allowed. Pure.

`in_force` gives the rules that hold for one candidate: the usual ones, changed by the exam, without those that an
accommodation switches off.
"""

import json
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from enum import StrEnum
from hashlib import sha256
from typing import Any

from appliance.errors import BadInput
from appliance.exam.accommodation import Switch
from appliance.exam.flags import RULES, RULES_VERSION, Channel, Rule, Source

CHANGEABLE = ("threshold", "seconds", "share", "hits")
"""Of a rule, beside the names in its `numbers`."""


class Stake(StrEnum):
    """How much depends on the exam. It chooses the usual detectors; each can still be switched by itself."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


class Prohibited(StrEnum):
    """Objects that the box can see and an exam can allow."""

    BOOK = "book"
    LAPTOP = "laptop"
    SECOND_SCREEN = "second_screen"
    NOTES = "notes"
    PHONE = "phone"


QUIET_AT: Mapping[Stake, frozenset[Channel]] = {
    Stake.LOW: frozenset({Channel.ATTENTION, Channel.HANDS, Channel.IDENTITY}),
    Stake.MEDIUM: frozenset(),
    Stake.HIGH: frozenset(),
}
"""Detectors that are off by the stake alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DetectionPolicy:
    """Of one exam. `off` and `on`: codes switched against what the stake says; `numbers`: code -> name -> value instead
    of the usual one; `allowed`: objects; `apps`, `sites`: when not empty, nothing else may be seen on the screen;
    `not_apps`, `not_sites`: never; all of them small letters, as OCR would read them; `identity`: an ID photo is asked
    for at check-in."""

    stake: Stake = Stake.MEDIUM
    off: frozenset[str] = frozenset()
    on: frozenset[str] = frozenset()
    numbers: Mapping[str, Mapping[str, float]] = field(default_factory=dict, hash=False)
    allowed: frozenset[Prohibited] = frozenset()
    apps: tuple[str, ...] = ()
    not_apps: tuple[str, ...] = ()
    sites: tuple[str, ...] = ()
    not_sites: tuple[str, ...] = ()
    identity: bool = False
    paper: bool = False

    def checked(self) -> "DetectionPolicy":
        """Itself, or BadInput naming what does not hold."""
        for code in sorted({*self.off, *self.on, *self.numbers}):
            if code not in RULES:
                raise BadInput(f"{code[:60]!r} is no flag of this box", hint="The page 'Flags' lists them all.")
        for code in sorted(self.off & self.on):
            raise BadInput(f"{code} is switched both on and off", hint="Take it out of one of the two lists.")
        for code, changes in self.numbers.items():
            for name, value in changes.items():
                _check_number(code, name, value)
        return self

    def to_json(self) -> dict[str, Any]:
        """Plain values, in a fixed order."""
        said = asdict(self)
        for name in ("off", "on", "allowed"):
            said[name] = sorted(said[name])
        return {name: list(value) if isinstance(value, tuple) else value for name, value in said.items()}

    @classmethod
    def from_json(cls, said: Mapping[str, Any]) -> "DetectionPolicy":
        """What `to_json` gave; BadInput when it is something else."""
        known = {f.name for f in fields(cls)}
        if unknown := sorted(set(said) - known):
            raise BadInput(f"{unknown[0][:60]!r} is no setting of detection", hint=f"Use {', '.join(sorted(known))}.")
        try:
            return cls(
                identity=said.get("identity", False) is True,
                paper=said.get("paper", False) is True,
                stake=Stake(said.get("stake", Stake.MEDIUM)),
                off=frozenset(map(str, said.get("off", ()))),
                on=frozenset(map(str, said.get("on", ()))),
                numbers={c: {n: float(v) for n, v in ns.items()} for c, ns in said.get("numbers", {}).items()},
                allowed=frozenset(map(Prohibited, said.get("allowed", ()))),
                apps=tuple(map(str, said.get("apps", ()))),
                not_apps=tuple(map(str, said.get("not_apps", ()))),
                sites=tuple(map(str, said.get("sites", ()))),
                not_sites=tuple(map(str, said.get("not_sites", ()))),
            ).checked()
        except (ValueError, TypeError, AttributeError) as error:
            raise BadInput(f"the settings of detection do not hold: {error}") from None


def _check_number(code: str, name: str, value: float) -> None:
    names = (*CHANGEABLE, *RULES[code].numbers)
    if name not in names:
        raise BadInput(f"{code} has no number {name[:60]!r}", hint=f"It has {', '.join(names)}.")
    if not abs(value) < 1e6 or (name != "threshold" and value < 0):
        raise BadInput(f"{code}: {value} is not a value for {name}")
    if name == "share" and not 0.1 <= value <= 1.0:
        raise BadInput(f"{code}: the share {value} is not between 0.1 and 1")


@dataclass(frozen=True, slots=True)
class RuleSet:
    """The rules that hold for one candidate. `version` changes with any of them; `policy` is the exam's."""

    rules: Mapping[str, Rule]
    policy: DetectionPolicy = DetectionPolicy()
    version: str = RULES_VERSION

    def __getitem__(self, code: str) -> Rule:
        """The rule in force, or the usual one: a judge may ask for the numbers of a rule that is off."""
        return self.rules.get(code) or RULES[code]

    def __contains__(self, code: str) -> bool:
        return code in self.rules


USUAL = RuleSet({code: rule for code, rule in RULES.items() if rule.usual and rule.source is not Source.PERSON})
"""Without an exam: what clips are judged by."""


PRESETS: Mapping[str, DetectionPolicy] = {
    "default": DetectionPolicy(),
    "low": DetectionPolicy(stake=Stake.LOW),
    "medium": DetectionPolicy(stake=Stake.MEDIUM),
    "high": DetectionPolicy(stake=Stake.HIGH),
    "sensitive": DetectionPolicy(stake=Stake.HIGH, numbers={"phone_visible": {"threshold": 0.35}}),
}
"""Policies with a name, to measure with. "sensitive" misses fewer phones and takes more other things for one: its
phone score is the lower one of proctoring.md 4.2, here without a second look at the hand."""


def in_force(policy: DetectionPolicy, granted: Collection[Switch] = ()) -> RuleSet:
    """The rules of an exam for a candidate with these accommodations."""
    switches = {*granted, *({Switch.PAPER} if policy.paper else ())}
    rules = {
        code: _changed(rule, policy.numbers.get(code, {}))
        for code, rule in RULES.items()
        if _is_on(rule, policy) and not switches & set(rule.off_by)
    }
    changes = json.dumps(policy.numbers, sort_keys=True, default=dict)
    mark = sha256(f"{sorted(rules)}{changes}".encode()).hexdigest()[:8]
    return RuleSet(rules, policy, f"{RULES_VERSION}+{mark}")


def _is_on(rule: Rule, policy: DetectionPolicy) -> bool:
    if rule.source is Source.PERSON or rule.code in policy.off:
        return False
    return rule.code in policy.on or (rule.usual and rule.channel not in QUIET_AT[policy.stake])


def _changed(rule: Rule, changes: Mapping[str, float]) -> Rule:
    own: dict[str, Any] = {name: changes[name] for name in ("threshold", "seconds", "share") if name in changes}
    if "hits" in changes:
        own["hits"] = int(changes["hits"])
    numbers = {name: changes.get(name, value) for name, value in rule.numbers.items()}
    return replace(rule, **own, numbers=numbers)
