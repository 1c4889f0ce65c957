"""Too little room: under the low-water mark nobody new is recorded. Less than a tenth is told before."""

from appliance.checks.facts import Facts
from appliance.checks.issue import Issue, Severity

CODE = "disk_floor"
SHARE = 0.1


def check(facts: Facts) -> list[Issue]:
    """See the module."""
    disk = facts.disk
    if not facts.data_there or not disk.size:
        return []
    said = {"free": disk.free, "mark": facts.capture.low_water_bytes}
    if disk.free < facts.capture.low_water_bytes:
        return [Issue(code=CODE, severity=Severity.FAULT, facts=said)]
    if disk.free < SHARE * disk.size:
        return [Issue(code=CODE, severity=Severity.WARNING, facts=said)]
    return []
