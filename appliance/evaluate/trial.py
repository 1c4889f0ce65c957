"""Stored sessions judged again, by the rules in force and by others. Only judges: no model, no picture."""

import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from appliance.errors import ApplianceError
from appliance.exam.detection import DetectionPolicy
from appliance.exam.feed import Kind
from appliance.exam.flags import RULES, Category, Decision, Dismissal, Sense
from appliance.exam.trial import MOST_CHANGES, NOT_TRIED, Change, Trial
from appliance.inference.stream import SENSES
from appliance.inference.trace import Seen, Setting, read
from appliance.inference.track import Track
from appliance.inference.watch import Begun, Over

TOLERANCE = 2.0
"""Seconds by which two flags may lie apart and still be of the same thing."""

LONGEST_PAUSE = 5.0
"""Seconds between two looks that count as watched."""

_ALERTS = frozenset(code for code, rule in RULES.items() if rule.category in (Category.INTEGRITY, Category.UNCERTAIN))

_NOT_THE_DETECTOR = (Dismissal.ACCOMMODATED.value, Dismissal.ROOM.value, Dismissal.DUPLICATE.value)


@dataclass(frozen=True, slots=True)
class Raised:
    """A flag: from its first true look to its end, wall seconds."""

    code: str
    kind: str
    onset: float
    end: float

    def is_same(self, other: "Raised") -> bool:
        """Of the same thing."""
        apart = max(self.onset, other.onset) - min(self.end, other.end)
        return (self.code, self.kind) == (other.code, other.kind) and apart <= TOLERANCE


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """An attempt with a trace. `decided`: its flags in the ledger, each with its state and the reason for it."""

    exam: str
    seat: str
    folder: Path
    decided: tuple[tuple[Raised, str, str], ...] = ()

    def is_fine(self, flag: Raised) -> bool:
        """Somebody confirmed it, or dismissed it for something that is no error of the rule."""
        return any(
            flag.is_same(other) and (state == Decision.CONFIRMED or reason in _NOT_THE_DETECTOR)
            for other, state, reason in self.decided
        )

    def is_confirmed(self, flag: Raised) -> bool:
        """Somebody did."""
        return any(flag.is_same(other) and state == Decision.CONFIRMED for other, state, _ in self.decided)


def run(
    sessions: Sequence[Session],
    now: DetectionPolicy,
    then: DetectionPolicy,
    *,
    seconds: float,
    say: Callable[[int, int], None],
) -> Trial:
    """As many sessions, the first ones first, as fit into `seconds`; at least one. `say`: how many of how many are
    done."""
    until = time.monotonic() + seconds
    before: Counter[str] = Counter()
    after: Counter[str] = Counter()
    false = [0, 0]
    hours, tried = 0.0, 0
    changes: list[Change] = []
    unreadable: list[str] = []
    for number, session in enumerate(sessions):
        if number and time.monotonic() > until:
            break
        say(number, len(sessions))
        try:
            lines = list(read(session.folder))
        except ApplianceError as error:
            unreadable.append(f"{session.exam}, {session.seat}: {error.message}")
            continue
        was, would = flags(lines, now), flags(lines, then)
        tried += 1
        hours += watched_seconds(lines) / 3600.0
        before.update(flag.code for flag in was)
        after.update(flag.code for flag in would)
        false[0] += false_alerts(session, was)
        false[1] += false_alerts(session, would)
        changes += difference(session, was, would)
    say(len(sessions), len(sessions))
    return Trial(
        sessions=tried,
        all_sessions=len(sessions),
        hours=hours,
        before=dict(sorted(before.items())),
        after=dict(sorted(after.items())),
        false_before=false[0],
        false_after=false[1],
        changes=tuple(changes[:MOST_CHANGES]),
        all_changes=len(changes),
        unreadable=tuple(unreadable[:10]),
    )


def flags(lines: Iterable[Setting | Seen], policy: DetectionPolicy | None = None) -> list[Raised]:
    """What the judges raise, in the order of its end; None: by the rules that held then."""
    tracks: dict[tuple[Kind, Sense], Track[object, object]] = {}
    at = 0.0
    found: list[Raised] = []

    def note(kind: Kind, outputs: Iterable[Begun | Over]) -> None:
        for output in outputs:
            if isinstance(output, Over) and output.code not in NOT_TRIED:
                found.append(Raised(output.code, kind.value, output.episode.onset_at, output.ended_at))

    for line in lines:
        key = line.kind, line.sense
        if isinstance(line, Setting):
            context = line.context(policy)
            if key not in tracks:
                tracks[key] = SENSES[line.kind][line.sense](context)
            note(line.kind, _use(tracks[key], line, policy, at))
            continue
        at = line.seen.at
        note(line.kind, tracks[key].see(line.seen, resting=line.resting, active=line.active))
    for (kind, _), track in tracks.items():
        note(kind, track.watch.finish(at))
    return found


def _use(track: Track[object, object], line: Setting, policy: DetectionPolicy | None, at: float) -> list[Begun | Over]:
    context = line.context(policy)
    outputs = [*track.place(context.position, at), *track.use(context.rules, at)]
    track.rest_on(context.base)
    return outputs


def watched_seconds(lines: Iterable[Setting | Seen]) -> float:
    """How long the candidate was watched by anything at all."""
    total, last = 0.0, float("-inf")
    for at in sorted(line.seen.at for line in lines if isinstance(line, Seen)):
        total += at - last if at - last <= LONGEST_PAUSE else 0.0
        last = at
    return total


def false_alerts(session: Session, raised: Sequence[Raised]) -> int:
    """Alerts about a person that nobody confirmed. What was not raised then, nobody could decide about: it counts."""
    return sum(flag.code in _ALERTS and not session.is_fine(flag) for flag in raised)


def difference(session: Session, was: Sequence[Raised], would: Sequence[Raised]) -> Iterator[Change]:
    """Flags without their like on the other side."""
    for mine, others, added in ((was, would, False), (would, was, True)):
        for flag in mine:
            if not any(flag.is_same(other) for other in others):
                yield Change(
                    exam=session.exam,
                    seat=session.seat,
                    code=flag.code,
                    kind=flag.kind,
                    onset_at=flag.onset,
                    added=added,
                    confirmed=session.is_confirmed(flag),
                )
