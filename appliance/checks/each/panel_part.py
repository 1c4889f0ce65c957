"""Something of the box's front does not work: its light, its button, its display, or the process that drives them. The
exam never notices, so this is never a fault; what nobody named in the settings is no trouble."""

from appliance.checks.each import box_stopped
from appliance.checks.each.process_down import STARTING
from appliance.checks.facts import Facts
from appliance.checks.issue import Fix, Issue, Severity

CODE = "panel_part"
WHOLE = "panel"
"""What it is about where nothing of the front is driven."""

SILENT = "silent"


def check(facts: Facts) -> list[Issue]:
    """See the module."""
    if facts.panel.silent:
        if facts.uptime < STARTING or box_stopped.check(facts):
            return []
        said = {"part": WHOLE, "trouble": SILENT}
        return [Issue(code=CODE, severity=Severity.WARNING, about=WHOLE, facts=said, fix=Fix.RESTART_PROCESS)]
    return [
        Issue(
            code=CODE,
            severity=Severity.WARNING,
            about=part.name,
            facts={"part": part.name, "trouble": part.trouble, "driver": part.driver, "device": part.about},
        )
        for part in facts.panel.parts
        if part.trouble
    ]
