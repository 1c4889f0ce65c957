"""What a planner decides about an exam, with the limits that hold for every exam."""

import re
from dataclasses import dataclass
from enum import StrEnum

from appliance.errors import BadInput

HARD_RATIO = 15
"""Never more candidates for one proctor (proctoring.md M92)."""


class Admission(StrEnum):
    """Who lets a candidate in."""

    PROCTOR = "proctor"
    AUTOMATIC = "automatic"


@dataclass(frozen=True, slots=True, kw_only=True)
class ExamPolicy:
    """The settings of one exam. `starts_at` is wall seconds; `link` is where the exam itself is taken."""

    exam: str
    title: str
    starts_at: float
    minutes: int = 90
    admission: Admission = Admission.PROCTOR
    link: str = ""
    warnings_before_end: int = 1
    ratio: int = 8
    retention_days: int = 30

    def checked(self) -> "ExamPolicy":
        """Itself, or BadInput naming the setting that does not hold."""
        if not re.fullmatch(r"[a-z0-9][a-z0-9-]{0,39}", self.exam):
            raise BadInput(
                f"{self.exam[:60]!r} cannot name an exam", hint="Use 1-40 of a-z, 0-9 and -, such as biology-101."
            )
        if not self.title.strip() or len(self.title) > 120:
            raise BadInput("the title is empty or longer than 120 characters")
        if not 1 <= self.minutes <= 24 * 60:
            raise BadInput(f"{self.minutes} minutes is not a length", hint="Use 1 to 1440.")
        if not 1 <= self.ratio <= HARD_RATIO:
            raise BadInput(f"{self.ratio} candidates for one proctor", hint=f"Use 4, 8 or at most {HARD_RATIO}.")
        if not 0 <= self.warnings_before_end <= 5:
            raise BadInput(f"{self.warnings_before_end} warnings before an end", hint="Use 0 to 5.")
        if not 1 <= self.retention_days <= 3650:
            raise BadInput(f"{self.retention_days} days of retention", hint="Use 1 to 3650.")
        if self.link and not re.match(r"https?://[^\s]+$", self.link):
            raise BadInput(
                f"{self.link[:80]!r} is not a link", hint="It begins with http:// or https://, or stays empty."
            )
        return self
