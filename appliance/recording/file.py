"""A recording file, whatever its format: read by what its name ends in."""

from pathlib import Path

from appliance.recording import mp4, webm
from appliance.recording.part import Scan


def scan(path: Path) -> Scan:
    """Its header and whole parts. ValueError where it does not begin like one of ours, OSError where it cannot be
    read."""
    return webm.scan(path) if ".webm" in path.suffixes else mp4.scan(path)
