"""The page of a bundle, `index.html`: plays an attempt, or lists an exam's, and verifies the bundle; offline, by double
click.

The page itself is built from `web/frontend/src/bundle` into one file (`bundle_page/index.html`), with its script and
its style in it. Here it is told what it shows: only what the bundle holds beside it. The same bundle makes the same
bytes.
"""

import functools
import html
import json
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any

import rfc8785

from appliance.bundle.manifest import Manifest
from appliance.errors import ConfigError
from appliance.exam.place import numbered
from appliance.exam.stage import Stage

NAME = "index.html"

_TITLE, _DATA = "%%TITLE%%", "%%DATA%%"

_SECTIONS = (
    "board.keys",
    "cause",
    "common.close",
    "decision",
    "dismissal",
    "doubt",
    "duration",
    "irregular",
    "keys.intro",
    "keys.on",
    "keys.title",
    "kind",
    "look.speed",
    "missed",
    "place",
    "player",
    "reviewing.control",
    "reviewing.fixed",
    "reviewing.flags",
    "reviewing.here",
    "reviewing.here_nothing",
    "reviewing.item",
    "reviewing.key",
    "reviewing.lane",
    "reviewing.list",
    "reviewing.span",
    "reviewing.state",
    "reviewing.timeline",
    "reviewing.zoom",
    "severity",
    "stage",
)
"""What the page says of the pages' own catalogue: a flag is called the same on the wall, on paper and here."""

_REPORT = (
    "name",
    "candidate",
    "seat",
    "stage",
    "started_at",
    "closed_at",
    "written_at",
    "provisional",
    "gaps",
    "unseen",
    "calls",
    "messages",
    "open_points",
    "gap_seconds",
)
_FLAG = (
    "flag",
    "code",
    "category",
    "severity",
    "kind",
    "onset_at",
    "raised_at",
    "ended_at",
    "raised_by",
    "remark",
    "decision",
    "reason",
    "decided_by",
    "decided_at",
    "note",
    "notes",
    "true",
    "assessable",
    "ticks",
    "score",
)
"""What is told of a report; nothing else of it reaches the page."""

_READ = ("/report.pdf", "/report.csv", "/report.json")
"""Files that the page links to. What an exam granted to whom is not among them."""

_ACCOMMODATED = "accommodated"
"""A reason that would tell of an accommodation: the page says that a flag was dismissed, and not this."""


def page(
    plan: Manifest,
    *,
    report: bytes | None,
    begun: Sequence[tuple[float, Stage]] = (),
    numbers: Mapping[str, int] | None = None,
) -> bytes:
    """The page of the bundle `plan`. `report`: the bytes of its report.json, where it has one; `begun`: an attempt's
    stages, each with the wall time from which on it was in it; `numbers`: of an exam's attempts, that of the bundle
    that goes with this one. ConfigError when the page was never built."""
    before, between, after = _template()
    said = _report(report)
    told = {**_bundle(plan), "stages": [[at, stage.value] for at, stage in begun], "words": _words()}
    if plan.attempt is None:
        told["attempts"] = _attempts(numbers or {}, said)
    if said is not None:
        told |= {"report": _of_attempt(said, plan), "exam_title": _title_of(said)}
    title = " · ".join(filter(None, (_title_of(said) or plan.exam, _who(told["report"]) if "report" in told else "")))
    data = rfc8785.dumps(told).replace(b"<", b"\\u003c")  # no end of the block, and no comment, in what people wrote
    return b"".join((before, html.escape(title).encode(), between, data, after))


def check() -> None:
    """ConfigError unless the page is there, whole."""
    _template()


# --- what the page is told ---


def _bundle(plan: Manifest) -> dict[str, Any]:
    return {
        "schema": "appliance.bundle_page/1",
        "site": plan.site,
        "box": plan.box,
        "exam": plan.exam,
        "attempt": plan.attempt,
        "number": plan.number,
        "made_at": plan.made_at,
        "synchronised": plan.synchronised,
        "key": plan.key,
        "segments": [[f.file, f.starts_at, f.ends_at] for f in plan.files if f.kind == "segment"],
        "reports": [
            f.file for f in plan.files if f.kind == "report" and f.file.endswith((".pdf", ".json", "/report.csv"))
        ],
        "gaps": [[gap.kind, gap.cause, gap.starts_at, gap.ends_at] for gap in plan.gaps],
        "withheld": [[one.file, one.reason] for one in plan.withheld],
        "open_feeds": list(plan.open_feeds),
    }


def _report(data: bytes | None) -> dict[str, Any] | None:
    """What can be read of a report; None where there is none, or one that is of no kind known here."""
    try:
        said = json.loads(data or b"")
    except ValueError:
        return None
    return said if isinstance(said, dict) and str(said.get("schema", "")).startswith("appliance.report/") else None


def _of_attempt(said: Mapping[str, Any], plan: Manifest) -> dict[str, Any]:
    if plan.attempt is None:
        return {name: said[name] for name in ("written_at", "provisional", "open_points") if name in said}
    pictures = {file.sha256: file.file for file in plan.files if file.kind == "snapshot"}
    day, review = said.get("day", {}), said.get("review", {})
    return {
        **{name: said[name] for name in _REPORT if name in said},
        "flags": [_flag(flag, pictures) for flag in said.get("flags", ())],
        "breaks": _picked(day.get("pauses", ()), "kind", "starts_at", "ends_at"),
        "announcements": _picked(day.get("announcements", ()), "at", "announced_at", "text", "by"),
        "irregularities": _picked(day.get("irregularities", ()), "category", "text", "happened_at", "by"),
        "kept": _picked(day.get("kept", ()), "kind", "starts_at", "ends_at"),
        "never_watched": _picked(review.get("watched", {}).get("never", ()), "starts_at", "ends_at"),
        "positions": {one["kind"]: one.get("position") for one in said.get("recordings", ())},
    }


def _flag(flag: Mapping[str, Any], pictures: Mapping[str, str]) -> dict[str, Any]:
    told = {name: flag[name] for name in _FLAG if name in flag}
    if told.get("reason") == _ACCOMMODATED:
        told |= {"reason": "", "note": ""}
    shown = [
        {"file": pictures.get(str(one["sha256"])), "moment": one["moment"], "at": one["at"]}
        for one in flag.get("snapshots", ())
    ]
    return {**told, "snapshots": shown}


def _attempts(numbers: Mapping[str, int], said: Mapping[str, Any] | None) -> list[dict[str, Any]]:
    """Of an exam: who has a bundle, by seat, each with the page of it; rooms last."""
    known = {str(one.get("attempt")): one for one in (said or {}).get("attempts", ())}
    order = {name: place for place, name in enumerate(known)}
    told = []
    for name in sorted(numbers, key=lambda name: (order.get(name, len(order)), name)):
        own = known.get(name, {})
        told.append(
            {
                "attempt": name,
                "page": f"{name}/{numbered(NAME, numbers[name])}",
                "room": said is not None and name not in known,
                **{field: own[field] for field in ("seat", "name", "candidate", "stage") if field in own},
                "flags": len(own.get("flags", ())),
                "open": sum(flag.get("decision") == "open" for flag in own.get("flags", ())),
                "gap_seconds": own.get("gap_seconds"),
            }
        )
    return told


def _picked(values: Sequence[Mapping[str, Any]], *names: str) -> list[dict[str, Any]]:
    return [{name: value[name] for name in names if name in value} for value in values]


def _title_of(said: Mapping[str, Any] | None) -> str:
    return str((said or {}).get("exam", {}).get("title", ""))


def _who(report: Mapping[str, Any]) -> str:
    return f"{report['name']}, seat {report['seat']}" if "name" in report and "seat" in report else ""


# --- the page and its words ---


@functools.cache
def _template() -> tuple[bytes, bytes, bytes]:
    """What stands before the title, between it and the data, and after them."""
    hint = "`make setup` builds it (scripts/setup, the step front_end)."
    try:
        built = (files("appliance") / "sync" / "bundle_page" / NAME).read_text(encoding="utf-8")
    except OSError:
        raise ConfigError("the page of a bundle was never built", hint=hint) from None
    if built.count(_TITLE) != 1 or built.count(_DATA) != 1 or built.index(_TITLE) > built.index(_DATA):
        raise ConfigError("the page of a bundle has no place for its title or its data", hint=hint)
    before, rest = built.split(_TITLE)
    between, after = rest.split(_DATA)
    return before.encode(), between.encode(), after.encode()


@functools.cache
def _words() -> dict[str, str]:
    """Its own sentences (`viewer.toml`), and those of the pages' catalogue that it says, too."""
    own = files("appliance") / "sync" / "viewer.toml"
    strings = files("appliance") / "web" / "strings"
    words: dict[str, str] = {}
    for file in sorted((file for file in strings.iterdir() if _english(file.name)), key=lambda file: file.name):
        words |= {key: text for key, text in _read(file) if _said(key)}
    return words | dict(_read(own))


def _read(file: Traversable) -> Iterator[tuple[str, str]]:
    return _flat(tomllib.loads(file.read_text(encoding="utf-8")))


def _english(name: str) -> bool:
    return name == "en.toml" or (name.startswith("en.") and name.endswith(".toml"))


def _said(key: str) -> bool:
    if key.startswith("flag."):
        return key.endswith((".title", ".sentence"))
    return any(key == section or key.startswith(section + ".") for section in _SECTIONS)


def _flat(table: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    for name, value in table.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", str(value)
