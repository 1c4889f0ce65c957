"""An issue in words, for page, `doctor` and panel: a sentence (what, where) and a hint (what to do next). Which
sentence of the catalogue it is depends on the facts; this is the one place that knows."""

import datetime
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from appliance.box.capacity import gigabytes
from appliance.checks.issue import Issue

Pick = Callable[[Mapping[str, Any]], str]

Words = Callable[..., str]
"""`t(key, **values)` of the catalogue."""


@dataclass(frozen=True, slots=True)
class Said:
    """What a person reads."""

    sentence: str
    hint: str


_SENTENCES: Mapping[str, Pick] = {
    "clock_unsynchronised": lambda f: "clock_unsynchronised" if f.get("servers") else "clock_uncertain",
    "clock_jumped": lambda f: "clock_jumped_forward" if f["forward"] else "clock_jumped_back",
    "detector_stalled": lambda f: "detector_short" if f["share"] else "detector_stalled",
    "sync_lagging": lambda f: "sync_lagging_refused" if f["kinds"] else "sync_lagging_late",
    "certificate_expiring": lambda f: "certificate_expiring" if f["days"] else "certificate_expired",
    "under_voltage": lambda f: "under_voltage_now" if f["now"] else "under_voltage_before",
    "too_hot": lambda f: "too_hot_slowed" if f["slowed"] else "too_hot_before" if f.get("before") else "too_hot",
    "panel_part": lambda f: f"panel_part_{f['trouble']}",
    "udp_ports_blocked": lambda f: f"udp_ports_{f['why']}",
    "backup_old": lambda f: "backup_failed" if f["failed"] else "backup_old",
}
"""Where it is not named like the code."""

_HINTS: Mapping[str, Pick] = {
    "clock_unsynchronised": lambda f: f"{_SENTENCES['clock_unsynchronised'](f)}_hint",
    "detector_stalled": lambda f: f"{_SENTENCES['detector_stalled'](f)}_hint",
    "certificate_expiring": lambda f: f"certificate_expiring_{f['certificate']}_hint",
    "panel_part": lambda f: f"panel_part_{f['trouble']}_hint",
}


def of(issue: Issue, t: Words) -> Said:
    """In the words of a catalogue."""
    facts, code = issue.facts, issue.code
    values = {name: _value(name, value, t) for name, value in facts.items()}
    if "kinds" in facts:  # of feeds, or of what the store refuses: both have their words already
        section = "upstream.kind" if code == "sync_lagging" else "kind"
        values["kinds"] = ", ".join(t(f"{section}.{kind}") for kind in facts["kinds"])
    if code == "panel_part":
        values["part"] = t(f"panel_page.part_{facts['part']}")
    sentence = _SENTENCES[code](facts) if code in _SENTENCES else code
    hint = _HINTS[code](facts) if code in _HINTS else f"{code}_hint"
    return Said(_begin(t(f"issue.{sentence}", **values)), t(f"issue.{hint}", **values))


def _begin(text: str) -> str:
    """Sentences that begin with what a process said of itself."""
    return text[:1].upper() + text[1:]


def _value(name: str, value: Any, t: Words) -> Any:
    if name in ("free", "mark", "size"):
        return gigabytes(value)
    if name == "now":
        return value if isinstance(value, bool) else datetime.datetime.fromtimestamp(value).strftime("%Y-%m-%d %H:%M")
    if name == "process":
        service, _, number = str(value).partition("-")
        return f"{t(f'process.{service}')} {number}".strip()
    if name == "sentence":
        return str(value).rstrip(".")
    if name == "seconds":
        return _long(float(value))
    return "?" if value is None else value


def _long(seconds: float) -> str:
    """A time as people say it, of any length."""
    if seconds >= 2 * 86_400:
        return f"{seconds / 86_400:.0f} d"
    if seconds >= 2 * 3600:
        return f"{seconds / 3600:.0f} h"
    if seconds >= 120:
        return f"{seconds / 60:.0f} min"
    return f"{seconds:.0f} s"
