"""Folders of the data folder that belong to nothing that the box knows: no rule deletes them."""

from collections.abc import Collection, Iterator
from pathlib import Path

from appliance.box.paths import Paths
from appliance.exam.events import BOX


def unknown(paths: Paths, exam: str, *, known: Collection[str], exports: Collection[str]) -> list[str]:
    """Of one exam, relative to the data folder: what lies beside its attempts and rooms (`known`) and its `exports`."""
    beside = {"media": known, "loudness": known, "reports": known, "exports": exports, "proved": [*known, BOX]}
    return sorted(
        f"{name}/{exam}/{folder.name}"
        for name, expected in beside.items()
        for folder in _folders(paths.data / name / exam)
        if folder.name not in expected
    )


def of_no_exam(paths: Paths, exams: Collection[str]) -> list[str]:
    """Whole folders of exams that the box does not know."""
    names = ("media", "loudness", "reports", "exports", "proved")
    return sorted(
        f"{name}/{folder.name}" for name in names for folder in _folders(paths.data / name) if folder.name not in exams
    )


def _folders(root: Path) -> Iterator[Path]:
    if root.is_dir():
        yield from (entry for entry in root.iterdir() if entry.is_dir() and not entry.name.startswith("."))
