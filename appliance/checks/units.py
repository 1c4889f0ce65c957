"""What systemd says of the box's units, where it runs them."""

import shutil
import subprocess
from pathlib import Path

_ASK_SECONDS = 3.0


def restarts() -> dict[str, int]:
    """Process -> how often systemd started it again. Empty where systemd is not there or does not answer."""
    tool = shutil.which("systemctl")
    if tool is None or not Path("/run/systemd/system").is_dir():
        return {}
    command = [tool, "show", "appliance-*.service", "--property=Id,NRestarts"]
    try:
        said = subprocess.run(command, capture_output=True, text=True, timeout=_ASK_SECONDS, check=False).stdout
    except (OSError, subprocess.SubprocessError):
        return {}
    return parsed(said)


def parsed(said: str) -> dict[str, int]:
    """Blocks of `Id=appliance-capture@1.service` and `NRestarts=3`, in any order."""
    found = {}
    for block in said.split("\n\n"):
        values = dict(line.split("=", 1) for line in block.splitlines() if "=" in line)
        name = values.get("Id", "").removeprefix("appliance-").removesuffix(".service").replace("@", "-")
        if name and values.get("NRestarts", "").isdecimal():
            found[name] = int(values["NRestarts"])
    return found
