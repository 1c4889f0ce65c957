"""A folder of labelled footage (`labels.json`), read with care: what does not hold is named, the rest is used."""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from appliance.errors import BadInput
from appliance.exam.flags import RULES

LABELS = "labels.json"
EVERYTHING = "*"
"""As the flag of an ignored span: no alarm counts there."""

TRAITS = ("light", "skin_tone", "glasses", "head_covering", "angle")
"""What is held apart where the footage says it (proctoring.md 5, point 7)."""

UNKNOWN = "unknown"
_BEYOND = 1.0  # seconds by which a label may end after the clip


@dataclass(frozen=True, slots=True)
class Span:
    """A flag holds (or is not counted) from `start` to `end`, seconds of the clip."""

    flag: str
    start: float
    end: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Clip:
    """One file. `seconds` as the labels say, None where they do not; `subject`: who is resampled as one; `portrait`: a
    photo of the enrolled person; `clean`: nothing at all should be raised; `traits`: name -> value."""

    name: str
    file: Path
    seconds: float | None
    pictures: bool
    labels: tuple[Span, ...]
    ignored: tuple[Span, ...]
    clean: bool
    natural: bool
    subject: str
    portrait: Path | None = None
    traits: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Dataset:
    """`codes`: label -> the flag codes that count for it; `findings`: what was left out, and why."""

    clips: tuple[Clip, ...]
    codes: Mapping[str, tuple[str, ...]]
    findings: tuple[str, ...]


def read(folder: Path) -> Dataset:
    """The footage of a folder with a `labels.json`; BadInput when there is none or it is no labels file at all."""
    try:
        said = json.loads((folder / LABELS).read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise BadInput(f"{folder} has no {LABELS} and no gt.txt", hint="docs/evaluation.md shows both forms.") from None
    except (OSError, ValueError) as error:
        raise BadInput(f"{folder / LABELS} cannot be read: {error}", hint="It is JSON in UTF-8.") from None
    if not isinstance(said, dict) or not isinstance(said.get("codes"), dict):
        raise BadInput(f"{folder / LABELS} holds no labels", hint="It needs `clips` and `codes`: docs/evaluation.md.")
    findings: list[str] = []
    codes = _codes(said["codes"], findings)
    portraits = _portraits(folder, said.get("images"))
    clips: dict[Path, Clip] = {}
    for key, pictures in (("clips", True), ("audio", False)):
        for entry in _list(said.get(key)):
            clip = _clip(folder, entry, codes, portraits, findings, pictures=pictures)
            if clip is not None and clip.file in clips:
                findings.append(f"{clip.name}: stands twice; the first is used")
            elif clip is not None:
                clips[clip.file] = clip
    return Dataset(tuple(clips.values()), codes, tuple(findings))


def tidy(spans: Sequence[Span], *, name: str, seconds: float | None, findings: list[str]) -> tuple[Span, ...]:
    """In order, inside the clip, those of one flag that overlap joined; what does not hold is left out and named."""
    kept: list[Span] = []
    for said in sorted(spans, key=lambda s: (s.start, s.end)):
        span = said
        if not _holds(span, name, findings):
            continue
        if seconds is not None and span.end > seconds + _BEYOND:
            findings.append(f"{name}: {span.flag} to {span.end:g} s, but the clip has {seconds:g} s")
            if span.start >= seconds:
                continue
            span = replace(span, end=seconds)
        before = next((s for s in kept if s.flag == span.flag and span.start < s.end), None)
        if before is not None:
            findings.append(f"{name}: two labels {span.flag} overlap at {span.start:g} s; they count as one")
            kept[kept.index(before)] = replace(before, end=max(before.end, span.end))
        else:
            kept.append(span)
    return tuple(kept)


def _holds(span: Span, name: str, findings: list[str]) -> bool:
    if math.isfinite(span.start) and math.isfinite(span.end) and 0 <= span.start < span.end:
        return True
    findings.append(f"{name}: {span.flag} from {span.start:g} to {span.end:g} s is no span of time")
    return False


def _codes(said: Mapping[str, Any], findings: list[str]) -> dict[str, tuple[str, ...]]:
    codes = {}
    for label, those in said.items():
        names = [str(name) for name in _list(those)]
        findings += [f"codes: {name!r} of {label!r} is no flag of this box" for name in names if name not in RULES]
        codes[str(label)] = tuple(name for name in names if name in RULES)
    return codes


def _portraits(folder: Path, images: Any) -> dict[str, Path]:
    """Person -> the photo that they are enrolled by: `PERSON_ref`, or the first there is."""
    found: dict[str, Path] = {}
    for entry in _list(images):
        if not isinstance(entry, dict) or entry.get("kind") != "face":
            continue
        person, file = str(entry.get("identity")), _inside(folder, str(entry.get("file")))
        if file is not None and file.is_file() and (person not in found or file.stem == f"{person}_ref"):
            found[person] = file
    return found


def _clip(
    folder: Path,
    entry: Any,
    codes: Mapping[str, tuple[str, ...]],
    portraits: Mapping[str, Path],
    findings: list[str],
    *,
    pictures: bool,
) -> Clip | None:
    if not isinstance(entry, dict) or not isinstance(entry.get("file"), str):
        findings.append(f"an entry names no file: {json.dumps(entry)[:80]}")
        return None
    file, name = _inside(folder, entry["file"]), Path(entry["file"]).name
    if file is None:
        findings.append(f"{entry['file'][:120]}: lies outside the folder")
        return None
    if not file.is_file():
        findings.append(f"{name}: is missing")
        return None
    seconds = entry.get("duration_s")
    seconds = float(seconds) if isinstance(seconds, int | float) and math.isfinite(seconds) and seconds > 0 else None
    labels = tidy(_spans(entry, "segments", name, codes, findings), name=name, seconds=seconds, findings=findings)
    enrolled = entry.get("enrolled")
    return Clip(
        name=name,
        file=file,
        seconds=seconds,
        pictures=pictures,
        labels=labels,
        ignored=tuple(s for s in _spans(entry, "ignore", name, codes, findings) if _holds(s, name, findings)),
        clean=not labels and entry.get("kind") == "clean",
        natural=str(entry.get("origin", "")).startswith("natural"),
        subject=str(enrolled or name),
        portrait=portraits.get(str(enrolled)),
        traits={trait: str(entry.get(trait, UNKNOWN)) for trait in TRAITS},
    )


def _spans(
    entry: Mapping[str, Any], key: str, name: str, codes: Mapping[str, tuple[str, ...]], findings: list[str]
) -> tuple[Span, ...]:
    found = []
    for said in _list(entry.get(key)):
        try:
            span = Span(str(said["flag"]), float(said["start_s"]), float(said["end_s"]))
        except (KeyError, TypeError, ValueError):
            findings.append(f"{name}: {json.dumps(said)[:80]} is no label")
            continue
        if span.flag in codes:
            found.append(span)
        elif key == "segments":
            findings.append(f"{name}: {span.flag!r} does not stand among the codes")
    return tuple(found)


def _inside(folder: Path, said: str) -> Path | None:
    file = folder / said
    return file if file.resolve().is_relative_to(folder.resolve()) else None


def _list(said: Any) -> list[Any]:
    return said if isinstance(said, list) else []
