"""From facts to words, for what is kept until when and what went."""

from typing import Any

from appliance.exam.retention import Data
from appliance.report import words
from appliance.report.kept import Deletion, Erasure, Hold, Retention
from appliance.report.moments import Zone

_KINDS = {
    Data.RECORDINGS.value: "Recordings",
    Data.EVIDENCE.value: "Snapshots, kept moments, clips",
    Data.IDENTITY.value: "Pictures of the ID",
    Data.SCANS.value: "Room scans",
    Data.WORK.value: "Pages and papers",
    Data.PERSONAL.value: "Names, chat and notes",
    Data.TEMPLATES.value: "Templates of face and voice",
    "practice": "All media of a practice run",
}
_WHY = {"date": "by its date", "request": "on a lawful request"}


def of(facts: Retention, zone: Zone, *, over: bool, held_back: int = 60) -> dict[str, Any]:
    """Tables and lines. `over`: dates are known; `held_back`: deletions on paper at most, the rest is in the JSON."""
    return {
        "kept": [
            {
                "what": _KINDS.get(one.what, one.what),
                "days": "with the session" if one.what == Data.TEMPLATES else _days(one.days),
                "until": _until(one.what, one.delete_at, zone, over=over),
            }
            for one in facts.kept
        ],
        "holds": [_hold(one, zone) for one in facts.holds],
        "deletions": [_deletion(one, zone) for one in facts.deletions[:held_back]],
        "more_deletions": max(0, len(facts.deletions) - held_back),
        "erasures": [_erasure(one, zone) for one in facts.erasures],
    }


def _days(days: float) -> str:
    return words.count(round(days), "day") if days >= 1 else f"{days * 24:.0f} hours"


def _until(what: str, delete_at: float | None, zone: Zone, *, over: bool) -> str:
    if what == Data.TEMPLATES:
        return "in memory only, gone with the session"
    if delete_at is not None:
        return zone.day(delete_at)
    return "on hold" if over else "counts from the end"


def _hold(one: Hold, zone: Zone) -> str:
    of = "the whole exam" if one.whole_exam else "this candidate"
    lifted = f"; lifted {zone.full(one.lifted_at)}: {one.lift_reason}" if one.lifted_at else "; it stands"
    return f"Hold on {of}, placed by {one.by}, {zone.full(one.placed_at)}: {one.reason}{lifted}"


def _deletion(one: Deletion, zone: Zone) -> dict[str, str]:
    return {
        "at": zone.full(one.deleted_at),
        "what": f"{_KINDS.get(one.what, one.what)}: {words.count(one.files, 'file')}, {one.bytes / 1e6:.1f} MB",
        "why": _WHY.get(one.why, one.why),
        "proof": f"event {one.seq}" if one.seq else one.event,
        "hash": one.hash,
    }


def _erasure(one: Erasure, zone: Zone) -> str:
    asked = f"on request {one.reference}, asked for by {one.by}" if one.reference else "by their date"
    if one.erased_at is None:
        return f"Names, chat and notes are to be erased {asked} ({zone.full(one.asked_at)}); that is not done yet."
    return f"Names, chat and notes were erased on {zone.full(one.erased_at)} {asked}; the chain still verifies."
