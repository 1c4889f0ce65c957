"""The machine is hot, or slows itself down because of it."""

from appliance.checks.facts import Facts
from appliance.checks.issue import Issue, Severity

CODE = "too_hot"
SLOWED = 1 << 1 | 1 << 2 | 1 << 3
"""Bits of `vcgencmd get_throttled`: frequency capped, throttled, soft limit of temperature."""

LOW = 1 << 0
MARGIN, USUAL = 8.0, 100.0
"""Degrees below the critical point, and that point where the machine does not say."""


def check(facts: Facts) -> list[Issue]:
    """See the module."""
    machine = facts.machine
    bits = machine.throttled or 0
    slowed = bool(bits & SLOWED) and not bits & LOW  # `under_voltage` says that it is the voltage
    critical = machine.critical or USUAL
    hot = machine.temperature is not None and machine.temperature > critical - MARGIN
    if not (hot or slowed):
        return []
    said = {"degrees": None if machine.temperature is None else round(machine.temperature), "slowed": slowed}
    return [Issue(code=CODE, severity=Severity.WARNING, facts=said)]
