"""The figures of docs/scale.md: what 1, 100 and 5,000 labs ask of a store, worked out from the settings' defaults.

The words of the page are written by hand; what stands between its markers is written by this.
"""

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from appliance.box import capacity
from appliance.config import Settings
from appliance.sync.watch import Timing

PAGE = Path(__file__).parents[1] / "docs" / "scale.md"
LABS = (1, 100, 5_000)

SEATS = capacity.UNMEASURED_SEATS
EXAM_MINUTES = 90
CHECK_IN_MINUTES = 20
EXAMS_A_DAY = 2
DAYS_A_YEAR = 200
RETENTION_DAYS = 30
OTHERS = 30
"""Objects of an attempt beside its recordings: chain, report in three forms, pictures of some flags, manifest, lists,
signatures. The whole exam has as many."""
OTHERS_BYTES = 4_000_000
NOTE_BYTES = 500

PUT, HEAD = 1, 2
"""For each object: is it there? here it is; do you have it? (the receipt)"""
PAGE_NAMES = 1_000
"""Names that a listing gives at once."""
CATALOGUE_REQUESTS = 3
"""`pull --list`, of each exam that was never revised: is there a second manifest, the manifest, the report."""
PULL_AT_ONCE = 16
ANSWER_SECONDS = 0.01

INGEST_GBIT = 10
LINES_MBIT = (2, 5, 16, 50, 100, 1000)
SHARD_OBJECTS = 100_000
SERIES = 160
SCRAPE_SECONDS = 30


@dataclass(frozen=True, slots=True)
class Lab:
    """One box with the default settings, full. Rates in bytes and objects a second while an exam is recorded."""

    settings: Settings

    @property
    def recorded(self) -> float:
        """Seconds of one candidate."""
        return (EXAM_MINUTES + CHECK_IN_MINUTES) * 60

    @property
    def rate(self) -> float:
        return SEATS * capacity.seat_bytes(self.settings)

    @property
    def segment(self) -> float:
        """Seconds of a webcam's file: by its length or by its size, whichever comes first."""
        capture = self.settings.capture
        return min(capture.segment_seconds, capture.segment_bytes * 8 / capture.webcam_bitrate)

    @property
    def segments(self) -> float:
        """A second."""
        return SEATS * capacity.FEEDS / self.segment

    @property
    def attempt_objects(self) -> int:
        return math.ceil(self.recorded / self.segment) * capacity.FEEDS + OTHERS

    @property
    def exam_objects(self) -> int:
        return SEATS * self.attempt_objects + OTHERS

    @property
    def exam_bytes(self) -> float:
        return self.rate * self.recorded + (SEATS + 1) * OTHERS_BYTES

    @property
    def notes(self) -> float:
        """Checkpoints of a day: one each `checkpoint_seconds` while something is said in the ledger."""
        return EXAMS_A_DAY * self.recorded / self.settings.upstream.checkpoint_seconds

    @property
    def listings(self) -> int:
        """Requests to list what one attempt has, once for each process that sends it."""
        return math.ceil(self.attempt_objects / PAGE_NAMES)


def tables() -> dict[str, str]:
    """Marker -> table."""
    lab, upstream = Lab(Settings()), Settings().upstream
    day = lab.exam_bytes * EXAMS_A_DAY
    objects = lab.exam_objects * EXAMS_A_DAY + lab.notes
    exams = EXAMS_A_DAY * DAYS_A_YEAR
    kept = objects * RETENTION_DAYS
    catalogue = 2 + exams * CATALOGUE_REQUESTS + math.ceil(exams / PAGE_NAMES)
    line = INGEST_GBIT * 1e9 / 8
    return {
        "line": _lines(day),
        "kept": _table(
            ("bytes of a day", lambda n: size(day * n)),
            (f"bytes kept ({RETENTION_DAYS} days)", lambda n: size(day * RETENTION_DAYS * n)),
            ("objects of a day", lambda n: count(objects * n)),
            (f"objects kept ({RETENTION_DAYS} days)", lambda n: count(kept * n)),
            ("of them checkpoints, a day", lambda n: f"{count(lab.notes * n)}, {size(lab.notes * NOTE_BYTES * n)}"),
            (
                f"index shards of Ceph, {SHARD_OBJECTS:,} objects each",
                lambda n: count(kept * n / SHARD_OBJECTS),
            ),
        ),
        "asked": _table(
            ("bytes a second, every lab recording at once", lambda n: f"{size(lab.rate * n)}/s = {bits(lab.rate * n)}"),
            ("PUT a second", lambda n: rate(lab.segments * PUT * n)),
            ("HEAD a second", lambda n: rate(lab.segments * HEAD * n)),
            (
                "checkpoints: PUT and HEAD a second",
                lambda n: rate((PUT + HEAD) / upstream.checkpoint_seconds * n),
            ),
            ("LIST, each attempt and exam once", lambda n: f"{count((SEATS + 1) * lab.listings * n)} an exam"),
            ("connections at most", lambda n: count(upstream.at_once * n)),
            (
                "probes a second while the store is away",
                lambda n: rate(n / Timing().longest_wait),
            ),
        ),
        "back": _table(
            ("boxes that begin with recordings, a second", lambda n: rate(n / upstream.spread_seconds)),
            ("a day's backlog", lambda n: size(day * n)),
            (f"at {INGEST_GBIT} Gbit/s into the store", lambda n: time(day * n / line)),
            (f"`limit_mbit` that shares {INGEST_GBIT} Gbit/s", lambda n: f"{INGEST_GBIT * 1000 / n:,.0f} Mbit/s"),
            ("a day's backlog of one lab, at that limit", lambda n: time(day / (line / n))),
        ),
        "read": _table(
            ("exams of a year", lambda n: count(exams * n)),
            ("requests of `appliance pull --list`, a year's exams", lambda n: count(catalogue * n)),
            (
                f"that long, at {ANSWER_SECONDS * 1000:.0f} ms an answer, {PULL_AT_ONCE} at once",
                lambda n: time(catalogue * n * ANSWER_SECONDS / PULL_AT_ONCE),
            ),
            ("the same for one lab's box, `--box`", lambda n: time(catalogue * ANSWER_SECONDS / PULL_AT_ONCE)),
            ("requests to list every object instead", lambda n: count(kept * n / PAGE_NAMES)),
            (f"series of Prometheus, at most {SERIES} a box", lambda n: count(SERIES * n)),
            (f"samples a second, scraped each {SCRAPE_SECONDS} s", lambda n: rate(SERIES * n / SCRAPE_SECONDS)),
        ),
    }


def _lines(day: float) -> str:
    """How long a full day of one lab takes over its own line."""
    head = "| the lab's line, up | " + " | ".join(f"{mbit} Mbit/s" for mbit in LINES_MBIT) + " |"
    took = "| a full day of one lab | " + " | ".join(time(day * 8 / mbit / 1e6) for mbit in LINES_MBIT) + " |"
    return "\n".join([head, "| --- " * (len(LINES_MBIT) + 1) + "|", took])


def _table(*rows: tuple[str, Callable[[int], str]]) -> str:
    head = "| | " + " | ".join(f"{labs:,} lab{'s' if labs > 1 else ''}" for labs in LABS) + " |"
    lines = [f"| {words} | " + " | ".join(said(labs) for labs in LABS) + " |" for words, said in rows]
    return "\n".join([head, "| --- " * (len(LABS) + 1) + "|", *lines])


def page() -> str:
    """The page with its figures as they are now."""
    text = PAGE.read_text(encoding="utf-8")
    for name, table in tables().items():
        place = re.compile(rf"(<!-- {name}: [^>]*-->\n\n)(?:\|.*\n)*\n?(<!-- /{name} -->)")
        text, found = place.subn(lambda match, table=table: f"{match[1]}{table}\n\n{match[2]}", text)
        if found != 1:
            raise SystemExit(f"docs/scale.md has no place for the table {name}")
    return text


def _short(value: float, steps: tuple[str, ...]) -> str:
    for step in steps:
        if value < 999.5 or step == steps[-1]:
            return f"{value:.3g} {step}".rstrip() if value < 999.5 else f"{value:,.0f} {step}".rstrip()
        value /= 1000
    raise AssertionError


def size(value: float) -> str:
    """Bytes."""
    return _short(value, ("B", "kB", "MB", "GB", "TB", "PB"))


def bits(value: float) -> str:
    """Bytes a second as bits a second."""
    return _short(value * 8, ("bit/s", "kbit/s", "Mbit/s", "Gbit/s", "Tbit/s"))


def count(value: float) -> str:
    """How many, rounded."""
    return _short(math.ceil(value), ("", "thousand", "million", "thousand million"))


def rate(value: float) -> str:
    """Times a second."""
    return f"{value:,.0f}" if value >= 10 else f"{value:.2g}"


def time(seconds: float) -> str:
    """For a person."""
    for limit, unit, word in ((90, 1, "s"), (5_400, 60, "min"), (172_800, 3_600, "h")):
        if seconds < limit:
            return f"{seconds / unit:.2g} {word}"
    return f"{seconds / 86_400:.3g} days"
