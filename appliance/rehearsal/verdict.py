"""What the lab can hold, after what was measured. Pure.

Each part is carried on in a straight line from the seats that were there, with a reserve kept free; what was really
there stands beside it. A seat is weak where its own line is.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from itertools import pairwise
from statistics import mean, median
from typing import Any

from appliance.box.capacity import FEEDS, RESERVE

LEAST_SECONDS = 15.0
"""Less says nothing."""

LOSSY, LOST = 0.005, 0.03
FAR = 100.0
SLOW = 10.0
SILENT_SECONDS = 2.0
"""Share of packets lost, milliseconds there and back, pictures a second, seconds without media: from here on a seat is
named."""

LATE = 0.25
"""Seconds that the receiver's loop may fall behind."""

MOST_NAMED = 40
"""As if a part had no limit."""
BOUNDLESS = 999


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """Of one seat's webcam at one moment; None: not there. `gap`: why nothing is recorded just now, "" for nothing."""

    fps: float | None = None
    loss: float | None = None
    rtt_ms: float | None = None
    silent: float | None = None
    gap: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One second. `cpu`: CPU seconds so far of all processes of the box but the simulator; `played`: the simulator's;
    `memory`: bytes available; `held`: bytes of the simulator; `written`: bytes on disk so far; `flush`: seconds that a
    flush of one part took; `late`: how far the receiver fell behind; `busy`: share of its time that detection works,
    `share`: how often it looks, of how often it should; `missed`: pictures too late for it so far; `refused`: parts
    that the disk's queue refused so far."""

    at: float
    lines: Mapping[str, Line]
    cpu: float = 0.0
    played: float = 0.0
    memory: int = 0
    held: int = 0
    written: int = 0
    flush: float | None = None
    late: float = 0.0
    busy: float | None = None
    share: float = 1.0
    missed: int = 0
    refused: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """Something to say of one seat: a name of `rehearsal.seat`, with its number."""

    seat: str
    code: str
    value: float
    real: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """`holds`: seats that the lab can hold, None where it was too short to tell; `weakest`: of `parts`, part -> seats;
    `figures`: what was measured, by name; `here`: seats that sent."""

    holds: int | None
    weakest: str
    parts: Mapping[str, int]
    figures: Mapping[str, float | None]
    seats: tuple[Named, ...]
    asked: int
    here: int
    real: int
    seconds: float

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return asdict(self)

    @classmethod
    def of(cls, said: Mapping[str, Any]) -> "Verdict":
        """What `to_json` gave."""
        return cls(**{**said, "seats": tuple(Named(**one) for one in said["seats"])})


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """What the box is: `carries` seats are admitted; `part_seconds` from flush to flush; `before`: bytes available when
    nobody was there; `disk`: bytes a second that its disk was measured to take, None where it never was."""

    cores: float
    carries: int
    part_seconds: float
    before: int
    disk: float | None = None
    names: Mapping[str, str] = field(default_factory=dict)
    real: frozenset[str] = frozenset()


def judge(samples: Sequence[Sample], box: Box, *, asked: int) -> Verdict:
    """`box.names`: attempt -> seat."""
    seconds = samples[-1].at - samples[0].at if len(samples) > 1 else 0.0
    here = _here(samples)
    figures = _figures(samples, seconds, here, box)
    named = _named(samples, box)
    parts = _parts(figures, here, box, asked) if here and seconds >= LEAST_SECONDS else {}
    weakest = min(parts, key=lambda name: parts[name], default="")
    return Verdict(
        holds=parts[weakest] if weakest else None,
        weakest=weakest,
        parts=parts,
        figures=figures,
        seats=tuple(named[:MOST_NAMED]),
        asked=asked,
        here=here,
        real=len(box.real),
        seconds=round(seconds, 1),
    )


def _here(samples: Sequence[Sample]) -> int:
    """Seats that sent in most of the seconds."""
    counts: dict[str, int] = {}
    for sample in samples:
        for attempt, line in sample.lines.items():
            counts[attempt] = counts.get(attempt, 0) + (line.fps is not None and line.fps > 0)
    return sum(2 * count > len(samples) for count in counts.values())


def _figures(samples: Sequence[Sample], seconds: float, here: int, box: Box) -> dict[str, float | None]:
    if not samples or not seconds:
        return {}
    last = samples[-1]
    lines = [line for sample in samples for line in sample.lines.values()]
    flushes = sorted(sample.flush for sample in samples if sample.flush is not None)
    held = max(0, box.before - min(sample.memory + sample.held for sample in samples))
    return {
        "cpu": _round(_grown([sample.cpu for sample in samples]) / seconds),
        "simulator_cpu": _round(_grown([sample.played for sample in samples]) / seconds),
        "cores": box.cores,
        "memory_used": held,
        "memory_left": min(sample.memory + sample.held for sample in samples),
        "written": _round(_grown([sample.written for sample in samples]) / seconds),
        "flush_ms": _round(1000 * mean(flushes)) if flushes else None,
        "flush_worst_ms": _round(1000 * flushes[int(0.95 * (len(flushes) - 1))]) if flushes else None,
        "late_ms": _round(1000 * max(sample.late for sample in samples)),
        "busy": _round(mean(known)) if (known := [s.busy for s in samples if s.busy is not None]) else None,
        "looked": _round(mean(sample.share for sample in samples)),
        "missed": float(_grown([sample.missed for sample in samples])),
        "refused": float(_grown([sample.refused for sample in samples])),
        "loss": _round(mean(losses)) if (losses := [one.loss for one in lines if one.loss is not None]) else None,
        "rtt_ms": _round(median(rtts)) if (rtts := [one.rtt_ms for one in lines if one.rtt_ms is not None]) else None,
        "gaps": float(sum(any(s.lines.get(a, Line()).gap for s in samples) for a in last.lines)),
        "recorded": float(here),
    }


def _grown(counts: Sequence[float]) -> float:
    """By how much a counter grew, which begins anew where its process was started again."""
    return sum(max(0.0, after - before) for before, after in pairwise(counts))


def _parts(figures: Mapping[str, float | None], here: int, box: Box, asked: int) -> dict[str, int]:
    """Seats that each part carries. What did not keep up carries fewer than were there."""
    share = 1.0 - RESERVE
    found: dict[str, float] = {"admission": box.carries}
    if cpu := figures["cpu"]:
        found["processor"] = share * box.cores * here / cpu
    if figures["busy"]:
        looked = figures["looked"] or 0.0
        found["detection"] = share * here / figures["busy"] if looked >= 1.0 else here * looked
    if flush := figures["flush_ms"]:
        found["flush"] = share * box.part_seconds * 1000 / (FEEDS * flush)
    if box.disk and figures["written"]:
        found["disk"] = share * box.disk * here / figures["written"]
    each = (figures["memory_used"] or 0.0) / here
    found["memory"] = here + share * (figures["memory_left"] or 0.0) / max(each, 1_000_000)
    if here < asked:
        found["receiver"] = here
    if figures["gaps"] or figures["refused"]:
        found["recording"] = max(0.0, here - (figures["gaps"] or 1.0))
    return {name: max(0, min(BOUNDLESS, math.floor(round(seats, 6)))) for name, seats in found.items()}


def _named(samples: Sequence[Sample], box: Box) -> list[Named]:
    """The seats whose own line is weak, the worst first."""
    found: list[Named] = []
    for attempt, seat in box.names.items():
        lines = [sample.lines[attempt] for sample in samples if attempt in sample.lines]
        found += [Named(seat=seat, code=code, value=value, real=seat in box.real) for code, value in _of_line(lines)]
    order = ("absent", "gap", "loss", "some_loss", "slow", "far")
    return sorted(found, key=lambda one: (order.index(one.code), -one.value))


def _of_line(lines: Sequence[Line]) -> list[tuple[str, float]]:
    fps = [line.fps for line in lines if line.fps]
    if not fps:
        return [("absent", 0.0)]
    found: list[tuple[str, float]] = []
    if silent := sum(bool(line.gap) or (line.silent or 0.0) > SILENT_SECONDS for line in lines):
        found.append(("gap", float(silent)))
    losses = [line.loss for line in lines if line.loss is not None]
    loss = mean(losses) if losses else 0.0
    if loss >= LOSSY:
        found.append(("loss" if loss >= LOST else "some_loss", round(100 * loss, 1)))
    if median(fps) < SLOW:
        found.append(("slow", round(median(fps), 1)))
    rtts = [line.rtt_ms for line in lines if line.rtt_ms is not None]
    if rtts and median(rtts) >= FAR:
        found.append(("far", round(median(rtts))))
    return found


def _round(value: float) -> float:
    return round(value, 4)
