"""From facts to words, for what people made of an attempt. A recommendation never looks final before it is."""

from typing import Any

from appliance.exam.review import Recommendation, Standing
from appliance.report import words
from appliance.report.facts import AttemptFacts, ExamFacts, Flag
from appliance.report.moments import Zone
from appliance.report.review import Access, Exported, Recommended, Sampling

_NEXT = {
    Recommendation.NO_CONCERN.value: "No concern",
    Recommendation.REFER.value: "Referral to the institution",
}
_ANSWER = {
    Standing.WAITS.value: "A second reviewer has not answered yet: it does not stand.",
    Standing.NOT_AGREED.value: "{second} does not agree: it does not stand.",
    Standing.WITHDRAWN.value: "Withdrawn.",
}
_LOOKED = {
    "live": "live picture",
    "recording": "recording",
    "snapshot": "snapshot",
    "report": "report saved",
    "export": "clip saved",
}
_TROUBLE = {
    "nothing_recorded": "nothing was recorded then",
    "unreadable": "the recording could not be read",
    "deleted": "the recording had been deleted",
    "disk": "the disk was full or failed",
    "too_large": "it would have been too large",
}
NOTHING_YET = "No reviewer has recommended anything yet."
LEFT = "Left to the institution; none is recorded on this box."
LIMITS = (
    "Minutes without a flag are drawn at random and watched by people who are not told of any flags. The bounds are"
    " exact (Clopper and Pearson, 95 %) for the minutes drawn; they do not count what nobody can see in a recording,"
    " and a person may overlook things too. The figure is about the exam as a whole; it says nothing about one"
    " candidate."
)


def in_short(facts: AttemptFacts, zone: Zone) -> list[list[str]]:
    """The recommendation and what it is worth; the outcome."""
    made = facts.review.recommended
    said = NOTHING_YET if made is None else recommendation(made, zone)
    outcome = facts.review.outcome
    recorded = LEFT if outcome is None else f"{outcome.text} ({outcome.by}, {zone.full(outcome.recorded_at)})"
    return [["Recommendation", said], ["Outcome", recorded]]


def recommendation(one: Recommended, zone: Zone) -> str:
    """Referral to the institution, recommended by Rob (2026-...). A second reviewer has not answered yet: ..."""
    said = f"{_NEXT.get(one.kind, one.kind)}, recommended by {one.by} ({zone.full(one.made_at)})."
    second = one.answered_by or "A second reviewer"
    if answer := _ANSWER.get(one.standing):
        return f"{said} {answer.format(second=second)}"
    if one.agreed:
        return (
            f"{said} {second} agrees ({zone.full(one.answered_at)})." if one.answered_at else f"{said} {second} agrees."
        )
    return said


def standing(facts: AttemptFacts) -> str:
    """Of one line in the report on an exam."""
    made = facts.review.recommended
    if made is None:
        return ""
    short = "referral" if made.kind == Recommendation.REFER else "no concern"
    return {
        Standing.WAITS.value: f"{short}, waits for a second reviewer",
        Standing.NOT_AGREED.value: f"{short}, second reviewer does not agree",
    }.get(made.standing, f"{short}, agreed by {made.answered_by}" if made.agreed else short)


def of_attempt(facts: AttemptFacts, zone: Zone) -> dict[str, Any]:
    """Recommendations, watching, muted rules, who looked, what left the box."""
    review = facts.review
    return {
        "recommendations": [
            {
                "what": recommendation(one, zone),
                "text": one.text,
                "answer": one.answer,
            }
            for one in review.recommendations
        ],
        "watched": watched(facts),
        "never": [
            f"{zone.clock(one.starts_at)} to {zone.clock(one.ends_at)} ({words.length(one.ends_at - one.starts_at)})"
            for one in review.watched.never[:12]
        ]
        if review.watched.by
        else [],
        "muted": muted(facts, zone),
        "accesses": accesses(review.accesses, zone),
        "exports": [_export(one, zone) for one in review.exports],
        "sampling": sampling(facts.sampling),
        "sampling_limits": LIMITS,
    }


def watched(facts: AttemptFacts) -> str:
    """62.0 % of the recording: Rob 1 h 02 min 00 s. ..."""
    seen = facts.review.watched
    if not seen.recorded:
        return "Nothing was recorded."
    if not seen.by:
        return "Nobody has watched the recording."
    each = ", ".join(f"{name} {words.length(seconds)}" for name, seconds in seen.by.items())
    never = words.length(seen.recorded - seen.watched)
    return f"{words.percent(seen.share)} of what was recorded ({each}), at whatever speed; {never} never."


def muted(facts: AttemptFacts, zone: Zone) -> list[dict[str, str]]:
    """Rules that raised nothing here because a lead said so."""
    return [
        {
            "rule": words.flag(one.code),
            "seat": one.seat,
            "span": f"{zone.full(one.muted_at)} to {zone.clock(one.ended_at) if one.ended_at else 'the end'}",
            "by": one.by,
            "reason": one.reason,
        }
        for one in facts.review.muted
    ]


def accesses(found: tuple[Access, ...], zone: Zone) -> list[dict[str, str]]:
    """Each person and thing once, with how often."""
    folded: dict[tuple[str, str, str], list[float]] = {}
    for one in found:
        folded.setdefault((one.by, one.what, one.of), []).append(one.at)
    return [
        {
            "who": who,
            "what": f"{_LOOKED.get(what, what)}, {of if what in ('report', 'export') else words.feed(of)}",
            "times": str(len(moments)),
            "first": zone.full(moments[0]),
            "last": zone.full(moments[-1]) if len(moments) > 1 else "",
        }
        for (who, what, of), moments in folded.items()
    ]


def _export(one: Exported, zone: Zone) -> dict[str, Any]:
    trouble = _TROUBLE.get(one.trouble, one.trouble)
    made = {"waiting": "being made", "failed": f"not made: {trouble}"}.get(one.state, "made")
    masked = ", with a copy in which neighbours are masked" if one.masked else ""
    return {
        "at": zone.full(one.asked_at),
        "by": one.by,
        "what": f"{', '.join(words.feed(kind) for kind in one.kinds)}, {zone.clock(one.starts_at)} to"
        f" {zone.clock(one.ends_at)}{masked}; {made}",
        "reason": one.reason,
        "files": [f"{name}: {sha256}" for name, sha256 in sorted(one.files.items())],
    }


def sampling(one: Sampling) -> str:
    """Of 20 unflagged minutes that people watched, 1 held something ..."""
    if one.share is None or one.low is None or one.high is None:
        return "Nobody has judged a random minute without a flag yet: what flags miss in this exam is not known."
    said = (
        f"Of {words.count(one.judged, 'random minute')} without a flag that people watched, {one.found} held something"
        f" that a flag should have been raised for: an estimated {words.percent(one.share)}"
        f" ({words.percent(one.low)} to {words.percent(one.high)}) of all unflagged minutes of this exam."
    )
    unclear = f" {words.count(one.unclear, 'more minute')} could not be judged." if one.unclear else ""
    return said + unclear


def rulings(flag: Flag, zone: Zone) -> list[str]:
    """Every decision but the last, oldest first: what was taken back stays readable."""
    said = []
    for one in flag.rulings[:-1]:
        what = "opened again" if one.decision == "open" else words.decision(one.decision).lower()
        reason = f" as {words.reason(one.reason)}" if one.reason else ""
        note = f": {one.note}" if one.note else ""
        said.append(f"{zone.full(one.decided_at)} {what}{reason} by {one.by}{note}")
    return said


def of_exam(facts: ExamFacts, zone: Zone) -> dict[str, Any]:
    """What stands, what waits, what flags miss, where detectors were dismissed, what was muted."""
    made = [one for attempt in facts.attempts if (one := attempt.review.recommended) is not None]
    refer = [one for one in made if one.kind == Recommendation.REFER]
    stands = sum(one.standing == Standing.STANDS for one in refer)
    outcomes = sum(attempt.review.outcome is not None for attempt in facts.attempts)
    return {
        "in_short": [
            [
                "Recommendations",
                f"{words.count(len(refer), 'referral')} recommended, {stands} agreed by a second reviewer;"
                f" {len(made) - len(refer)} without concern;"
                f" {words.count(len(facts.attempts) - len(made), 'candidate')} without a recommendation.",
            ],
            [
                "Outcomes",
                f"{outcomes} recorded by the institution; the others are left to it."
                if outcomes
                else "Left to the institution; none is recorded on this box.",
            ],
            ["What flags miss", sampling(facts.sampling)],
        ],
        "sampling_limits": LIMITS,
        "seat_rates": [
            {
                "seat": one.seat,
                "rule": words.flag(one.code),
                "rate": f"dismissed {one.dismissed} of {one.decided}",
                "open": str(one.open),
                "look": "look at this seat" if one.trouble else "",
            }
            for one in facts.seat_rates
        ],
        "muted": [line for attempt in facts.attempts for line in muted(attempt, zone)],
        "accesses": accesses(facts.accesses, zone),
        "exports": [_export(one, zone) for one in facts.exports],
    }
