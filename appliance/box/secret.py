"""Secrets of the box: files that only it can read, made at first use and never again."""

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
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as out:
            out.write(make())
            out.flush()
            os.fsync(out.fileno())
        with contextlib.suppress(FileExistsError):  # another process was first: then its secret is the one
            os.link(temporary, file)
        temporary.unlink()
        _sync(file.parent)
        return file.read_bytes()


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
