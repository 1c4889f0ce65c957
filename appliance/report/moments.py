"""Moments as a report writes them: in the lab's time zone, to the second, with the zone said once."""

import datetime
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Zone:
    """A time zone, or None: that of the machine."""

    zone: datetime.tzinfo | None = None

    def at(self, wall: float) -> datetime.datetime:
        """Wall seconds -> a moment there."""
        return datetime.datetime.fromtimestamp(wall, datetime.UTC).astimezone(self.zone)

    def iso(self, wall: float | None) -> str | None:
        """2026-11-22T10:02:11.250+01:00: for machines."""
        return None if wall is None else self.at(wall).isoformat(timespec="milliseconds")

    def clock(self, wall: float) -> str:
        """10:02:11."""
        return f"{self.at(wall):%H:%M:%S}"

    def full(self, wall: float) -> str:
        """2026-11-22 10:02:11."""
        return f"{self.at(wall):%Y-%m-%d %H:%M:%S}"

    def day(self, wall: float) -> str:
        """2026-11-22."""
        return f"{self.at(wall):%Y-%m-%d}"

    def name(self, wall: float) -> str:
        """CET (UTC+01:00), as it is on that day; UTC."""
        moment = self.at(wall)
        offset, name = f"{moment:%z}", moment.tzname() or ""
        if name.startswith("UTC"):
            return name
        return f"{name} (UTC{offset[:3]}:{offset[3:5]})"


def position(seconds: float) -> str:
    """A place on a recording: 1:02:05.2."""
    tenths = round(seconds * 10)
    hours, rest = divmod(tenths, 36_000)
    minutes, rest = divmod(rest, 600)
    return f"{hours}:{minutes:02}:{rest // 10:02}.{rest % 10}"
