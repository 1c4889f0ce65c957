"""Detection runs and does not look, though pictures arrive; or looks less than half as often as it should."""

from appliance.checks.facts import Facts
from appliance.checks.issue import Fix, Issue, Severity

CODE = "detector_stalled"
OLD = 15.0
"""Seconds since a picture was looked at, where one is looked at twice a second."""

SHARE = 0.5


def check(facts: Facts) -> list[Issue]:
    """See the module."""
    said = facts.process("inference")
    if not facts.exam.runs or not said.get("healthy"):
        return []  # nothing is to be looked at; `process_down` says that it is away
    looked = [facts.now - float(feed["looked_at"]) for feed in dict(said.get("feeds", {})).values()]
    arrives = any(feed.get("fps", 0) for one in facts.processes.values() for feed in _feeds(one))
    if arrives and looked and min(looked) > OLD:
        found = {"seconds": round(min(looked)), "share": 0}
        return [Issue(code=CODE, severity=Severity.FAULT, facts=found, fix=Fix.RESTART_PROCESS, about="inference")]
    share = float(said.get("share", 1.0))
    if arrives and share < SHARE:
        found = {"seconds": 0, "share": round(100 * share)}
        return [Issue(code=CODE, severity=Severity.WARNING, facts=found, about="inference")]
    return []


def _feeds(said: object) -> list[dict[str, float]]:
    feeds = said.get("feeds", {}) if isinstance(said, dict) and "streams" in said else {}
    return [feed for feed in feeds.values() if isinstance(feed, dict)]
