"""Writing so that it survives a power cut: fsync the file, then the folder that names it."""

import errno
import os
import shutil
from pathlib import Path


def sync_folder(folder: Path) -> None:
    """fsync a folder, so that a rename in it survives. Some network shares cannot: there their server decides."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno != errno.EINVAL:
            raise
    finally:
        os.close(descriptor)


def write(file: Path, data: bytes) -> None:
    """Write and fsync; the folders above are made."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with open(file, "wb") as out:
        out.write(data)
        out.flush()
        os.fsync(out.fileno())


def publish(folder: Path, target: Path) -> None:
    """Let a folder that was filled under a passing name appear under its own, whole or not at all."""
    for inner, _, _ in os.walk(folder):
        sync_folder(Path(inner))
    folder.rename(target)
    sync_folder(target.parent)


def remove(folder: Path) -> None:
    """Let a folder disappear at once, then empty it: a crash leaves only what `sweep` takes away."""
    passing = folder.with_name(f".{folder.name}.done")
    shutil.rmtree(passing, ignore_errors=True)
    folder.rename(passing)
    shutil.rmtree(passing)


def sweep(folder: Path) -> None:
    """Take away what `publish` and `remove` had under passing names when the power went. Not in hidden folders: these
    are of others."""
    for passing in folder.glob("[!.]*/.*"):
        shutil.rmtree(passing)
