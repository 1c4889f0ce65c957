"""What the buttons do. Some of it this process can do itself; what is root's is an errand for the steward, whose answer
the page asks for."""

from dataclasses import dataclass

from appliance.backup import make
from appliance.box import errand, workers
from appliance.box.errand import Verb
from appliance.certificates import current
from appliance.checks.issue import Fix, Issue
from appliance.errors import NotAllowed, Unavailable
from appliance.web.context import Services, t


@dataclass(frozen=True, slots=True)
class Came:
    """What came of it: a sentence, or the errand that is under way."""

    sentence: str = ""
    errand: str = ""


def mend(here: Services, issue: Issue, *, by: str, wall: float | None) -> Came:
    """`by`: who pressed; `wall`: what time it is where the person sits. ApplianceError says why it cannot be."""
    if issue.fix is None:
        raise NotAllowed(t("condition.no_fix"))
    if issue.fix is Fix.BACK_UP:
        made = make.run(here.paths, here.settings, why=make.BY_HAND)
        return Came(t("condition.backed_up", file=made.file.name))
    if issue.fix is Fix.RENEW_CERTIFICATE:
        return _renew(here, by)
    if not errand.has_steward():
        hint = t(f"condition.by_hand_{issue.fix.value}")
        raise Unavailable(t("condition.by_hand", hint=hint))
    if issue.fix is Fix.RESTART_PROCESS:
        unit = {"unit": unit_of(issue.about)}
        return Came(errand=errand.ask(here.paths, Verb.RESTART, by=by, arguments=unit))
    followed = bool(issue.facts.get("servers"))
    arguments = {} if followed or wall is None else {"wall": wall}
    return Came(errand=errand.ask(here.paths, Verb.CLOCK, by=by, arguments=arguments))


def unit_of(process: str) -> str:
    """The unit of a process: capture-2 -> appliance-capture@2. nginx plays the door's part on an installed box."""
    service = workers.service_of(process)
    number = process.removeprefix(service).removeprefix("-")
    name = "front" if service == "door" else service
    return f"appliance-{name}@{number}" if number else f"appliance-{name}"


def _renew(here: Services, by: str) -> Came:
    shown = current.renew(here.paths, here.settings)
    if shown.trouble:
        raise Unavailable(shown.trouble, hint=shown.hint)
    if errand.has_steward():
        errand.ask(here.paths, Verb.FRONT, by=by)
    return Came(t("condition.renewed", date=f"{shown.until:%Y-%m-%d}"))
