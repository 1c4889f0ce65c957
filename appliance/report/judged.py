"""From facts to words, for what detection says beside flags: what could be judged, check-in, the room, the rules."""

from typing import Any

from appliance.report import facts as f
from appliance.report import words
from appliance.report.detection import InForce, Reduced, RoomEvent
from appliance.report.facts import AttemptFacts, RuleCoverage, Span
from appliance.report.moments import Zone


def detectors(coverage: tuple[RuleCoverage, ...]) -> list[dict[str, Any]]:
    """A line for each detector and feed."""
    return [
        {
            "detector": words.detector(one.channel),
            "feed": words.feed(one.kind),
            "share": words.percent(one.share),
            "bar": one.share or 0.0,
            "looks": f"{one.assessable} of {one.ticks} looks",
        }
        for one in f.by_detector(coverage)
    ]


def by_cause(spans: tuple[Span, ...], until: float) -> str:
    """Pictures: detection was not running 12.0 s; sound: ..."""
    return "; ".join(
        f"{words.SENSES.get(sense, sense)}: {words.cause(cause)}, {words.length(seconds)}"
        for (sense, cause), seconds in f.by_cause(spans, now=until).items()
    )


def check_in(facts: AttemptFacts, zone: Zone) -> list[list[str]]:
    """Base lines, the ID, turns of the head: what was done, and what a person decided."""
    lines = [
        [
            f"Base line, {words.feed(one.kind)}",
            f"taken {zone.full(one.taken_at)}"
            + (", only after the start" if one.late else "")
            + (f"; on the desk: {', '.join(one.objects)}" if one.objects else ""),
        ]
        for one in facts.baselines
    ]
    lines = lines or [["Base line", "not taken: angles and light are absolute"]]
    known = facts.identity
    if known.declined_at:
        lines.append(["ID", f"comparison by the box declined, {zone.full(known.declined_at)}: no template was made"])
    if known.pictured_at:
        lines.append(["ID", f"shown {zone.full(known.pictured_at)}"])
    if known.score is not None and known.limit is not None:
        lines.append(["Compared", f"likeness {known.score:.2f}, alike from {known.limit:.2f} on; it decides nothing"])
    elif known.reason:
        lines.append(["Compared", f"could not be judged: {known.reason.replace('_', ' ')}"])
    if known.decision and known.decided_at:
        note = f"; {known.note}" if known.note else ""
        decision = words.RULINGS.get(known.decision, known.decision)
        lines.append(["Decided", f"{decision}, by {known.decided_by}, {zone.full(known.decided_at)}{note}"])
    for one in facts.challenges:
        seen = [words.SEEN.get(what, what) for what in one.seen] or ["not answered"] * len(one.steps)
        steps = ", ".join(f"{step}: {what}" for step, what in zip(one.steps, seen, strict=False))
        lines.append(["Turn of the head", f"asked by {one.asked_by}, {zone.full(one.asked_at)}: {steps}"])
    return lines


def room_events(events: tuple[RoomEvent, ...], zone: Zone) -> list[dict[str, str]]:
    """One event for the room, no flag on a person."""
    return [
        {
            "span": f"{zone.clock(one.onset_at)} to {zone.clock(one.ended_at) if one.ended_at else '…'}",
            "what": words.flag(one.code),
            "seats": words.count(one.seats, "seat"),
        }
        for one in events
    ]


def reduced(spans: tuple[Reduced, ...], zone: Zone) -> list[dict[str, str]]:
    """When the box was short of time."""
    return [
        {
            "span": f"{zone.clock(one.starts_at)} to {zone.clock(one.ends_at) if one.ends_at else '…'}",
            "share": words.percent(one.share),
        }
        for one in spans
    ]


def in_force(changes: tuple[InForce, ...], zone: Zone) -> list[dict[str, str]]:
    """What was set, when, by whom."""
    return [
        {
            "since": zone.full(one.since_at) if one.since_at else "from the beginning",
            "by": one.by or "usual",
            "what": _policy(one),
            "rules": one.version,
        }
        for one in changes
    ]


def _policy(one: InForce) -> str:
    said = one.policy
    parts = [f"stake {words.stake(said['stake']).lower()}"]
    parts += [what for name, what in (("identity", "ID asked for"), ("paper", "paper")) if said[name]]
    for name, what in (("off", "off"), ("on", "on")):
        if said[name]:
            parts.append(f"{what}: {', '.join(words.flag(code) for code in said[name])}")
    for code, changes in said["numbers"].items():
        numbers = ", ".join(f"{words.number(code, name)} {value:g}" for name, value in changes.items())
        parts.append(f"{words.flag(code)}: {numbers}")
    for name, what in (
        ("allowed", "permitted"),
        ("apps", "only"),
        ("sites", "only"),
        ("not_apps", "never"),
        ("not_sites", "never"),
    ):
        if said[name]:
            parts.append(f"{what} {', '.join(one.replace('_', ' ') for one in said[name])}")
    return "; ".join(parts) + (f". Set although: {one.override}" if one.override else "")
