"""Secrets of the box: files that only it can read, made at first use and never again, or put in the place of an older
one."""

import contextlib
import os
import secrets
from collections.abc import Callable
from pathlib import Path


def secret_from(file: Path, size: int = 32) -> bytes:
    """Random bytes, the same for every process that ever asks."""
    return made_once(file, lambda: secrets.token_bytes(size))


def made_once(file: Path, make: Callable[[], bytes]) -> bytes:
    """What the file holds; what `make` makes (0600, on the disk for good) if this is the first process to ask. Racing
    processes agree on one."""
    try:
        return file.read_bytes()
    except FileNotFoundError:
        temporary = file.with_name(f".{file.name}.{secrets.token_hex(8)}")
        _fill(temporary, make())
        with contextlib.suppress(FileExistsError):  # another process was first: then its secret is the one
            os.link(temporary, file)
        temporary.unlink()
        _sync(file.parent)
        return file.read_bytes()


def write(file: Path, data: bytes) -> None:
    """Put this in the place of what was there, whole or not at all, 0600 and on the disk for good. OSError when the
    disk will not have it."""
    temporary = file.with_name(f".{file.name}.{secrets.token_hex(8)}")
    try:
        _fill(temporary, data)
        temporary.replace(file)
    finally:
        temporary.unlink(missing_ok=True)
    _sync(file.parent)


def _fill(file: Path, data: bytes) -> None:
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "wb") as out:
        out.write(data)
        out.flush()
        os.fsync(out.fileno())


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
