"""One picture -> one Observation: what the models saw, in numbers. The only step that touches OpenVINO."""

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

import numpy as np

from appliance.errors import ApplianceError
from appliance.inference import camera, faces, models
from appliance.inference.boxes import Box, crop
from appliance.inference.camera import Stillness, View
from appliance.inference.faces import Face, FaceFinder
from appliance.inference.hands import PalmFinder
from appliance.inference.models import Model, Picture
from appliance.inference.objects import PERSON, PHONE, ObjectFinder, Thing

log = logging.getLogger(__name__)

SMALLEST = 48
"""Pictures with a shorter side cannot be judged."""

LARGEST = 4096
"""Nor those with a longer one: no camera here sends them, and looking would hold up every other feed."""

FACE = 0.30  # what is kept of each; the rules ask for more
PERSON_SCORE = 0.30
PHONE_SCORE = 0.20
PALM = 0.30
PALMS = 2  # looked at closer in one picture, at most
SAME = 0.30  # overlap from which on two sightings are of the same thing


@dataclass(frozen=True, slots=True)
class Phone:
    """Something that looks like a phone. `score` is the higher one of the two looks; `agreed`: seen both in the whole
    picture and close up at a hand."""

    box: Box
    score: float
    agreed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """What one picture shows. `at` wall seconds, `position` seconds on the recording, `width` in pixels (boxes are in
    pixels). None means not looked at: the picture cannot be judged, the model is missing, or, where `waits` is true,
    it was not the turn of persons and phones. `changed`: share of pixels, 0..1, that moved since the picture has last
    been still."""

    at: float
    position: float | None
    width: int
    height: int
    view: View | None = None
    changed: float | None = None
    faces: tuple[Face, ...] | None = None
    face_light: float | None = None
    persons: tuple[Thing, ...] | None = None
    phones: tuple[Phone, ...] | None = None
    waits: bool = False


@dataclass(slots=True)
class Detectors:
    """The models of this process; None where one is missing, `missing` says why. One thread at a time may use them."""

    faces: FaceFinder | None = None
    objects: ObjectFinder | None = None
    palms: PalmFinder | None = None
    missing: dict[str, str] = field(default_factory=dict)

    @property
    def versions(self) -> dict[str, str]:
        """Model name -> version, of those that are there."""
        found = {"faces": self.faces, "objects": self.objects, "palms": self.palms}
        return {name: finder.version for name, finder in found.items() if finder is not None}


Finder = TypeVar("Finder")


def load_detectors(folder: Path, *, threads: int, cache: Path | None = None) -> Detectors:
    """Load what is there. A missing or damaged file leaves its sentence in `missing`; the rest works."""
    found = Detectors()

    def load(name: str, make: Callable[[Model], Finder], shape: tuple[int, ...] | None = None) -> Finder | None:
        try:
            return make(models.load(name, folder=folder, threads=threads, cache=cache, shape=shape))
        except ApplianceError as error:
            log.error("%s", error)
            found.missing[name] = f"{error}. {error.hint}."
            return None

    found.faces = load("faces", FaceFinder, faces.SHAPE)
    found.objects = load("objects", ObjectFinder)
    found.palms = load("palms", PalmFinder)
    return found


class Observer:
    """Looks at the pictures of one feed, in order."""

    def __init__(self, detectors: Detectors) -> None:
        self._detectors = detectors
        self._stillness = Stillness()

    def look(self, picture: Picture, *, at: float, position: float | None, objects: bool) -> Observation:
        """`objects`: look for persons and phones as well. A picture that cannot be judged gives an empty one."""
        height, width = picture.shape[:2] if picture.ndim == 3 else (0, 0)
        blank = Observation(at=at, position=position, width=width, height=height)
        if picture.ndim != 3 or picture.shape[2] != 3 or picture.dtype != np.uint8:
            return blank
        if min(width, height) < SMALLEST or max(width, height) > LARGEST:
            return blank
        grey = camera.shrink(picture)
        found = _find_faces(self._detectors, picture)
        persons, phones = _find_objects(self._detectors, picture) if objects else (None, None)
        return Observation(
            at=at,
            position=position,
            width=width,
            height=height,
            view=camera.measure(grey),
            changed=self._stillness.changed(grey),
            faces=found,
            face_light=_light(picture, found[0].box) if found else None,
            persons=persons,
            phones=phones,
            waits=not objects,
        )


def _find_faces(detectors: Detectors, picture: Picture) -> tuple[Face, ...] | None:
    return None if detectors.faces is None else tuple(detectors.faces.find(picture, at_least=FACE))


def _find_objects(detectors: Detectors, picture: Picture) -> tuple[tuple[Thing, ...] | None, tuple[Phone, ...] | None]:
    if detectors.objects is None:
        return None, None
    things = detectors.objects.find(picture, kinds={PERSON: PERSON_SCORE, PHONE: PHONE_SCORE})
    persons = tuple(thing for thing in things if thing.kind == PERSON)
    whole = [thing for thing in things if thing.kind == PHONE]
    return persons, _merge(whole, _at_hands(detectors, picture))


def _at_hands(detectors: Detectors, picture: Picture) -> list[Thing]:
    """A second look around each hand, where what it holds is larger for the model."""
    if detectors.palms is None or detectors.objects is None:
        return []
    found = []
    for palm in detectors.palms.find(picture, at_least=PALM)[:PALMS]:
        part = crop(picture, palm.reach())
        if part is None:
            continue
        piece, place = part
        for thing in detectors.objects.find(piece, kinds={PHONE: PHONE_SCORE}):
            box = Box(
                thing.box.left + place.left,
                thing.box.top + place.top,
                thing.box.right + place.left,
                thing.box.bottom + place.top,
            )
            found.append(Thing(PHONE, box, thing.score))
    return found


def _merge(whole: list[Thing], close: list[Thing]) -> tuple[Phone, ...]:
    phones = []
    for thing in whole:
        same = [other for other in close if other.box.overlap(thing.box) >= SAME]
        phones.append(Phone(thing.box, max([thing.score, *(t.score for t in same)]), bool(same)))
        close = [other for other in close if other not in same]
    phones += [Phone(thing.box, thing.score, agreed=False) for thing in close]
    return tuple(sorted(phones, key=lambda phone: -phone.score))


def _light(picture: Picture, box: Box) -> float | None:
    part = crop(picture, box)
    if part is None:
        return None
    blue, green, red = part[0].reshape(-1, 3).mean(axis=0)
    return float(0.114 * blue + 0.587 * green + 0.299 * red)
