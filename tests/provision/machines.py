"""A machine for tests: a folder as its root, and commands that are only noted down."""

import json
import shlex
from pathlib import Path

from appliance.provision.machine import Machine, Ran

ACTIVE = "systemctl is-active --quiet "


class Notes:
    """Takes the place of running commands. `answers`: beginning of a command -> what it says; everything else works
    and says nothing, but for units, of which those in `active` run."""

    def __init__(self, active=(), **answers):
        self.commands = []
        self.active = set(active)
        self.answers = {"chronyc waitsync": Ran(0), **answers}

    def __call__(self, command):
        line = shlex.join(command)
        self.commands.append(line)
        if line.startswith(ACTIVE):
            return Ran(0 if line.removeprefix(ACTIVE) in self.active else 3)
        return next((ran for begin, ran in self.answers.items() if line.startswith(begin)), Ran(0))

    @property
    def changes(self):
        """Without the questions."""
        return [line for line in self.commands if not line.startswith((ACTIVE, "lsblk", "systemctl list-units"))]


def machine(folder: Path, notes=None, *, serial="PF3A7XYZ", name="debian") -> Machine:
    """A freshly installed Debian."""
    for file, text in {
        "etc/hostname": f"{name}\n",
        "etc/hosts": "127.0.0.1\tlocalhost\n127.0.1.1\tdebian\n::1 localhost\n",
        "sys/class/dmi/id/product_serial": f"{serial}\n",
        "etc/machine-id": "0123456789abcdef\n",
        "usr/share/zoneinfo/Europe/Berlin": "TZif",
        "usr/share/zoneinfo/Etc/UTC": "TZif",
    }.items():
        place = folder / file
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text)
    return Machine(folder, notes or Notes())


def lsblk(*devices):
    """What it says of (device, label, kind)."""
    found = [{"name": name, "label": label, "fstype": kind} for name, label, kind in devices]
    return Ran(
        0, json.dumps({"blockdevices": [{"name": "/dev/sda", "label": None, "fstype": None, "children": found}]})
    )
