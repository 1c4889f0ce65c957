"""A whole lab for half an hour: 24 seats with webcam, microphone and screen (`appliance bench soak --minutes 30`).

Nothing may grow, no queue may reach its bound, and every second of every feed must be on disk or in the gap ledger. The
senders run on the same machine, so they are lean: what they send was encoded before. Long: it is run by name alone.
"""

import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from appliance.bench.capture import clip, usage
from appliance.bench.capture.box import Box, capturing
from appliance.bench.capture.job import Helper, helper
from appliance.bench.figures import Figures
from appliance.exam.events import GapClosed, GapOpened, SegmentClosed
from appliance.exam.feed import Feed, Kind
from appliance.exam.gap import SILENCE_SECONDS
from appliance.ledger import reader as readers

ON_REQUEST = True
"""Not one of those that run when none is named."""

SEATS = 24
WORKERS = 2
SAMPLE_SECONDS = 5.0
SETTLED_MINUTES = 3.0
"""What a process has then is what it needs: buffers, caches and pools are filled."""
GROWTH_BYTES = 8_000_000
"""More of its own memory than when it had settled, and a process leaks: lists of closed segments grow by about 1 MB."""
MORE_DESCRIPTORS = 8
MORE_THREADS = 2
"""A file that is just open, a thread of a pool that is just needed."""
WHOLE = 0.98
_SETTLE_SECONDS = 10.0

COUNTERS = {
    "writer_refused": ("writer", "refused"),
    "writer_failed": ("writer", "failed"),
    "writer_queued_bytes": ("writer", "queued_bytes"),
    "decoder_skipped": ("decoder", "skipped"),
    "decoder_respawned": ("decoder", "respawned"),
    "decoder_waiting": ("decoder", "waiting"),
    "ledger_lost": ("ledger", "lost"),
    "ledger_waiting": ("ledger", "waiting"),
    "loop_late_s": ("", "loop_late_s"),
}
"""Where each stands in a worker's health file."""

Span = tuple[float, float]
"""From, until; wall seconds."""


@dataclass(frozen=True, slots=True)
class Sample:
    """One process at one moment."""

    resident: int
    threads: int
    descriptors: int

    @classmethod
    def of(cls, pid: int) -> "Sample":
        """From /proc."""
        return cls(usage.resident_bytes(pid), usage.threads(pid), usage.descriptors(pid))


def run(minutes: float = 30.0) -> Figures:
    """`failures` is empty when all held; each is a sentence."""
    with tempfile.TemporaryDirectory(prefix="appliance-soak-") as temporary, ExitStack() as stack:
        folder = Path(temporary)
        box = stack.enter_context(capturing(folder / "data", count=WORKERS))
        feeds = [Feed(f"seat{seat}", kind) for seat in range(1, SEATS + 1) for kind in (Kind.WEBCAM, Kind.SCREEN)]
        with helper("appliance.bench.capture.sender", _job(box, feeds, folder)) as sender:
            began = time.time()
            cpu = {"capture": box.cpu(), "decoder": box.decoder_cpu(), "sender": sender.cpu()}
            watched = _watch(box, sender, minutes)
            ended, sent = time.time(), sender.ask()
            cpu = {
                "capture": box.cpu() - cpu["capture"],
                "decoder": box.decoder_cpu() - cpu["decoder"],
                "sender": sender.cpu() - cpu["sender"],
            }
        _settle(box)
        uncovered, gaps = _coverage(box, feeds, ended)
        recorded = {str(feed): box.recorded(feed) for feed in feeds}
    share = {name: frames / max(1, sent["frames"][number]) for number, (name, frames) in enumerate(recorded.items())}
    failures = watched["failures"] + [f"{name}: nothing says where {s:.1f} s are" for name, s in uncovered.items()]
    failures += [f"{name} has {part:.1%} of its frames" for name, part in share.items() if part < WHOLE]
    if sent["alive"] < len(feeds):
        failures.append(f"{len(feeds) - sent['alive']} connections were lost")
    return {
        "seats": SEATS,
        "minutes": round((ended - began) / 60, 1),
        "cores": {name: round(seconds / (ended - began), 2) for name, seconds in cpu.items()},
        "processes": watched["processes"],
        "counters": watched["counters"],
        "gaps_in_ledger": gaps,
        "frames_recorded_least": round(min(share.values()), 4),
        "failures": failures,
    }


def _job(box: Box, feeds: Sequence[Feed], folder: Path) -> dict[str, Any]:
    """Webcams with sound, screens without."""
    for name, made in (("camera", clip.camera()), ("screen", clip.screen()), ("tone", clip.tone())):
        made.write(folder / name)
    return {"streams": box.streams(feeds, folder=folder)}


# --- while it runs ---


def _watch(box: Box, sender: Helper, minutes: float) -> dict[str, Any]:
    """A line a minute; -> what was seen, and what should not have been."""
    settled: dict[str, Sample] = {}
    newest: dict[str, Sample] = {}
    counters: dict[str, float] = {}
    began, told = time.monotonic(), 0
    settle = min(SETTLED_MINUTES, minutes / 2) * 60
    while (passed := time.monotonic() - began) < minutes * 60:
        newest = _samples(box)
        if passed >= settle and not settled:
            settled = newest
        said = _counters(box.health())
        counters = {name: max(counters.get(name, 0.0), value) for name, value in said.items()}
        if passed >= 60 * told:
            memory = ", ".join(f"{name} {sample.resident / 1e6:.1f} MB" for name, sample in newest.items())
            busy = f"late {said['loop_late_s']:.3f} s, skipped {said['decoder_skipped']:.0f}"
            print(f"soak {passed / 60:4.1f} min: {sender.ask()['alive']} connections, {memory}, {busy}", flush=True)
            told += 1
        time.sleep(SAMPLE_SECONDS)
    processes = {name: _told(settled[name], sample) for name, sample in newest.items() if name in settled}
    failures = grown(settled, newest) + overflowed(counters)
    return {"processes": processes, "counters": counters, "failures": failures}


def _samples(box: Box) -> dict[str, Sample]:
    found: dict[str, Sample] = {}
    for name, pid in box.pids.items():
        found[name] = Sample.of(pid)
        found |= {f"decoder of {name}": Sample.of(child) for child in usage.children(pid)}
    return found


def _counters(said: Mapping[str, Mapping[str, Any]]) -> dict[str, float]:
    """The worst over all workers."""
    return {
        name: max(float(one[part][key] if part else one[key]) for one in said.values())
        for name, (part, key) in COUNTERS.items()
    }


def _told(before: Sample, after: Sample) -> Figures:
    return {
        "mb_settled": round(before.resident / 1e6, 1),
        "mb_end": round(after.resident / 1e6, 1),
        "threads": [before.threads, after.threads],
        "descriptors": [before.descriptors, after.descriptors],
    }


def grown(before: Mapping[str, Sample], after: Mapping[str, Sample]) -> list[str]:
    """What has more than it had when it was settled, in sentences."""
    said = [f"{name} is not the process that it was" for name in before.keys() ^ after.keys()]
    for name in sorted(before.keys() & after.keys()):
        old, new = before[name], after[name]
        if new.resident - old.resident > GROWTH_BYTES:
            said.append(f"{name} grew by {(new.resident - old.resident) / 1e6:.1f} MB")
        if new.descriptors - old.descriptors > MORE_DESCRIPTORS:
            said.append(f"{name} has {new.descriptors - old.descriptors} more files open")
        if new.threads - old.threads > MORE_THREADS:
            said.append(f"{name} has {new.threads - old.threads} more threads")
    return said


def overflowed(counters: Mapping[str, float]) -> list[str]:
    """Queues that reached their bound. Skipping pictures is by design on a busy machine, and not an overflow."""
    must_be_zero = ("writer_refused", "writer_failed", "decoder_respawned", "ledger_lost")
    return [f"{name} is {counters[name]:.0f}" for name in must_be_zero if counters.get(name)]


# --- afterwards ---


def _settle(box: Box) -> None:
    """Every file is closed and in the ledger."""
    deadline = time.monotonic() + _SETTLE_SECONDS
    waiting = 1.0
    while (box.left_open() or waiting) and time.monotonic() < deadline:
        time.sleep(1.0)
        waiting = _counters(box.health())["ledger_waiting"]


def _coverage(box: Box, feeds: Sequence[Feed], until: float) -> tuple[dict[str, float], int]:
    """-> (seconds of each feed that are neither on disk nor in a gap, gaps in the ledger). Each segment that the ledger
    names is looked for on disk."""
    stored: dict[Feed, list[Span]] = {feed: [] for feed in feeds}
    gaps: dict[str, tuple[Feed, Span]] = {}
    with readers.opened(box.paths.database) as ledger:
        after = 0
        while page := ledger.events(after=after):
            after = page[-1].seq
            for event in page:
                said = event.payload
                if isinstance(said, SegmentClosed) and (box.paths.media / said.path).exists():
                    feed = Feed(event.chain, Kind(said.kind))
                    stored[feed].append((said.starts_at, said.starts_at + said.duration))
                elif isinstance(said, GapOpened):
                    gaps[said.gap] = (Feed(event.chain, Kind(said.kind)), (said.starts_at, until))
                elif isinstance(said, GapClosed):
                    gaps[said.gap] = (Feed(event.chain, Kind(said.kind)), (said.starts_at, said.ends_at))
    missing = {
        feed: holes([*spans, *(span for of, span in gaps.values() if of == feed)], until=until)
        for feed, spans in stored.items()
    }
    before_the_end = [1 for _, (begins, _) in gaps.values() if begins < until - SILENCE_SECONDS]
    return {str(feed): sum(found) for feed, found in missing.items() if found}, len(before_the_end)


def holes(spans: Sequence[Span], *, until: float) -> list[float]:
    """The lengths of what no span covers, from the first one on. A silence of 2 s or less is none (exam/gap.py)."""
    if not spans:
        return [until]
    found: list[float] = []
    covered = min(begins for begins, _ in spans)
    for begins, ends in [*sorted(spans), (until, until)]:
        if begins - covered > SILENCE_SECONDS:
            found.append(begins - covered)
        covered = max(covered, ends)
    return found
