"""Several boxes that fill one store, each with the exam `bio`: what central IT has before it."""

import contextlib
import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from appliance.box.paths import Paths
from appliance.ledger import reader as reader_module
from appliance.ledger import writer as writer_module
from appliance.report import collect, csv_report, json_report, write
from appliance.report.moments import Zone
from appliance.sync.directory import DirectoryStore
from tests.report import evidence as made
from tests.report.evidence import START
from tests.sync.rig import Rig


def report_without_pages(*, connection, paths, exam, attempt):
    """The real report, but for the PDF, which takes long."""
    zone, now = Zone(), START + 300
    if attempt is None:
        facts = collect.exam_facts(connection, exam, media=paths.media, now=now)
        files = {
            "report.json": json_report.exam_bytes(facts, zone),
            "report.csv": csv_report.csv_bytes(facts.attempts, zone),
        }
    else:
        one = collect.attempt_facts(connection, attempt, media=paths.media, now=now)
        files = {"report.json": json_report.attempt_bytes(one, zone), "report.csv": csv_report.csv_bytes([one], zone)}
    files["report.pdf"] = b"%PDF"
    folder = write.folder_of(paths, exam, attempt)
    folder.mkdir(parents=True, exist_ok=True)
    for name, data in files.items():
        (folder / name).write_bytes(data)
    return {name: hashlib.sha256(data).hexdigest() for name, data in files.items()}


@contextlib.contextmanager
def box(folder: Path, store: Path, name: str, *, site: str = "north", seats: int = 2) -> Iterator[Rig]:
    """One box of the site, its exam planned."""
    paths = Paths(data=folder / site / name / "data", run=folder / site / name / "run").make()
    with pytest.MonkeyPatch.context() as patch, writer_module.opened(paths.database) as writer:
        patch.setattr(os, "fsync", lambda _descriptor: None)
        evidence = made.build(writer, paths.media, seats=seats)
        with reader_module.opened(paths.database) as reader:
            rig = Rig(paths, evidence, reader)
            rig.site, rig.box, rig.store = site, name, DirectoryStore(store)
            yield rig
