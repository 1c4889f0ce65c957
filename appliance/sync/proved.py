"""What was made for each bundle (its chain, report, page, manifest and signatures), kept here once the store has it:
the newest of each attempt and exam. What somebody deletes at the store can be sent again from it."""

import hashlib
from pathlib import Path

from appliance.box import disk
from appliance.box.paths import Paths
from appliance.exam.events import BOX
from appliance.exam.place import numbered


def keep(paths: Paths, staged: Path) -> None:
    """Take over a staged bundle that the ledger calls stored, in place of the one before it."""
    target = paths.proved / staged.parent.name / staged.name
    target.parent.mkdir(parents=True, exist_ok=True)
    if target.exists():
        disk.remove(target)
    staged.rename(target)
    disk.sync_folder(target.parent)
    disk.sync_folder(staged.parent)


def closing(paths: Paths, exam: str, attempt: str | None, *, number: int, sha256: str) -> dict[str, Path]:
    """What closed it, by name, the manifest among it; empty where it is not here or is not the one of this hash."""
    folder = paths.proved / exam / (attempt or BOX) / "sealed"
    try:
        if hashlib.sha256((folder / numbered("manifest.json", number)).read_bytes()).hexdigest() == sha256:
            return {path.name: path for path in folder.iterdir() if path.is_file()}
    except OSError:
        pass  # it was deleted by its date, or never kept: then only the store has it
    return {}


def made(paths: Paths, exam: str, attempt: str | None, file: str) -> Path:
    """Where a file of the bundle lies here, if it was made for it."""
    return paths.proved / exam / (attempt or BOX) / "files" / file
