"""Where the lab's seats are: a grid, typed as a person draws it. Pure.

A line of the text is a row of the room, seen from the front; seats are separated by blanks, a dash is an empty place.
"""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from appliance.errors import BadInput

MOST_ROWS, MOST_COLUMNS = 30, 30
MOST_SEATS = 200
LONGEST = 2_000
"""Characters of the text."""

_SEAT = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,15}")
_EMPTY = frozenset({"-", "--", "_", "."})
USUAL_COLUMNS = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class SeatPlace:
    """Row and column count from 1."""

    seat: str
    row: int
    column: int


def parse(text: str) -> tuple[SeatPlace, ...]:
    """The seats that are drawn; BadInput names the row that does not fit."""
    if len(text) > LONGEST:
        raise BadInput(f"the plan of the room is longer than {LONGEST} characters")
    lines = [line for line in text.replace("\t", " ").splitlines() if line.strip()]
    if len(lines) > MOST_ROWS:
        raise BadInput(f"{len(lines)} rows; at most {MOST_ROWS} fit")
    found: list[SeatPlace] = []
    for row, line in enumerate(lines, start=1):
        cells = re.split(r"[\s,;]+", line.strip())
        if len(cells) > MOST_COLUMNS:
            raise BadInput(f"row {row} has {len(cells)} places; at most {MOST_COLUMNS} fit")
        for column, cell in enumerate(cells, start=1):
            if cell in _EMPTY:
                continue
            if not _SEAT.fullmatch(cell):
                raise BadInput(
                    f"row {row}: {cell[:20]!r} cannot name a seat",
                    hint="Use letters and digits, 16 at most; a dash is an empty place.",
                )
            if any(place.seat == cell for place in found):
                raise BadInput(f"row {row}: seat {cell} was there before", hint="Name each seat once.")
            found.append(SeatPlace(seat=cell, row=row, column=column))
    if len(found) > MOST_SEATS:
        raise BadInput(f"{len(found)} seats; at most {MOST_SEATS} fit")
    return tuple(found)


def drawn(places: Collection[SeatPlace]) -> str:
    """The text of these seats."""
    rows = max((place.row for place in places), default=0)
    lines = []
    for row in range(1, rows + 1):
        here = {place.column: place.seat for place in places if place.row == row}
        last = max(here, default=1)
        lines.append(" ".join(here.get(column, "-") for column in range(1, last + 1)))
    return "\n".join(lines)


def in_rows(seats: Sequence[str], *, columns: int = USUAL_COLUMNS) -> tuple[SeatPlace, ...]:
    """Seats whose places nobody has drawn yet, row by row."""
    return tuple(
        SeatPlace(seat=seat, row=index // columns + 1, column=index % columns + 1) for index, seat in enumerate(seats)
    )


def naturally(seat: str) -> tuple[tuple[int, int | str], ...]:
    """In the order of people: 2 before 10."""
    return tuple((0, int(part)) if part.isdecimal() else (1, part) for part in re.split(r"(\d+)", seat) if part)
