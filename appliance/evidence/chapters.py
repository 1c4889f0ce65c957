"""The chapters of a clip: where what was asked for begins and ends, and where a feed has nothing. Pure."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

from appliance.evidence.job import Hole

LEAD_IN, ASKED, AFTER = "lead-in", "asked for", "after"

_SHORTEST = 0.02


@dataclass(frozen=True, slots=True)
class Chapter:
    """Seconds of the clip."""

    starts: float
    ends: float
    title: str


def chapters(in_s: float, out_s: float, end_s: float, holes: Sequence[Hole], *, begins_at: float) -> list[Chapter]:
    """One after the other, without overlaps. `begins_at`: wall seconds of the clip's first moment."""
    edges = {0.0, in_s, out_s, end_s}
    for hole in holes:
        edges |= {hole.starts_at - begins_at, hole.ends_at - begins_at}
    inside = sorted(edge for edge in edges if 0 <= edge <= end_s)
    found: list[Chapter] = []
    for start, end in itertools.pairwise(inside):
        if end - start < _SHORTEST:
            continue
        middle = (start + end) / 2
        part = LEAD_IN if middle < in_s else ASKED if middle < out_s else AFTER
        empty = sorted({hole.kind for hole in holes if hole.starts_at <= begins_at + middle < hole.ends_at})
        title = f"{part}; nothing of: {', '.join(empty)}" if empty else part
        if found and found[-1].title == title:
            found[-1] = Chapter(found[-1].starts, end, title)
        else:
            found.append(Chapter(start, end, title))
    return found
