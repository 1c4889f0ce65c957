"""From facts to words, for a flag."""

from typing import Any

from appliance.exam import limits
from appliance.exam.flags import RULES, Decision
from appliance.report import review_view, words
from appliance.report.facts import Flag, PictureState
from appliance.report.moments import Zone, position

LONG = 1_500
"""Characters of notes from which the block of a flag may be broken over pages."""


def block(number: int, flag: Flag, zone: Zone) -> dict[str, Any]:
    """One flag on a candidate's report: its numbers, its pictures, what people made of it."""
    end = f" to {zone.clock(flag.ended_at)}" if flag.ended_at else ""
    facts = [["Seen", f"{zone.full(flag.onset_at)}{end}"]]
    if flag.position is not None:
        facts.append(["Recording", f"{words.feed(flag.kind)} at {position(flag.position)}"])
    if flag.raised_by is None:
        facts.append(["Looks", f"{flag.true} of {flag.assessable} that could be judged, {flag.ticks} in all"])
        facts.append(["Score", _score(flag)])
        if flag.why:
            facts.append(["Saw", words.why(flag.why)])
        if flag.numbers:
            facts.append(["In force", _numbers(flag)])
        facts.append(["Judged by", ", ".join([f"rules {flag.rules}", *(f"{k} {v}" for k, v in flag.models.items())])])
    if flag.light is not None:
        facts.append(["Light", f"{flag.light:.0f} of 255"])
    if flag.remark:
        facts.append(["Remark", flag.remark])
    return {
        "number": str(number),
        "title": words.flag(flag.code),
        "at": zone.clock(flag.onset_at),
        "sort": f"{flag.category} · {flag.severity}",
        "source": f"raised by {flag.raised_by}" if flag.raised_by else "raised by software",
        "facts": facts,
        "innocent": words.innocent(flag.code),
        "decision": words.decision(flag.decision.value),
        "decided": _decision(flag, zone),
        "note": flag.note,
        "rulings": review_view.rulings(flag, zone),
        "notes": [f"{one.by}, {zone.full(one.noted_at)}: {one.text}" for one in flag.notes],
        "long": sum(map(len, [flag.note, flag.remark, *(one.text for one in flag.notes)])) > LONG,
        "snapshots": [
            {
                "moment": words.moment(snapshot.moment),
                "at": zone.clock(snapshot.at) if snapshot.at else "",
                "sha256": snapshot.sha256,
                "path": snapshot.path if snapshot.state is PictureState.KEPT else "",
                "lost": _LOST.get(snapshot.state, ""),
            }
            for snapshot in flag.snapshots
        ],
    }


_LOST = {
    PictureState.DELETED: "deleted, as the ledger says",
    PictureState.MISSING: "missing on the box",
    PictureState.CHANGED: "changed since",
}


def _numbers(flag: Flag) -> str:
    order = list(limits.of(RULES[flag.code])) if flag.code in RULES else []
    names = sorted(flag.numbers, key=lambda name: order.index(name) if name in order else len(order))
    return ", ".join(f"{words.number(flag.code, name)} {flag.numbers[name]:g}" for name in names)


def _score(flag: Flag) -> str:
    score = "none" if flag.score is None else f"{flag.score:.2f}"
    return score if flag.threshold is None else f"{score} at a threshold of {flag.threshold:g}"


def _decision(flag: Flag, zone: Zone) -> str:
    if flag.decision is Decision.OPEN:
        return "nobody has decided"
    reason = f" as {words.reason(flag.reason)}" if flag.reason else ""
    at = f", {zone.full(flag.decided_at)}" if flag.decided_at else ""
    return f"by {flag.decided_by or 'a person'}{reason}{at}"


def line(flag: Flag, zone: Zone) -> dict[str, str]:
    """One flag on the report on an exam."""
    return {
        "at": zone.full(flag.onset_at),
        "seat": flag.seat,
        "title": words.flag(flag.code),
        "looks": f"{flag.true} of {flag.assessable}" if flag.raised_by is None else "by a person",
        "decision": words.decision(flag.decision.value),
        "by": flag.decided_by or "",
        "reason": words.reason(flag.reason),
    }
