"""The data disk takes nothing any more: the kernel makes a failing disk read-only."""

from appliance.checks.facts import Facts
from appliance.checks.issue import Issue, Severity

CODE = "data_read_only"


def check(facts: Facts) -> list[Issue]:
    """See the module."""
    if not facts.data_there or not facts.disk.read_only:
        return []
    return [Issue(code=CODE, severity=Severity.FAULT, facts={"folder": facts.folder})]
