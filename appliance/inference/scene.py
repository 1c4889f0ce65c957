"""Persons and phones of one picture: a first look at the whole, a second one where it is worth it."""

from collections.abc import Sequence
from dataclasses import dataclass

from appliance.inference.boxes import Box, crop
from appliance.inference.hands import Palm
from appliance.inference.models import Picture
from appliance.inference.objects import PERSON, PHONE, ObjectFinder, Thing
from appliance.inference.opinion import Opinion, SecondOpinion

PERSON_SCORE = 0.25  # from which on a second look is worth it
PHONE_SCORE = 0.30
SAME = 0.30  # overlap from which on two sightings are of the same thing
APART = 0.50  # how much of a second person may lie in the first: more is the same person seen twice
SECOND_LOOKS = 3  # in one picture, at most
MARGIN = 0.15  # around a person, of its width, in the second look
HAND = 0.30  # a palm this wide, compared with the person it is in, makes that person an arm held to the camera


@dataclass(frozen=True, slots=True)
class Phone:
    """Something that looks like a phone. `score` is the highest of its looks; `agreed`: seen both in the whole picture
    and close up at a hand; `opinion` is None where nobody was asked."""

    box: Box
    score: float
    agreed: bool
    opinion: Opinion | None = None


def find_persons(picture: Picture, things: Sequence[Thing], palms: Sequence[Palm], again: ObjectFinder) -> list[Thing]:
    """The surest person, and whoever else stands apart from it. Somebody half in the picture is small and strange for
    the network, and clear when it looks at that part alone."""
    found = sorted((t for t in things if t.kind == PERSON), key=lambda t: -t.score * t.box.area)
    if not found:
        return []
    kept = found[:1]
    for person in found[1 : 1 + SECOND_LOOKS]:
        if any(person.box.share_in(other.box) > APART for other in kept) or _is_arm(person, palms):
            continue
        kept.append(Thing(PERSON, person.box, max(person.score, _closer(picture, person.box, again))))
    return kept


def _is_arm(person: Thing, palms: Sequence[Palm]) -> bool:
    return any(palm.box.share_in(person.box) > APART and palm.box.width > HAND * person.box.width for palm in palms)


def _closer(picture: Picture, box: Box, again: ObjectFinder) -> float:
    wide = Box(
        box.left - MARGIN * box.width,
        box.top - MARGIN * box.height / 2,
        box.right + MARGIN * box.width,
        box.bottom + MARGIN * box.height / 2,
    )
    seen = _look(picture, wide, again, {PERSON: PERSON_SCORE})
    return max((thing.score for thing in seen if thing.box.overlap(box) >= SAME), default=0.0)


def find_phones(
    picture: Picture, things: Sequence[Thing], palms: Sequence[Palm], again: ObjectFinder, opinion: SecondOpinion
) -> list[Phone]:
    """What looks like a phone in the whole picture or at a hand, the surest first."""
    whole = [thing for thing in things if thing.kind == PHONE]
    close = [thing for palm in palms for thing in _look(picture, palm.reach(), again, {PHONE: PHONE_SCORE})]
    phones = sorted(_merge(whole, close), key=lambda phone: -phone.score)
    return [
        Phone(phone.box, phone.score, phone.agreed, opinion.of(picture, phone.box)) for phone in phones[:SECOND_LOOKS]
    ]


def _merge(whole: Sequence[Thing], close: Sequence[Thing]) -> list[Phone]:
    phones = []
    left = list(close)
    for thing in whole:
        same = [other for other in left if other.box.overlap(thing.box) >= SAME]
        phones.append(Phone(thing.box, max([thing.score, *(t.score for t in same)]), bool(same)))
        left = [other for other in left if other not in same]
    return phones + [Phone(thing.box, thing.score, agreed=False) for thing in left]


def _look(picture: Picture, box: Box, finder: ObjectFinder, kinds: dict[int, float]) -> list[Thing]:
    """Look at a part of the picture; boxes are those of the whole."""
    part = crop(picture, box)
    if part is None:
        return []
    piece, place = part
    return [Thing(t.kind, t.box.moved(place.left, place.top), t.score) for t in finder.find(piece, kinds=kinds)]
