"""Nobody keeps the clock, though the lab named time servers; or whoever does is far off. A box of a lab without a
network keeps its own time: that is how it is meant, each event says so, and it is no issue."""

from appliance.checks.facts import Facts
from appliance.checks.issue import Fix, Issue, Severity

CODE = "clock_unsynchronised"
PATIENCE = 900.0
"""Seconds after power on: chrony needs some minutes."""

WORST = 2.0
"""Seconds by which a synchronised clock may be wrong (proctoring.md 4, clock_skew)."""


def check(facts: Facts) -> list[Issue]:
    """See the module."""
    clock = facts.clock
    wrong = clock.synchronised and clock.error is not None and clock.error > WORST
    alone = not clock.synchronised and bool(clock.servers)
    if facts.uptime < PATIENCE or not (wrong or alone):
        return []
    said = {"servers": ", ".join(clock.servers), "error": None if clock.error is None else round(clock.error, 1)}
    return [Issue(code=CODE, severity=Severity.WARNING, facts=said, fix=Fix.STEP_CLOCK)]
