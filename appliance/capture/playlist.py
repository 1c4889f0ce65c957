"""The HLS playlist of one feed (RFC 8216): every closed segment, and what is on disk of the open one.

It names files as they are called once closed; while a segment is open its file's name also ends in `.open`. Where the
recording has a gap or goes on in another format the playlist has a discontinuity. A piece that came late stands in its
place, between two of them.
"""

import logging
import math
from bisect import insort
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

from appliance.capture.writer import Done
from appliance.recording.part import Part

log = logging.getLogger(__name__)

NAME = "playlist.m3u8"
_FOLLOWS_SECONDS = 0.5


@dataclass(frozen=True, slots=True)
class Entry:
    """One segment. `name`: its file; `bytes` of it are there, the first `init_bytes` of them the header; `late`: the
    page uploaded it after a drop."""

    name: str
    starts_at: float
    position: float
    duration: float
    bytes: int
    init_bytes: int
    late: bool = False

    @property
    def format(self) -> str:
        """mp4 or webm."""
        return self.name.rsplit(".", 1)[-1]

    @property
    def end(self) -> float:
        return self.position + self.duration

    @classmethod
    def of(cls, name: str, starts_at: float, init_bytes: int, parts: Sequence[Part], *, late: bool = False) -> "Entry":
        """From the parts that are on disk (at least one)."""
        first, last = parts[0], parts[-1]
        ends = max(part.end for part in parts)  # a last part may hold sound alone, and that may be behind
        return cls(
            name=name,
            starts_at=starts_at,
            position=first.position,
            duration=ends - first.position,
            bytes=last.offset + last.length,
            init_bytes=init_bytes,
            late=late,
        )


class Keeper(Protocol):
    """Who puts the text on disk: the writer."""

    def replace(self, path: Path, data: bytes, done: Done) -> bool: ...


class Playlist:
    """Grows by segments; the text of closed ones is made once. One version is written at a time, always the newest."""

    def __init__(self, folder: Path, keeper: Keeper) -> None:
        self._path, self._keeper = folder / NAME, keeper
        self.closed: list[Entry] = []
        """In the order of their places."""
        self._texts: list[str] = []
        self._writing = False
        self._next: str | None = None
        self._longest = 1

    def append(self, entry: Entry) -> None:
        """A segment is closed. It need not be the last one: a late piece goes where it belongs."""
        insort(self.closed, entry, key=lambda known: known.position)
        at = self.closed.index(entry)
        self._texts.insert(at, self._text(entry, self.closed[at - 1] if at else None))
        if at + 1 < len(self.closed):
            self._texts[at + 1] = self._text(self.closed[at + 1], entry)
        self._longest = max(self._longest, math.ceil(entry.duration))

    def render(self, still_open: Entry | None = None, *, over: bool = False) -> str:
        """The whole text."""
        longest = max(self._longest, math.ceil(still_open.duration) if still_open else 0)
        head = (
            f"#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-TARGETDURATION:{longest}\n#EXT-X-MEDIA-SEQUENCE:1\n"
            "#EXT-X-INDEPENDENT-SEGMENTS\n"
        )
        tail = self._text(still_open, self.closed[-1] if self.closed else None) if still_open else ""
        return head + "".join(self._texts) + tail + ("#EXT-X-ENDLIST\n" if over else "")

    def publish(self, still_open: Entry | None = None, *, over: bool = False) -> None:
        """Replace the file in one step, soon. It is not flushed: it can be made again from the segments."""
        if not self.closed and still_open is None:
            return
        text = self.render(still_open, over=over)
        if over:  # at once: nothing comes after it, perhaps not even the answer to an older one
            self._next = None
            self._keeper.replace(self._path, text.encode("ascii"), self._written)
        else:
            self._next = text
            self._write()

    def _write(self) -> None:
        if self._writing or self._next is None:
            return
        text, self._next = self._next, None
        self._writing = True
        if not self._keeper.replace(self._path, text.encode("ascii"), self._written):
            self._writing = False

    def _written(self, error: OSError | None, _: str) -> None:
        self._writing = False
        if error is not None:
            log.warning("%s could not be written: %s", self._path, error.strerror)
        self._write()

    @staticmethod
    def _text(entry: Entry, before: Entry | None) -> str:
        moment = datetime.fromtimestamp(entry.starts_at, UTC).isoformat(timespec="milliseconds")
        breaks = before is not None and (
            abs(entry.position - before.end) > _FOLLOWS_SECONDS
            or entry.late
            or before.late
            or entry.format != before.format
        )
        return (
            ("#EXT-X-DISCONTINUITY\n" if breaks else "")
            + f'#EXT-X-MAP:URI="{entry.name}",BYTERANGE="{entry.init_bytes}@0"\n'
            + f"#EXT-X-PROGRAM-DATE-TIME:{moment.replace('+00:00', 'Z')}\n"
            + f"#EXTINF:{entry.duration:.3f},\n#EXT-X-BYTERANGE:{entry.bytes - entry.init_bytes}@{entry.init_bytes}\n"
            + f"{entry.name}\n"
        )
