"""A joined exam written down: canonical JSON with every attempt as its box wrote it, the flags as CSV, a PDF.

`docs/joined.schema.json` is the schema of the JSON (`joined_schema.py`).
"""

import csv
import io
import os
from collections.abc import Iterable, Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import rfc8785

from appliance.errors import IntegrityError, StorageFull
from appliance.report import csv_report, pdf, read_back
from appliance.report import facts as f
from appliance.report.joined import Joined, Part, Source, Standing, join
from appliance.report.joined_view import of_joined
from appliance.report.moments import Zone

SCHEMA = "appliance.joined/1"
SCHEMA_ID = "urn:appliance:joined:1"

OUTSIDE = ("attempts", "$schema", "schema", "kind", "about")
"""What of a box's report is not said again under `boxes`: the attempts stand together, the rest is the same for all."""


def joined(exam: str, given: Iterable[tuple[Source, bytes | None]], *, now: float) -> Joined:
    """Read the boxes' reports (None: there is none that can be believed) and join them. One that cannot be read is not
    joined, and says why."""
    known = list(given)
    sites = len({source.site for source, _ in known}) > 1
    return join(exam, [_part(source, report, sites=sites, exam=exam) for source, report in known], now=now)


def _part(source: Source, report: bytes | None, *, sites: bool, exam: str) -> Part:
    label = f"{source.site}/{source.box}" if sites else source.box
    if report is None:
        return Part(source=source, label=label, facts=None, said=None)
    try:
        facts, said = read_back.exam_facts(report)
        if facts.exam.exam != exam:
            raise IntegrityError(f"it is on the exam {facts.exam.exam}")
    except IntegrityError as error:
        why = f"its report: {error.message}. {error.hint}".strip()
        return Part(source=replace(source, standing=Standing.NOT_JOINED, says=why), label=label, facts=None, said=None)
    return Part(source=source, label=label, facts=facts, said=said)


def files(whole: Joined, zone: Zone) -> dict[str, bytes]:
    """Name -> content."""
    return {
        "report.json": json_bytes(whole, zone),
        "report.csv": csv_bytes(whole, zone),
        "report.pdf": pdf.compiled(of_joined(whole, zone), written_at=whole.written_at),
    }


def write(folder: Path, content: Mapping[str, bytes]) -> None:
    """Each file whole or not at all; StorageFull."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, data in content.items():
            passing = folder / f".{name}.{os.getpid()}"
            passing.write_bytes(data)
            passing.replace(folder / name)
    except OSError as error:
        raise StorageFull(
            f"the report cannot be written to {folder}: {error.strerror}", hint="Name another folder with --to."
        ) from error


def json_bytes(whole: Joined, zone: Zone) -> bytes:
    """The report for machines. Attempts and what each box said stand as the box wrote them, in its own time zone."""
    attempts = [
        {**attempt, "site": part.source.site, "box": part.source.box}
        for part in whole.parts
        for attempt in (part.said["attempts"] if part.said else ())
    ]
    flags = tuple(flag for _, attempt in whole.attempts for flag in attempt.flags)
    said = {
        "$schema": SCHEMA_ID,
        "schema": SCHEMA,
        "kind": "joined",
        "about": f.ABOUT,
        "written_at": zone.iso(whole.written_at),
        "time_zone": zone.name(whole.written_at),
        "exam": whole.exam,
        "provisional": whole.provisional,
        "boxes": [_box(part, zone) for part in whole.parts],
        "attempts": attempts,
        "conflicts": [asdict(one) | {"boxes": list(one.boxes)} for one in whole.conflicts],
        "decisions": f.decisions(flags),
        "gap_seconds": sum(f.seconds_of(a.gaps, now=a.closed_at or a.written_at) for _, a in whole.attempts),
        "unseen_seconds": sum(f.seconds_of(a.unseen, now=a.closed_at or a.written_at) for _, a in whole.attempts),
        "open_points": list(whole.open_points),
    }
    return rfc8785.dumps(said)


def _box(part: Part, zone: Zone) -> dict[str, Any]:
    said = asdict(part.source) | {
        "standing": part.source.standing.value,
        "checked_at": zone.iso(part.source.checked_at),
    }
    own = None if part.said is None else {name: value for name, value in part.said.items() if name not in OUTSIDE}
    return {**said, "report": own}


def csv_bytes(whole: Joined, zone: Zone) -> bytes:
    """The flags of every box as in its report.csv, site, box and room before them."""
    out = io.StringIO(newline="")
    table = csv.writer(out)
    table.writerow(("site", "box", "room", *csv_report.COLUMNS))
    for part, attempt in whole.attempts:
        before = [csv_report.safe(cell) for cell in (part.source.site, part.source.box, attempt.room)]
        table.writerows([*before, *line] for line in csv_report.lines(attempt, zone))
    return b"\xef\xbb\xbf" + out.getvalue().encode("utf-8", errors="replace")
