"""What belongs in the picture of a camera at the desk, and must stay: materials, the exam's screen, a declared phone.
Pure (proctoring.md 4.2).

At check-in what lay there is known by name (`Baseline.objects`), and its place is where it is first seen. Without a
check-in it belongs there once it was seen in LEARN looks. A phone is declared where the candidate said so at check-in.
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
DOUBTFUL = 0.30  # a phone this likely is enough to say that the declared one still lies there

_MATERIAL = (Prohibited.BOOK, Prohibited.NOTES)
_SCREEN = (Prohibited.LAPTOP, Prohibited.SECOND_SCREEN)


class Named(Protocol):
    """What was seen, and where."""

    @property
    def name(self) -> Prohibited: ...

    @property
    def box(self) -> Box: ...

    @property
    def score(self) -> float: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """`material`, `screen`: looks that saw them, up to LEARN; `phone`: the declared one's place, in shares."""

    material: int = 0
    screen: int = 0
    phone: Box | None = None


def judge(
    memory: Memory, seen: Observation, context: Context, items: Sequence[Named] | None
) -> tuple[Memory, dict[str, Tick]]:
    """`items`: what is in sight, however doubtful; None when nobody could look."""
    if items is not None:
        memory = _learn(memory, seen, context, items)
    present = any(person.score >= PERSON for person in seen.persons or ())
    known = context.base.objects
    material = memory.material >= LEARN or any(name.value in known for name in _MATERIAL)
    screen = memory.screen >= LEARN or any(name.value in known for name in _SCREEN)
    return memory, {
        "material_left_view": _gone(seen, _material(items, context), judged=material and present),
        "screen_left_view": _gone(seen, _screens(items, context), judged=screen),
        "declared_phone_moved": _phone_moved(memory, seen, items, context),
    }


def is_declared(box: Box, memory: Memory, seen: Observation, context: Context) -> bool:
    """Is this phone (pixels) the declared one, where it should be?"""
    where, share = memory.phone, context.rules["declared_phone_moved"].threshold
    if where is None:
        return False
    before = where.scaled(seen.width, seen.height)
    size = max(before.width, before.height)
    return all(abs(now - then) <= share * size for now, then in zip(box.middle, before.middle, strict=True))


def _learn(memory: Memory, seen: Observation, context: Context, items: Sequence[Named]) -> Memory:
    sure = context.rules["phone_visible"].threshold
    phone = next((item.box for item in items if item.name is Prohibited.PHONE and item.score >= sure), None)
    known = Prohibited.PHONE.value in context.base.objects
    declared = known if context.declared is None else context.declared
    place = phone.scaled(1 / seen.width, 1 / seen.height) if phone is not None else None
    return replace(
        memory,
        material=min(LEARN, memory.material + bool(_material(items, context))),
        screen=min(LEARN, memory.screen + bool(_screens(items, context))),
        phone=memory.phone or place if declared else None,
    )


def _material(items: Sequence[Named] | None, context: Context) -> list[Named] | None:
    return _of(items, _MATERIAL, context.rules["material_left_view"].threshold)


def _screens(items: Sequence[Named] | None, context: Context) -> list[Named] | None:
    return _of(items, _SCREEN, context.rules["screen_left_view"].threshold)


def _of(items: Sequence[Named] | None, names: Sequence[Prohibited], at_least: float) -> list[Named] | None:
    return None if items is None else [item for item in items if item.name in names and item.score >= at_least]


def _gone(seen: Observation, items: Sequence[Named] | None, *, judged: bool) -> Tick:
    return tick(seen.at, None if items is None or not judged else not items, position=seen.position)


def _phone_moved(memory: Memory, seen: Observation, items: Sequence[Named] | None, context: Context) -> Tick:
    phones = _of(items, [Prohibited.PHONE], DOUBTFUL)
    if phones is None or memory.phone is None:
        return tick(seen.at, None, position=seen.position)
    still = any(is_declared(item.box, memory, seen, context) for item in phones)
    return tick(seen.at, not still, position=seen.position, why={"phones_in_sight": len(phones)})
