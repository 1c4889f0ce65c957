"""The stage log: the steps of an attempt, its feeds, phones and calls, check-in, breaks, check-out.
Segments, flags, chat and who looked stand elsewhere."""

from collections.abc import Callable, Iterable, Iterator

from appliance.exam import events
from appliance.ledger.record import Event
from appliance.report import words
from appliance.report.facts import Step

_OTHERS = frozenset(
    {
        "feed.opened",
        "feed.closed",
        "feed.positioned",
        "call.started",
        "call.ended",
        "phone.scanned",
        "phone.confirmed",
        "phone.refused",
        "equipment.checked",
        "scan.asked",
        "scan.recorded",
        "scan.reviewed",
        "position.checked",
        "briefing.acknowledged",
        "section.opened",
        "break.begun",
        "break.ended",
        "page.photographed",
        "page.accepted",
        "paper.uploaded",
        "paper.counted",
        "checkout.ticked",
        "media.deleted",
    }
)


_WITHHELD = frozenset({events.AttemptAccommodated.TYPE})
"""What only planner and institution read (`accommodations.csv`)."""


class _Details:
    """What an event adds, in words. `names`: user -> name."""

    def __init__(self, names: dict[str, str]) -> None:
        self._names = names

    def of(self, event: Event) -> str:
        if event.payload is None:
            return "erased"
        say: Callable[[object], str] | None = getattr(self, "_" + event.type.replace(".", "_"), None)
        return "" if say is None else say(event.payload)

    def _person(self, user: str) -> str:
        return self._names.get(user, user)

    def _attempt_assigned(self, said: events.AttemptAssigned) -> str:
        return f"to {self._person(said.proctor)}" if said.proctor else "to nobody"

    def _attempt_arrived(self, said: events.AttemptArrived) -> str:
        return said.browser

    def _attempt_rejoined(self, said: events.AttemptRejoined) -> str:
        return said.browser

    def _attempt_signed(self, said: events.AttemptSigned) -> str:
        return f"{said.signature} · statement {said.statement_version}, SHA-256 {said.statement_sha256[:16]}"

    def _attempt_equipped(self, said: events.AttemptEquipped) -> str:
        return f"{said.camera} · {said.microphone} · {said.surface}"

    def _attempt_admitted(self, said: events.AttemptAdmitted) -> str:
        return f"by {self._person(said.by)}"

    def _attempt_ended(self, said: events.AttemptEnded) -> str:
        warnings = words.count(said.warnings, "acknowledged warning")
        overridden = ", the rule on warnings overridden" if said.overridden else ""
        return f"by {self._person(said.by)}: {said.reason} ({warnings}{overridden})"

    def _feed_opened(self, said: events.FeedOpened) -> str:
        return f"{words.feed(said.kind)}: {', '.join(said.codecs)}"

    def _feed_closed(self, said: events.FeedClosed) -> str:
        return f"{words.feed(said.kind)}: {words.cause(said.cause)}"

    def _call_started(self, said: events.CallStarted) -> str:
        return f"by {said.by_name}"

    def _call_ended(self, said: events.CallEnded) -> str:
        return f"by {self._person(said.by)}: {said.reason}"

    def _feed_positioned(self, said: events.FeedPositioned) -> str:
        return f"{words.feed(said.kind)}: {words.POSITIONS.get(said.position, said.position)}"

    def _phone_scanned(self, said: events.PhoneScanned) -> str:
        return said.browser

    def _phone_confirmed(self, said: events.PhoneConfirmed) -> str:
        return f"by {self._person(said.by)}"

    def _phone_refused(self, said: events.PhoneRefused) -> str:
        return f"by {self._person(said.by)}: {said.reason}"

    # --- the day ---

    def _attempt_moved(self, said: events.AttemptMoved) -> str:
        reason = f": {said.reason}" if said.reason else ""
        return f"{said.step.replace('_', ' ')} to {words.stage(said.stage)}{reason}"

    def _attempt_refused(self, said: events.AttemptRefused) -> str:
        return f"by {self._person(said.by)}: {said.reason}; told: {said.next_step}"

    def _attempt_time_set(self, said: events.TimeSet) -> str:
        if said.cause == "clock":
            return "the clock of the box was set; the time that was left stayed the same"
        return f"{said.cause} by {self._person(said.by)}, {words.count(said.extra_minutes, 'minute')} more in all"

    def _attempt_time_warned(self, said: events.TimeWarned) -> str:
        return words.count(said.minutes, "minute")

    def _attempt_reseated(self, said: events.AttemptReseated) -> str:
        return f"to {said.seat}, by {self._person(said.by)}: {said.reason}"

    def _scan_asked(self, said: events.ScanAsked) -> str:
        return f"by {self._person(said.by)}: {said.reason}"

    def _scan_recorded(self, said: events.ScanRecorded) -> str:
        return f"number {said.number}, {words.length(said.seconds)}"

    def _scan_reviewed(self, said: events.ScanReviewed) -> str:
        note = f": {said.note}" if said.note else ""
        return f"{words.VERDICTS.get(said.verdict, said.verdict)}, by {self._person(said.by)}{note}"

    def _position_checked(self, said: events.PositionChecked) -> str:
        seen = [f"{name} {what.replace('_', ' ')}" for name, what in sorted(said.seen.items())]
        ticked = [f"seen by a person: {', '.join(said.ticked)}"] if said.ticked else []
        return "; ".join([*seen, *ticked])

    def _section_opened(self, said: events.SectionOpened) -> str:
        return f"number {said.section}"

    def _break_begun(self, said: events.BreakBegun) -> str:
        return f"{words.count(said.minutes, 'minute')}, by {self._person(said.by)}"

    def _break_ended(self, said: events.BreakEnded) -> str:
        return f"{words.length(said.overrun)} over" if said.overrun else ""

    def _page_photographed(self, said: events.PagePhotographed) -> str:
        return f"number {said.number}, {'readable' if said.readable else 'hard to read'}, SHA-256 {said.sha256[:16]}"

    def _page_accepted(self, said: events.PageAccepted) -> str:
        return f"by {self._person(said.by)}"

    def _paper_uploaded(self, said: events.PaperUploaded) -> str:
        how = "made of the photos" if said.made else "sent"
        return f"{words.count(said.pages, 'page')}, {how}, SHA-256 {said.sha256[:16]}"

    def _paper_counted(self, said: events.PaperCounted) -> str:
        return f"{words.count(said.pages, 'page')}, by {self._person(said.by)}"

    def _checkout_ticked(self, said: events.CheckoutTicked) -> str:
        return f"{words.TICKS.get(said.tick, said.tick)}, by {self._person(said.by)}"

    def _media_deleted(self, said: events.MediaDeleted) -> str:
        return f"{said.what}: {words.count(len(said.files), 'file')}"


def of(log: Iterable[Event], names: dict[str, str]) -> Iterator[Step]:
    """The steps among the events of an attempt, in order."""
    details = _Details(names)
    for event in log:
        if (event.type.startswith("attempt.") and event.type not in _WITHHELD) or event.type in _OTHERS:
            actor = names.get(event.actor, event.actor)
            yield Step(event=event.type, at=event.wall, actor=actor, detail=details.of(event))
