"""`clock`: step it to the time servers', or to what a person read off a watch."""

import math
import time

from appliance.box import clock
from appliance.box.errand import Errand
from appliance.box.paths import Paths
from appliance.errors import BadInput, NotAllowed, Unavailable
from appliance.provision.machine import Machine
from appliance.provision.verbs.done import Done

EARLIEST = 1_767_225_600.0
LATEST = 4_102_444_800.0
"""2026 to 2100: what a person can mean."""


def do(errand: Errand, on: Machine, paths: Paths) -> Done:
    """{} or {"wall": seconds since 1970}. A person's watch counts only while no time server is followed: evidence is
    stamped with this clock."""
    if set(errand.arguments) - {"wall"}:
        raise BadInput("clock takes one argument, wall, or none")
    if "wall" not in errand.arguments:
        return _to_servers(on)
    said = errand.arguments["wall"]
    if isinstance(said, bool) or not isinstance(said, int | float) or not math.isfinite(said):
        raise BadInput("wall is not a number of seconds")
    if not EARLIEST <= said <= LATEST:
        raise BadInput("that is no time of this century", hint="Type the date as well.")
    if clock.now().synchronised:
        raise NotAllowed(
            "the clock follows a time server, which knows better", hint="If it is wrong, correct the time servers."
        )
    late = max(0.0, time.time() - errand.at) if abs(time.time() - errand.at) < 60 else 0.0
    wall = said + late  # what passed while the errand lay there
    when = time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(wall))
    on.demand("date", "--utc", "--set", when, hint="Is the clock kept by somebody else, as in a container?")
    on.tell("hwclock", "--systohc", "--utc")  # where there is a clock with a battery
    return Done(f"The clock was set to {when} UTC.", facts={"wall": wall})


def _to_servers(on: Machine) -> Done:
    if not on.active("chrony.service"):
        raise Unavailable("chrony does not run, so no time server is asked", hint="`systemctl start chrony`")
    on.tell("chronyc", "online")
    on.tell("chronyc", "burst", "4/4")
    if on.tell("chronyc", "waitsync", "10", "0.0", "0.0", "1").code:
        raise Unavailable(
            "no time server answers",
            hint="Is the box on the network, and UDP 123 open? Else set the clock by hand; it says that a person did.",
        )
    on.demand("chronyc", "makestep")
    return Done("The clock was set to the time servers'.")
