"""One exam that several boxes held, as facts: what each box is worth, what does not fit together, what is open.

Pure: reports in, facts out. Nothing is hidden: a box whose report is missing or not proved is named, and has no
attempts here rather than some that nobody can answer for.
"""

import itertools
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from appliance.exam.flags import Decision
from appliance.report import words
from appliance.report.facts import AttemptFacts, ExamFacts


class Standing(StrEnum):
    """What a box's part is worth."""

    PROVED = "proved"  # all of it is here and what the box signed
    IN_PART = "proved_in_part"  # what is here is; the rest was not fetched
    NOT_PROVED = "not_proved"  # the report is what the box signed, something else is not
    NOT_JOINED = "not_joined"  # the report is not what the box signed, or cannot be read
    GOING_ON = "going_on"  # the box has not closed the exam
    MISSING = "missing"  # nothing is here


SAID = {
    Standing.PROVED: "proved",
    Standing.IN_PART: "proved in part",
    Standing.NOT_PROVED: "not proved",
    Standing.NOT_JOINED: "not joined",
    Standing.GOING_ON: "still going on",
    Standing.MISSING: "not there",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where one box's part is from and what it is worth. `says`: what is wrong or left out; `key_given`: the key was
    compared with one from another place."""

    site: str
    box: str
    standing: Standing
    says: str = ""
    checked_at: float
    key: str = ""
    key_given: bool = False
    manifest: str = ""
    manifest_sha256: str = ""
    report_file: str = ""
    report_sha256: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One box's part. `facts` and `said`: its report, read and as it was written; None where there is none to join."""

    source: Source
    label: str
    facts: ExamFacts | None
    said: dict[str, Any] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Conflict:
    """Something that does not fit together, in a sentence. `boxes`: as SITE/BOX; `candidate`: "" unless it is about
    one."""

    kind: str
    what: str
    boxes: tuple[str, ...]
    candidate: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Joined:
    """The whole. `provisional`: a box is still to come."""

    written_at: float
    exam: str
    provisional: bool
    parts: tuple[Part, ...]
    conflicts: tuple[Conflict, ...]
    open_points: tuple[str, ...]

    @property
    def here(self) -> list[tuple[Part, ExamFacts]]:
        """The parts that have a report."""
        return [(part, part.facts) for part in self.parts if part.facts is not None]

    @property
    def attempts(self) -> list[tuple[Part, AttemptFacts]]:
        """Of all boxes, in the order of the boxes."""
        return [(part, attempt) for part, facts in self.here for attempt in facts.attempts]


def join(exam: str, parts: Sequence[Part], *, now: float) -> Joined:
    """By site and box."""
    ordered = tuple(sorted(parts, key=lambda part: (part.source.site, part.source.box)))
    conflicts = tuple(_conflicts(ordered))
    waits = [p for p in ordered if p.source.standing in (Standing.GOING_ON, Standing.MISSING)]
    return Joined(
        written_at=now,
        exam=exam,
        provisional=bool(waits) or any(part.facts is not None and part.facts.provisional for part in ordered),
        parts=ordered,
        conflicts=conflicts,
        open_points=tuple(_open(ordered, conflicts)),
    )


def place(part: Part) -> str:
    """SITE/BOX."""
    return f"{part.source.site}/{part.source.box}"


def _open(parts: tuple[Part, ...], conflicts: tuple[Conflict, ...]) -> Iterator[str]:
    """What a reader must know, the worst first."""
    for part in parts:
        if part.source.standing is not Standing.PROVED:
            lost = ", its candidates are not in this report" if part.facts is None else ""
            yield f"{part.label}: {SAID[part.source.standing]}{lost}. {_said(part)}".strip()
    without = [part.label for part in parts if part.facts is not None and not part.source.key_given]
    if without:
        yield f"The key of {', '.join(without)} was not compared with one from another place (--key)."
    yield from (conflict.what for conflict in conflicts)
    for part in parts:
        for point in part.facts.open_points if part.facts is not None else ():
            yield f"{part.label}: {point}"


def _said(part: Part) -> str:
    said = part.source.says
    return said[:1].upper() + said[1:] + ("" if not said or said.endswith(".") else ".")


def _conflicts(parts: tuple[Part, ...]) -> Iterator[Conflict]:
    here = [(part, part.facts) for part in parts if part.facts is not None]
    yield from _same_candidate(here)
    yield from _same_key(here)
    for kind, name, value in _ONE:
        values: dict[str, list[Part]] = defaultdict(list)
        for part, facts in here:
            values[value(facts)].append(part)
        if len(values) > 1:
            each = "; ".join(f"{', '.join(p.label for p in own)}: {said or 'none'}" for said, own in values.items())
            yield Conflict(
                kind=kind, what=f"The boxes differ in {name}. {each}.", boxes=tuple(place(p) for p, _ in here)
            )
    yield from _rules(here)


_ONE: tuple[tuple[str, str, Callable[[ExamFacts], str]], ...] = (
    ("title", "the exam's title: it may not be the same exam", lambda one: one.exam.title),
    ("minutes", "the minutes of the exam", lambda one: str(one.exam.minutes)),
    ("admission", "who lets candidates in", lambda one: one.exam.admission),
    ("ratio", "candidates for one proctor", lambda one: str(one.exam.ratio)),
    ("retention", "how long recordings are kept", lambda one: f"{one.exam.retention_days} days"),
    ("rules", "the rules of detection in force last", lambda one: one.in_force[-1].version),
    (
        "software",
        "the software",
        lambda one: ", ".join(sorted(set(one.versions.software.values()))),
    ),
)


def _same_candidate(here: Sequence[tuple[Part, ExamFacts]]) -> Iterator[Conflict]:
    """On the roster of two boxes is said; who started on two of them, more plainly."""
    found: dict[str, list[tuple[Part, AttemptFacts]]] = defaultdict(list)
    for part, facts in here:
        for attempt in facts.attempts:
            found[attempt.candidate].append((part, attempt))
    for candidate, own in sorted(found.items()):
        if len({place(part) for part, _ in own}) < 2:
            continue
        began = [(part, attempt) for part, attempt in own if attempt.started_at is not None]
        where = " and ".join(f"{part.label}, seat {attempt.seat}" for part, attempt in own)
        said = f"Candidate {candidate} ({own[0][1].name}) is on {words.count(len(own), 'roster')}: {where}."
        if len(began) > 1:
            said = f"Candidate {candidate} ({own[0][1].name}) started on more than one box: {where}."
            if _overlap([attempt for _, attempt in began]):
                said += " The two were going on at the same time."
        yield Conflict(kind="candidate", what=said, boxes=tuple(place(p) for p, _ in own), candidate=candidate)


def _overlap(attempts: Sequence[AttemptFacts]) -> bool:
    spans = [(one.started_at or 0.0, one.closed_at or float("inf")) for one in attempts]
    return any(a[0] < b[1] and b[0] < a[1] for a, b in itertools.combinations(spans, 2))


def _same_key(here: Sequence[tuple[Part, ExamFacts]]) -> Iterator[Conflict]:
    keys: dict[str, list[Part]] = defaultdict(list)
    for part, _ in here:
        keys[part.source.key].append(part)
    for key, own in keys.items():
        if key and len(own) > 1:
            boxes = ", ".join(part.label for part in own)
            said = f"{boxes} sign with the same key {key[:16]}: one box is a copy of another."
            yield Conflict(kind="key", what=said, boxes=tuple(map(place, own)))


def _rules(here: Sequence[tuple[Part, ExamFacts]]) -> Iterator[Conflict]:
    """The same version of the rules, and another policy over them."""
    policies = [(part, facts.in_force[-1]) for part, facts in here]
    for (first, one), (other, two) in itertools.pairwise(policies):
        differ = sorted(name for name in {*one.policy, *two.policy} if one.policy.get(name) != two.policy.get(name))
        if differ:
            said = f"{first.label} and {other.label} have different settings of detection: {', '.join(differ)}."
            yield Conflict(kind="policy", what=said, boxes=(place(first), place(other)))


def undecided(joined: Joined) -> int:
    """Flags on which nobody decided."""
    return sum(flag.decision is Decision.OPEN for _, attempt in joined.attempts for flag in attempt.flags)
