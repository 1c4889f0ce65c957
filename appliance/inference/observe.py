"""One picture -> one Observation: what the models saw, in numbers. The only step that touches OpenVINO."""

from collections.abc import Collection, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from types import MappingProxyType

import numpy as np

from appliance.inference import camera, head, scene
from appliance.inference.boxes import Box, crop
from appliance.inference.camera import Stillness, View
from appliance.inference.detectors import Detectors
from appliance.inference.faces import Face
from appliance.inference.gate import Gate
from appliance.inference.hands import Palm
from appliance.inference.head import Head
from appliance.inference.likeness import Likeness, Template, unfit
from appliance.inference.look import Look
from appliance.inference.models import Picture
from appliance.inference.objects import BOOK, LAPTOP, PERSON, TV, Thing
from appliance.inference.search import Page, Phone, Search

SMALLEST = 48
"""Pictures with a shorter side cannot be judged."""

LARGEST = 4096
"""Nor those with a longer one: no camera here sends them, and looking would hold up every other feed."""

FACE = 0.30  # what is kept; the rules ask for more
SURE_FACE = 0.60
SAME_PLACE = 0.20  # overlap of a face's box with the one before
PALM = 0.30
PALMS = 2  # looked at closer in one picture, at most
THING = 0.30


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """What one picture shows. `at` wall seconds, `position` seconds on the recording, `width` in pixels (boxes are in
    pixels). None means not looked at: the picture cannot be judged, the model is missing, or, where `waits` is true,
    it was not the turn of persons and phones. `changed`: share of pixels, 0..1, that moved since the picture has last
    been still; `fingerprint` as in `camera.fingerprint`. `candidate`: the face that `head` and `likeness` are
    about; `enrolled`: there is a template to compare it with.
    `things`: laptops, screens and books; `pages`: what is printed or written; `hands`: palms.
    `looked`: what it was looked at for; `carried`: those of them whose answer is that of an earlier picture, as
    nothing has moved since."""

    at: float
    position: float | None
    width: int
    height: int
    view: View | None = None
    changed: float | None = None
    fingerprint: int | None = None
    faces: tuple[Face, ...] | None = None
    face_light: float | None = None
    candidate: Face | None = None
    head: Head | None = None
    enrolled: bool = False
    likeness: Likeness | None = None
    persons: tuple[Thing, ...] | None = None
    phones: tuple[Phone, ...] | None = None
    pages: tuple[Page, ...] | None = None
    things: tuple[Thing, ...] | None = None
    hands: tuple[Palm, ...] | None = None
    waits: bool = False
    carried: frozenset[Look] = frozenset()
    looked: frozenset[Look] = frozenset(Look)


_ANSWERS: Mapping[Look, tuple[str, ...]] = MappingProxyType(
    {
        Look.FACES: ("faces", "face_light", "candidate"),
        Look.HEAD: ("head",),
        Look.OBJECTS: ("persons", "phones", "pages", "things", "hands"),
        Look.HANDS: ("hands",),
    }
)
"""What each look answers."""


def nothing(at: float, position: float | None, width: int = 0, height: int = 0) -> Observation:
    """What is seen of a picture that cannot be judged."""
    return Observation(at=at, position=position, width=width, height=height)


class Observer:
    """Looks at the pictures of one feed, in order. `template`: of the enrolled person, None while there is none;
    without it no face is compared. It may be set at any time (`likeness.template_of`). `gate`: says where nothing has
    moved, so that the last answer still holds; without it the models look at every picture."""

    def __init__(self, detectors: Detectors, *, template: Template | None = None, gate: Gate | None = None) -> None:
        self.template = template
        self._detectors = detectors
        self._gate = gate
        self._last: dict[Look, Observation] = {}
        self._candidate: Face | None = None
        self._stillness = Stillness()
        self._search = (
            None
            if detectors.objects is None or detectors.things is None
            else Search(detectors.objects, detectors.things)
        )

    def look(
        self, picture: Picture, *, at: float, position: float | None, wants: Collection[Look] = tuple(Look)
    ) -> Observation:
        """`wants`: what to look for, beside light and faces. A picture that cannot be judged gives an empty one."""
        height, width = picture.shape[:2] if picture.ndim == 3 else (0, 0)
        blank = nothing(at, position, width, height)
        if picture.ndim != 3 or picture.shape[2] != 3 or picture.dtype != np.uint8:
            return blank
        if min(width, height) < SMALLEST or max(width, height) > LARGEST:
            return blank
        grey = camera.shrink(picture)
        wants = frozenset({Look.FACES, *wants})
        carried = frozenset() if self._gate is None else self._gate.spare(grey, at, wants) & self._last.keys()
        seen = Observation(
            at=at,
            position=position,
            width=width,
            height=height,
            view=camera.measure(grey),
            changed=self._stillness.changed(grey),
            fingerprint=camera.fingerprint(grey),
            enrolled=self.template is not None,
            waits=Look.OBJECTS not in wants,
            carried=carried,
            looked=wants,
        )
        for look in carried:
            seen = replace(seen, **{name: getattr(self._last[look], name) for name in _ANSWERS[look]})
        seen = self._ask(picture, seen, wants - carried)
        self._last |= dict.fromkeys((wants - carried) & _ANSWERS.keys(), seen)
        return seen

    def _ask(self, picture: Picture, seen: Observation, wants: Set[Look]) -> Observation:
        """What the models say, of what is wanted. Faces come first: the others look at the candidate's."""
        if Look.FACES in wants:
            found = _find_faces(self._detectors, picture)
            self._candidate = _follow(self._candidate, found or ())
            light = _light(picture, found[0].box) if found else None
            seen = replace(seen, faces=found, face_light=light, candidate=self._candidate)
        if Look.HEAD in wants:
            seen = replace(seen, head=_find_head(self._detectors, picture, seen.candidate))
        if Look.LIKENESS in wants:
            seen = replace(seen, likeness=self._compare(picture, seen.candidate))
        if wants & {Look.OBJECTS, Look.HANDS} and self._detectors.palms is not None:
            seen = replace(seen, hands=tuple(self._detectors.palms.find(picture, at_least=PALM)[:PALMS]))
        if Look.OBJECTS in wants:
            seen = self._find_objects(picture, seen)
        return seen

    def _find_objects(self, picture: Picture, seen: Observation) -> Observation:
        """Persons and things; nothing where a model that is needed is missing."""
        finder = self._detectors.objects
        if finder is None:
            return seen
        whole = finder.look(picture)
        palms = seen.hands or ()
        persons = scene.find_persons(picture, whole.things({PERSON: scene.PERSON_SCORE}), palms, finder)
        things = whole.things(dict.fromkeys((BOOK, LAPTOP, TV), THING))
        seen = replace(seen, persons=tuple(persons), things=tuple(things))
        if self._search is None or seen.hands is None:
            return seen
        phones, pages = self._search.look(picture, whole, palms)
        return replace(seen, phones=phones, pages=pages)

    def _compare(self, picture: Picture, candidate: Face | None) -> Likeness | None:
        finder, template = self._detectors.likeness, self.template
        if finder is None or template is None or candidate is None:
            return None
        if reason := unfit(picture, candidate):
            return Likeness(None, reason)
        return Likeness(finder.template(picture, candidate).like(template))


def _follow(before: Face | None, found: Sequence[Face]) -> Face | None:
    """The face that was followed before, where it is still there; else the largest that is sure, or the surest."""
    if before is not None:
        same = max(found, key=lambda face: face.box.overlap(before.box), default=None)
        if same is not None and same.box.overlap(before.box) >= SAME_PLACE:
            return same
    sure = [face for face in found if face.score >= SURE_FACE]
    return max(sure, key=lambda face: face.box.area, default=next(iter(found), None))


def _find_head(detectors: Detectors, picture: Picture, candidate: Face | None) -> Head | None:
    if candidate is None or detectors.meshes is None or detectors.irises is None:
        return None
    return head.measure(picture, candidate, meshes=detectors.meshes, irises=detectors.irises)


def _find_faces(detectors: Detectors, picture: Picture) -> tuple[Face, ...] | None:
    return None if detectors.faces is None else tuple(detectors.faces.find(picture, at_least=FACE))


def _light(picture: Picture, box: Box) -> float | None:
    part = crop(picture, box)
    if part is None:
        return None
    blue, green, red = part[0].reshape(-1, 3).mean(axis=0)
    return float(0.114 * blue + 0.587 * green + 0.299 * red)
