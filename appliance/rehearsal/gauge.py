"""Measures the box while a rehearsal goes on: what its processes say of themselves, and the kernel of them."""

import contextlib
import os
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from appliance.box import health, workers
from appliance.box.paths import Paths
from appliance.exam.feed import Feed, Kind
from appliance.rehearsal.verdict import Line, Sample

PART_BYTES = 100_000
"""One second of a webcam."""

SIMULATOR = "simulate"
_TICKS = os.sysconf("SC_CLK_TCK")
_PAGE = os.sysconf("SC_PAGE_SIZE")


class Gauge:
    """Belongs to one thread. `close` takes its file away."""

    def __init__(self, paths: Paths) -> None:
        self._paths = paths
        self._file = paths.data / ".rehearsal-part"
        self._part = os.urandom(PART_BYTES)
        self._own, self._playing = Spent(), Spent()
        self.before = memory_available()

    def take(self, attempts: Iterable[str], *, simulator: int | None) -> Sample:
        """One second. `simulator`: its process id."""
        now = time.time()
        said = {name: facts for name, facts in health.read_all(self._paths.health, now=now).items() if facts.get("pid")}
        captures = [facts for name, facts in said.items() if workers.service_of(name) == workers.CAPTURE]
        feeds = {name: feed for facts in captures for name, feed in facts.get("feeds", {}).items()}
        inference = said.get("inference", {})
        tree = children()
        own = {int(facts["pid"]) for facts in said.values()}
        playing = family([simulator], tree) if simulator else set()
        mine = family(own, tree) - playing
        return Sample(
            at=now,
            lines={attempt: _line(feeds.get(str(Feed(attempt, Kind.WEBCAM)))) for attempt in attempts},
            cpu=self._own.add(mine),
            played=self._playing.add(playing),
            memory=memory_available(),
            held=sum(map(resident, playing)),
            written=sum(facts.get("writer", {}).get("written_bytes", 0) for facts in captures),
            flush=self._flush(),
            late=max((facts.get("loop_late_s", 0.0) for facts in captures), default=0.0),
            busy=inference.get("busy"),
            share=inference.get("share", 1.0) if inference.get("healthy") else 0.0,
            missed=inference.get("late", 0),
            refused=sum(facts.get("writer", {}).get("refused", 0) for facts in captures),
        )

    def _flush(self) -> float | None:
        """Write a part as the recorder does, beside it, and see how long it takes; None where it cannot be."""
        try:
            with open(self._file, "wb") as file:
                file.write(self._part)
                file.flush()
                began = time.perf_counter()
                os.fdatasync(file.fileno())
                return time.perf_counter() - began
        except OSError:
            return None

    def close(self) -> None:
        """Nothing of it stays."""
        with contextlib.suppress(OSError):
            self._file.unlink(missing_ok=True)


class Spent:
    """CPU seconds of a group of processes that come and go: what each used while it was looked at."""

    def __init__(self) -> None:
        self._before: dict[int, float] = {}
        self._sum = 0.0

    def add(self, pids: Iterable[int]) -> float:
        """-> all so far. What a process used before it was first seen is not counted."""
        now = {pid: cpu_seconds(pid) for pid in pids}
        self._sum += sum(max(0.0, used - self._before.get(pid, used)) for pid, used in now.items())
        self._before |= now
        return self._sum


def _line(facts: Mapping[str, Any] | None) -> Line:
    if facts is None or facts.get("silent_s") is None:
        return Line(gap=str((facts or {}).get("gap") or ""))
    return Line(
        fps=float(facts.get("fps") or 0.0),
        loss=facts.get("loss"),
        rtt_ms=facts.get("rtt_ms"),
        silent=float(facts["silent_s"]),
        gap=str(facts.get("gap") or ""),
    )


def children() -> dict[int, list[int]]:
    """Process -> the processes that it started."""
    found: dict[int, list[int]] = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdecimal() and (fields := _stat(int(folder.name))):
            found.setdefault(int(fields[1]), []).append(int(folder.name))
    return found


def family(roots: Iterable[int | None], tree: Mapping[int, list[int]]) -> set[int]:
    """These processes and all that came of them."""
    found: set[int] = set()
    waiting = [pid for pid in roots if pid]
    while waiting:
        pid = waiting.pop()
        if pid not in found:
            found.add(pid)
            waiting += tree.get(pid, [])
    return found


def cpu_seconds(pid: int) -> float:
    """That it has used so far; 0 of one that is gone."""
    fields = _stat(pid)
    return (int(fields[11]) + int(fields[12])) / _TICKS if fields else 0.0


def resident(pid: int) -> int:
    """Bytes of memory."""
    fields = _stat(pid)
    return int(fields[21]) * _PAGE if fields else 0


def _stat(pid: int) -> list[str]:
    """The fields of proc_pid_stat(5) from the third on: what stands before may hold blanks."""
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
    except OSError:
        return []


def memory_available() -> int:
    """Bytes that processes can still have without swapping (proc(5), MemAvailable); 0 where nobody says."""
    for line in Path("/proc/meminfo").read_text(encoding="ascii").splitlines():
        if line.startswith("MemAvailable:"):
            return int(line.split()[1]) * 1024
    return 0
