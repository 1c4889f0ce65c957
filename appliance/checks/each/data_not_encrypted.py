"""Whoever takes the data disk away can read it."""

from appliance.checks.facts import Facts
from appliance.checks.issue import Issue, Severity

CODE = "data_not_encrypted"


def check(facts: Facts) -> list[Issue]:
    """See the module."""
    return [Issue(code=CODE, severity=Severity.WARNING)] if facts.disk.encrypted is False else []
