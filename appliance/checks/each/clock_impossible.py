"""The clock says a time before this software was made: its battery is empty, and no time server was reached."""

from appliance.checks.facts import Facts
from appliance.checks.issue import Fix, Issue, Severity

CODE = "clock_impossible"
DAY = 86_400.0


def check(facts: Facts) -> list[Issue]:
    """See the module."""
    if facts.now >= facts.built_at - DAY:
        return []
    return [Issue(code=CODE, severity=Severity.FAULT, facts={"now": facts.now}, fix=Fix.STEP_CLOCK)]
