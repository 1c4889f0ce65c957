"""Memory is nearly used up: the kernel will end a process."""

from appliance.checks.facts import Facts
from appliance.checks.issue import Issue, Severity

CODE = "memory_low"
SHARE, LEAST = 0.05, 200_000_000


def check(facts: Facts) -> list[Issue]:
    """See the module."""
    machine = facts.machine
    if machine.memory_free >= min(LEAST, SHARE * machine.memory):
        return []
    return [Issue(code=CODE, severity=Severity.WARNING, facts={"free": machine.memory_free})]
