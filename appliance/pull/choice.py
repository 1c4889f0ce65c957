"""Which exams and attempts somebody asks for. Pure: names by pattern, days, flags."""

import datetime
from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase

from appliance.errors import BadInput

DAY = datetime.timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """Patterns are as in a shell (`lab-*`); none of a kind: all. `since` and `until`: wall seconds of the exam's start,
    the second not included. `flagged`: a rule's code, "" for any flag, None: with flags or without."""

    sites: tuple[str, ...] = ()
    boxes: tuple[str, ...] = ()
    exams: tuple[str, ...] = ()
    attempts: tuple[str, ...] = ()
    since: float | None = None
    until: float | None = None
    flagged: str | None = None

    def site(self, name: str) -> bool:
        return _fits(name, self.sites)

    def box(self, name: str) -> bool:
        return _fits(name, self.boxes)

    def exam(self, name: str) -> bool:
        return _fits(name, self.exams)

    def too_old(self, signed_at: float) -> bool:
        """Signed before the first day that is asked for: it cannot have begun after it."""
        return self.since is not None and signed_at < self.since

    def began(self, at: float) -> bool:
        """Does an exam that began then belong to the days?"""
        return (self.since is None or at >= self.since) and (self.until is None or at < self.until)

    def attempt(self, names: tuple[str, ...], flags: Mapping[str, int]) -> bool:
        """`names`: what an attempt is known by: its id and the candidate's number; `flags`: code -> how many."""
        if self.attempts and not any(_fits(name, self.attempts) for name in names):
            return False
        return self.flagged is None or (bool(flags) if self.flagged == "" else self.flagged in flags)

    @property
    def every_attempt(self) -> bool:
        """Is an exam wanted with all its attempts?"""
        return not self.attempts and self.flagged is None

    @property
    def every_exam(self) -> bool:
        """Is all of a box wanted?"""
        return self.every_attempt and not self.exams and self.since is None and self.until is None


def days(first: str | None, last: str | None) -> tuple[float | None, float | None]:
    """Dates as in 2026-11-22, by the clock of this machine -> wall seconds; the last day is included. BadInput."""
    since, until = (_day(text, option) for text, option in ((first, "--from"), (last, "--to")))
    if since and until and until < since:
        raise BadInput(f"--to {last} is before --from {first}", hint="Turn them around.")
    return (since.timestamp() if since else None, (until + DAY).timestamp() if until else None)


def _day(text: str | None, option: str) -> datetime.datetime | None:
    if text is None:
        return None
    try:
        return datetime.datetime.combine(datetime.date.fromisoformat(text), datetime.time()).astimezone()
    except ValueError:
        raise BadInput(f"{option} {text[:40]!r} is no date", hint="Write it as in 2026-11-22.") from None


def _fits(name: str, patterns: tuple[str, ...]) -> bool:
    return not patterns or any(fnmatchcase(name, pattern) for pattern in patterns)
