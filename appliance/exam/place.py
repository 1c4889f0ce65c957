"""Where a file of the box stands in its attempt's folder of the upstream store. Pure."""

from pathlib import PurePosixPath

from appliance.errors import IntegrityError

_BESIDE = frozenset({"snapshots", "identity", "kept", "pages", "paper", "scans"})
"""Folders of an attempt that stand beside its `media` in a bundle."""


def place_of(media_path: str, exam: str, attempt: str) -> str:
    """Where a file of the media folder (`EXAM/ATTEMPT/KIND/file`, `EXAM/ATTEMPT/snapshots/file` and the like)
    stands in its attempt's bundle; IntegrityError when it is not of that attempt."""
    path = PurePosixPath(media_path)
    if path.parts[:2] != (exam, attempt) or len(path.parts) != 4 or ".." in path.parts:
        raise IntegrityError(f"{media_path!r} is not in the folder of its attempt")
    inner = PurePosixPath(*path.parts[2:])
    return (inner if inner.parts[0] in _BESIDE else PurePosixPath("media") / inner).as_posix()


def numbered(name: str, number: int) -> str:
    """`ledger.jsonl`, 2 -> `ledger-2.jsonl`; number 1 changes nothing. Folders before the name stay."""
    if number == 1:
        return name
    path = PurePosixPath(name)
    return path.with_name(f"{path.stem}-{number}{path.suffix}").as_posix()
