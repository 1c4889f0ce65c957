"""The box's own settings: appliance.toml and the keys of its store, as it was told."""

import dataclasses

from appliance.provision import apply, hostname
from appliance.provision.seed import Seed
from appliance.provision.steps.step import Boot, Said


def do(boot: Boot) -> Said:
    """Nothing told: the box's name in the store is the machine's, and all else as by default."""
    seed = boot.seed
    if not seed.lab.box and boot.ours:
        seed = dataclasses.replace(seed, lab=dataclasses.replace(seed.lab, box=hostname.current(boot.on)))
    apply.box(boot.paths, seed)
    if boot.seed == Seed():
        return Said("The settings are those of a new box.")
    return Said(f"The settings of {boot.seed.lab.name or 'the lab'} are written.")
