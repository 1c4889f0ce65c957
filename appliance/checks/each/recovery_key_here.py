"""The key that opens the backups is still on the box that they are for. As long as the box is being set up that is how
it is meant."""

from appliance.checks.facts import Facts
from appliance.checks.issue import Issue, Severity

CODE = "recovery_key_here"


def check(facts: Facts) -> list[Issue]:
    """See the module."""
    if not facts.setup.recovery_key or facts.setup.open:
        return []
    return [Issue(code=CODE, severity=Severity.WARNING)]
