"""Several boxes that fill one store, each with the exam `bio`: what central IT has before it."""

import contextlib
import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from appliance.box.paths import Paths
from appliance.bundle.keys import BoxKey
from appliance.ledger import reader as reader_module
from appliance.ledger import state
from appliance.ledger import writer as writer_module
from appliance.report import collect, csv_report, json_report, write
from appliance.report.moments import Zone
from appliance.stores.directory import DirectoryStore
from appliance.sync.checkpoint import Checkpoints
from tests.report import evidence as made
from tests.report.evidence import START
from tests.sync.rig import Rig, whole_exam


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


def vouch(rig):
    """The box says upstream how far it is, as sync does each minute."""
    key = BoxKey.from_folder(rig.paths.keys)
    pem = key.public.pem
    rig.store.put(f"{rig.site}/{rig.box}/_box/box.pub", pem, sha256=hashlib.sha256(pem).hexdigest())
    assert Checkpoints(key=key, site=rig.site, box=rig.box, seconds=0).turn(rig.store, rig.reader, 0.0)


@pytest.fixture(scope="session")
def filled(tmp_path_factory):
    """A store with the exam of two boxes, one of them of a second version, and a third that is still going on."""
    folder = tmp_path_factory.mktemp("boxes")
    store = folder / "store"
    store.mkdir()
    with box(folder, store, "lab-1") as rig:
        first, _ = whole_exam(rig, report_without_pages)
        flag = next(one for one in _flags(rig, first) if one.code == "face_absent")
        rig.evidence.decide(first, flag.flag, "confirmed", note="nobody there")
        rig.until(lambda: (store / "north/lab-1/bio/manifest-2.json").exists())
        vouch(rig)
    with box(folder, store, "lab-2", seats=1) as rig:
        rig.start(report_without_pages)
        attempt = rig.evidence.sit("1")
        rig.evidence.over(attempt)
        rig.until(lambda: rig.stored(attempt))
    with box(folder, store, "lab-1", site="south", seats=1) as rig:
        rig.start(report_without_pages)
        rig.evidence.end_exam()
        rig.until(rig.exam_stored)
    return store


def _flags(rig, attempt):
    with rig.reader.connect() as connection:
        return state.flags(connection, attempt=attempt)
