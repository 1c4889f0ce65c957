"""There is no backup of the last two days, or the last one could not be made. A box that was off has time to catch
up."""

from appliance.checks.facts import Facts
from appliance.checks.issue import Fix, Issue, Severity

CODE = "backup_old"
OLD, PATIENCE = 2 * 86_400.0, 2 * 3600.0


def check(facts: Facts) -> list[Issue]:
    """See the module."""
    backup = facts.backup
    age = backup.due if backup.newest is None else backup.newest
    if not backup.failed and (age < OLD or facts.uptime < PATIENCE or not backup.due):
        return []
    said = {"days": int(age / 86_400), "failed": backup.failed}
    return [Issue(code=CODE, severity=Severity.WARNING, facts=said, fix=Fix.BACK_UP)]
