"""Where the data of an attempt lie on this box, by kind. What is no file of that very attempt is never named."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from appliance.box.paths import Paths
from appliance.exam.retention import PRACTICE, Data
from appliance.sync.due import Due

FOLDERS: dict[str, tuple[str, ...]] = {
    Data.EVIDENCE: ("snapshots", "kept", "trace"),
    Data.IDENTITY: ("identity",),
    Data.SCANS: ("scans",),
    Data.WORK: ("pages", "paper"),
}
"""Folders of media/EXAM/ATTEMPT. Every other one is a feed's."""

_BESIDE = frozenset(name for names in FOLDERS.values() for name in names)


def files(paths: Paths, one: Due, *, exports: Iterable[str] = ()) -> list[Path]:
    """What is there, links as links. `exports`: folders (relative to the data folder) of clips made of the attempt."""
    own = paths.media / one.exam / one.attempt
    if one.files is not None:
        return _inside(own, (paths.media / file for file in one.files))
    if one.what == PRACTICE:
        roots = [own, _loudness(paths, one), *_exports(paths, one, exports)]
    elif one.what == Data.RECORDINGS:
        roots = [*(folder for folder in _children(own) if folder.name not in _BESIDE), _loudness(paths, one)]
    elif one.what == Data.PERSONAL:
        reports = paths.reports / one.exam
        whole = [path for path in _children(reports) if path.is_symlink() or not path.is_dir()]
        return [*whole, *_below(reports / one.attempt)]
    else:
        roots = [own / name for name in FOLDERS[one.what]]
        roots += _exports(paths, one, exports) if one.what == Data.EVIDENCE else []
    return [file for root in roots for file in _below(root)]


def folders(paths: Paths, exam: str, attempt: str) -> list[Path]:
    """What is cleared away once it is empty."""
    roots = [paths.media, paths.data / "loudness", paths.reports]
    return [root / exam / attempt for root in roots] + [paths.data / "exports" / exam]


def _loudness(paths: Paths, one: Due) -> Path:
    return paths.data / "loudness" / one.exam / one.attempt


def _exports(paths: Paths, one: Due, exports: Iterable[str]) -> list[Path]:
    """Those that are where exports of this exam are."""
    root = paths.data / "exports" / one.exam
    return [paths.data / folder for folder in exports if (paths.data / folder).resolve().parent == root.resolve()]


def _children(folder: Path) -> list[Path]:
    return sorted(folder.iterdir()) if folder.is_dir() and not folder.is_symlink() else []


def _below(root: Path) -> list[Path]:
    """Every file below, or the root itself where it is one."""
    if root.is_symlink() or root.is_file():
        return [root]
    return _inside(root, sorted(root.rglob("*")))


def _inside(root: Path, found: Iterable[Path]) -> list[Path]:
    return list(_files(root.resolve(), found))


def _files(root: Path, found: Iterable[Path]) -> Iterator[Path]:
    for path in found:
        if (path.is_symlink() or path.is_file()) and path.parent.resolve().is_relative_to(root):
            yield path
