"""The recovery key: what opens the backups when this box is gone."""

from appliance.box import recovery
from appliance.provision.steps.step import Boot, Said


def do(boot: Boot) -> Said:
    """Made once; it goes from the box when somebody has it on paper."""
    recovery.recipient(boot.paths.keys)
    return Said("The recovery key is there; the setup page prints it.")
