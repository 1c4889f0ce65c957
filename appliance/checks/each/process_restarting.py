"""A process ends again and again: it is started each time, and what it was doing has gaps."""

from appliance.checks.facts import Facts
from appliance.checks.issue import Issue, Severity

CODE = "process_restarting"
OFTEN, SETTLED = 3, 600.0


def check(facts: Facts) -> list[Issue]:
    """See the module."""
    return [
        Issue(code=CODE, severity=Severity.WARNING, about=name, facts={"process": name, "count": found.count})
        for name, found in sorted(facts.restarts.items())
        if found.count >= OFTEN and found.lives < SETTLED
    ]
