"""`restart`: one of our units, or all that settings matter to. Never another: whoever asks is not root."""

import re

from appliance.box.errand import Errand
from appliance.box.paths import Paths
from appliance.errors import BadInput
from appliance.provision.machine import Machine
from appliance.provision.verbs.done import Done

_UNIT = re.compile(r"appliance-(?:front|web|inference|sync|panel|capture@[1-9][0-9]?)")
_ALL = "appliance-*.service"
_NOT = ("appliance-steward.service", "appliance-firstboot.service", "appliance-update.service")


def do(errand: Errand, on: Machine, paths: Paths) -> Done:
    """{"unit": "all"}, or the name of one, with or without "appliance-" and ".service"."""
    if set(errand.arguments) != {"unit"} or not isinstance(errand.arguments["unit"], str):
        raise BadInput("restart takes one argument, unit")
    name = errand.arguments["unit"].removesuffix(".service")
    said = name if name == "all" or name.startswith("appliance-") else f"appliance-{name}"
    if said == "all":
        units = running(on)
        if units:
            # Nobody waits: what sends takes its time to stop, and health says who does not come back.
            on.demand(
                "systemctl", "--no-block", "try-restart", *units, hint="`systemctl status 'appliance-*'` says more."
            )
        return Done(f"{len(units)} of the box's services start again.", facts={"units": units})
    if not _UNIT.fullmatch(said):
        raise BadInput(f"{name[:60]!r} is none of the box's services", hint="Use web, capture@1, sync and the like.")
    on.tell("systemctl", "reset-failed", f"{said}.service")  # it may have used up its starts
    on.demand("systemctl", "restart", f"{said}.service", hint=f"`journalctl -u {said}` says more.")
    return Done(f"{said} was started again.")


def running(on: Machine) -> list[str]:
    """The services of the box that run and serve it: not the timers' errands, not whoever asks."""
    said = on.tell("systemctl", "list-units", "--plain", "--no-legend", "--state=active", _ALL).said
    names = [line.split()[0] for line in said.splitlines() if line.split()]
    return [name for name in names if _UNIT.fullmatch(name.removesuffix(".service")) and name not in _NOT]
