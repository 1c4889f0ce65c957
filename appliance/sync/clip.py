"""What lies beside a clip that leaves the box: its manifest, signed; words; sums; all of it in one ZIP."""

import hashlib
import tomllib
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import resources
from pathlib import Path
from typing import Any

import rfc8785

from appliance import __version__
from appliance.box import disk
from appliance.bundle.keys import BoxKey
from appliance.ledger.exports import ExportRow

SCHEMA = "appliance.clip/1"
ZIP = "EXPORT.zip"
MANIFEST, SIGNATURE, KEY, SUMS, README = "manifest.json", "manifest.json.sig", "box.pub", "SHA256SUMS", "README.txt"

_HOLES_IN_WORDS = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Whose recording it is, which box has it, and where its record of events stood: chain -> (position, hash)."""

    site: str
    box: str
    seat: str
    heads: Mapping[str, tuple[int, str]]


def seal(
    folder: Path, row: ExportRow, made: Mapping[str, Any], origin: Origin, key: BoxKey, *, now: float
) -> dict[str, str]:
    """Write what lies beside the clip's files into their folder; -> name of each file there -> SHA-256. `made`: what
    the child process said."""
    names = [*made["files"], *([made["masked"]["file"]] if made["masked"] and made["masked"]["file"] else [])]
    files = {name: {"sha256": _digest(folder / name), "bytes": (folder / name).stat().st_size} for name in names}
    said = manifest(row, made, origin, files, key, now=now)
    signed = rfc8785.dumps(said)
    disk.write(folder / MANIFEST, signed)
    disk.write(folder / SIGNATURE, key.sign(signed))
    disk.write(folder / KEY, key.public.pem)
    disk.write(folder / README, readme(said).encode())
    sums = {name: _digest(folder / name) for name in (*names, MANIFEST, SIGNATURE, KEY, README)}
    disk.write(folder / SUMS, "".join(f"{sums[name]}  {name}\n" for name in sorted(sums)).encode())
    sums[SUMS] = _digest(folder / SUMS)
    _zip(folder, f"clip-{row.export[:8]}", sorted(sums))
    return sums | {ZIP: _digest(folder / ZIP)}


def manifest(
    row: ExportRow,
    made: Mapping[str, Any],
    origin: Origin,
    files: Mapping[str, Mapping[str, object]],
    key: BoxKey,
    *,
    now: float,
) -> dict[str, Any]:
    """What is signed. Pure."""
    asked = {"kinds": row.kinds, "starts_at": row.starts_at, "ends_at": row.ends_at, "masked": row.masked}
    return {
        "schema": SCHEMA,
        "export": row.export,
        "exam": row.exam,
        "attempt": row.attempt,
        "seat": origin.seat,
        "asked": {**asked, "reason": row.reason, "by": row.by, "by_name": row.by_name, "asked_at": row.asked_at},
        "made_at": now,
        "box": {
            "site": origin.site,
            "box": origin.box,
            "version": __version__,
            "key": key.public.fingerprint,
        },
        "clip": {
            "begins_at": made["begins_at"],
            "seconds": made["seconds"],
            "in_s": in_s(row, made),
            "out_s": out_s(row, made),
            "tracks": made["tracks"],
        },
        "segments": made["segments"],
        "holes": made["holes"],
        "masked": made["masked"],
        "ledger": {chain: {"position": at, "hash": hash} for chain, (at, hash) in origin.heads.items()},
        "files": files,
    }


def in_s(row: ExportRow, made: Mapping[str, Any]) -> float:
    """Seconds into the clip where what was asked for begins (0 where nothing of it was recorded so early)."""
    begins_at: float = made["begins_at"]
    return max(0.0, round(row.starts_at - begins_at, 3))


def out_s(row: ExportRow, made: Mapping[str, Any]) -> float:
    """Seconds into the clip where it ends."""
    begins_at: float = made["begins_at"]
    return round(row.ends_at - begins_at, 3)


def readme(said: Mapping[str, Any]) -> str:
    """The manifest in words, and how to check it."""
    words = _words()
    asked, box = said["asked"], said["box"]
    text: str = words["readme"]
    return text.lstrip("\n").format(
        export=said["export"],
        exam=said["exam"],
        attempt=said["attempt"],
        seat=said["seat"],
        starts=_moment(asked["starts_at"]),
        ends=_moment(asked["ends_at"]),
        by=asked["by"],
        by_name=asked["by_name"],
        asked=_moment(asked["asked_at"]),
        reason=" ".join(asked["reason"].split()),
        made=_moment(said["made_at"]),
        site=box["site"],
        box=box["box"],
        version=box["version"],
        files="\n".join(f"  {name:<18} {_about(name, words)}" for name in said["files"]),
        in_s=said["clip"]["in_s"],
        out_s=said["clip"]["out_s"],
        holes="\n".join(_holes(said["holes"], words)),
        masked=_masked(said["masked"], words),
        fingerprint=box["key"],
    )


def _about(name: str, words: Mapping[str, Any]) -> str:
    what = "webm" if name.endswith(".webm") else "masked" if "masked" in name else "clip"
    found: str = words["file"][what]
    return found


def _holes(holes: list[dict[str, Any]], words: Mapping[str, Any]) -> Iterator[str]:
    if not holes:
        yield words["holes"]["none"]
        return
    yield words["holes"]["some"]
    for hole in holes[:_HOLES_IN_WORDS]:
        cause = words["cause"].get(hole["cause"], hole["cause"])
        yield words["holes"]["one"].format(
            kind=hole["kind"], starts=_moment(hole["starts_at"]), ends=_moment(hole["ends_at"]), cause=cause
        )
    if len(holes) > _HOLES_IN_WORDS:
        yield words["holes"]["more"].format(count=len(holes) - _HOLES_IN_WORDS)


def _masked(masked: Mapping[str, Any] | None, words: Mapping[str, Any]) -> str:
    which = "none" if masked is None else "made" if masked["file"] else "failed"
    found: str = words["masked"][which]
    return found.strip().format(why=(masked or {}).get("why", ""))


def _words() -> dict[str, Any]:
    return tomllib.loads((resources.files("appliance.sync") / "clip.toml").read_text(encoding="utf-8"))


def _moment(at: float) -> str:
    return f"{datetime.fromtimestamp(at, UTC):%Y-%m-%d %H:%M:%S} UTC"


def _digest(file: Path) -> str:
    with open(file, "rb") as data:
        return hashlib.file_digest(data, "sha256").hexdigest()


def _zip(folder: Path, name: str, files: list[str]) -> None:
    """Nothing is packed smaller: pictures would not be. Large files may be of any length."""
    with zipfile.ZipFile(folder / ZIP, "w", zipfile.ZIP_STORED, strict_timestamps=False) as packed:
        for file in files:
            packed.write(folder / file, f"{name}/{file}")
