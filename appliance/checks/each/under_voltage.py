"""A Raspberry Pi that gets too little voltage: it slows down, and its disk may write wrong."""

from appliance.checks.facts import Facts
from appliance.checks.issue import Issue, Severity

CODE = "under_voltage"
NOW, EVER = 1 << 0, 1 << 16
"""Bits of `vcgencmd get_throttled`."""


def check(facts: Facts) -> list[Issue]:
    """See the module."""
    bits = facts.machine.throttled or 0
    if bits & NOW or facts.machine.low_voltage:
        return [Issue(code=CODE, severity=Severity.FAULT, facts={"now": True})]
    return [Issue(code=CODE, severity=Severity.WARNING, facts={"now": False})] if bits & EVER else []
