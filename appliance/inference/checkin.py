"""The base line in the making: what a camera shows of a candidate who waits to begin. Pure.

Of the good pictures of the last minute the median of each number is taken, so that a sneeze changes nothing.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from statistics import median

from appliance.exam.feed import Position
from appliance.exam.flags import RULES
from appliance.inference.baseline import MOST_OTHERS, Baseline
from appliance.inference.boxes import Box
from appliance.inference.camera import View
from appliance.inference.judges import objects
from appliance.inference.judges.context import Context
from appliance.inference.observe import Observation
from appliance.inference.scene import APART

LEAST = 8
"""Good pictures that make a base line: four seconds."""

MOST = 120
"""That are kept: the last minute."""

PERSON = 0.50
NEIGHBOUR = 0.35  # a person this sure need not count as one to be remembered as somebody who was there
NARROW = 0.5  # as wide as the candidate: far behind, or cut off by the edge. Who sits beside in A11 and A12 is wider
SEEN_OFTEN = 0.20  # of the pictures in which somebody must have been to have been there

_FACE = RULES["face_absent"].threshold
_DARK = RULES["lighting_poor"].threshold


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One good picture. Boxes in shares of the picture; `persons` and `objects` None where it was not their turn."""

    view: View
    yaw: float | None
    pitch: float | None
    head: Box | None
    person: Box | None
    others: tuple[Box, ...]
    objects: frozenset[str] | None


Taking = tuple[Sample, ...]
"""Oldest first, at most `MOST`."""


def add(taking: Taking, seen: Observation, context: Context) -> Taking:
    """One picture more, if it is good: light enough, and the candidate in it; in front that is a face."""
    sample = _sample(seen, context)
    return taking if sample is None else (*taking, sample)[-MOST:]


def base_line(taking: Taking) -> Baseline | None:
    """What they say together; None while they are too few."""
    if len(taking) < LEAST:
        return None
    looked = [sample.objects for sample in taking if sample.objects is not None]
    often = Counter(name for objects in looked for name in objects)
    return Baseline(
        yaw=_middle(sample.yaw for sample in taking),
        pitch=_middle(sample.pitch for sample in taking),
        head=_median_box([sample.head for sample in taking if sample.head is not None]),
        person=_median_box([sample.person for sample in taking if sample.person is not None]),
        others=_who_stayed(taking),
        view=View(*(median(getattr(sample.view, f.name) for sample in taking) for f in fields(View))),
        objects=frozenset(name for name, times in often.items() if 2 * times >= len(looked)),
    )


def _sample(seen: Observation, context: Context) -> Sample | None:
    if seen.view is None or seen.view.luma < _DARK:
        return None
    own_face = seen.candidate
    faces = sorted((f for f in seen.faces or () if f.score >= _FACE), key=lambda f: (f is not own_face, -f.box.width))
    persons = sorted((p for p in seen.persons or () if p.score >= NEIGHBOUR), key=lambda person: -person.box.area)
    sure = [person.box for person in persons if person.score >= PERSON]
    if not (faces if context.position is Position.FRONT else faces or sure):
        return None
    head = faces[0].box if faces else None
    person = next((box for box in sure if head is None or box.holds(*head.middle)), None)
    own = person or (sure[0] if head is None else Baseline.around(head))
    apart = [person.box for person in persons if person.box.share_in(own) <= APART]  # or it is the candidate once more
    others = [box for box in [*apart, *(Baseline.around(f.box) for f in faces[1:])] if box.width <= NARROW * own.width]
    shares = 1 / seen.width, 1 / seen.height
    return Sample(
        view=seen.view,
        yaw=None if seen.head is None else seen.head.yaw,
        pitch=None if seen.head is None else seen.head.pitch,
        head=None if head is None else head.scaled(*shares),
        person=None if person is None else person.scaled(*shares),
        others=tuple(box.scaled(*shares) for box in others),
        objects=objects.desk(seen, context),
    )


def _who_stayed(taking: Taking) -> tuple[Box, ...]:
    """Where somebody else was in a good part of the pictures, the most often seen first."""
    groups: list[list[Box]] = []
    for sample in taking:
        for box in sample.others:
            group = next((group for group in groups if group[0].holds(*box.middle)), None)
            if group is None:
                groups.append([box])
            else:
                group.append(box)
    stayed = sorted((g for g in groups if len(g) >= max(2.0, SEEN_OFTEN * len(taking))), key=len, reverse=True)
    places = [_median_box(group) for group in stayed[:MOST_OTHERS]]
    return tuple(place for place in places if place is not None)


def _median_box(boxes: Sequence[Box]) -> Box | None:
    if not boxes:
        return None
    return Box(*(median(getattr(box, f.name) for box in boxes) for f in fields(Box)))


def _middle(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return median(known) if known else None
