"""`reboot` and `poweroff`: a clean stop, which ends no exam."""

from appliance.box.errand import Errand, Verb
from appliance.box.paths import Paths
from appliance.errors import BadInput
from appliance.provision.machine import Machine
from appliance.provision.verbs.done import Done


def do(errand: Errand, on: Machine, paths: Paths) -> Done:
    """Asked of systemd, which goes on after this errand is settled."""
    if errand.arguments:
        raise BadInput(f"{errand.verb.value} takes no arguments")
    again = errand.verb is Verb.REBOOT
    on.demand("systemctl", "--no-block", "reboot" if again else "poweroff")
    return Done("The box starts again." if again else "The box switches itself off.")
