"""A feed of a candidate who is in the exam does not arrive."""

from appliance.checks.facts import Facts
from appliance.checks.issue import Issue, Severity

CODE = "seat_silent"
PATIENCE = 30.0
"""Seconds: a page that is loaded again takes some, and the wall shows it at once anyway."""


def check(facts: Facts) -> list[Issue]:
    """See the module."""
    seats: dict[str, list[str]] = {}
    for gap in facts.exam.gaps:
        if gap.seconds >= PATIENCE:
            seats.setdefault(gap.seat, []).append(gap.kind)
    return [
        Issue(code=CODE, severity=Severity.FAULT, about=seat, facts={"seat": seat, "kinds": sorted(set(kinds))})
        for seat, kinds in sorted(seats.items())
    ]
