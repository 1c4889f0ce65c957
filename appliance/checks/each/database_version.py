"""SQLite before 3.51.3 can damage a ledger that two processes write. The box has one writer; a second one, a shell or a
tool of somebody's, makes it an issue."""

from appliance.checks.facts import Facts
from appliance.checks.issue import Issue, Severity

CODE = "database_version"
FIXED = (3, 51, 3)


def check(facts: Facts) -> list[Issue]:
    """See the module."""
    if tuple(facts.sqlite) >= FIXED or facts.writers < 2:
        return []
    said = {"version": ".".join(map(str, facts.sqlite)), "writers": facts.writers}
    return [Issue(code=CODE, severity=Severity.FAULT, facts=said)]
