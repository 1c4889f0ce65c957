"""How a candidate sits when all is well, taken at check-in: what later looks are held against. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, replace

from appliance.inference.boxes import Box
from appliance.inference.camera import View

ZONE = 0.5
"""By how much of a person's width the seat's zone is wider on either side: who stands at the edge in A15 is in it, a
neighbour at the next desk is not. Somebody who sits close to the camera fills the picture, and so does the zone."""

KNOWN = 1.5  # times as wide as at check-in somebody may become and is still the neighbour who was there
MOST_OTHERS = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Baseline:
    """Of one feed; None where it was not taken. Angles in degrees as in `head.Head`; `head`: the face's box, `person`:
    that of the whole person, both in shares of the picture; `others`: who else was in the picture, likewise;
    `noise_db`: the microphone's floor, dB below full scale; `objects`: those on the desk, by name."""

    yaw: float | None = None
    pitch: float | None = None
    head: Box | None = None
    person: Box | None = None
    others: tuple[Box, ...] = ()
    view: View | None = None
    noise_db: float | None = None
    objects: frozenset[str] = frozenset()

    @property
    def zone(self) -> Box | None:
        """Where the candidate's seat is, from top to bottom; None before check-in."""
        person = self.person or (None if self.head is None else self.around(self.head))
        if person is None:
            return None
        return Box(person.left - ZONE * person.width, 0.0, person.right + ZONE * person.width, 1.0)

    def concerns(self, box: Box, *, width: int, height: int) -> bool:
        """Is this person (pixels of a picture of that size) at the seat, and nobody who was there beside the candidate
        at check-in? Who is nearer to the candidate's place than to a neighbour's is no neighbour."""
        zone = self.zone
        if zone is None:
            return True
        share = box.scaled(1 / width, 1 / height)
        x, y = share.middle
        if not zone.left <= x <= zone.right:
            return False
        own = zone.middle[0]
        return not any(
            other.holds(x, y) and share.width <= KNOWN * other.width and abs(x - other.middle[0]) < abs(x - own)
            for other in self.others
        )

    @staticmethod
    def around(face: Box) -> Box:
        """About where the person is whose face this is: three faces wide, four high."""
        left, right = face.left - face.width, face.right + face.width
        return Box(left, face.top - face.height / 2, right, face.bottom + 3 * face.height)


NOT_TAKEN = Baseline()


def to_values(base: Baseline) -> dict[str, float]:
    """As `baseline.taken` says it: numbers by name, those that there are."""
    values = {name: getattr(base, name) for name in ("yaw", "pitch", "noise_db")}
    boxes = {"head": base.head, "person": base.person} | {f"other{n}": box for n, box in enumerate(base.others, 1)}
    for name, part in {**boxes, "": base.view}.items():
        if part is not None:
            values |= {f"{name}.{f.name}".lstrip("."): getattr(part, f.name) for f in fields(part)}
    return {name: float(value) for name, value in values.items() if value is not None}


def joined(base: Baseline, values: Mapping[str, float], objects: Iterable[str]) -> Baseline:
    """What `baseline.taken` said, laid over what is known: camera and microphone say theirs one after the other."""
    said = {name: values[name] for name in ("yaw", "pitch", "noise_db") if name in values}
    others = tuple(box for n in range(1, MOST_OTHERS + 1) if (box := _box(f"other{n}", values)) is not None)
    view = {f.name: values[f.name] for f in fields(View) if f.name in values}
    return replace(
        base,
        **said,
        head=_box("head", values) or base.head,
        person=_box("person", values) or base.person,
        others=others or base.others,
        view=View(**view) if len(view) == len(fields(View)) else base.view,
        objects=frozenset(objects) or base.objects,
    )


def _box(name: str, values: Mapping[str, float]) -> Box | None:
    sides = [values.get(f"{name}.{f.name}") for f in fields(Box)]
    found = [side for side in sides if side is not None]
    return Box(*found) if len(found) == len(sides) else None
