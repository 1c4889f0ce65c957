"""What the line of the house may carry just now: limits by the hour and by exams. Pure."""

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from appliance.config import UpstreamSettings
from appliance.errors import ConfigError

HORIZON_DAYS = 14
"""Further ahead nobody says how long it will take."""

_WINDOW = re.compile(r"([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-3]):([0-5]\d)")


@dataclass(frozen=True, slots=True)
class Limit:
    """`bps`: bits a second, 0 none; `why`: "always", "exam", "night", or "" where there is none."""

    bps: float
    why: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """What holds now. `video_waits`: why recordings are not sent, "exam" or "day"; "" when they are."""

    limit: Limit
    video_waits: str = ""


@dataclass(frozen=True, slots=True)
class Night:
    """Local time. From `begins` until before `ends`, over midnight where that is earlier."""

    begins: time
    ends: time

    @classmethod
    def parse(cls, text: str) -> "Night | None":
        """ "22:00-06:00"; None for "". ConfigError for anything else."""
        if not text:
            return None
        found = _WINDOW.fullmatch(text)
        night = found and cls(time(int(found[1]), int(found[2])), time(int(found[3]), int(found[4])))
        if not night or night.begins == night.ends:
            raise ConfigError(
                f"[upstream] night is {text[:40]!r}, which is no span of a day", hint='Write it like "22:00-06:00".'
            )
        return night

    def has(self, local: datetime) -> bool:
        """By the clock on the wall: an hour that comes twice in autumn is night both times."""
        now = local.time()
        if self.begins < self.ends:
            return self.begins <= now < self.ends
        return now >= self.begins or now < self.ends

    def edges(self, local: datetime) -> list[datetime]:
        """When it begins and ends, on that day and the next."""
        days = (local.date(), local.date() + timedelta(days=1))
        return sorted(datetime.combine(day, at, local.tzinfo) for day in days for at in (self.begins, self.ends))


def verdict(settings: UpstreamSettings, local: datetime, *, exam: bool) -> Verdict:
    """`local`: now, as the clock in the house shows it; `exam`: one is going on."""
    night = Night.parse(settings.night)
    at_night = night is not None and night.has(local)
    base = Limit(settings.night_limit_mbit, "night") if at_night else Limit(settings.limit_mbit, "always")
    found = [limit for limit in (base, Limit(settings.exam_limit_mbit if exam else 0.0, "exam")) if limit.bps]
    lowest = min(found, key=lambda limit: limit.bps, default=Limit(0.0, ""))
    waits = {"after_exam": "exam" if exam else "", "night": "" if at_night else "day"}.get(settings.video, "")
    return Verdict(Limit(lowest.bps * 1e6, lowest.why), waits)


def needs_exams(settings: UpstreamSettings) -> bool:
    """Does it matter whether an exam goes on?"""
    return settings.exam_limit_mbit > 0 or settings.video == "after_exam"


def eta(
    settings: UpstreamSettings,
    *,
    now: float,
    urgent: int,
    video: int,
    bps: float | None,
    exam: bool,
    local: Callable[[float], datetime] = datetime.fromtimestamp,
) -> float | None:
    """How many seconds it takes until all is sent, were the line as fast as `bps` (bits a second, None: not known) and
    whatever goes on in the house went on; None where that cannot be said. `urgent` and `video` in bytes, `now` in wall
    seconds."""
    night, horizon = Night.parse(settings.night), now + HORIZON_DAYS * 86400
    at, left, waiting = now, float(urgent), float(video)
    while at < horizon:
        said = verdict(settings, local(at), exam=exam)
        speed = min((one for one in (said.limit.bps, bps or 0.0) if one), default=None)
        until = _next_edge(night, at, local)
        goes = left if said.video_waits else left + waiting
        if goes > 0 and speed is None:
            return None
        ends = at + (goes * 8 / speed if speed else 0.0)
        if ends <= until and goes == left + waiting:
            return ends - now if ends <= horizon else None
        if until == math.inf:
            return None  # recordings wait for something that nobody knows the end of
        sent = (until - at) * (speed or 0.0) / 8
        more = 0.0 if said.video_waits else max(0.0, sent - left)
        left, waiting, at = max(0.0, left - sent), max(0.0, waiting - more), until
    return None


def _next_edge(night: Night | None, at: float, local: Callable[[float], datetime]) -> float:
    """The next moment at which the night begins or ends (wall seconds)."""
    if night is None:
        return math.inf
    moments = [edge.timestamp() for edge in night.edges(local(at))]
    return min(moment for moment in moments if moment > at + 1e-6)
