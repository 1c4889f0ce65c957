"""Write a report where it belongs: reports/EXAM/ATTEMPT/report.{json,csv,pdf}, or reports/EXAM/ for the whole exam.

Beside it lies accommodations.csv, for planner and institution alone: those who watch and review are never told them.
"""

import hashlib
import os
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import sqlalchemy as sa

from appliance.box.paths import Paths
from appliance.errors import StorageFull
from appliance.exam.accommodation import Switch
from appliance.ledger import detection, state
from appliance.report import collect, csv_report, json_report, pdf
from appliance.report.facts import AttemptFacts, ExamFacts
from appliance.report.moments import Zone

ACCOMMODATIONS = "accommodations.csv"

AT_ONCE = 2
"""Reports that are set at the same time; each takes 200 MB while it is."""

Granted = Mapping[str, frozenset[Switch]]


def write(
    *, connection: sa.Connection, paths: Paths, exam: str, attempt: str | None, zone: Zone | None = None
) -> dict[str, str]:
    """Write the files, each whole or not at all; -> name -> SHA-256 (hex). `connection` is read only: one view
    for all of them. NotFound when there is no such exam or attempt, StorageFull when the disk will not have them."""
    granted, now = detection.grants(connection, exam), time.time()
    if attempt is None:
        whole = collect.exam_facts(connection, exam, media=paths.media, now=now)
        return _of_exam(paths, whole, granted, zone or Zone())
    facts = collect.attempt_facts(connection, attempt, media=paths.media, now=now)
    return _of_attempt(paths, facts, granted, zone or Zone())


def write_all(
    *, connection: sa.Connection, paths: Paths, exam: str, zone: Zone | None = None
) -> dict[str | None, dict[str, str]]:
    """The reports on every candidate and on the exam (I7), all from the same facts; -> attempt, None for the exam ->
    as `write`. Two at a time: typst works without Python's lock."""
    granted, now, zone = detection.grants(connection, exam), time.time(), zone or Zone()
    each, files = [], {}
    with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="report") as workers:
        for row in state.attempts(connection, exam):
            facts = collect.attempt_facts(connection, row.attempt, media=paths.media, now=now)
            each.append(facts)
            files[row.attempt] = workers.submit(_of_attempt, paths, facts, granted, zone)
        whole = workers.submit(_of_exam, paths, collect.exam_of(connection, exam, each, now), granted, zone)
        said: dict[str | None, dict[str, str]] = {attempt: own.result() for attempt, own in files.items()}
    return {**said, None: whole.result()}


def _of_attempt(paths: Paths, facts: AttemptFacts, granted: Granted, zone: Zone) -> dict[str, str]:
    files = {
        "report.json": json_report.attempt_bytes(facts, zone),
        "report.csv": csv_report.csv_bytes([facts], zone),
        "report.pdf": pdf.attempt_pdf(facts, zone, media=paths.media),
        ACCOMMODATIONS: csv_report.accommodations_bytes([facts], granted, zone),
    }
    pdf.forget()
    return _kept(folder_of(paths, facts.exam.exam, facts.attempt), files)


def _of_exam(paths: Paths, whole: ExamFacts, granted: Granted, zone: Zone) -> dict[str, str]:
    files = {
        "report.json": json_report.exam_bytes(whole, zone),
        "report.csv": csv_report.csv_bytes(whole.attempts, zone),
        "report.pdf": pdf.exam_pdf(whole, zone),
        ACCOMMODATIONS: csv_report.accommodations_bytes(whole.attempts, granted, zone),
    }
    return _kept(folder_of(paths, whole.exam.exam, None), files)


def _kept(folder: Path, files: dict[str, bytes]) -> dict[str, str]:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, data in files.items():
            _replace(folder / name, data)
        _sync(folder)
    except OSError as error:
        raise StorageFull(
            f"the report in {folder} cannot be written: {error.strerror}",
            hint="Free space on the data disk, or check that it is mounted and not read-only.",
        ) from error
    return {name: hashlib.sha256(data).hexdigest() for name, data in files.items()}


def folder_of(paths: Paths, exam: str, attempt: str | None) -> Path:
    """Where the report on an attempt, or on the whole exam, is."""
    return paths.reports / exam if attempt is None else paths.reports / exam / attempt


def _replace(target: Path, data: bytes) -> None:
    temporary = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        with open(temporary, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        temporary.rename(target)
    finally:
        temporary.unlink(missing_ok=True)


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
