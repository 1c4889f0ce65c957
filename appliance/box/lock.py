"""Locks of a data folder: who may be the box, and who may write the ledger. The kernel lets go when a process dies."""

import contextlib
import fcntl
import os
from collections.abc import Iterator
from typing import Literal

from appliance.box.paths import Paths
from appliance.errors import StorageFull, Unavailable

Lock = Literal["box", "writer"]
"""box: `appliance run`. writer: the process that has the ledger open for writing."""


@contextlib.contextmanager
def held(paths: Paths, *names: Lock) -> Iterator[None]:
    """Hold the locks for as long as the block; Unavailable when another process has one of them."""
    with contextlib.ExitStack() as stack:
        for name in names:
            stack.enter_context(_held(paths, name))
        yield


@contextlib.contextmanager
def _held(paths: Paths, name: Lock) -> Iterator[None]:
    try:
        descriptor = os.open(paths.data / f".{name}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise StorageFull(
            f"the data folder {paths.data} cannot be written: {error.strerror}", hint="Choose another with --data."
        ) from error
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Unavailable(
                f"a box is already running on the data folder {paths.data}",
                hint="Use its pages, or stop it first, or choose another data folder with --data.",
            ) from None
        yield
    finally:
        os.close(descriptor)
