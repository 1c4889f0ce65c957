"""Changed thresholds on stored sessions: what would be other than it is, and whether they may be activated. Pure."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from appliance.errors import BadInput, NotAllowed
from appliance.exam.detection import RuleSet
from appliance.exam.flags import Sense

LIMIT = 1.0
"""False alerts in a candidate-hour that are never to be exceeded (proctoring.md 3.3); the aim is half of it."""

TRIED = frozenset({Sense.SIGHT, Sense.HEARING})
"""What is kept of a session; rules of other senses follow from events and cannot be tried."""

NOT_TRIED = frozenset({"second_voice", "video_replay"})
"""Rules that judge by what is not kept: voices, and how pictures look."""

MOST_CHANGES = 200
"""Flags that are listed one by one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A flag that there was and would not be (`added` false), or the other way round."""

    exam: str
    seat: str
    code: str
    kind: str
    onset_at: float
    added: bool
    confirmed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """`before` and `after`: flags by code, under the rules in force and under the changed ones. `false_before`,
    `false_after`: alerts of a person (no technical or neutral notes) that nobody confirmed. `sessions` of
    `all_sessions` were tried, `hours` of them in all; `changes` of `all_changes` are listed."""

    sessions: int
    all_sessions: int
    hours: float
    before: Mapping[str, int]
    after: Mapping[str, int]
    false_before: int
    false_after: int
    changes: tuple[Change, ...] = ()
    all_changes: int = 0
    unreadable: tuple[str, ...] = ()

    @property
    def rate_before(self) -> float:
        """False alerts in a candidate-hour."""
        return self.false_before / self.hours if self.hours else 0.0

    @property
    def rate_after(self) -> float:
        return self.false_after / self.hours if self.hours else 0.0

    @property
    def too_many(self) -> bool:
        """More than the limit, and more than now."""
        return self.rate_after > max(LIMIT, self.rate_before)

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return asdict(self)

    @classmethod
    def from_json(cls, said: Mapping[str, Any]) -> "Trial":
        """What `to_json` gave; BadInput when it is something else."""
        try:
            changes = tuple(Change(**change) for change in said["changes"])
            return cls(**{**said, "changes": changes, "unreadable": tuple(said["unreadable"])})
        except (KeyError, TypeError) as error:
            raise BadInput(f"the result of the trial cannot be read: {error}") from None


def needs_trial(now: RuleSet, then: RuleSet) -> bool:
    """Is a rule new, or other than it is, that could be tried? One that is gone raises nothing."""
    return any(
        rule.sense in TRIED and code not in NOT_TRIED and now.rules.get(code) != rule
        for code, rule in then.rules.items()
    )


class Refused(NotAllowed):
    """These rules are not activated without a reason for it."""


def check(trial: Trial | None, *, stored: bool, override: str) -> str:
    """May these rules be activated? -> the reason that goes into the ledger, "" where none is needed. Refused where
    they raise too many false alerts, or were not tried although there are `stored` sessions to try them on, and no
    `override` says why all the same."""
    if not (stored if trial is None else trial.too_many):
        return ""
    if override.strip():
        return override
    if trial is None:
        raise Refused(
            "these rules were not tried on the stored sessions", hint="Try them first, or say why not to wait for that."
        )
    raise Refused(
        f"these rules would raise {trial.rate_after:.1f} false alerts in a candidate-hour (now"
        f" {trial.rate_before:.1f}, limit {LIMIT:g})",
        hint="Change them, or give a reason: it is kept in the record.",
    )
