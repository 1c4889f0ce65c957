"""A certificate ends soon, or has ended. The box renews its own 30 days before: one with less than a fortnight left was
not renewed."""

from appliance.checks.facts import Facts
from appliance.checks.issue import Fix, Issue, Severity

CODE = "certificate_expiring"
DAYS = {"box": 14, "authority": 90, "site": 30}


def check(facts: Facts) -> list[Issue]:
    """See the module."""
    found = []
    for name, until in sorted(facts.certificates.items()):
        days = (until - facts.now) / 86_400
        if days >= DAYS.get(name, 14):
            continue
        over = days < 0 and name == "box"
        found.append(
            Issue(
                code=CODE,
                severity=Severity.FAULT if over else Severity.WARNING,
                about=name,
                facts={"certificate": name, "days": max(0, int(days)), "until": until},
                fix=Fix.RENEW_CERTIFICATE if name == "box" else None,
            )
        )
    return found
