"""What systemd says of the box's units, where it runs them."""

import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

_ASK_SECONDS = 3.0


@dataclass(frozen=True, slots=True)
class Unit:
    """How often systemd started it again, and whether its last run failed."""

    restarts: int
    failed: bool


def read() -> Mapping[str, Unit]:
    """By process, or by what a timer starts. Empty where systemd is not there or does not answer."""
    tool = shutil.which("systemctl")
    if tool is None or not Path("/run/systemd/system").is_dir():
        return {}
    command = [tool, "show", "appliance-*.service", "--property=Id,NRestarts,Result"]
    try:
        said = subprocess.run(command, capture_output=True, text=True, timeout=_ASK_SECONDS, check=False).stdout
    except (OSError, subprocess.SubprocessError):
        return {}
    return parsed(said)


def parsed(said: str) -> dict[str, Unit]:
    """Blocks of `Id=appliance-capture@1.service`, `NRestarts=3` and `Result=success`, in any order."""
    found = {}
    for block in said.split("\n\n"):
        values = dict(line.split("=", 1) for line in block.splitlines() if "=" in line)
        name = values.get("Id", "").removeprefix("appliance-").removesuffix(".service").replace("@", "-")
        name = "door" if name == "front" else name  # nginx plays its part
        if name and values.get("NRestarts", "").isdecimal():
            failed = values.get("Result", "success") != "success"
            found[name] = Unit(restarts=int(values["NRestarts"]), failed=failed)
    return found
