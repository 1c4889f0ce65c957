"""Looks for what is held or lies there, phones and pages: finds places cheaply and looks closer at a few of them."""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from appliance.inference.boxes import Box, crop
from appliance.inference.hands import Palm
from appliance.inference.models import Picture
from appliance.inference.objects import ObjectFinder, Sighting, Spot
from appliance.inference.opinion import Opinion, SecondOpinion, square

CLOSER_LOOKS = 6
"""In one picture, at most."""

TILE = 0.62  # of width and height: the lower left and the lower right, in turn
SAME_SPOT = 0.60  # overlap from which on two places are one
SMALLEST_PAGE = 0.015  # of the picture; smaller print is part of the room
NOTED = 0.10  # what is less likely is not told
WORTH_STAYING = 0.30  # a phone this likely, found in one corner, keeps the look on that corner

_THUMB = 24
_KEPT = 3 * CLOSER_LOOKS
_SAME_PLACE = 0.80  # overlap, and
_SAME_LOOK = (
    4.0  # mean difference in grey levels, within which an earlier opinion of a place, that nothing is there, holds
)


@dataclass(frozen=True, slots=True)
class Phone:
    """Something of a phone's shape: how sure it is one, 0..1, how sure it has the shape, and by how many logits it is
    rather a phone than a wallet."""

    box: Box
    score: float
    shape: float
    lead: float


@dataclass(frozen=True, slots=True)
class Page:
    """Something printed or written: how sure, 0..1."""

    box: Box
    score: float


@dataclass(frozen=True, slots=True)
class _Judged:
    box: Box
    thumb: Picture
    opinion: Opinion


class Search:
    """Of one feed, picture by picture. Remembers whose corner's turn it is, and what it has looked at closely: a thing
    that stands still is judged once."""

    def __init__(self, finder: ObjectFinder, opinions: SecondOpinion) -> None:
        self._finder = finder
        self._opinions = opinions
        self._right = False
        self._judged: list[_Judged] = []

    def look(
        self, picture: Picture, whole: Sighting, palms: Sequence[Palm]
    ) -> tuple[tuple[Phone, ...], tuple[Page, ...]]:
        """Phones and pages, the surest of each first. `whole`: what was found in the whole picture; hands and one of
        two corners get a pass of their own."""
        corner = self._places(picture, corner_of(picture, right=self._right))
        spots = [*whole.spots(), *corner]
        for palm in palms:
            spots += self._places(picture, palm.reach())
        height, width = picture.shape[:2]
        phones, pages = [], []
        for spot in merge(spots)[:CLOSER_LOOKS]:
            opinion = self._opinion(picture, spot.box)
            if opinion is None:
                continue
            if opinion.shape >= NOTED:
                phones.append(Phone(spot.box, opinion.phone, opinion.shape, opinion.lead))
            if opinion.page >= NOTED and spot.box.area >= SMALLEST_PAGE * width * height:
                pages.append(Page(spot.box, opinion.page))
        if not any(phone.score >= WORTH_STAYING and _is_in(phone.box, corner) for phone in phones):
            self._right = not self._right
        return tuple(sorted(phones, key=lambda p: -p.score)), tuple(sorted(pages, key=lambda p: -p.score))

    def _places(self, picture: Picture, box: Box) -> list[Spot]:
        part = crop(picture, box)
        if part is None:
            return []
        piece, place = part
        return [spot.moved(place.left, place.top) for spot in self._finder.look(piece).spots()]

    def _opinion(self, picture: Picture, box: Box) -> Opinion | None:
        """An earlier one, where the same place still looks the same (boxes are never quite the same twice); what may be
        something is looked at anew each time."""
        for known in self._judged:
            if (
                box.overlap(known.box) >= _SAME_PLACE
                and _difference(_thumb(picture, known.box), known.thumb) <= _SAME_LOOK
            ):
                return known.opinion
        opinion = self._opinions.of(picture, box)
        if opinion is not None and max(opinion.shape, opinion.page) < NOTED:
            self._judged = [_Judged(box, _thumb(picture, box), opinion), *self._judged][:_KEPT]
        return opinion


def merge(spots: Sequence[Spot]) -> list[Spot]:
    """Those that are not the same place, the worthiest first."""
    kept: list[Spot] = []
    for spot in sorted(spots, key=lambda spot: -spot.worth):
        if all(spot.box.overlap(other.box) <= SAME_SPOT for other in kept):
            kept.append(spot)
    return kept


def corner_of(picture: Picture, *, right: bool) -> Box:
    """The lower right or lower left part of a picture."""
    height, width = picture.shape[:2]
    left = (1 - TILE) * width if right else 0.0
    return Box(left, (1 - TILE) * height, left + TILE * width, height)


def _is_in(box: Box, spots: Sequence[Spot]) -> bool:
    return any(box.overlap(spot.box) > SAME_SPOT for spot in spots)


def _thumb(picture: Picture, box: Box) -> Picture:
    """What is looked at for a box, small and grey."""
    part = crop(picture, square(box))
    assert part is not None  # whoever has an opinion of it has seen it
    grey = cv2.cvtColor(part[0], cv2.COLOR_BGR2GRAY)
    return np.asarray(cv2.resize(grey, (_THUMB, _THUMB), interpolation=cv2.INTER_AREA), np.uint8)


def _difference(one: Picture, other: Picture) -> float:
    return float(np.abs(one.astype(np.int16) - other.astype(np.int16)).mean())
