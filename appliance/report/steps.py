"""The stage log: the steps of an attempt, its feeds, phones and calls, who looked. Segments, flags and
chat stand elsewhere."""

from collections.abc import Callable, Iterable, Iterator

from appliance.exam import events
from appliance.ledger.record import Event
from appliance.report import words
from appliance.report.facts import Step

_FEEDS = frozenset(
    {
        "feed.opened",
        "feed.closed",
        "feed.viewed",
        "feed.positioned",
        "call.started",
        "call.ended",
        "phone.scanned",
        "phone.confirmed",
        "phone.refused",
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

    def _feed_viewed(self, said: events.FeedViewed) -> str:
        return f"{said.what} of the {words.feed(said.kind)} by {self._person(said.by)}"


def of(log: Iterable[Event], names: dict[str, str]) -> Iterator[Step]:
    """The steps among the events of an attempt, in order."""
    details = _Details(names)
    for event in log:
        if (event.type.startswith("attempt.") and event.type not in _WITHHELD) or event.type in _FEEDS:
            actor = names.get(event.actor, event.actor)
            yield Step(event=event.type, at=event.wall, actor=actor, detail=details.of(event))
