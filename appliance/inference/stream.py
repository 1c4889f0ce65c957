"""One feed of an attempt, as detection sees it: whether it arrives, where its camera stands, and its senses."""

from collections.abc import Callable, Mapping, Set
from dataclasses import replace
from typing import Any

from appliance.exam import events
from appliance.exam.detection import RuleSet
from appliance.exam.feed import USUAL, Kind, Position
from appliance.exam.flags import Sense
from appliance.inference import baseline, checkin
from appliance.inference.arrival import LOST, Gap
from appliance.inference.baseline import NOT_TAKEN, Baseline
from appliance.inference.checkin import Taking
from appliance.inference.coverage import Cause, Looks, Missed
from appliance.inference.judges import link, page, screen, session, sight, sound
from appliance.inference.judges.context import Context
from appliance.inference.observe import Observation
from appliance.inference.sound import Heard
from appliance.inference.trace import Trace
from appliance.inference.track import Track
from appliance.inference.watch import Begun, Over, Shot

LOOKED_AT = (Kind.WEBCAM, Kind.PHONE, Kind.CAMERA)
"""Feeds whose pictures are judged as those of a camera."""

_CAMERA: dict[Sense, Callable[[Context], Track[Any, Any]]] = {
    Sense.SIGHT: lambda context: Track(sight.judge, sight.Memory(), context),
    Sense.LINK: lambda context: Track(link.judge, link.Memory(), context),
}
_SCREEN: dict[Sense, Callable[[Context], Track[Any, Any]]] = {
    Sense.SCREEN: lambda context: Track(screen.judge, screen.Memory(), context),
}
_PAGE: dict[Sense, Callable[[Context], Track[Any, Any]]] = {
    Sense.PAGE: lambda context: Track(page.judge, page.Memory(), context),
}
_SESSION: dict[Sense, Callable[[Context], Track[Any, Any]]] = {
    Sense.SESSION: lambda context: Track(session.judge, session.Memory(), context),
}
_MICROPHONE: dict[Sense, Callable[[Context], Track[Any, Any]]] = {
    Sense.HEARING: lambda context: Track(sound.judge, sound.Memory(), context),
}
SENSES: Mapping[Kind, Mapping[Sense, Callable[[Context], Track[Any, Any]]]] = {
    Kind.WEBCAM: _CAMERA | _MICROPHONE | _PAGE | _SESSION,
    Kind.PHONE: _CAMERA,
    Kind.CAMERA: _CAMERA,
    Kind.SCREEN: _SCREEN | _PAGE,
}
"""What a feed is judged by, and what judges it."""

_SEEING = frozenset({Sense.SIGHT, Sense.SCREEN})

_LONGEST_QUIET = 15
"""Seconds of a second each after which an episode is over; more would say the same."""

Outputs = list[Begun | Over]


class Stream:
    """See the module. Every answer is what follows for its flags."""

    def __init__(self, kind: Kind, *, rules: RuleSet, looks: Looks) -> None:
        self.kind = kind
        self.looks = looks
        self.hears = Looks(process_at=looks.process_at, nothing=Cause.NO_SOUND)
        self.connections: set[str] = set()
        self.gap: Gap | None = None  # the one that is open
        self.base = NOT_TAKEN
        context = Context(rules=rules, kind=kind, position=USUAL[kind])
        self.trace: Trace | None = None  # where what is seen is kept
        self.tracks = {sense: make(context) for sense, make in SENSES[kind].items()}
        self._taking: Taking = ()  # what the base line is being made of
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

    def shows(self, code: str, onset: float | None) -> bool:
        """Does the rule hold, or begin to, since about `onset` (None: now)?"""
        return any(track.watch.shows(code, onset) for track in self.tracks.values())

    def connect(self, connection: str, at: float) -> None:
        """Somebody sends it."""
        self.connections.add(connection)
        if self.gap is None:
            self.begin(at)

    def see(
        self, sense: Sense, seen: Any, shot: Shot | None, *, resting: Set[str], active: Set[str] = frozenset()
    ) -> Outputs:
        """Something was seen, heard or reported."""
        if shot is not None:
            self._shot = shot
        self._position = getattr(seen, "position", None) or self._position
        track = self.tracks.get(sense)
        if track is None:
            return []
        causes = self.active | active
        if self.trace is not None:
            self.trace.add(sense, seen, track.context, resting=resting, active=causes - track.watch.active)
        return track.see(seen, shot, resting=resting, active=causes)

    def heard(self, seen: Heard, *, resting: Set[str]) -> Outputs:
        """Half a second of the microphone. Flags carry the last picture that came."""
        return self._illustrated(self.see(Sense.HEARING, seen, None, resting=resting))

    def begin(self, at: float) -> None:
        """Media arrive from `at` on."""
        self.looks.begin(at)
        self.hears.begin(at)

    def stop(self, at: float) -> list[tuple[Sense, Missed]]:
        """Media ended at `at`; -> what of them nobody looked at, or listened to."""
        hears = self.hears.stop(at) if Sense.HEARING in self.tracks else None
        missed = ((Sense.SIGHT, self.looks.stop(at)), (Sense.HEARING, hears))
        return [(sense, each) for sense, each in missed if each is not None]

    def let_go(self, at: float) -> list[tuple[Sense, Missed]]:
        """Nobody is to look or listen from `at` on; -> what was missed before."""
        hears = self.hears.rest(at) if Sense.HEARING in self.tracks else None
        missed = ((Sense.SIGHT, self.looks.rest(at)), (Sense.HEARING, hears))
        return [(sense, each) for sense, each in missed if each is not None]

    def watch(self, at: float) -> None:
        """Rules may fire from `at` on. What was seen before is nothing to them; what a microphone hears is forgotten in
        time by itself, and its floor stays."""
        self.looks.watched_since = self.hears.watched_since = at
        self.forget()
        if track := self.tracks.get(Sense.PAGE):
            track.memory = page.back(track.memory, at)

    def forget(self) -> None:
        """What was seen so far says nothing about what comes."""
        for sense in _SEEING & self.tracks.keys():
            self.tracks[sense].forget()

    def rest(self, codes: Set[str], now: float) -> Outputs:
        """These rules judge nothing from now on: what they have open ends."""
        return [output for track in self.tracks.values() for output in track.watch.rest(codes, now)]

    def reported(self, seen: page.Report | page.Beat, *, resting: Set[str], active: Set[str] = frozenset()) -> Outputs:
        """The candidate's page said something, or nothing new. Flags carry the last picture that came."""
        return self._illustrated(self.see(Sense.PAGE, seen, None, resting=resting, active=active))

    def learn(self, seen: page.Report) -> None:
        """The candidate's page said something while no rule may fire: it is remembered."""
        if track := self.tracks.get(Sense.PAGE):
            track.memory, _ = page.judge(track.memory, seen, track.context)

    def connected(self, at: float, *, lost: bool | None, active: Set[str] = frozenset(), **line: Any) -> Outputs:
        """Whether media were missing at this moment; None: they were, by the box's own fault. `line`: what else is in
        `link.Heartbeat`. Flags carry the last picture that came."""
        beat = link.Heartbeat(at=at, lost=lost, position=self._position, **line)
        return self._illustrated(self.see(Sense.LINK, beat, None, resting=frozenset(), active=active))

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
        """The camera stands so from now on; how the candidate sat for where it stood before is nothing to it."""
        if position is not self.stands:
            self._taking = ()
            self.rest_on(Baseline(noise_db=self.base.noise_db))
        return [output for track in self.tracks.values() for output in track.place(position, now)]

    def sit(self, seen: Observation) -> None:
        """Until the base line is taken every good picture of a camera that looks at one person adds to it."""
        if self.base.view is None and self.stands not in (Position.ROOM, None):
            self._taking = checkin.add(self._taking, seen, self.tracks[Sense.SIGHT].context)

    def take_base_line(self, *, late: bool) -> events.BaselineTaken | None:
        """How the candidate sits, once enough was seen of it; it holds from now on."""
        base = None if self.base.view is not None else checkin.base_line(self._taking)
        if base is None:
            return None
        self._taking = ()
        values, objects = baseline.to_values(base), sorted(base.objects)
        self.rest_on(baseline.joined(self.base, values, objects))
        return events.BaselineTaken(kind=self.kind.value, values=values, objects=objects, late=late)

    def take_noise_floor(self, *, late: bool) -> events.BaselineTaken | None:
        """What the microphone gives when nobody speaks, once enough was heard of it; it holds from now on."""
        floor = self.tracks[Sense.HEARING].memory.floor
        if self.base.noise_db is not None or floor is None:
            return None
        values = {"noise_db": floor}
        self.rest_on(baseline.joined(self.base, values, sorted(self.base.objects)))
        return events.BaselineTaken(kind=self.kind.value, values=values, objects=[], late=late)

    def rest_on(self, base: Baseline) -> None:
        """How the candidate sat at check-in is known."""
        self.base = base
        for track in self.tracks.values():
            track.rest_on(base)

    def declare(self, phone: bool | None) -> None:
        """As `judges.context.Context.declared`."""
        for track in self.tracks.values():
            track.declare(phone)

    def use(self, rules: RuleSet, now: float) -> Outputs:
        """These rules hold from now on."""
        return [output for track in self.tracks.values() for output in track.use(rules, now)]

    def finish(self, now: float) -> Outputs:
        """Nothing more comes."""
        return [output for track in self.tracks.values() for output in track.watch.finish(now)]
