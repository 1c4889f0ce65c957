"""What a recording file is called: whose, which feed, when it begins, its number."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime

from appliance.exam.feed import Kind

OPEN = ".open"
"""What the name of a file ends in while it is written."""

_NAME = re.compile(
    r"(?P<seat>.+)-(?P<kind>[a-z]+)-(?P<start>\d{8}T\d{6}\.\d{3})Z-(?P<number>\d{5})"
    r"(?P<late>-late)?(?P<suffix>\.mp4|\.webm)(\.open)?"
)


@dataclass(frozen=True, slots=True)
class Name:
    """What a file's name says. `late`: the page uploaded it after a drop."""

    seat: str
    kind: Kind
    starts_at: float
    number: int
    suffix: str
    late: bool = False

    def __str__(self) -> str:
        moment = datetime.fromtimestamp(round(self.starts_at * 1000) / 1000, UTC)
        stamp = f"{moment:%Y%m%dT%H%M%S}.{moment.microsecond // 1000:03d}"
        mark = "-late" if self.late else ""
        return f"{self.seat}-{self.kind.value}-{stamp}Z-{self.number:05d}{mark}{self.suffix}"

    @classmethod
    def parse(cls, name: str) -> "Name | None":
        """None when it is no segment's name."""
        match = _NAME.fullmatch(name)
        if match is None or match["kind"] not in [kind.value for kind in Kind]:
            return None
        try:
            moment = datetime.strptime(match["start"] + "+0000", "%Y%m%dT%H%M%S.%f%z")
        except ValueError:
            return None
        said = (match["seat"], Kind(match["kind"]), moment.timestamp(), int(match["number"]), match["suffix"])
        return cls(*said, late=match["late"] is not None)
