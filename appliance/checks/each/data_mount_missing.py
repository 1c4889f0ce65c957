"""The data partition is not mounted: what is written now lies on the system's disk, and would be missing later."""

from appliance.checks.facts import Facts
from appliance.checks.issue import Issue, Severity

CODE = "data_mount_missing"


def check(facts: Facts) -> list[Issue]:
    """See the module."""
    missing = facts.disk.missing or ("" if facts.data_there else facts.folder)
    return [Issue(code=CODE, severity=Severity.FAULT, facts={"mount": missing})] if missing else []
