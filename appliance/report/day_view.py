"""From facts to words, for what people did around the exam. Short: what was not there has no line."""

from typing import Any

from appliance.report import words
from appliance.report.day import Day, Inquiry, Kept, Scan
from appliance.report.moments import Zone, position


def of_attempt(day: Day, zone: Zone) -> dict[str, Any]:
    """Tables and lines of one attempt."""
    return {
        "irregularities": [
            {
                "at": zone.full(one.happened_at),
                "recording": "" if one.position is None else position(one.position),
                "what": words.irregularity(one.category),
                "text": one.text,
                "by": one.by,
            }
            for one in day.irregularities
        ],
        "pauses": [
            {
                "span": f"{zone.clock(one.starts_at)} to {zone.clock(one.ends_at) if one.ends_at else '…'}",
                "what": words.PAUSES.get(one.kind, one.kind) + (f", {one.minutes} min allowed" if one.minutes else ""),
                "over": words.length(one.overrun) if one.overrun else "",
                "by": one.by,
            }
            for one in day.pauses
        ],
        "announcements": [
            {
                "at": zone.clock(one.announced_at),
                "by": one.by + (", also spoken" if one.spoken else ""),
                "text": one.text,
                "seen": f"seen {zone.clock(one.read_at)}" if one.read_at else "not seen",
            }
            for one in day.announcements
        ],
        "inquiries": [_inquiry(one, zone) for one in day.inquiries],
        "kept": [_kept(one, zone) for one in day.kept],
        "check_out": check_out(day, zone),
        "pages": [
            {
                "number": str(page.number),
                "at": zone.clock(page.photographed_at),
                "state": "readable" if page.readable else _accepted(page.accepted_by),
                "sha256": page.sha256,
            }
            for page in day.check_out.pages
        ],
    }


def check_in(day: Day, zone: Zone) -> list[list[str]]:
    """Lines that belong to the check-in: self-test, room scans, sections."""
    lines = []
    if day.selftest is not None:
        states: dict[str, list[str]] = {}
        for name, said in sorted(day.selftest.results.items()):
            states.setdefault(str(said.get("state")), []).append(name.replace("_", " "))
        parts = [f"{word}: {', '.join(states[state])}" for state, word in words.TESTED.items() if state in states]
        lines.append(["Self-test", f"{zone.full(day.selftest.checked_at)}; {'; '.join(parts) or 'nothing tested'}"])
    lines += [["Room scan", _scan(scan, zone)] for scan in day.scans]
    if day.parts:
        order = "; ".join(
            f"{part.number} {part.title}"
            + (f", opened {zone.clock(part.opened_at)}" if part.opened_at else ", not opened")
            for part in day.parts
        )
        lines.append(["Sections, in this order", order])
    return lines


def check_out(day: Day, zone: Zone) -> list[list[str]]:
    """What was handed in, counted, ticked."""
    said, lines = day.check_out, []
    if said.paper_sha256 is not None:
        how = "made of the photos" if said.paper_made else "sent by the candidate"
        pages = words.count(said.paper_pages or 0, "page")
        lines.append(["Paper", f"one PDF of {pages}, {how}, SHA-256 {said.paper_sha256}"])
    if said.counted is not None:
        lines.append(["Counted", f"{words.count(said.counted, 'page')}, by {said.counted_by}"])
    for tick in said.ticks:
        note = f"; {tick.note}" if tick.note else ""
        recording = "" if tick.position is None else f"; recording at {position(tick.position)}"
        lines.append(
            [words.TICKS.get(tick.tick, tick.tick), f"{zone.full(tick.ticked_at)}, by {tick.by}{recording}{note}"]
        )
    return lines


def _accepted(by: str | None) -> str:
    return "hard to read" if by is None else f"hard to read, accepted by {by}"


def _scan(scan: Scan, zone: Zone) -> str:
    asked = f"asked by {scan.asked_by}" if scan.asked_by else ""
    asked += f": {scan.reason}" if scan.reason else ""
    if scan.recorded_at is None:
        return f"{asked}; not shown"
    parts = [f"shown {zone.full(scan.recorded_at)}, {words.length(scan.seconds or 0.0)}"]
    if asked:
        parts.insert(0, asked)
    if scan.verdict and scan.reviewed_at:
        note = f" ({scan.note})" if scan.note else ""
        parts.append(
            f"{words.VERDICTS.get(scan.verdict, scan.verdict)}, {scan.reviewed_by}, {zone.full(scan.reviewed_at)}{note}"
        )
    else:
        parts.append("nobody looked at it")
    if not scan.kept:
        parts.append("deleted by its date")
    return "; ".join(parts)


def _inquiry(one: Inquiry, zone: Zone) -> dict[str, str]:
    answered = f"{one.answer} ({one.answered_by}, {zone.full(one.answered_at)})" if one.answered_at else "not answered"
    return {
        "at": zone.full(one.made_at),
        "what": words.INQUIRIES.get(one.kind, one.kind),
        "text": one.text,
        "answer": answered,
    }


def _kept(one: Kept, zone: Zone) -> dict[str, str]:
    clip = (
        f"clip {zone.clock(one.starts_at)} to {zone.clock(one.ends_at)}, SHA-256 {one.clip_sha256}"
        if one.clip_sha256
        else ""
    )
    return {
        "at": zone.full(one.taken_at),
        "feed": words.feed(one.kind),
        "by": one.by,
        "files": f"still, SHA-256 {one.still_sha256}" + (f"; {clip}" if clip else ""),
    }
