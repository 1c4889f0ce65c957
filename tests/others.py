"""May another user of this machine read the project? Root's rights are given up in some tests, and then it must."""

import os
import sys
from pathlib import Path

import pytest

_PLACES = (Path(__file__).resolve(), Path(sys.prefix).resolve())
READABLE = all(folder.stat().st_mode & 0o005 == 0o005 for place in _PLACES for folder in place.parents)

as_root_for_another = pytest.mark.skipif(
    os.geteuid() != 0 or not READABLE, reason="only root can act for another user, who must be able to read the project"
)
