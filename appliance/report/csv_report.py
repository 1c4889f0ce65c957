"""The flags as a table: one line a flag, and one for each irregularity that a person wrote down, for a spreadsheet.

RFC 4180, UTF-8 with a byte order mark (else a spreadsheet garbles names). A cell that a spreadsheet would run as a
formula gets an apostrophe before it.
"""

import csv
import io
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict
from typing import Any

from appliance.exam.accommodation import Switch
from appliance.report import words
from appliance.report.day import Irregularity
from appliance.report.facts import AttemptFacts, Flag
from appliance.report.moments import Zone

COLUMNS = (
    "exam",
    "seat",
    "candidate",
    "name",
    "flag",
    "code",
    "title",
    "category",
    "severity",
    "feed",
    "raised_by",
    "onset_at",
    "raised_at",
    "ended_at",
    "position_seconds",
    "true",
    "assessable",
    "looks",
    "threshold",
    "score",
    "light",
    "numbers",
    "why",
    "rules",
    "remark",
    "decision",
    "reason",
    "note",
    "decided_by",
    "decided_at",
    "snapshots",
    "rulings",
    "notes",
    "recommendation",
    "standing",
    "outcome",
    "provisional",
)

AGREED = ("exam", "seat", "candidate", "name", "accommodations", "rules_not_applied", "written_at")
"""The columns of accommodations.csv."""

_RUN_BY_SPREADSHEETS = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")


def csv_bytes(attempts: Iterable[AttemptFacts], zone: Zone) -> bytes:
    """The header, and one line for each flag and each irregularity of each attempt."""
    out = io.StringIO(newline="")
    table = csv.writer(out)
    table.writerow(COLUMNS)
    for attempt in attempts:
        table.writerows(lines(attempt, zone))
    return b"\xef\xbb\xbf" + out.getvalue().encode("utf-8", errors="replace")


def lines(attempt: AttemptFacts, zone: Zone) -> Iterator[list[str]]:
    """One for each flag and each irregularity, safe to be opened."""
    for flag in attempt.flags:
        yield [safe(cell) for cell in _line(attempt, flag, zone)]
    for note in attempt.day.irregularities:
        yield [safe(cell) for cell in _note(attempt, note, zone)]


def accommodations_bytes(
    attempts: Iterable[AttemptFacts], granted: Mapping[str, frozenset[Switch]], zone: Zone
) -> bytes:
    """For planner and institution alone: each candidate's accommodations, as neutral codes, and the rules that are not
    applied. `granted`: by attempt."""
    out = io.StringIO(newline="")
    table = csv.writer(out)
    table.writerow(AGREED)
    for attempt in attempts:
        switches = " ".join(sorted(granted.get(attempt.attempt, ())))
        who = (attempt.exam.exam, attempt.seat, attempt.candidate, attempt.name)
        line = (*who, switches, " ".join(attempt.not_applied), zone.iso(attempt.written_at))
        table.writerow(safe(cell) for cell in line)
    return b"\xef\xbb\xbf" + out.getvalue().encode("utf-8", errors="replace")


def _of_attempt(attempt: AttemptFacts) -> dict[str, str]:
    """What stands in every line of an attempt."""
    made, outcome = attempt.review.recommended, attempt.review.outcome
    return {
        "recommendation": "" if made is None else made.kind,
        "standing": "" if made is None else made.standing,
        "outcome": "" if outcome is None else outcome.text,
        "provisional": "yes" if attempt.provisional else "no",
    }


def _listed(values: Iterable[Any], zone: Zone) -> str:
    """As JSON, with moments as text; "" for none."""
    said = [
        {name: zone.iso(value) if name.endswith("_at") else value for name, value in asdict(one).items()}
        for one in values
    ]
    return json.dumps(said, ensure_ascii=False) if said else ""


def _pairs(values: Mapping[str, Any]) -> str:
    """As JSON: a cell that machines can read again."""
    return json.dumps(values, ensure_ascii=False, sort_keys=True) if values else ""


def safe(cell: str | float | None) -> str:
    """A cell that no spreadsheet runs; numbers stay numbers."""
    if cell is None:
        return ""
    if not isinstance(cell, str):
        return repr(cell)
    text = cell.replace("\0", "")
    return f"'{text}" if text.lstrip(" \u00a0\ufeff").startswith(_RUN_BY_SPREADSHEETS) else text


def _note(attempt: AttemptFacts, note: Irregularity, zone: Zone) -> tuple[str | float | None, ...]:
    """What a person wrote down stands in the columns of a flag: nothing was measured, there is nothing to decide."""
    said: dict[str, str | float | None] = {
        "exam": attempt.exam.exam,
        "seat": attempt.seat,
        "candidate": attempt.candidate,
        "name": attempt.name,
        "code": "irregularity",
        "title": words.irregularity(note.category),
        "category": note.category,
        "raised_by": note.by,
        "onset_at": zone.iso(note.happened_at),
        "raised_at": zone.iso(note.noted_at),
        "position_seconds": note.position,
        "remark": note.text,
        **_of_attempt(attempt),
    }
    return tuple(said.get(column, "") for column in COLUMNS)


def _line(attempt: AttemptFacts, flag: Flag, zone: Zone) -> tuple[str | float | None, ...]:
    return (
        attempt.exam.exam,
        attempt.seat,
        attempt.candidate,
        attempt.name,
        flag.flag,
        flag.code,
        words.flag(flag.code),
        flag.category,
        flag.severity,
        flag.kind,
        flag.raised_by or "software",
        zone.iso(flag.onset_at),
        zone.iso(flag.raised_at),
        zone.iso(flag.ended_at),
        flag.position,
        flag.true,
        flag.assessable,
        flag.ticks,
        flag.threshold,
        flag.score,
        flag.light,
        _pairs(flag.numbers),
        _pairs(flag.why),
        flag.rules,
        flag.remark,
        flag.decision.value,
        flag.reason,
        flag.note,
        flag.decided_by,
        zone.iso(flag.decided_at),
        " ".join(snapshot.sha256 for snapshot in flag.snapshots),
        _listed(flag.rulings, zone),
        _listed(flag.notes, zone),
        *_of_attempt(attempt).values(),
    )
