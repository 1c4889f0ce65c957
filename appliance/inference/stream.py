"""One feed of an attempt, as detection sees it: whether it arrives, where its camera stands, and its senses."""

from collections.abc import Callable, Mapping, Set
from dataclasses import replace
from typing import Any

from appliance.exam.detection import RuleSet
from appliance.exam.feed import USUAL, Kind, Position
from appliance.exam.flags import Sense
from appliance.exam.gap import Cause
from appliance.inference.coverage import Looks
from appliance.inference.judges import link, page, sight
from appliance.inference.judges.context import Context
from appliance.inference.track import Track
from appliance.inference.watch import Begun, Over, Shot

LOST = frozenset({Cause.NO_MEDIA, Cause.CONNECTION_LOST, Cause.PAGE_CLOSED, Cause.REPLACED})
"""Gaps that the candidate's side made. What the box itself did (a restart, a full disk) is no flag on a person."""

LOOKED_AT = (Kind.WEBCAM, Kind.PHONE, Kind.CAMERA)
"""Feeds whose pictures are judged as those of a camera."""

_CAMERA: dict[Sense, Callable[[Context], Track[Any, Any]]] = {
    Sense.SIGHT: lambda context: Track(sight.judge, sight.Memory(), context),
    Sense.LINK: lambda context: Track(link.judge, link.Memory(), context),
}
_PAGE: dict[Sense, Callable[[Context], Track[Any, Any]]] = {
    Sense.PAGE: lambda context: Track(page.judge, page.Memory(), context),
}
SENSES: Mapping[Kind, Mapping[Sense, Callable[[Context], Track[Any, Any]]]] = {
    Kind.WEBCAM: _CAMERA | _PAGE,
    Kind.PHONE: _CAMERA,
    Kind.CAMERA: _CAMERA,
    Kind.SCREEN: _PAGE,
}
"""What a feed is judged by, and what judges it."""

_LONGEST_QUIET = 15
"""Seconds of a second each after which an episode is over; more would say the same."""

Outputs = list[Begun | Over]


class Stream:
    """See the module. Every answer is what follows for its flags."""

    def __init__(self, kind: Kind, *, rules: RuleSet, looks: Looks) -> None:
        self.kind = kind
        self.looks = looks
        self.connections: set[str] = set()
        self.gap: tuple[str, float] | None = None  # cause and start of the one that is open
        context = Context(rules=rules, kind=kind, position=USUAL[kind])
        self.tracks = {sense: make(context) for sense, make in SENSES[kind].items()}
        self._shot: Shot | None = None
        self._position: float | None = None

    @property
    def active(self) -> frozenset[str]:
        """The rules that have fired and still hold, of every sense."""
        return frozenset(code for track in self.tracks.values() for code in track.watch.active)

    @property
    def counts(self) -> dict[str, list[int]]:
        """Rule -> [ticks that could be judged, all ticks], of every sense."""
        return {code: count for track in self.tracks.values() for code, count in track.watch.counts.items()}

    @property
    def stands(self) -> Position | None:
        """Where its camera stands."""
        return next((track.context.position for track in self.tracks.values()), None)

    @property
    def lost(self) -> bool | None:
        """The candidate's side sends nothing; None when nothing comes for a reason of the box's own."""
        if self.gap is None:
            return False
        return True if self.gap[0] in LOST else None

    def see(
        self, sense: Sense, seen: Any, shot: Shot | None, *, resting: Set[str], active: Set[str] = frozenset()
    ) -> Outputs:
        """Something was seen, heard or reported."""
        if shot is not None:
            self._shot = shot
        self._position = getattr(seen, "position", None) or self._position
        track = self.tracks.get(sense)
        return [] if track is None else track.see(seen, shot, resting=resting, active=self.active | active)

    def reported(self, seen: page.Report | page.Beat, *, resting: Set[str], active: Set[str] = frozenset()) -> Outputs:
        """The candidate's page said something, or nothing new. Flags carry the last picture that came."""
        return self._illustrated(self.see(Sense.PAGE, seen, None, resting=resting, active=active))

    def learn(self, seen: page.Report) -> None:
        """The candidate's page said something while no rule may fire: it is remembered."""
        if track := self.tracks.get(Sense.PAGE):
            track.memory, _ = page.judge(track.memory, seen, track.context)

    def connected(self, at: float, *, lost: bool | None) -> Outputs:
        """Whether media were missing at this moment; None: they were, by the box's own fault. Flags carry the last
        picture that came."""
        beat = link.Heartbeat(at=at, lost=lost, position=self._position)
        return self._illustrated(self.see(Sense.LINK, beat, None, resting=frozenset()))

    def _illustrated(self, outputs: Outputs) -> Outputs:
        shots = {} if self._shot is None else {"onset": self._shot}
        return [replace(output, shots=shots) if isinstance(output, Begun) else output for output in outputs]

    def quiet(self, until: float) -> Outputs:
        """Media kept coming up to `until`: the heartbeats of a second each that say so."""
        track = self.tracks.get(Sense.LINK)
        at = max(track.watch.last_tick_at.values(), default=float("-inf")) if track else float("-inf")
        outputs: Outputs = []
        if at == float("-inf"):
            return outputs
        for _ in range(_LONGEST_QUIET):
            at += 1.0
            if at >= until:
                break
            outputs += self.connected(at, lost=False)
        return outputs

    def place(self, position: Position, now: float) -> Outputs:
        """The camera stands so from now on."""
        return [output for track in self.tracks.values() for output in track.place(position, now)]

    def use(self, rules: RuleSet, now: float) -> Outputs:
        """These rules hold from now on."""
        return [output for track in self.tracks.values() for output in track.use(rules, now)]

    def finish(self, now: float) -> Outputs:
        """Nothing more comes."""
        return [output for track in self.tracks.values() for output in track.watch.finish(now)]
