"""What the machine says of itself: heat, voltage, memory. Linux tells it in files; on a Raspberry Pi the firmware is
asked, too. What a machine does not have is None."""

import contextlib
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

from appliance.checks.facts import Machine

_ASK_SECONDS = 2.0


def read(root: Path = Path("/"), *, ask: Callable[[], str] | None = None) -> Machine:
    """As of now. `ask`: what `vcgencmd get_throttled` says."""
    temperature, critical = _heat(root)
    memory, free = _memory(root)
    return Machine(
        temperature=temperature,
        critical=critical,
        throttled=_throttled(root, ask or _firmware),
        low_voltage=_low_voltage(root),
        memory=memory,
        memory_free=free,
    )


def _heat(root: Path) -> tuple[float | None, float | None]:
    """The hottest zone, and the lowest critical point of any. Zones of radios and chargers say odd things: only what
    can be a temperature counts."""
    zones, critical = [], []
    for zone in sorted(root.glob("sys/class/thermal/thermal_zone*")):
        zones += [degrees for degrees in _degrees(zone / "temp") if 0 < degrees < 130]
        for kind in zone.glob("trip_point_*_type"):
            if _text(kind) == "critical":
                point = kind.with_name(kind.name.replace("_type", "_temp"))
                critical += [degrees for degrees in _degrees(point) if 60 <= degrees < 130]
    return max(zones, default=None), min(critical, default=None)


def _degrees(file: Path) -> Iterator[float]:
    with contextlib.suppress(ValueError):
        yield int(_text(file)) / 1000


def _memory(root: Path) -> tuple[int, int]:
    said = dict(line.split(":", 1) for line in _text(root / "proc/meminfo").splitlines() if ":" in line)
    try:
        return tuple(int(said[name].split()[0]) * 1024 for name in ("MemTotal", "MemAvailable"))  # type: ignore[return-value]
    except (KeyError, ValueError, IndexError):
        healthy = Machine()
        return healthy.memory, healthy.memory_free


def _throttled(root: Path, ask: Callable[[], str]) -> int | None:
    """A word of bits, in hexadecimal: by the kernel where it has it, else by the firmware's own tool
    ("throttled=0x50005")."""
    known = next(root.glob("sys/devices/platform/soc*/soc*firmware/get_throttled"), None)
    said = _text(known) if known else ask()
    try:
        return int(said.rpartition("=")[2], 16)
    except ValueError:
        return None


def _firmware() -> str:
    tool = shutil.which("vcgencmd")
    if tool is None:
        return ""
    try:
        asked = [tool, "get_throttled"]
        return subprocess.run(asked, capture_output=True, text=True, timeout=_ASK_SECONDS, check=False).stdout.strip()
    except (OSError, subprocess.SubprocessError):
        return ""


def _low_voltage(root: Path) -> bool | None:
    """The alarm of the driver `rpi_volt`."""
    for sensor in root.glob("sys/class/hwmon/hwmon*"):
        if _text(sensor / "name") == "rpi_volt":
            return _text(sensor / "in0_lcrit_alarm") == "1"
    return None


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return ""
