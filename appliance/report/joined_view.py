"""From a joined exam to the words on its pages: those of the report on an exam, with the box named wherever one box's
word is meant."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from appliance.report import facts as f
from appliance.report import kept_view, review_view, view, words
from appliance.report.facts import AttemptFacts, Exam, ExamFacts
from appliance.report.joined import SAID, Joined, Part
from appliance.report.moments import Zone

Lines = list[dict[str, Any]]


def of_joined(joined: Joined, zone: Zone) -> dict[str, Any]:
    """All of the report. Without any box's report only what is missing."""
    each = [(part, view.of_exam(facts, zone)) for part, facts in joined.here]
    said = view.of_exam(_merged(joined), zone) if joined.here else _nothing(joined, zone)
    boxes = words.count(len(joined.parts), "box") if len(joined.parts) == 1 else f"{len(joined.parts)} boxes"
    said |= {
        "kind": "joined",
        "subject": f"{words.count(len(joined.attempts), 'candidate')}, {boxes}",
        "provisional": _provisional(joined),
        "written": f"{zone.full(joined.written_at)} {zone.name(joined.written_at)}",
        "ledger": "of each box: see Boxes",
        "ledger_hash": "",
        "open_points": list(joined.open_points),
        "boxes": [_box(part, zone) for part in joined.parts],
        "conflicts": [{"what": one.what, "boxes": ", ".join(one.boxes)} for one in joined.conflicts],
        "points": [
            {"seat": _seat(part, attempt), "name": attempt.name, "what": list(attempt.open_points)}
            for part, attempt in joined.attempts
            if attempt.open_points
        ],
    }
    if not each:
        return said
    said["who"] = _who(joined, zone)
    outcomes = [[name, text.replace("this box", "any of these boxes")] for name, text in said["in_short"][:2]]
    said["in_short"] = [*outcomes, ["What flags miss", _sampling(joined)]]
    for name, column in (("room_events", "seats"), ("reduced", "span"), ("in_force", "by"), ("seat_rates", "seat")):
        said[name] = _labelled(each, lambda one, name=name: one[name], column)  # type: ignore[misc]
    said["muted"] = _labelled(each, lambda one: one["muted"], "seat")
    said["accesses"] = _labelled(each, lambda one: one["accesses"], "who")
    said["exports"] = _labelled(each, lambda one: one["exports"], "by")
    said["versions"] = [[f"{part.label}: {what}", how] for part, one in each for what, how in one["versions"]]
    said["rules"] = _rules(each)
    said["retention"] = _retention(joined, zone)
    return said


def _merged(joined: Joined) -> ExamFacts:
    """As if one box had held it: for what can be added up. The box stands before each seat."""
    facts = [facts for _, facts in joined.here]
    first = facts[0]
    ended = [one.exam.ended_at for one in facts]
    deleted = [one.exam.delete_at for one in facts]
    exam: Exam = replace(
        first.exam,
        starts_at=min(one.exam.starts_at for one in facts),
        ratio=max(one.exam.ratio for one in facts),
        ended_at=None if None in ended else max(at for at in ended if at is not None),
        delete_at=None if None in deleted else min(at for at in deleted if at is not None),
    )
    attempts = tuple(_named(part, attempt) for part, attempt in joined.attempts)
    return replace(first, written_at=joined.written_at, provisional=joined.provisional, exam=exam, attempts=attempts)


def _named(part: Part, attempt: AttemptFacts) -> AttemptFacts:
    seat = _seat(part, attempt)
    return replace(attempt, seat=seat, flags=tuple(replace(flag, seat=seat) for flag in attempt.flags))


def _seat(part: Part, attempt: AttemptFacts) -> str:
    room = f" {attempt.room}," if attempt.room else ""
    return f"{part.label},{room} {attempt.seat}"


def _provisional(joined: Joined) -> str:
    if not joined.provisional:
        return ""
    away = [f"{p.label} {SAID[p.source.standing]}" for p in joined.parts if p.facts is None]
    away += [f"{part.label} was going on when it wrote" for part, facts in joined.here if facts.provisional]
    return f"Provisional: {', '.join(away)}"


def _who(joined: Joined, zone: Zone) -> list[list[str]]:
    began = sum(attempt.started_at is not None for _, attempt in joined.attempts)
    ended = [facts.exam.ended_at for _, facts in joined.here]
    last = max((at for at in ended if at is not None), default=None)
    over = "not yet on every box" if None in ended or last is None else zone.full(last)
    return [
        ["Exam", joined.exam],
        ["Ended", over],
        ["Candidates", f"{len(joined.attempts)} on the rosters, {began} started"],
        ["Boxes", f"{len(joined.here)} of {len(joined.parts)} with a report that is joined here"],
    ]


def _box(part: Part, zone: Zone) -> dict[str, str]:
    source, facts = part.source, part.facts
    rooms = sorted({one.room for one in facts.attempts if one.room}) if facts else []
    began = sum(one.started_at is not None for one in facts.attempts) if facts else 0
    gaps = sum(f.seconds_of(a.gaps, now=a.closed_at or a.written_at) for a in facts.attempts) if facts else 0.0
    return {
        "box": f"{source.site}/{source.box}",
        "rooms": ", ".join(rooms) or ("the lab" if facts else "unknown"),
        "standing": SAID[source.standing],
        "says": source.says,
        "key": source.key[:16],
        "key_said": "compared" if source.key_given else "not compared",
        "checked": zone.full(source.checked_at),
        "candidates": f"{len(facts.attempts)}, {began} started" if facts else "unknown",
        "flags": str(sum(len(one.flags) for one in facts.attempts)) if facts else "unknown",
        "gaps": (words.length(gaps) if gaps else "none") if facts else "unknown",
        "ended": zone.full(facts.exam.ended_at) if facts and facts.exam.ended_at else "not known",
        "ledger": f"event {facts.ledger.position}, {facts.ledger.hash[:16]}" if facts else "",
        "report": source.report_sha256,
    }


def _sampling(joined: Joined) -> str:
    """Each box drew its own minutes: they are not added up."""
    return " ".join(f"{part.label}: {review_view.sampling(facts.sampling)}" for part, facts in joined.here)


def _labelled(each: list[tuple[Part, dict[str, Any]]], lines: Callable[[dict[str, Any]], Lines], column: str) -> Lines:
    """One box's lines after the other's, the box named in one column."""
    return [{**line, column: f"{part.label}: {line[column]}"} for part, one in each for line in lines(one)]


def _rules(each: list[tuple[Part, dict[str, Any]]]) -> Lines:
    """Once where the boxes agree; where one differs, its own line after the first box's."""
    (_, first), *others = each
    lines: Lines = []
    known = {rule["rule"]: rule for rule in first["rules"]}
    for rule in first["rules"]:
        lines.append(rule)
        for part, one in others:
            lines += [
                {**own, "rule": f"{own['rule']}, {part.label}"}
                for own in one["rules"]
                if own["rule"] == rule["rule"] and own != rule
            ]
    for part, one in others:
        lines += [{**own, "rule": f"{own['rule']}, {part.label}"} for own in one["rules"] if own["rule"] not in known]
    return lines


def _retention(joined: Joined, zone: Zone) -> dict[str, Any]:
    """What is kept until when: once where the boxes agree."""
    each = [
        (part, kept_view.of(facts.retention, zone, over=facts.exam.ended_at is not None)) for part, facts in joined.here
    ]
    same = all(one["kept"] == each[0][1]["kept"] for _, one in each)
    return {
        "kept": each[0][1]["kept"] if same else _labelled(each, lambda one: one["kept"], "what"),
        "holds": [f"{part.label}: {line}" for part, one in each for line in one["holds"]],
        "deletions": _labelled(each, lambda one: one["deletions"], "what"),
        "more_deletions": sum(one["more_deletions"] for _, one in each),
        "erasures": [f"{part.label}: {line}" for part, one in each for line in one["erasures"]],
    }


def _nothing(joined: Joined, zone: Zone) -> dict[str, Any]:
    """No box has a report that can be joined."""
    lists = ("detectors", "decisions", "attempts", "flags", "room_events", "reduced", "in_force", "seat_rates")
    more = ("muted", "accesses", "exports", "versions", "rules", "policy")
    return {
        "running": joined.exam,
        "title": joined.exam,
        "about": f.ABOUT,
        "who": [["Exam", joined.exam]],
        "in_short": [["Reports", "None of the boxes has a report that can be joined."]],
        "sampling_limits": "",
        "glance": [["Boxes", str(len(joined.parts)), "none with a report"]],
        "gap_causes": {"lines": [], "more": 0},
        "unseen_by_cause": "",
        "retention": {"kept": [], "holds": [], "deletions": [], "more_deletions": 0, "erasures": []},
        **{name: [] for name in (*lists, *more)},
    }
