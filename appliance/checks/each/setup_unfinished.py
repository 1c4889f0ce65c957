"""The box waits for somebody to set it up: until then its setup code opens it."""

from appliance.checks.facts import Facts
from appliance.checks.issue import Issue, Severity

CODE = "setup_unfinished"


def check(facts: Facts) -> list[Issue]:
    """See the module."""
    return [Issue(code=CODE, severity=Severity.WARNING)] if facts.setup.open else []
