"""The store refuses, or takes evidence too slowly although it answers. A store that is away is no issue: what waits is
safe on the box, and goes when there is a network again."""

from appliance.checks.facts import Facts
from appliance.checks.issue import Issue, Severity

CODE = "sync_lagging"
PASSES = ("away",)
LATE = 86_400.0
"""Seconds that something waits although the store answers and nothing holds it back."""

STALE = 60.0


def check(facts: Facts) -> list[Issue]:
    """See the module."""
    said = facts.upstream
    if said is None or abs(facts.now - said.at) > STALE:
        return []  # sync does not speak: `process_down` says so
    trouble = [failure for failure in said.failures if failure.kind not in PASSES]
    if trouble:
        kinds = sorted({failure.kind for failure in trouble})
        return [Issue(code=CODE, severity=Severity.WARNING, facts={"kinds": kinds, "hours": 0})]
    waits = 0.0 if said.oldest is None else facts.now - said.oldest
    if said.reachable and not said.video_waits and waits > LATE:
        found = {"kinds": [], "hours": round(waits / 3600)}
        return [Issue(code=CODE, severity=Severity.WARNING, facts=found)]
    return []
