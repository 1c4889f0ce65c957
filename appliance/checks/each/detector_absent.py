"""A part of the model pack is missing: the box records, and does not see what it should."""

from appliance.checks.facts import Facts
from appliance.checks.issue import Issue, Severity

CODE = "detector_absent"


def check(facts: Facts) -> list[Issue]:
    """See the module."""
    if not facts.models:
        return []
    return [Issue(code=CODE, severity=Severity.WARNING, facts={"models": ", ".join(sorted(facts.models))})]
