"""Time that can be moved on, and recordings that the ledger knows of, for tests of review."""

import time
from dataclasses import dataclass

from appliance.exam.events import FlagRaised, SegmentClosed
from appliance.ledger.record import Draft


@dataclass
class Clock:
    """Stands in for `time.time`: the real one, and what was passed."""

    passed: float = 0.0

    def __post_init__(self):
        self._real = time.time

    def __call__(self) -> float:
        return self._real() + self.passed


def record(
    writer, exam: str, attempt: str, *, starts_at: float, seconds: float, kind: str = "webcam", each: float = 10.0
) -> list[str]:
    """Files of `each` seconds; -> their paths."""
    paths = [f"{exam}/{attempt}/{kind}/1-{kind}-{n:05d}.mp4" for n in range(round(seconds / each))]
    drafts = [
        Draft(
            payload=SegmentClosed(
                kind=kind,
                number=n,
                path=path,
                starts_at=starts_at + each * n,
                position=each * n,
                duration=each - 0.02,
                bytes=1,
                init_bytes=1,
                sha256="0" * 64,
                codecs=[],
            ),
            chain=attempt,
            exam=exam,
            actor="capture",
        )
        for n, path in enumerate(paths)
    ]
    writer.append(*drafts)
    return paths


def flag(writer, exam: str, attempt: str, *, at: float, **changes) -> str:
    """What detection raised."""
    said = {
        "flag": f"flag-{attempt[:6]}-{at:.0f}",
        "code": "phone_visible",
        "category": "integrity",
        "severity": "high",
        "kind": "webcam",
        "source": "inference",
        "onset_at": at,
        "position": 1.0,
        "stage": "in_exam",
        "rules": "test",
        "models": {},
        "threshold": 0.5,
        "score": 0.8,
        "true": 3,
        "assessable": 4,
        "ticks": 4,
        "light": 90.0,
        "snapshots": [],
    } | changes
    writer.append(Draft(payload=FlagRaised(**said), chain=attempt, exam=exam, actor="inference"))
    return said["flag"]
