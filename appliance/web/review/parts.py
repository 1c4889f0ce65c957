"""The parts of recording files, remembered: a player asks for the same files again and again."""

import threading
from collections import OrderedDict
from pathlib import Path
from typing import Any

from appliance.recording import file
from appliance.recording.name import OPEN

_Key = tuple[str, int, int]


class PartsCache:
    """What `Parts` of `frontend/src/review/types.ts` says of a file, by its path, size and time. At most `bound` files
    are kept; the one that was asked for the longest ago goes."""

    def __init__(self, bound: int = 2_000) -> None:
        self._kept: OrderedDict[_Key, dict[str, Any]] = OrderedDict()
        self._bound = bound
        self._lock = threading.Lock()

    def of(self, path: Path) -> dict[str, Any]:
        """OSError where the file is not there. One that cannot be read has no parts, and `problem`: "unreadable"; one
        that is whole only up to somewhere has `problem`: "cut_short"."""
        status = path.stat()
        key = (str(path), status.st_size, status.st_mtime_ns)
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
        said = _read(path, status.st_size)
        with self._lock:
            self._kept[key] = said
            while len(self._kept) > self._bound:
                self._kept.popitem(last=False)
        return said


def _read(path: Path, size: int) -> dict[str, Any]:
    said: dict[str, Any] = {
        "init_bytes": 0,
        "format": "webm" if ".webm" in path.suffixes else "mp4",
        "codecs": [],
        "parts": [],
    }
    try:
        scan = file.scan(path)
    except ValueError:
        return {**said, "problem": "unreadable"}
    if not scan.parts:
        said["problem"] = "unreadable"
    elif scan.whole_bytes < size and path.suffix != OPEN:
        said["problem"] = "cut_short"
    return said | {
        "init_bytes": scan.init_bytes,
        "codecs": list(scan.codecs),
        "parts": [
            [part.offset, part.length, round(part.position, 6), round(part.duration, 6), int(part.key)]
            for part in scan.parts
        ],
    }
