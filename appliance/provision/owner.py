"""Root in the box's own folder: it acts as the folder's owner there, so that no link which the owner may have laid
leads it to a place where only root may write."""

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path


@contextlib.contextmanager
def as_owner(folder: Path) -> Iterator[None]:
    """For as long as the block, with the rights of the folder's owner and no other. Nothing changes for whoever is not
    root. Only while no other thread runs: rights are the process'."""
    owner = folder.stat()
    if os.geteuid() != 0 or owner.st_uid == 0:
        yield
        return
    groups = os.getgroups()
    os.setgroups([])
    os.setegid(owner.st_gid)
    os.seteuid(owner.st_uid)
    try:
        yield
    finally:
        os.seteuid(0)
        os.setegid(0)
        os.setgroups(groups)
