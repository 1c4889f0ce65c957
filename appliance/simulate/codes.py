"""The file of join codes: one a line, or CSV with a column `code` and perhaps `seat`."""

import csv
from dataclasses import dataclass
from pathlib import Path

from appliance.errors import BadInput, NotFound
from appliance.exam import codes

LARGEST = 1_000_000
"""Bytes."""


@dataclass(frozen=True, slots=True)
class Ticket:
    """A seat's number, counted from 1, and its code: 8 characters."""

    seat: int
    code: str


def read(file: Path, *, seats: int) -> list[Ticket]:
    """The first `seats` codes. BadInput names the line; NotFound when there is no such file."""
    try:
        with open(file, "rb") as content:
            raw = content.read(LARGEST + 1)
        text = raw.decode("utf-8-sig")
    except OSError as error:
        raise NotFound(f"the codes {file} cannot be read: {error.strerror}", hint="Check --codes.") from None
    except UnicodeDecodeError:
        raise BadInput(f"{file} is not text", hint="Give a file with one join code a line.") from None
    if len(raw) > LARGEST:
        raise BadInput(f"{file} is larger than {LARGEST // 1000} kB", hint="Give a file with one join code a line.")
    found = _tickets(file, text)
    if len(found) < seats:
        raise BadInput(
            f"{file} has {len(found)} join codes, but {seats} seats are asked for",
            hint="Give fewer seats with --seats, or a file with more codes.",
        )
    return found[:seats]


def _tickets(file: Path, text: str) -> list[Ticket]:
    lines = [(number, line) for number, line in enumerate(text.splitlines(), 1) if line.strip()]
    lines = [(number, line) for number, line in lines if not line.lstrip().startswith("#")]
    columns: list[str] | None = None
    found: list[Ticket] = []
    for number, line in lines:
        cells = [cell.strip() for cell in next(csv.reader([line]))]
        if not found and columns is None:
            columns = [cell.lower() for cell in cells]
            if "code" in columns:
                continue
            columns = ["code"]
        row = dict(zip(columns or ["code"], cells, strict=False))
        found.append(_ticket(file, number, row, position=len(found) + 1))
        _refuse_twice(file, number, found)
    return found


def _refuse_twice(file: Path, line: int, found: list[Ticket]) -> None:
    new = found[-1]
    for old in found[:-1]:
        if new.code == old.code:
            raise BadInput(f"{file}, line {line}: this code was there before", hint="Each seat has its own code.")
        if new.seat == old.seat:
            raise BadInput(f"{file}, line {line}: seat {new.seat} was there before", hint="Number the seats once each.")


def _ticket(file: Path, line: int, row: dict[str, str], *, position: int) -> Ticket:
    seat = row.get("seat", "")
    try:
        code = codes.normalise(row.get("code", ""))
    except BadInput as error:
        raise BadInput(f"{file}, line {line}: {error.message}", hint=error.hint) from None
    return Ticket(int(seat) if seat.isdecimal() and 0 < int(seat) < 10_000 else position, code)
