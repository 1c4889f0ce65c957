"""An update lies here for a week and was not installed. During exams it waits by itself, and that is right."""

from appliance.checks.facts import Facts
from appliance.checks.issue import Issue, Severity

CODE = "update_waiting"
LONG = 7 * 86_400.0


def check(facts: Facts) -> list[Issue]:
    """See the module."""
    update = facts.update
    if not update.waiting or update.seconds < LONG:
        return []
    said = {"version": update.waiting, "days": int(update.seconds / 86_400)}
    return [Issue(code=CODE, severity=Severity.WARNING, facts=said)]
