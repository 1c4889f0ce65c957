"""The ground truth of the MSU Online Exam Proctoring set: `gt.txt` beside the videos of a subject.

A line for each span, `start end type` with tabs between, times as zero-padded mmss: two independent loaders agree on
this reading.
"""

import re
from pathlib import Path

from appliance.errors import BadInput
from appliance.evaluate.dataset import EVERYTHING, Clip, Dataset, Span, tidy

GROUND_TRUTH = "gt.txt"

TYPES = {"1": "book_notes", "2": "talking", "3": "internet", "4": "phone_call", "5": "phone_use"}
"""As its authors name them. Type 6 stands 18 times in the set and is nowhere explained: nothing is counted there, nor
in spans of types that others have added."""

CODES: dict[str, tuple[str, ...]] = {
    "book_notes": ("prohibited_object",),
    "talking": ("speech", "second_voice", "multiple_people"),
    "internet": (),  # on the candidate's screen, which the set does not hold
    "phone_call": ("phone_visible", "speech"),
    "phone_use": ("phone_visible",),
}

_VIDEOS = (".avi", ".mp4", ".mkv", ".webm")


def is_oep(folder: Path) -> bool:
    """Has it ground truth of this form, at most two folders down?"""
    return bool(_truths(folder))


def read(folder: Path) -> Dataset:
    """Every subject. The webcam is the first video by name, as in `yousef1.avi`; the others (the camera on the glasses)
    are left out. BadInput when no subject can be used."""
    findings: list[str] = []
    clips = [clip for truth in _truths(folder) if (clip := _clip(truth, findings)) is not None]
    if not clips:
        raise BadInput(f"no subject of {folder} can be used: {'; '.join(findings)}")
    return Dataset(tuple(clips), CODES, tuple(findings))


def spans(text: str, *, name: str, findings: list[str]) -> tuple[list[Span], list[Span]]:
    """-> what holds, and where nothing is counted. Lines that cannot be read are named."""
    labels: list[Span] = []
    ignored: list[Span] = []
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        fields = line.split()
        if len(fields) != 3 or not all(re.fullmatch(r"\d{1,6}", field) for field in fields):
            findings.append(f"{name}: line {number} is no `start end type`: {line[:60]!r}")
            continue
        start, end = _seconds(fields[0]), _seconds(fields[1])
        if start is None or end is None:
            findings.append(f"{name}: line {number} has more than 59 seconds in a minute: {line[:60]!r}")
        elif (kind := fields[2].lstrip("0")) in TYPES:
            labels.append(Span(TYPES[kind], start, end))
        else:
            findings.append(f"{name}: line {number} has type {fields[2]}, which is not explained; nothing counts there")
            ignored.append(Span(EVERYTHING, start, end))
    return labels, ignored


def _seconds(mmss: str) -> float | None:
    minutes, seconds = divmod(int(mmss), 100)
    return None if seconds > 59 else 60.0 * minutes + seconds


def _truths(folder: Path) -> list[Path]:
    found = [path for pattern in ("*", "*/*", "*/*/*") for path in folder.glob(pattern)]
    return sorted(path for path in found if path.name.lower() == GROUND_TRUTH and path.is_file())


def _clip(truth: Path, findings: list[str]) -> Clip | None:
    subject = truth.parent.name
    videos = sorted(path for path in truth.parent.iterdir() if path.suffix.lower() in _VIDEOS)
    if not videos:
        findings.append(f"{subject}: has no video")
        return None
    try:
        text = truth.read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        findings.append(f"{subject}: {truth.name} cannot be read: {error.strerror}")
        return None
    labels, ignored = spans(text, name=subject, findings=findings)
    return Clip(
        name=f"{subject}/{videos[0].name}",
        file=videos[0],
        seconds=None,
        pictures=True,
        labels=tidy(labels, name=subject, seconds=None, findings=findings),
        ignored=tuple(ignored),
        clean=False,
        natural=True,
        subject=subject,
    )
