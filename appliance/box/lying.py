"""Where the data of an attempt (or a room) lie on this box, by kind. No file of another is ever named."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from appliance.box.paths import Paths
from appliance.exam.events import BOX
from appliance.exam.retention import PRACTICE, Data

FOLDERS: dict[str, tuple[str, ...]] = {
    Data.EVIDENCE: ("snapshots", "kept", "trace"),
    Data.IDENTITY: ("identity",),
    Data.SCANS: ("scans",),
    Data.WORK: ("pages", "paper"),
}
"""Folders of media/EXAM/ATTEMPT. Every other one is a feed's."""

_BESIDE = frozenset(name for names in FOLDERS.values() for name in names)


def files(paths: Paths, exam: str, attempt: str, what: str, *, exports: Iterable[str] = ()) -> Iterator[Path]:
    """What is there, links as links. `what`: of `exam.retention.Data`, or "practice"; `exports`: ids of clips made of
    the attempt."""
    own, loudness = paths.media / exam / attempt, paths.data / "loudness" / exam / attempt
    clips = [paths.data / "exports" / exam / export for export in exports]
    if what == PRACTICE:
        yield from _below(own, loudness, *clips)
    elif what == Data.RECORDINGS:
        yield from _below(*(folder for folder in _children(own) if folder.name not in _BESIDE), loudness)
    elif what == Data.PERSONAL:
        reports = paths.reports / exam
        yield from (path for path in _children(reports) if path.is_symlink() or not path.is_dir())
        made = paths.proved / exam
        yield from _below(reports / attempt, made / attempt, made / BOX)
    else:
        yield from _below(*(own / name for name in FOLDERS[what]), *(clips if what == Data.EVIDENCE else ()))


def named(paths: Paths, exam: str, attempt: str, names: Iterable[str]) -> Iterator[Path]:
    """Those of the files (relative to the media folder) that are there, in the attempt's own folder."""
    yield from _inside((paths.media / exam / attempt).resolve(), (paths.media / name for name in names))


def folders(paths: Paths, exam: str, attempt: str) -> list[Path]:
    """What is cleared away once it is empty."""
    roots = [paths.media, paths.data / "loudness", paths.reports, paths.proved]
    return [root / exam / attempt for root in roots] + [paths.data / "exports" / exam]


def _children(folder: Path) -> list[Path]:
    return sorted(folder.iterdir()) if folder.is_dir() and not folder.is_symlink() else []


def _below(*roots: Path) -> Iterator[Path]:
    """Every file below, or the root itself where it is one."""
    for root in roots:
        if root.is_symlink() or root.is_file():
            yield root
        else:
            yield from _inside(root.resolve(), sorted(root.rglob("*")))


def _inside(root: Path, found: Iterable[Path]) -> Iterator[Path]:
    for path in found:
        if (path.is_symlink() or path.is_file()) and path.parent.resolve().is_relative_to(root):
            yield path
