"""Which issues stand, and what the ledger is told: each once when it comes, and once when it is over. Pure.

An issue counts as raised when it is there at two looks in a row: what is gone a minute later was a process that started
again, or a page that was loaded anew.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from appliance.checks.issue import Fix, Issue, Severity
from appliance.exam.events import IssueCleared, IssueRaised, Payload


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """An issue, since when (wall seconds), at how many looks in a row, and whether the ledger knows of it."""

    code: str
    severity: str
    about: str
    since: float
    looks: int = 1
    told: bool = False
    fix: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)

    @property
    def key(self) -> tuple[str, str]:
        return self.code, self.about

    @property
    def issue(self) -> Issue:
        """As the checks say it."""
        return Issue(
            code=self.code,
            severity=Severity(self.severity),
            about=self.about,
            facts=dict(self.facts),
            fix=Fix(self.fix) if self.fix else None,
        )


Change = tuple[Payload, Standing | None]
"""What to tell the ledger, and how it stands once it is told; None: it is over."""

STEADY = 2


def look(before: Sequence[Standing], issues: Sequence[Issue], now: float) -> tuple[list[Standing], list[Change]]:
    """-> what stands now, and what the ledger does not know yet. What was told and is over stays in the first list,
    with no looks, until the ledger took it."""
    known = {one.key: one for one in before}
    standing: list[Standing] = []
    changes: list[Change] = []
    for issue in issues:
        old = known.pop((issue.code, issue.about), None)
        one = Standing(
            code=issue.code,
            severity=issue.severity.value,
            about=issue.about,
            since=old.since if old else now,
            looks=old.looks + 1 if old else 1,
            told=old.told if old else False,
            fix=issue.fix.value if issue.fix else "",
            facts=issue.facts,
        )
        standing.append(one)
        if one.looks >= STEADY and not one.told:
            said = IssueRaised(code=one.code, severity=one.severity, about=one.about, facts=dict(one.facts))
            changes.append((said, replace(one, told=True)))
    for over in known.values():
        if over.told:
            gone = replace(over, looks=0)
            standing.append(gone)
            seconds = round(max(0.0, now - over.since), 1)
            changes.append((IssueCleared(code=over.code, about=over.about, seconds=seconds), None))
    return standing, changes


def told(standing: Sequence[Standing], change: Change) -> list[Standing]:
    """How it stands once the ledger took this."""
    said, after = change
    assert isinstance(said, IssueRaised | IssueCleared)
    key = said.code, said.about
    return [after if one.key == key else one for one in standing if one.key != key or after is not None]  # type: ignore[misc]
