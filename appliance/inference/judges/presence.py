"""Who is in the picture, and where. Pure (proctoring.md 4.2).

Where the base line was taken only what stands in the seat's zone counts (`Baseline.concerns`); without it, the whole
picture. Each number says what it was measured on in docs/detection.md.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from math import hypot

from appliance.exam.episode import Tick, Verdict
from appliance.exam.feed import Position
from appliance.inference.boxes import Box
from appliance.inference.faces import Face
from appliance.inference.judges import exits
from appliance.inference.judges.context import Context, tick
from appliance.inference.objects import Thing
from appliance.inference.observe import Observation
from appliance.inference.scene import APART

SMALL_FACE = 40 / 640  # of the picture's width; a smaller one sits too far away to be judged
BESIDE_FACE = 0.20  # a second face this wide, compared with the first, is one of the room and not on a picture far away
PERSON = 0.50
PERSONS_KNOWN = 1.6  # seconds for which the last look for persons holds
BODY = 3.0  # width of a person, in widths of the face: 3.4 in A01, 4.3 in A15


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """`persons`: those of the last look, at `persons_at`."""

    persons: tuple[Thing, ...] | None = None
    persons_at: float = float("-inf")
    left: exits.Memory = field(default_factory=exits.Memory)


def judge(memory: Memory, seen: Observation, context: Context) -> tuple[Memory, dict[str, Tick]]:
    """A rule whose turn it was not has no tick."""
    if seen.persons is not None:
        memory = replace(memory, persons=seen.persons, persons_at=seen.at)
    blind = seen.faces is None and _persons(memory, seen) is None
    there = None if blind else _somebody_here(memory, seen, context)
    if there is not None:
        numbers = context.rules["exits_repeated"].numbers
        left = exits.follow(memory.left, seen.at, there, least=numbers["least"], window=numbers["window"])
        memory = replace(memory, left=left)
    ticks: dict[str, Tick | None] = {
        "face_absent": _face_absent(memory, seen, context),
        "person_absent": _person_absent(memory, seen, context),
        "multiple_people": _multiple_people(memory, seen, context),
        "far_from_position": _far_from_position(memory, seen, context),
        "exits_repeated": _exits_repeated(memory, seen, context, known=there is not None),
        "posture_static": _posture_static(seen, context, there=there),
    }
    if (said := ticks["exits_repeated"]) and said.verdict is Verdict.TRUE:
        memory = replace(memory, left=replace(memory.left, exits=()))  # they are counted anew
    return memory, {code: tick for code, tick in ticks.items() if tick is not None}


def somebody(memory: Memory, seen: Observation, context: Context) -> bool:
    """A face, or a person, anywhere in the picture."""
    if _faces(seen, context.rules["face_absent"].threshold):
        return True
    return any(person.score >= PERSON for person in _persons(memory, seen) or ())


def _say(seen: Observation, true: bool | None, *, score: float | None = None, doubt: bool = False) -> Tick:
    light = None if seen.view is None else seen.view.luma
    return tick(seen.at, true, position=seen.position, score=score, light=light, doubt=doubt)


def _concerns(box: Box, seen: Observation, context: Context) -> bool:
    return context.base.concerns(box, width=seen.width, height=seen.height)


def _persons(memory: Memory, seen: Observation) -> tuple[Thing, ...] | None:
    """Those of this picture, or of the last look when it is fresh; None when nobody looked."""
    fresh = 0 <= seen.at - memory.persons_at <= PERSONS_KNOWN
    return memory.persons if fresh else None


def _persons_here(memory: Memory, seen: Observation, context: Context, at_least: float = 0.0) -> list[Thing]:
    persons = _persons(memory, seen) or ()
    return [person for person in persons if person.score >= at_least and _concerns(person.box, seen, context)]


def _faces(seen: Observation, at_least: float) -> list[Face]:
    return [face for face in seen.faces or () if face.score >= at_least]


def _faces_here(seen: Observation, context: Context, at_least: float) -> list[Face]:
    return [face for face in _faces(seen, at_least) if _concerns(context.base.around(face.box), seen, context)]


def _somebody_here(memory: Memory, seen: Observation, context: Context) -> bool:
    """At the seat: a face, or what may be a person."""
    faces = _faces_here(seen, context, context.rules["face_absent"].threshold)
    return bool(faces) or bool(_persons_here(memory, seen, context))


def _face_absent(memory: Memory, seen: Observation, context: Context) -> Tick:
    """No face at the seat; with a person there all the same it is doubtful (turned round, bent down)."""
    if seen.faces is None:
        return _say(seen, None)
    found = _faces_here(seen, context, context.rules["face_absent"].threshold)
    best = max((face.score for face in _faces_here(seen, context, 0.0)), default=0.0)
    if found and max(face.box.width for face in found) < SMALL_FACE * seen.width:
        return _say(seen, None)
    return _say(seen, not found, score=1.0 - best, doubt=bool(_persons_here(memory, seen, context, PERSON)))


def _person_absent(memory: Memory, seen: Observation, context: Context) -> Tick | None:
    """Nobody at the seat. It rests where faces say it better, so that one absence is one flag: in front `face_absent`
    knows an empty chair from a back. It judges there only where no face can be looked for, or that rule is off."""
    if context.position is Position.FRONT and "face_absent" in context.codes and seen.faces is not None:
        return None
    if seen.persons is None:
        return None if seen.waits else _say(seen, None)
    best = max((person.score for person in _persons_here(memory, seen, context)), default=0.0)
    if _faces_here(seen, context, context.rules["face_absent"].threshold):
        return _say(seen, False, score=0.0)
    if 0.0 < best < context.rules["person_absent"].threshold:
        return _say(seen, None)  # somebody bent over the desk looks like that, and so may a coat
    return _say(seen, best == 0.0, score=1.0 - best)


def _multiple_people(memory: Memory, seen: Observation, context: Context) -> Tick | None:
    """Two faces, or two persons of whom each stands for itself."""
    if seen.faces is None and seen.persons is None:
        return _say(seen, None)
    faces = _faces_here(seen, context, context.rules["multiple_people"].threshold)
    if faces:
        widest = max(face.box.width for face in faces)
        faces = [face for face in faces if face.box.width >= BESIDE_FACE * widest]
    persons = _apart(_persons_here(memory, seen, context, PERSON))
    second = sorted((face.score for face in faces), reverse=True)[1:2]
    second += sorted((person.score for person in persons), reverse=True)[1:2]
    if len(faces) < 2 and len(persons) >= 2 and seen.persons is None:
        return None  # two persons were there when last looked: wait for the next look rather than say no
    return _say(seen, bool(second), score=max(second, default=None))


def _apart(persons: Sequence[Thing]) -> list[Thing]:
    kept: list[Thing] = []
    for person in sorted(persons, key=lambda person: -person.box.area):
        if all(person.box.share_in(other.box) <= APART for other in kept):
            kept.append(person)
    return kept


def _far_from_position(memory: Memory, seen: Observation, context: Context) -> Tick | None:
    """The face, or the person where there is none, lies a good part of a person's width beside where it was at
    check-in, or is that much nearer or farther."""
    base = context.base
    faces = _faces_here(seen, context, context.rules["face_absent"].threshold)
    persons = _persons_here(memory, seen, context, PERSON)
    if base.head is not None and faces:
        now, then, body = max((face.box for face in faces), key=lambda box: box.width), base.head, BODY
    elif base.person is not None and persons:
        now, then, body = max((person.box for person in persons), key=lambda box: box.area), base.person, 1.0
    else:
        return None if base.head is None and base.person is None else _say(seen, None)
    then = then.scaled(seen.width, seen.height)
    shift = hypot(now.middle[0] - then.middle[0], now.middle[1] - then.middle[1]) / max(body * then.width, 1.0)
    nearer = min(now.area, then.area) / max(now.area, then.area, 1.0)
    away = max(shift, 1.0 - nearer**0.5)
    return _say(seen, away > context.rules["far_from_position"].threshold, score=min(1.0, away))


def _exits_repeated(memory: Memory, seen: Observation, context: Context, *, known: bool) -> Tick:
    """So many absences within the rule's window; the last of them counts as soon as it is one."""
    enough = context.rules["exits_repeated"].threshold
    absences = memory.left.exits
    return tick(
        seen.at,
        len(absences) >= enough if known else None,
        position=seen.position,
        score=min(1.0, len(absences) / enough),
        why={"absences": len(absences), "first_at": absences[0]} if absences else None,
    )


def _posture_static(seen: Observation, context: Context, *, there: bool | None) -> Tick:
    """Somebody is there, and next to nothing moves."""
    if seen.changed is None or there is None:
        return _say(seen, None)
    still = there and seen.changed < context.rules["posture_static"].threshold
    return _say(seen, still, score=1.0 - seen.changed)
