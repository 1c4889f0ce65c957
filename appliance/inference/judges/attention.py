"""Where the candidate looks. Pure (proctoring.md 4.2).

Angles are held against those at check-in, where they were taken. Each number says what it was measured on in
docs/detection.md.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from appliance.exam.episode import Tick, Verdict
from appliance.exam.feed import Position
from appliance.inference.head import Head
from appliance.inference.judges.context import Context, tick
from appliance.inference.judges.presence import SMALL_FACE
from appliance.inference.look import Look
from appliance.inference.observe import Observation

CODES = ("looking_away", "looking_down", "looking_away_repeated", "looking_same_direction", "camera_gaze")

COVERED = 0.40  # share of the points that two models put elsewhere; nothing is said of such a head unless it is turned
MIDDLE = 0.49  # of the irises of people who look at their screen: .46 to .53 on 24 clips
EYES = 150.0  # degrees from one corner of the eye to the other: in A11 eyes at .42 make up for a head at +11
LEVEL = 10.0  # degrees; eyes to one side that end up nearer than this make up for a turned head
TURNED_FOR = 1.6  # seconds after which a face that was lost while it turned is no longer said to be turned


@dataclass(frozen=True, slots=True, kw_only=True)
class Direction:
    """Degrees from where the candidate sat at check-in: yaw, with the eyes, > 0 to the picture's right; pitch > 0
    down."""

    at: float
    yaw: float
    pitch: float

    def apart(self, other: "Direction") -> float:
        """Degrees between the two."""
        return math.hypot(self.yaw - other.yaw, self.pitch - other.pitch)


@dataclass(frozen=True, slots=True, kw_only=True)
class Spells:
    """Looks in some direction that lasted: the one that goes on since `since`, in `looks` pictures and on average
    towards `mean`; `counted` once it was long enough, and `past`: those that were, each with the moment it was so."""

    since: float | None = None
    looks: int = 0
    mean: Direction | None = None
    counted: bool = False
    past: tuple[Direction, ...] = ()

    def then(self, on: Direction | None, *, at: float, lasts: float, window: float) -> "Spells":
        """With one more picture: still so (`on`), or over (None). Times in seconds."""
        past = tuple(spell for spell in self.past if 0 <= at - spell.at <= window)
        if on is None:
            return Spells(past=past)
        since, looks = at if self.since is None else self.since, self.looks + 1
        mean = on if self.mean is None else _towards(self.mean, on, 1.0 / looks)
        if long := not self.counted and at - since >= lasts:
            past = (*past, mean)
        return Spells(since=since, looks=looks, mean=mean, counted=self.counted or long, past=past)

    def fresh(self, at: float) -> bool:
        """One became long enough just now."""
        return bool(self.past) and self.past[-1].at == at


def _towards(mean: Direction, on: Direction, share: float) -> Direction:
    yaw = mean.yaw + share * (on.yaw - mean.yaw)
    return Direction(at=on.at, yaw=yaw, pitch=mean.pitch + share * (on.pitch - mean.pitch))


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """`glances`: away from the screen; `repeated` likewise, emptied whenever they made a flag; `facing`: into the
    camera; `turned_at`: when the face was last seen turned away, or lost while turned."""

    glances: Spells = field(default_factory=Spells)
    repeated: Spells = field(default_factory=Spells)
    facing: Spells = field(default_factory=Spells)
    turned_at: float = float("-inf")


def judge(memory: Memory, seen: Observation, context: Context, *, somebody: bool) -> tuple[Memory, dict[str, Tick]]:
    """`somebody`: a face or a person is in the picture. A rule whose turn it was not has no tick."""
    if Look.HEAD not in seen.looked:
        return memory, {}
    if seen.candidate is None and somebody and 0 <= seen.at - memory.turned_at <= TURNED_FOR:
        gone = tick(seen.at, True, position=seen.position, doubt=True, why={"direction": "turned_away"})
        return replace(memory, turned_at=seen.at), {**_nothing(seen), "looking_away": gone}
    if seen.head is None or _small(seen):
        return memory, _nothing(seen)
    return _judge(memory, seen, seen.head, context)


def is_turned(ticks: Mapping[str, Tick]) -> bool:
    """The face is there and looks elsewhere."""
    away = ticks.get("looking_away")
    return away is not None and away.verdict is Verdict.TRUE


def _nothing(seen: Observation) -> dict[str, Tick]:
    return {code: tick(seen.at, None, position=seen.position) for code in CODES}


def _small(seen: Observation) -> bool:
    return seen.candidate is None or seen.candidate.box.width < SMALL_FACE * seen.width


def _judge(memory: Memory, seen: Observation, head: Head, context: Context) -> tuple[Memory, dict[str, Tick]]:
    on = _direction(seen.at, head, context)
    away = _away(head, on, context)
    side = abs(head.yaw - (context.base.yaw or 0.0)) > context.rules["looking_away"].threshold
    memory = replace(memory, turned_at=seen.at if away and side else memory.turned_at)
    why = {"yaw": round(on.yaw, 1), "pitch": round(on.pitch, 1), "direction": _name(on)}
    if head.gaze is not None:
        why["gaze"] = round(head.gaze, 2)

    def say(true: bool | None, score: float | None = None, **more: float | str) -> Tick:
        return tick(seen.at, true, position=seen.position, score=score, light=seen.face_light, why={**why, **more})

    ticks = {"looking_away": say(away, _strength(head, on, context))}
    unsure = away is None
    down = on.pitch > context.rules["looking_down"].threshold
    ticks["looking_down"] = say(None if unsure else down, min(1.0, max(0.0, on.pitch / 90.0)))
    memory, count = _glances(memory, None if not away else on, seen.at, context, unsure=unsure)
    for code, number in count.items():
        ticks[code] = say(None if unsure else number > 0, min(1.0, number / 10.0), glances=number)
    if context.position in (Position.OBLIQUE, Position.PAPER):
        memory, facing = _camera_gaze(memory, seen.at, head, context)
        ticks["camera_gaze"] = say(facing)
    return memory, ticks


def _direction(at: float, head: Head, context: Context) -> Direction:
    eyes = 0.0 if head.gaze is None else EYES * (head.gaze - MIDDLE)
    base = context.base
    return Direction(at=at, yaw=head.yaw - (base.yaw or 0.0) + eyes, pitch=head.pitch - (base.pitch or 0.0))


def _name(on: Direction) -> str:
    """In words of the catalogue; left and right are those of the picture."""
    if abs(on.yaw) >= abs(on.pitch):
        return "right" if on.yaw > 0 else "left"
    return "down" if on.pitch > 0 else "up"


def _away(head: Head, on: Direction, context: Context) -> bool | None:
    """The head turned to a side or up, or the eyes to a side; None where the points cannot be trusted."""
    if context.position is not Position.FRONT and context.base.yaw is None:
        return None  # seen from elsewhere, straight ahead is anywhere
    rule = context.rules["looking_away"]
    if abs(head.yaw - (context.base.yaw or 0.0)) > rule.threshold:
        return True
    if head.covered is not None and head.covered >= COVERED:
        return None
    if on.pitch < -rule.numbers["up"]:
        return True
    aside = head.gaze is not None and abs(head.gaze - MIDDLE) > rule.numbers["eyes"]
    return aside and abs(on.yaw) > LEVEL


def _strength(head: Head, on: Direction, context: Context) -> float:
    """How far beyond straight ahead, 0..1: .5 is just away."""
    rule = context.rules["looking_away"]
    aside = 0.0 if head.gaze is None or abs(on.yaw) <= LEVEL else abs(head.gaze - MIDDLE) / rule.numbers["eyes"]
    turned = abs(head.yaw - (context.base.yaw or 0.0)) / rule.threshold
    return min(1.0, max(turned, aside, -on.pitch / rule.numbers["up"]) / 2)


def _glances(
    memory: Memory, on: Direction | None, at: float, context: Context, *, unsure: bool
) -> tuple[Memory, dict[str, int]]:
    """How many looks away there were when their number was reached, else 0; then they are forgotten."""
    count = {"looking_away_repeated": 0, "looking_same_direction": 0}
    if unsure:  # neither goes on nor ends
        return memory, count
    often, alike = context.rules["looking_away_repeated"], context.rules["looking_same_direction"]
    repeated = memory.repeated.then(on, at=at, lasts=often.numbers["glance"], window=often.numbers["window"])
    glances = memory.glances.then(on, at=at, lasts=alike.numbers["glance"], window=alike.numbers["window"])
    if repeated.fresh(at) and len(repeated.past) >= often.threshold:
        count["looking_away_repeated"] = len(repeated.past)
        repeated = replace(repeated, past=())
    if glances.fresh(at):
        last = glances.past[-1]
        same = [spell for spell in glances.past if spell.apart(last) <= alike.numbers["within"]]
        if len(same) >= alike.threshold:
            count["looking_same_direction"] = len(same)
            glances = replace(glances, past=tuple(spell for spell in glances.past if spell not in same))
    return replace(memory, repeated=repeated, glances=glances), count


def _camera_gaze(memory: Memory, at: float, head: Head, context: Context) -> tuple[Memory, bool]:
    """Into this camera for long, or again and again."""
    rule = context.rules["camera_gaze"]
    into = max(abs(head.yaw), abs(head.pitch)) <= rule.threshold
    on = Direction(at=at, yaw=head.yaw, pitch=head.pitch) if into else None
    facing = memory.facing.then(on, at=at, lasts=rule.numbers["glance"], window=rule.numbers["window"])
    often = facing.fresh(at) and len(facing.past) >= rule.numbers["times"]
    long = facing.since is not None and at - facing.since >= rule.numbers["long"]
    return replace(memory, facing=replace(facing, past=()) if often else facing), often or long
