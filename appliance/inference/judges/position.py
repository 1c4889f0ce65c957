"""What one camera shows of a candidate who checks in: face, hands, screen, workspace, materials. Pure (proctoring.md
M32). No rule and no flag: the candidate is told what is still missing, and a person decides.

Which of them a camera can tell depends on where it stands. In front it is the face; hands only where they happen to be
in the picture. From the side and over paper a face may be turned away, and hands and materials can be looked for; the
screen only from the side. No model here knows a desk: the workspace is in the picture where hands are, and what they
work on. None of it was measured on footage of such cameras (docs/detection.md).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from appliance.exam.feed import Position
from appliance.exam.flags import RULES
from appliance.exam.plan import Sight
from appliance.inference.boxes import Box
from appliance.inference.faces import Face
from appliance.inference.judges.presence import PERSON, SMALL_FACE
from appliance.inference.objects import BOOK, LAPTOP, TV
from appliance.inference.observe import Observation

HOLDS = 2.5  # seconds for which what was seen is not missing: one look misses hands often
FACE_HOLDS = 0.6  # the same of a face: of one look
KEEPS = 10.0  # seconds for which an answer stands until it is the turn of the next: longer than the slowest share gives

_BESIDE = (Position.OBLIQUE, Position.PAPER)
_DARK = RULES["lighting_poor"].threshold


class State(StrEnum):
    """Is it in the picture?"""

    SEEN = "seen"
    NOT_SEEN = "not_seen"
    NOT_ASSESSABLE = "not_assessable"  # no model here can tell from where this camera stands, or not now


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """`found`: when each was last there; `said`: what was said of each, and when."""

    found: Mapping[Sight, float] = field(default_factory=dict)
    said: Mapping[Sight, tuple[State, float]] = field(default_factory=dict)


def judge(memory: Memory, seen: Observation, stands: Position | None) -> tuple[Memory, dict[Sight, State]]:
    """`stands`: where the camera does."""
    found, said = dict(memory.found), dict(memory.said)
    for sight, there in _look(seen, stands):
        if there:
            found[sight] = seen.at
        held = 0 <= seen.at - found.get(sight, float("-inf")) <= (FACE_HOLDS if sight is Sight.FACE else HOLDS)
        answer = State.NOT_ASSESSABLE if there is None else State.SEEN if there or held else State.NOT_SEEN
        said[sight] = answer, seen.at
    states = {sight: answer for sight, (answer, at) in said.items() if 0 <= seen.at - at <= KEEPS}
    states = dict.fromkeys(Sight, State.NOT_ASSESSABLE) | states
    works_on = State.SEEN in (states[Sight.SCREEN], states[Sight.MATERIALS])
    if stands in _BESIDE and states[Sight.HANDS] is State.SEEN and works_on:
        states[Sight.WORKSPACE] = State.SEEN
    return Memory(found=found, said=said), states


def head(seen: Observation, stands: Position | None) -> Box | None:
    """The candidate's face, in shares of the picture; None where none was found."""
    face = _face(seen)
    return None if face is None or stands not in (Position.FRONT, *_BESIDE) else _share(face.box, seen)


def _look(seen: Observation, stands: Position | None) -> Iterator[tuple[Sight, bool | None]]:
    """What this look says; None: it cannot be told. Whose turn it was not says nothing."""
    if seen.view is None or stands not in (Position.FRONT, *_BESIDE):
        yield from ((sight, None) for sight in Sight)
        return
    missing = None if seen.view.luma < _DARK else False  # what is not found in the dark may be there
    if _face(seen) is not None:
        yield Sight.FACE, True
    elif seen.faces is None:
        yield Sight.FACE, None
    elif stands is Position.FRONT:
        yield Sight.FACE, missing
    elif not seen.waits:
        nobody = seen.persons is not None and not any(person.score >= PERSON for person in seen.persons)
        yield Sight.FACE, missing if nobody else None
    if seen.waits:
        return
    beside = missing if stands in _BESIDE else None
    yield Sight.HANDS, None if seen.hands is None else _any_hand(seen) or beside
    if stands in _BESIDE:
        yield Sight.MATERIALS, _any_thing(seen, (BOOK,), "material_left_view") or _any_page(seen, missing)
    if stands is Position.OBLIQUE:
        there = _any_thing(seen, (LAPTOP, TV), "screen_left_view")
        yield Sight.SCREEN, None if seen.things is None else there or missing


def _face(seen: Observation) -> Face | None:
    """The candidate's, where it is sure and large enough to be judged."""
    face = seen.candidate
    sure = face is not None and face.score >= RULES["face_absent"].threshold
    return face if face is not None and sure and face.box.width >= SMALL_FACE * seen.width else None


def _any_hand(seen: Observation) -> bool:
    return any(palm.score >= RULES["hands_out_of_view"].threshold for palm in seen.hands or ())


def _any_thing(seen: Observation, kinds: tuple[int, ...], rule: str) -> bool:
    return any(thing.kind in kinds and thing.score >= RULES[rule].threshold for thing in seen.things or ())


def _any_page(seen: Observation, missing: bool | None) -> bool | None:
    """`missing`: what it means that there is none, where pages and books could be looked for."""
    if any(page.score >= RULES["material_left_view"].threshold for page in seen.pages or ()):
        return True
    return None if seen.pages is None or seen.things is None else missing


def _share(box: Box, seen: Observation) -> Box:
    """The part of it that is in the picture."""
    share = box.scaled(1 / seen.width, 1 / seen.height)
    return Box(*(min(1.0, max(0.0, side)) for side in (share.left, share.top, share.right, share.bottom)))
