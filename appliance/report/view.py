"""From facts to the words on the page: plain dicts of strings for template.typ, no layout, nothing computed there."""

from typing import Any

from appliance.exam import limits
from appliance.exam.flags import RULES
from appliance.report import day_view, flag_view, judged, kept_view, review_view, words
from appliance.report import facts as f
from appliance.report.detection import InForce, rules_of
from appliance.report.facts import (
    AttemptFacts,
    Call,
    Exam,
    ExamFacts,
    Flag,
    LedgerHead,
    Message,
    PictureState,
    Span,
    Versions,
)
from appliance.report.moments import Zone

CAUSES_ON_PAGE_ONE = 8
SPANS = 200
"""Lines of one table; beyond it the page says how many more the JSON report has."""


def of_attempt(facts: AttemptFacts, zone: Zone) -> dict[str, Any]:
    """All of the report on one attempt. Pictures are named by their place in the list of `pictures_of`."""
    until = facts.closed_at or facts.written_at
    return {
        "kind": "attempt",
        "running": f"Seat {facts.seat} · {facts.exam.title}",
        "subject": f"{facts.name} · seat {facts.seat}",
        "provisional": _provisional(facts.provisional, facts.written_at, zone),
        **_frame(facts.exam, facts.written_at, facts.ledger, zone),
        "who": [
            ["Candidate", facts.name],
            ["Number", facts.candidate],
            ["Seat", facts.seat],
            ["Proctor", facts.proctor or "nobody assigned"],
            ["Exam opened", zone.full(facts.started_at) if facts.started_at else "never"],
            ["State", f"{words.stage(facts.stage)}, {zone.full(facts.stage_at)}"],
        ],
        "in_short": review_view.in_short(facts, zone),
        "glance": _glance(facts),
        "coverage": _coverage(facts),
        "detectors": judged.detectors(facts.coverage),
        "gap_causes": _gap_causes(facts.gaps, until),
        "unseen_by_cause": judged.by_cause(facts.unseen, until),
        "not_applied": ", ".join(words.flag(code) for code in facts.not_applied),
        "check_in": judged.check_in(facts, zone) + day_view.check_in(facts.day, zone),
        "day": day_view.of_attempt(facts.day, zone),
        "room_events": judged.room_events(facts.room_events, zone),
        "reduced": judged.reduced(facts.reduced, zone),
        "in_force": judged.in_force(facts.in_force, zone),
        "recordings": [
            {
                "feed": words.feed(recording.kind, recording.position),
                "span": f"{zone.clock(recording.starts_at)} to {zone.clock(recording.ends_at)}",
                "kept": words.length(recording.seconds),
                "share": words.percent(recording.share),
                "bar": recording.share,
                "files": f"{words.count(recording.segments, 'file')}, {recording.bytes / 1e6:.1f} MB"
                + (f", {recording.recovered} recovered" if recording.recovered else ""),
            }
            for recording in facts.recordings
        ],
        "gaps": _spans(facts.gaps, zone, until, SPANS),
        "unseen": _spans(facts.unseen, zone, until, SPANS),
        "decisions": _decisions(facts.flags),
        "open_points": list(facts.open_points),
        "flags": [flag_view.block(number, flag, zone) for number, flag in enumerate(facts.flags, 1)],
        "messages": [_message(message, zone) for message in facts.messages],
        "calls": [_call(call, zone, until) for call in facts.calls],
        "steps": [
            {"at": zone.full(step.at), "what": words.step(step.event), "who": step.actor, "detail": step.detail}
            for step in facts.steps
        ],
        "review": review_view.of_attempt(facts, zone),
        "retention": kept_view.of(facts.retention, zone, over=facts.closed_at is not None),
        "versions": _versions(facts.versions, zone),
        "rules": _rules(facts.in_force),
    }


def of_exam(facts: ExamFacts, zone: Zone) -> dict[str, Any]:
    """The report on an exam: a line for each candidate, then every flag in a line."""
    flags = sorted((flag for attempt in facts.attempts for flag in attempt.flags), key=lambda flag: flag.onset_at)
    started = [attempt for attempt in facts.attempts if attempt.started_at is not None]
    until = facts.exam.ended_at or facts.written_at
    gaps = tuple(gap for attempt in facts.attempts for gap in attempt.gaps)
    unseen = tuple(span for attempt in facts.attempts for span in attempt.unseen)
    return {
        "kind": "exam",
        "running": facts.exam.title,
        "subject": words.count(len(facts.attempts), "candidate"),
        "provisional": _provisional(facts.provisional, facts.written_at, zone),
        **_frame(facts.exam, facts.written_at, facts.ledger, zone),
        "who": [
            ["Exam", facts.exam.exam],
            ["Ended", zone.full(facts.exam.ended_at) if facts.exam.ended_at else "not yet"],
            ["Candidates", f"{len(facts.attempts)} on the roster, {len(started)} started"],
            ["Candidates for one proctor", f"at most {facts.exam.ratio}"],
        ],
        "glance": _decided(tuple(flags)),
        "detectors": judged.detectors(tuple(rule for attempt in facts.attempts for rule in attempt.coverage)),
        "gap_causes": _gap_causes(gaps, until),
        "unseen_by_cause": judged.by_cause(unseen, until),
        "decisions": _decisions(tuple(flags)),
        "open_points": list(facts.open_points),
        "attempts": [_attempt_line(attempt) for attempt in facts.attempts],
        "flags": [flag_view.line(flag, zone) for flag in flags],
        "room_events": judged.room_events(facts.room_events, zone),
        "reduced": judged.reduced(facts.reduced, zone),
        "in_force": judged.in_force(facts.in_force, zone),
        **review_view.of_exam(facts, zone),
        "retention": kept_view.of(facts.retention, zone, over=facts.exam.ended_at is not None),
        "versions": _versions(facts.versions, zone),
        "rules": _rules(facts.in_force),
    }


def pictures_of(facts: AttemptFacts) -> list[str]:
    """The paths (in the media folder) of the pictures that are still what the ledger says, in the order of the page."""
    return [s.path for flag in facts.flags for s in flag.snapshots if s.state is PictureState.KEPT]


def _frame(exam: Exam, written_at: float, ledger: LedgerHead, zone: Zone) -> dict[str, Any]:
    return {
        "title": exam.title,
        "about": f.ABOUT,
        "policy": [
            ["Planned", f"{zone.full(exam.starts_at)}, {exam.minutes} minutes"],
            ["Admission", "by a proctor" if exam.admission == "proctor" else "automatic"],
            ["Warnings before an end", str(exam.warnings_before_end)],
            [
                "Kept until",
                f"{zone.day(exam.delete_at)} ({exam.retention_days} days)"
                if exam.delete_at
                else f"{exam.retention_days} days after the end",
            ],
        ],
        "written": f"{zone.full(written_at)} {zone.name(written_at)}",
        "ledger": f"{ledger.chain}, event {ledger.position}",
        "ledger_hash": ledger.hash,
    }


def _provisional(provisional: bool, written_at: float, zone: Zone) -> str:
    """ "" or what stands on every page."""
    return f"Provisional: written while the exam was going on, up to {zone.clock(written_at)}" if provisional else ""


def _glance(facts: AttemptFacts) -> list[list[str]]:
    shares = [recording.share for recording in facts.recordings]
    seen = facts.review.watched
    return [
        ["Recorded", words.percent(min(shares)) if shares else "nothing", "of the weakest feed" if shares else ""],
        ["Watched", words.percent(seen.share if seen.by else 0.0) if seen.recorded else "nothing", "by people"],
        *_decided(facts.flags),
    ]


def _decided(flags: tuple[Flag, ...]) -> list[list[str]]:
    """Tiles: what people made of the flags."""
    decided = f.decisions(flags)
    people = sum(flag.raised_by is not None for flag in flags)
    return [
        ["Flags", str(len(flags)), f"{people} by people"],
        ["Confirmed", str(decided["confirmed"]), "by a person"],
        ["Dismissed", str(decided["dismissed"]), "with a reason"],
        ["Inconclusive", str(decided["inconclusive"]), "cannot be said"],
        ["Open", str(decided["open"]), "nobody decided"],
    ]


def _gap_causes(gaps: tuple[Span, ...], until: float) -> dict[str, Any]:
    """Of each feed and cause, how often and how long; the longest together first."""
    sums: dict[tuple[str, str], tuple[int, float, float]] = {}
    for gap in gaps:
        number, seconds, filled = sums.get((gap.kind, gap.cause), (0, 0.0, 0.0))
        own = f.seconds_of((gap,), now=until)
        sums[gap.kind, gap.cause] = (number + 1, seconds + own, filled + gap.filled)
    ordered = sorted(sums.items(), key=lambda item: -item[1][1])
    return {
        "lines": [
            {
                "feed": words.feed(kind),
                "cause": words.cause(cause) + (f"; {words.length(filled)} filled late" if filled else ""),
                "number": str(number),
                "length": words.length(seconds),
            }
            for (kind, cause), (number, seconds, filled) in ordered[:CAUSES_ON_PAGE_ONE]
        ],
        "more": max(0, len(ordered) - CAUSES_ON_PAGE_ONE),
    }


def _coverage(facts: AttemptFacts) -> list[dict[str, Any]]:
    return [
        {
            "rule": words.flag(rule.code),
            "feed": words.feed(rule.kind),
            "share": words.percent(f.fraction(rule.assessable, rule.ticks)),
            "bar": f.fraction(rule.assessable, rule.ticks) or 0.0,
            "looks": f"{rule.assessable} of {rule.ticks} looks",
        }
        for rule in facts.coverage
    ]


def _message(message: Message, zone: Zone) -> dict[str, str]:
    seen = "not read"
    if message.acknowledged_at:
        seen = f"acknowledged {zone.clock(message.acknowledged_at)}"
    elif message.read_at:
        seen = f"read {zone.clock(message.read_at)}"
    return {
        "at": zone.clock(message.sent_at),
        "who": message.sender + (" (candidate)" if message.from_candidate else ""),
        "kind": words.MESSAGES.get(message.kind, ""),
        "text": message.text,
        "seen": seen,
    }


def _call(call: Call, zone: Zone, until: float) -> dict[str, str]:
    return {
        "span": f"{zone.clock(call.starts_at)} to {zone.clock(call.ends_at) if call.ends_at else '…'}",
        "length": words.length(max(0.0, (call.ends_at or until) - call.starts_at)),
        "who": call.who,
    }


def _spans(spans: tuple[Span, ...], zone: Zone, until: float, most: int) -> dict[str, Any]:
    return {
        "lines": [
            {
                "feed": words.feed(span.kind),
                "span": f"{zone.clock(span.starts_at)} to {zone.clock(span.ends_at) if span.ends_at else '…'}",
                "length": words.length(max(0.0, (span.ends_at or until) - span.starts_at)),
                "cause": (f"{words.SENSES.get(span.sense, span.sense)}: " if span.sense else "")
                + words.cause(span.cause)
                + (f"; {words.length(span.filled)} filled late" if span.filled else ""),
            }
            for span in spans[:most]
        ],
        "more": max(0, len(spans) - most),
    }


def _decisions(flags: tuple[Flag, ...]) -> list[dict[str, str]]:
    """By kind of flag: how many, and what people made of them."""
    lines = []
    for code in sorted({flag.code for flag in flags}, key=words.flag):
        own = [flag for flag in flags if flag.code == code]
        reasons: dict[str, int] = {}
        for flag in own:
            if flag.reason:
                reasons[flag.reason] = reasons.get(flag.reason, 0) + 1
        decided = f.decisions(tuple(own))
        lines.append(
            {
                "flag": words.flag(code),
                "all": str(len(own)),
                "confirmed": str(decided["confirmed"]),
                "dismissed": str(decided["dismissed"]),
                "inconclusive": str(decided["inconclusive"]),
                "open": str(decided["open"]),
                "reasons": ", ".join(f"{number} {words.reason(reason)}" for reason, number in sorted(reasons.items())),
                "by": ", ".join(sorted({flag.decided_by for flag in own if flag.decided_by})),
            }
        )
    return lines


def _attempt_line(facts: AttemptFacts) -> dict[str, str]:
    until = facts.closed_at or facts.written_at
    decided = f.decisions(facts.flags)
    shares = [recording.share for recording in facts.recordings]
    judged = [share for rule in facts.coverage if (share := f.fraction(rule.assessable, rule.ticks)) is not None]
    return {
        "seat": facts.seat,
        "name": facts.name,
        "candidate": facts.candidate,
        "state": words.stage(facts.stage),
        "recorded": words.percent(min(shares)) if shares else "nothing",
        "judged": words.percent(min(judged)) if judged else "none",
        "gaps": words.length(f.seconds_of(facts.gaps, now=until)) if facts.gaps else "none",
        "flags": str(len(facts.flags)),
        "confirmed": str(decided["confirmed"]),
        "dismissed": str(decided["dismissed"]),
        "inconclusive": str(decided["inconclusive"]),
        "open": str(decided["open"]),
        "watched": words.percent(facts.review.watched.share if facts.review.watched.by else 0.0),
        "standing": review_view.standing(facts),
    }


def _versions(versions: Versions, zone: Zone) -> list[list[str]]:
    lines = [["Rules in force last", versions.rules]]
    if versions.rules_of_flags and versions.rules_of_flags != (versions.rules,):
        lines.append(["Rules the flags name", ", ".join(versions.rules_of_flags)])
    for change in versions.judged_by:
        named = ", ".join(f"{name} {version}" for name, version in sorted(change.models.items()))
        lines.append([f"Models from {zone.full(change.since_at)}", named])
    if not versions.judged_by:
        lines += [[f"Model {name}", version] for name, version in sorted(versions.models.items())]
    lines += [[f"Software, {process}", version] for process, version in sorted(versions.software.items())]
    return lines


def _rules(in_force: tuple[InForce, ...]) -> list[dict[str, str]]:
    """What can be changed of each rule; a rule that one moment is enough for has no share and no hits."""
    lines = []
    for code, rule in rules_of(in_force[-1].policy).items():
        numbers = {name: rule["numbers"].get(name, rule.get(name)) for name in limits.of(RULES[code])}
        said = {name: f"{numbers.pop(name):g}" if name in numbers else "" for name in _COLUMNS}
        lines.append(
            {
                "rule": words.flag(code),
                "feed": ", ".join(words.feed(kind) for kind in rule["kinds"]),
                **said,
                "numbers": ", ".join(f"{words.number(code, name)} {value:g}" for name, value in numbers.items()),
            }
        )
    return lines


_COLUMNS = ("threshold", "seconds", "share", "hits")
