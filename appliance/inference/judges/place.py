"""What belongs in the picture of a camera at the desk, and must stay: materials, the exam's screen, a declared phone.
Pure (proctoring.md 4.2).

At check-in what lay there is known by name (`Baseline.objects`), and its place is where it is first seen. Without a
check-in it belongs there once it was seen in LEARN looks.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from appliance.exam.detection import Prohibited
from appliance.exam.episode import Tick
from appliance.inference.boxes import Box
from appliance.inference.judges.context import Context, tick
from appliance.inference.observe import Observation

LEARN = 5
PERSON = 0.50
MOVED = 0.50  # of its size, by which a declared phone may lie elsewhere (proctoring.md 4.2)

_MATERIAL = (Prohibited.BOOK, Prohibited.NOTES)
_SCREEN = (Prohibited.LAPTOP, Prohibited.SECOND_SCREEN)


class Named(Protocol):
    """What was seen, and where."""

    @property
    def name(self) -> Prohibited: ...

    @property
    def box(self) -> Box: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """`material`, `screen`: looks that saw them, up to LEARN; `phone`: the declared one's place, in shares."""

    material: int = 0
    screen: int = 0
    phone: Box | None = None


def judge(
    memory: Memory, seen: Observation, context: Context, items: Sequence[Named] | None
) -> tuple[Memory, dict[str, Tick]]:
    """`items`: what is in sight; None when nobody could look."""
    if items is not None:
        memory = _learn(memory, seen, context, items)
    present = any(person.score >= PERSON for person in seen.persons or ())
    known = context.base.objects
    material = memory.material >= LEARN or any(name.value in known for name in _MATERIAL)
    screen = memory.screen >= LEARN or any(name.value in known for name in _SCREEN)
    return memory, {
        "material_left_view": _gone(seen, items, _MATERIAL, judged=material and present),
        "screen_left_view": _gone(seen, items, _SCREEN, judged=screen),
        "declared_phone_moved": _phone_moved(memory, seen, items),
    }


def is_at(box: Box, where: Box, seen: Observation) -> bool:
    """Is a thing (pixels) where it should be (shares)?"""
    before = where.scaled(seen.width, seen.height)
    size = max(before.width, before.height)
    return all(abs(now - then) <= MOVED * size for now, then in zip(box.middle, before.middle, strict=True))


def _learn(memory: Memory, seen: Observation, context: Context, items: Sequence[Named]) -> Memory:
    names = {item.name for item in items}
    phone = next((item.box for item in items if item.name is Prohibited.PHONE), None)
    declared = Prohibited.PHONE.value in context.base.objects
    return replace(
        memory,
        material=min(LEARN, memory.material + any(name in names for name in _MATERIAL)),
        screen=min(LEARN, memory.screen + any(name in names for name in _SCREEN)),
        phone=memory.phone
        or (phone.scaled(1 / seen.width, 1 / seen.height) if phone is not None and declared else None),
    )


def _gone(seen: Observation, items: Sequence[Named] | None, names: Sequence[Prohibited], *, judged: bool) -> Tick:
    if items is None or not judged:
        return tick(seen.at, None, position=seen.position)
    there = [item.name.value for item in items if item.name in names]
    return tick(seen.at, not there, position=seen.position, why={"in_sight": len(there)})


def _phone_moved(memory: Memory, seen: Observation, items: Sequence[Named] | None) -> Tick:
    if items is None or memory.phone is None:
        return tick(seen.at, None, position=seen.position)
    phones = [item.box for item in items if item.name is Prohibited.PHONE]
    still = any(is_at(box, memory.phone, seen) for box in phones)
    return tick(seen.at, not still, position=seen.position, why={"phones_in_sight": len(phones)})
