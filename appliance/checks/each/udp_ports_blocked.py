"""Media cannot come in: their UDP ports cannot be taken, a firewall of this machine drops them, or one between the
seats and the box does, as connections show that were made and carried nothing."""

from appliance.checks.facts import Facts
from appliance.checks.issue import Issue, Severity

CODE = "udp_ports_blocked"
ENOUGH = 3
"""Connections that failed, where not one has come."""


def check(facts: Facts) -> list[Issue]:
    """See the module."""
    ports = facts.ports
    between = ports.failed >= ENOUGH and not ports.came
    if ports.bindable is not False and not ports.dropped and not between:
        return []
    why = "taken" if ports.bindable is False else "firewall" if ports.dropped else "between"
    said = {"why": why, "ports": facts.capture.udp_ports, "failed": ports.failed}
    return [Issue(code=CODE, severity=Severity.FAULT, facts=said)]
