"""What the machine is called: as the lab says, else by its serial, as in proctor-7f3a."""

import hashlib
import re

from appliance.provision.machine import Machine

_SERIALS = ("/sys/class/dmi/id/product_serial", "/proc/device-tree/serial-number", "/etc/machine-id")
_NONE = re.compile(
    r"(?i)^$|^(to be filled|default string|not (specified|applicable)|system serial|none|n/a|unknown)|^[0.x-]+$"
)
"""What firmware says that has no serial."""


def serial(on: Machine) -> str:
    """Of the machine, as its firmware says; else its machine-id; "" where there is neither."""
    return next((said for said in map(on.read, _SERIALS) if not _NONE.match(said)), "")


def by_serial(on: Machine) -> str:
    """Four characters tell the boxes of a site apart; the serial itself is nobody's business on the network."""
    said = serial(on)
    return f"proctor-{hashlib.sha256(said.encode()).hexdigest()[:4]}" if said else "proctor"


def current(on: Machine) -> str:
    """As /etc/hostname has it."""
    return on.read("/etc/hostname").partition(".")[0].lower()


def set_to(name: str, domain: str, on: Machine) -> bool:
    """For now and for good; -> did it change?"""
    changed = on.write("/etc/hostname", f"{name}\n")
    full = f"{name}.{domain} " if domain else ""
    lines = [line for line in on.read("/etc/hosts").splitlines() if not re.match(r"127\.0\.1\.1\s", line)]
    lines = lines or ["127.0.0.1 localhost", "::1 localhost"]
    changed |= on.write("/etc/hosts", "\n".join([*lines, f"127.0.1.1 {full}{name}"]) + "\n")
    if changed:
        # by systemd where it runs: first boot and the steward may not do it themselves (their units)
        by_systemd = on.file("/run/systemd/system").is_dir()
        command = ("hostnamectl", "set-hostname", name) if by_systemd else ("hostname", name)
        on.demand(*command, hint="The new name holds from the next start on.")
        on.tell("systemctl", "try-restart", "avahi-daemon.service")  # it announces the name
    return changed
