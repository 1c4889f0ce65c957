"""No process of the box runs: it was not started, or was stopped."""

from appliance.checks.facts import Facts
from appliance.checks.issue import Issue, Severity

CODE = "box_stopped"
STARTING = 90.0
"""Seconds after power on."""

SILENT = 30.0


def check(facts: Facts) -> list[Issue]:
    """See the module."""
    if facts.uptime < STARTING or not facts.needed:
        return []
    spoken = [facts.now - float(facts.process(name).get("at", 0.0)) for name in facts.needed]
    well = any(facts.process(name).get("healthy") for name in facts.needed)
    if well or min(spoken) < SILENT:
        return []
    return [Issue(code=CODE, severity=Severity.FAULT)]
