"""What a step of first boot is given, and what it says."""

from collections.abc import Callable
from dataclasses import dataclass

from appliance.box.paths import Paths
from appliance.provision.machine import Machine
from appliance.provision.seed import Seed


@dataclass(frozen=True, slots=True)
class Said:
    """For a person. `ok` False: it is done, and somebody should act on the hint."""

    sentence: str
    hint: str = ""
    ok: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Boot:
    """`ours`: the machine is the box's alone, so that its name, network and clock are set, too (an installed box, and
    root); `now`: wall seconds; `seed`: what the box was told, if anything."""

    paths: Paths
    on: Machine
    ours: bool
    now: Callable[[], float]
    seed: Seed


@dataclass(frozen=True, slots=True)
class Step:
    """`as_root`: it is the machine's, the rest is done as the owner of the box's folder. `of_seed`: done again when the
    box is told something else."""

    name: str
    do: Callable[[Boot], Said]
    as_root: bool = False
    of_seed: bool = False
