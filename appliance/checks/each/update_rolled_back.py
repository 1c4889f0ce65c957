"""An update was installed, did not prove well, and the version of before runs again."""

from appliance.checks.facts import Facts
from appliance.checks.issue import Issue, Severity

CODE = "update_rolled_back"


def check(facts: Facts) -> list[Issue]:
    """See the module."""
    version = facts.update.rolled_back
    return [Issue(code=CODE, severity=Severity.WARNING, facts={"version": version})] if version else []
