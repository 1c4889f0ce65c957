"""What a planner decides about detection in one exam: stake, detectors, numbers, what is allowed. Pure.

`in_force` gives the rules that hold for one candidate: the usual ones, changed by the exam, without those that an
accommodation switches off.
"""

import json
import math
import unicodedata
from collections.abc import Collection, Iterable, Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from enum import StrEnum
from hashlib import sha256
from typing import Any, TypeVar

from appliance.errors import BadInput
from appliance.exam import limits
from appliance.exam.accommodation import Switch
from appliance.exam.flags import RULES, RULES_VERSION, Channel, Rule, Source

NAMES = 100
"""Of applications or of sites in one list, at most."""

LONGEST_NAME = 120

E = TypeVar("E", bound=StrEnum)


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

LOUD_AT: Mapping[Stake, frozenset[str]] = {
    Stake.LOW: frozenset(),
    Stake.MEDIUM: frozenset(),
    Stake.HIGH: frozenset({"fullscreen_left"}),
}
"""Rules that are usually off, and on by the stake alone. Numbers are the same at every stake: none was measured that
finds more without more false alerts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DetectionPolicy:
    """Of one exam. `off` and `on`: codes switched against what the stake says; `numbers`: code -> name -> value instead
    of the usual one; `allowed`: objects; `apps`, `sites`: when not empty, nothing else may be seen on the screen;
    `not_apps`, `not_sites`: never; all of them small letters, as OCR would read them; `identity`: an ID photo is asked
    for at check-in; `trace`: what detection saw is kept as numbers, to try thresholds on."""

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
    trace: bool = False

    def checked(self) -> "DetectionPolicy":
        """Itself, or BadInput naming what does not hold."""
        for code in sorted({*self.off, *self.on, *self.numbers}):
            if code not in RULES:
                raise BadInput(f"{code[:60]!r} is no flag of this box", hint="The page 'Flags' lists them all.")
        for code in sorted(self.off & self.on):
            raise BadInput(f"{code} is switched both on and off", hint="Take it out of one of the two lists.")
        for code, changes in self.numbers.items():
            for name, value in changes.items():
                _check_number(RULES[code], name, value)
        for name in _LISTS:
            _check_names(name, getattr(self, name))
        for name, forbidden in (("apps", "not_apps"), ("sites", "not_sites")):
            for both in sorted(set(getattr(self, name)) & set(getattr(self, forbidden))):
                raise BadInput(f"{both!r} stands both in {name} and in {forbidden}", hint="Take it out of one of them.")
        return self

    def to_json(self) -> dict[str, Any]:
        """Plain values, in a fixed order."""
        said = asdict(self)
        for name in ("off", "on", "allowed"):
            said[name] = sorted(said[name])
        return {name: list(value) if isinstance(value, tuple) else value for name, value in said.items()}

    @classmethod
    def from_json(cls, said: Mapping[str, Any]) -> "DetectionPolicy":
        """What `to_json` gave, or a part of it: the rest is usual. BadInput when it is something else."""
        known = {f.name for f in fields(cls)}
        if unknown := sorted(set(said) - known):
            raise BadInput(f"{unknown[0][:60]!r} is no setting of detection", hint=f"Use {', '.join(sorted(known))}.")
        return cls(
            stake=_choice("stake", Stake, said.get("stake", Stake.MEDIUM)),
            off=frozenset(_texts("off", said.get("off", ()))),
            on=frozenset(_texts("on", said.get("on", ()))),
            numbers=_numbers(said.get("numbers", {})),
            allowed=frozenset(
                _choice("allowed", Prohibited, one) for one in _texts("allowed", said.get("allowed", ()))
            ),
            **{name: plain_names(_texts(name, said.get(name, ()))) for name in _LISTS},
            identity=_yes("identity", said.get("identity", False)),
            paper=_yes("paper", said.get("paper", False)),
            trace=_yes("trace", said.get("trace", False)),
        ).checked()


_LISTS = ("apps", "not_apps", "sites", "not_sites")


def plain_names(names: Iterable[str]) -> tuple[str, ...]:
    """Names of applications or addresses as they are compared: small letters, no scheme, each once, in their order."""
    small = (unicodedata.normalize("NFC", name).strip().casefold() for name in names)
    bare = (name.removeprefix("https://").removeprefix("http://").rstrip("/") for name in small)
    return tuple(dict.fromkeys(name for name in bare if name))


def _check_number(rule: Rule, name: str, value: float) -> None:
    known = limits.of(rule)
    if name not in known:
        has = f"It has {', '.join(known)}." if known else "It can only be switched on and off."
        raise BadInput(f"{rule.code} has no number {name[:60]!r}", hint=has)
    if not known[name].hold(value):
        usual = limits.value(rule, name)
        raise BadInput(f"{rule.code}: {name} is {known[name]}, not {value:g}", hint=f"The usual value is {usual:g}.")


def _check_names(field: str, names: tuple[str, ...]) -> None:
    if len(names) > NAMES:
        raise BadInput(f"{field} has {len(names)} names; at most {NAMES} fit")
    for name in names:
        if len(name) > LONGEST_NAME or any(unicodedata.category(c) in ("Cc", "Cs") for c in name):
            raise BadInput(f"{field}: {name[:40]!r} is no name", hint=f"Use at most {LONGEST_NAME} characters of text.")
        if (name,) != plain_names([name]):
            raise BadInput(
                f"{field}: {name[:40]!r} is not in small letters, or begins with http", hint="Write it plainly."
            )


def _choice(field: str, choices: type[E], said: object) -> E:
    try:
        return choices(str(said))
    except ValueError:
        raise BadInput(f"{field}: {str(said)[:60]!r} is not known", hint=f"Use {', '.join(choices)}.") from None


def _texts(field: str, said: object) -> list[str]:
    if not isinstance(said, list | tuple) or not all(isinstance(one, str) for one in said):
        raise BadInput(f"{field} is not a list of texts")
    return list(said)


def _yes(field: str, said: object) -> bool:
    if not isinstance(said, bool):
        raise BadInput(f"{field} is neither true nor false")
    return said


def _numbers(said: object) -> dict[str, dict[str, float]]:
    """Rules that change nothing are left out."""
    if not isinstance(said, Mapping) or not all(isinstance(changes, Mapping) for changes in said.values()):
        raise BadInput("numbers is not a table of codes, each with its own table")
    for code, changes in said.items():
        for name, value in changes.items():
            if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
                raise BadInput(f"{code}: {name} is not a number")
    return {code: {name: float(value) for name, value in changes.items()} for code, changes in said.items() if changes}


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
    "sensitive": DetectionPolicy(
        stake=Stake.HIGH, numbers={"phone_visible": {"threshold": 0.20, "seconds": 0.0, "share": 1.0, "hits": 3.0}}
    ),
}
"""Policies with a name, to begin with or to measure with. "sensitive": a phone in three looks in a row at a score of
0.20 (proctoring.md 4.2). On the five development clips with a phone or a wallet both this and the usual numbers find 4
of 4 phones; this one after 0.9 s (median) instead of 2.4 s, and it takes the wallet of A04 for a phone once."""


def in_force(
    policy: DetectionPolicy, granted: Collection[Switch] = (), muted: Collection[str] = frozenset()
) -> RuleSet:
    """The rules of an exam for a candidate with these accommodations; `muted`: codes that a lead silenced there."""
    switches = {*granted, *({Switch.PAPER} if policy.paper else ())}
    if Switch.PAPER in switches:  # who writes on paper has pages on the desk
        policy = replace(policy, allowed=policy.allowed | {Prohibited.NOTES})
    rules = {
        code: _changed(rule, policy.numbers.get(code, {}))
        for code, rule in RULES.items()
        if code not in muted and is_on(rule, policy) and not switches.intersection(rule.off_by)
    }
    numbers = {code: _numbers_of(rule) for code, rule in rules.items()}
    lists = [sorted(policy.allowed), *(getattr(policy, name) for name in _LISTS)]
    mark = sha256(json.dumps([numbers, lists], sort_keys=True).encode()).hexdigest()[:8]
    return RuleSet(rules, policy, f"{RULES_VERSION}+{mark}")


def _numbers_of(rule: Rule) -> dict[str, float]:
    """All of a rule's, by name."""
    return {name: getattr(rule, name) for name in ("threshold", "seconds", "share", "hits")} | dict(rule.numbers)


def is_on(rule: Rule, policy: DetectionPolicy) -> bool:
    """Does an exam apply it, accommodations aside? What a person ticks no box applies."""
    if rule.source is Source.PERSON or rule.code in policy.off:
        return False
    usual = rule.usual or rule.code in LOUD_AT[policy.stake]
    return rule.code in policy.on or (usual and rule.channel not in QUIET_AT[policy.stake])


def _changed(rule: Rule, changes: Mapping[str, float]) -> Rule:
    own: dict[str, Any] = {name: changes[name] for name in ("threshold", "seconds", "share") if name in changes}
    if "hits" in changes:
        own["hits"] = int(changes["hits"])
    numbers = {name: changes.get(name, value) for name, value in rule.numbers.items()}
    return replace(rule, **own, numbers=numbers)
