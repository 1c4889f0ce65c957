"""At the rate of this moment the disk is full before the exam is over, or within two hours."""

from appliance.checks.facts import Facts
from appliance.checks.issue import Issue, Severity

CODE = "disk_filling"
HOURS = 2.0


def check(facts: Facts) -> list[Issue]:
    """See the module."""
    disk, mark = facts.disk, facts.capture.low_water_bytes
    if disk.rate <= 0 or disk.free <= mark:
        return []  # nothing is recorded, or `disk_floor` says it already
    hours = (disk.free - mark) / disk.rate / 3600
    left = max(0.0, facts.exam.until - facts.now) / 3600 if facts.exam.runs else 0.0
    if hours >= max(HOURS, left):
        return []
    severity = Severity.FAULT if hours < left else Severity.WARNING
    return [Issue(code=CODE, severity=severity, facts={"hours": round(hours, 1), "free": disk.free})]
