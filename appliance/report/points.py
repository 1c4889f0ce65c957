"""Open points: sentences on what a reader must know before relying on a report. They follow from its facts."""

from collections.abc import Iterator

from appliance.exam.flags import Decision
from appliance.exam.review import Standing
from appliance.report import words
from appliance.report.facts import AttemptFacts, ExamFacts, PictureState


def of_attempt(facts: AttemptFacts, *, unsynchronised: int, log: int) -> tuple[str, ...]:
    """What a reader must know before relying on the report. `log`: events of the attempt, `unsynchronised` of them
    while the box's clock was not synchronised."""
    return tuple(_of_attempt(facts, unsynchronised, log))


def _of_attempt(facts: AttemptFacts, unsynchronised: int, log: int) -> Iterator[str]:
    if facts.provisional:
        yield "The attempt was not over when this report was written."
    yield from _of_review(facts)
    undecided = sum(flag.decision is Decision.OPEN for flag in facts.flags)
    if undecided:
        yield f"{words.count(undecided, 'flag')} {words.has(undecided)} not been decided by a person."
    if facts.started_at is not None:
        yield from _of_detection(facts)
    yield from _of_recordings(facts)
    for state, said in (
        (PictureState.DELETED, "deleted, as the ledger says"),
        (PictureState.MISSING, "missing on the box"),
        (PictureState.CHANGED, "not what the ledger says"),
    ):
        lost = sum(snapshot.state is state for flag in facts.flags for snapshot in flag.snapshots)
        if lost:
            yield f"{words.count(lost, 'snapshot')} {words.be(lost)} {said}."
    waiting = sum(m.kind == "warning" and m.acknowledged_at is None for m in facts.messages)
    if waiting:
        yield f"{words.count(waiting, 'warning')} {words.was(waiting)} not acknowledged by the candidate."
    if unsynchronised:
        yield (
            f"The box's clock was not synchronised for {unsynchronised} of {words.count(log, 'event')}:"
            " times may be off against other clocks; their order is certain."
        )


def _of_review(facts: AttemptFacts) -> Iterator[str]:
    if any(one.erased_at is not None for one in facts.retention.erasures):
        yield "Names, chat and notes of this candidate were erased. The chain of the ledger still verifies."
    elif facts.retention.erasures:
        yield "The erasure of this candidate's data was asked for, and is not done yet."
    made = facts.review.recommended
    if made is not None and made.standing == Standing.WAITS:
        yield "A second reviewer has not answered the recommendation: it does not stand."
    elif made is not None and made.standing == Standing.NOT_AGREED:
        yield "The second reviewer does not agree with the recommendation: it does not stand."
    muted = sorted({words.flag(one.code) for one in facts.review.muted})
    if muted:
        yield f"Muted for this seat, at least for a time: {', '.join(muted)}. No flag there means little."
    for one in facts.meanwhile:
        who = "The same candidate" if one.why == "candidate" else "Another candidate at the same seat"
        together = words.length(one.ends_at - one.starts_at)
        yield f"{who} was recorded at the same time for {together} (exam {one.exam}, seat {one.seat})."


def _of_detection(facts: AttemptFacts) -> Iterator[str]:
    began = facts.started_at or 0.0
    meanwhile = sum(change.since_at is not None and change.since_at > began for change in facts.in_force)
    if meanwhile:
        times = "once" if meanwhile == 1 else f"{meanwhile} times"
        yield f"What is detected was changed {times} while the exam ran: see 'What was in force'."
    if not any(baseline.late is False for baseline in facts.baselines) and facts.coverage:
        late = bool(facts.baselines)
        yield f"No base line was taken at check-in{', only after the start' if late else ''}: angles are less certain."
    if facts.provisional:
        yield "How much detection could judge is not known before the end."
    elif not facts.coverage:
        yield "Detection did not say how much it could judge: it was not running when the attempt ended."
    poor = [rule for rule in facts.coverage if rule.ticks and rule.assessable / rule.ticks < 0.5]
    if poor:
        named = ", ".join(words.flag(rule.code) for rule in poor)
        yield f"Less than half of the time could be judged for: {named}. No flag there means little."


def _of_recordings(facts: AttemptFacts) -> Iterator[str]:
    if facts.started_at is not None and not facts.recordings:
        yield "Nothing was recorded."
    for recording in facts.recordings:
        feed = words.feed(recording.kind)
        if facts.closed_at is not None and not recording.closed:
            yield f"The recording of the {feed} had not been closed when this report was written; the rest may follow."
        if recording.damaged:
            files = words.count(recording.damaged, "file")
            yield f"{files} of the {feed} could not be read and {words.was(recording.damaged)} set aside."
        for number, said in (
            (recording.deleted, "deleted, as the ledger says"),
            (recording.missing, "missing on the box"),
            (recording.changed, "not as long as the ledger says"),
        ):
            if number:
                yield f"{words.count(number, 'file')} of the {feed} {words.be(number)} {said}."
        if recording.twice:
            yield f"{words.length(recording.twice)} of the {feed} were recorded twice: two pages sent it."
    still = sum(gap.ends_at is None for gap in facts.gaps)
    if still:
        yield f"{words.count(still, 'gap')} in the recording {words.has(still)} no end in the ledger."


def of_exam(facts: ExamFacts, *, lost: dict[str, int]) -> tuple[str, ...]:
    """The same for the whole exam. `lost`: process -> events it could not keep while the ledger was away."""
    return tuple(_of_exam(facts, lost))


def _of_exam(facts: ExamFacts, lost: dict[str, int]) -> Iterator[str]:
    if facts.provisional:
        yield "The exam was not over when this report was written."
    if not facts.attempts:
        yield "Nobody was on the roster."
    absent = sum(attempt.started_at is None for attempt in facts.attempts)
    if absent:
        yield f"{words.count(absent, 'candidate')} of {len(facts.attempts)} did not start the exam."
    undecided = sum(flag.decision is Decision.OPEN for attempt in facts.attempts for flag in attempt.flags)
    if undecided:
        yield f"{words.count(undecided, 'flag')} {words.has(undecided)} not been decided by a person."
    waiting = sum(
        one is not None and one.standing == Standing.WAITS for one in (a.review.recommended for a in facts.attempts)
    )
    if waiting:
        yield f"{words.count(waiting, 'recommendation')} {words.be(waiting)} without a second reviewer's answer."
    if facts.sampling.judged < facts.sampling.wanted:
        yield (
            f"Of {words.count(facts.sampling.wanted, 'minute')} without a flag that people were to watch,"
            f" {facts.sampling.judged} {words.was(facts.sampling.judged)} judged."
        )
    concerned = [a.seat for a in facts.attempts if any("decided" not in point for point in a.open_points)]
    if concerned:
        yield f"The reports on seats {', '.join(concerned)} state further open points."
    for process, number in lost.items():
        yield f"The process {process} could not keep {words.count(number, 'event')} while the ledger was away."
