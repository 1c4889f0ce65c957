"""The machine is hot, or slows itself down because of it."""

from appliance.checks.facts import Facts
from appliance.checks.issue import Issue, Severity

CODE = "too_hot"
SLOWED = 1 << 1 | 1 << 2 | 1 << 3
"""Bits of `vcgencmd get_throttled`: frequency capped, throttled, soft limit of temperature."""

ONCE = 1 << 17 | 1 << 18
"""The same since power on, but for the soft limit: a warm afternoon is no trouble."""

LOW, LOW_ONCE = 1 << 0, 1 << 16
MARGIN, USUAL = 8.0, 100.0
"""Degrees below the critical point, and that point where the machine does not say."""


def check(facts: Facts) -> list[Issue]:
    """See the module."""
    machine = facts.machine
    bits = machine.throttled or 0
    slowed = bool(bits & SLOWED) and not bits & LOW  # `under_voltage` says that it is the voltage
    before = bool(bits & ONCE) and not bits & LOW_ONCE and not slowed
    critical = machine.critical or USUAL
    hot = machine.temperature is not None and machine.temperature > critical - MARGIN
    if not (hot or slowed or before):
        return []
    said = {"degrees": None if machine.temperature is None else round(machine.temperature), "slowed": slowed}
    said |= {"before": True} if before and not hot else {}
    return [Issue(code=CODE, severity=Severity.WARNING, facts=said)]
