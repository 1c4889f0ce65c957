"""The clock was set while the box ran. Times of evidence before and after do not fit together by the clock alone; the
ledger says by how much. It is said for an hour."""

from appliance.checks.facts import Facts
from appliance.checks.issue import Issue, Severity

CODE = "clock_jumped"
SHOWN = 3600.0


def check(facts: Facts) -> list[Issue]:
    """See the module."""
    jump = facts.clock.jump
    if jump is None or jump.ago > SHOWN:
        return []
    said = {"seconds": round(abs(jump.seconds), 1), "forward": jump.seconds > 0}
    return [Issue(code=CODE, severity=Severity.WARNING, facts=said)]
