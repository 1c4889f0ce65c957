"""Time zone, time servers and network of the machine, as it was told."""

from appliance.errors import ApplianceError
from appliance.provision import apply
from appliance.provision.seed import Seed
from appliance.provision.steps.step import Boot, Said


def do(boot: Boot) -> Said:
    """A network that cannot be set stops nothing: the box works where it is, and says so."""
    if not boot.ours or boot.seed == Seed():
        return Said("Network, time zone and time servers are as they were.")
    try:
        changed = apply.machine(boot.seed, on=boot.on)
    except ApplianceError as error:
        return Said(f"Not all of the network and the time could be set: {error.message}.", error.hint, ok=False)
    return Said(" ".join(changed) or "Network, time zone and time servers are as they should be.")
