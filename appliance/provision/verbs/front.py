"""`front`: nginx reads its configuration and certificate again."""

from appliance.box.errand import Errand
from appliance.box.paths import Paths
from appliance.errors import BadInput
from appliance.provision.machine import Machine
from appliance.provision.verbs.done import Done

UNIT = "appliance-front.service"


def do(errand: Errand, on: Machine, paths: Paths) -> Done:
    """A front that does not run reads both when it starts."""
    if errand.arguments:
        raise BadInput("front takes no arguments")
    if not on.active(UNIT):
        return Done("The front does not run; it reads its certificate when it starts.")
    on.demand("systemctl", "reload", UNIT, hint="`systemctl status appliance-front` says more.")
    return Done("The front shows the new certificate.")
