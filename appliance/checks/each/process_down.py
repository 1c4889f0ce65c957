"""A process that the box needs is away or not well. What it says itself goes along."""

from appliance.checks.each import box_stopped
from appliance.checks.facts import Facts
from appliance.checks.issue import Fix, Issue, Severity

CODE = "process_down"
STARTING = 90.0
"""Seconds after power on in which a process may still be loading."""


def check(facts: Facts) -> list[Issue]:
    """See the module."""
    if facts.uptime < STARTING or box_stopped.check(facts):
        return []
    return [
        Issue(
            code=CODE,
            severity=Severity.FAULT,
            about=name,
            facts={"process": name, "sentence": str(facts.process(name).get("sentence", "not running"))},
            fix=Fix.RESTART_PROCESS,
        )
        for name in facts.needed
        if not facts.process(name).get("healthy") and not _only_models(facts, name)
    ]


def _only_models(facts: Facts, name: str) -> bool:
    """Detection without its models runs, and `detector_absent` says what is missing."""
    return name == "inference" and bool(facts.models) and "at" in facts.process(name) and _speaks(facts, name)


def _speaks(facts: Facts, name: str) -> bool:
    return facts.now - float(facts.process(name)["at"]) < STARTING
