"""Media cannot come in: their UDP ports are taken, or a firewall between the seats and the box (or on it) drops them,
as connections show that were made and carried nothing."""

from appliance.checks.facts import Facts
from appliance.checks.issue import Issue, Severity

CODE = "udp_ports_blocked"
ENOUGH = 3
"""Connections that failed, where not one has come."""


def check(facts: Facts) -> list[Issue]:
    """See the module."""
    ports = facts.ports
    taken, shut = ports.bindable is False, ports.failed >= ENOUGH and not ports.came
    if not (taken or shut):
        return []
    said = {"why": "taken" if taken else "between", "ports": facts.capture.udp_ports, "failed": ports.failed}
    return [Issue(code=CODE, severity=Severity.FAULT, facts=said)]
