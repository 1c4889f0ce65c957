"""Who is in the picture, and where. Pure (proctoring.md 4.2).

Each number says what it was measured on in docs/detection.md.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from appliance.exam.episode import Tick
from appliance.inference.faces import Face
from appliance.inference.judges.context import Context, tick
from appliance.inference.objects import Thing
from appliance.inference.observe import Observation
from appliance.inference.scene import APART

SMALL_FACE = 40 / 640  # of the picture's width; a smaller one sits too far away to be judged
BESIDE_FACE = 0.20  # a second face this wide, compared with the first, is one of the room and not on a picture far away
PERSON = 0.50
PERSONS_KNOWN = 1.6  # seconds for which the last look for persons holds


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """`persons`: those of the last look, at `persons_at`."""

    persons: tuple[Thing, ...] | None = None
    persons_at: float = float("-inf")


def judge(memory: Memory, seen: Observation, context: Context) -> tuple[Memory, dict[str, Tick]]:
    """A rule whose turn it was not has no tick."""
    if seen.persons is not None:
        memory = replace(memory, persons=seen.persons, persons_at=seen.at)
    ticks = {
        "face_absent": _face_absent(memory, seen, context),
        "multiple_people": _multiple_people(memory, seen, context),
    }
    return memory, {code: tick for code, tick in ticks.items() if tick is not None}


def somebody(memory: Memory, seen: Observation, context: Context) -> bool:
    """A face, or a person."""
    if _faces(seen, context.rules["face_absent"].threshold):
        return True
    return any(person.score >= PERSON for person in _persons(memory, seen) or ())


def _say(seen: Observation, true: bool | None, *, score: float | None = None, doubt: bool = False) -> Tick:
    light = None if seen.view is None else seen.view.luma
    return tick(seen.at, true, position=seen.position, score=score, light=light, doubt=doubt)


def _persons(memory: Memory, seen: Observation) -> tuple[Thing, ...] | None:
    """Those of this picture, or of the last look when it is fresh; None when nobody looked."""
    fresh = 0 <= seen.at - memory.persons_at <= PERSONS_KNOWN
    return memory.persons if fresh else None


def _faces(seen: Observation, at_least: float) -> list[Face]:
    return [face for face in seen.faces or () if face.score >= at_least]


def _face_absent(memory: Memory, seen: Observation, context: Context) -> Tick:
    """No face; with a person in the picture all the same it is doubtful (turned round, bent down)."""
    if seen.faces is None:
        return _say(seen, None)
    best = max((face.score for face in seen.faces), default=0.0)
    found = _faces(seen, context.rules["face_absent"].threshold)
    if found and max(face.box.width for face in found) < SMALL_FACE * seen.width:
        return _say(seen, None)
    doubt = any(person.score >= PERSON for person in _persons(memory, seen) or ())
    return _say(seen, not found, score=1.0 - best, doubt=doubt)


def _multiple_people(memory: Memory, seen: Observation, context: Context) -> Tick | None:
    """Two faces, or two persons of whom each stands for itself."""
    if seen.faces is None and seen.persons is None:
        return _say(seen, None)
    faces = _faces(seen, context.rules["multiple_people"].threshold)
    if faces:
        widest = max(face.box.width for face in faces)
        faces = [face for face in faces if face.box.width >= BESIDE_FACE * widest]
    persons = _apart(_persons(memory, seen) or ())
    second = sorted((face.score for face in faces), reverse=True)[1:2]
    second += sorted((person.score for person in persons), reverse=True)[1:2]
    if len(faces) < 2 and len(persons) >= 2 and seen.persons is None:
        return None  # two persons were there when last looked: wait for the next look rather than say no
    return _say(seen, bool(second), score=max(second, default=None))


def _apart(persons: Sequence[Thing]) -> list[Thing]:
    sure = sorted((p for p in persons if p.score >= PERSON), key=lambda p: -p.box.area)
    kept: list[Thing] = []
    for person in sure:
        if all(person.box.share_in(other.box) <= APART for other in kept):
            kept.append(person)
    return kept
