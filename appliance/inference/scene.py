"""Persons of one picture: a first look at the whole, a second one where it is worth it."""

from collections.abc import Sequence

from appliance.inference.boxes import Box, crop
from appliance.inference.hands import Palm
from appliance.inference.models import Picture
from appliance.inference.objects import PERSON, ObjectFinder, Thing

PERSON_SCORE = 0.25  # from which on a second look is worth it
SAME = 0.30  # overlap from which on two sightings are of the same person
APART = 0.50  # how much of a second person may lie in the first: more is the same person seen twice
SECOND_LOOKS = 3  # in one picture, at most
MARGIN = 0.15  # around a person, of its width, in the second look
HAND = 0.30  # a palm this wide, compared with the person it is in, makes that person an arm held to the camera


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
    part = crop(picture, wide)
    if part is None:
        return 0.0
    piece, place = part
    seen = again.find(piece, kinds={PERSON: PERSON_SCORE})
    return max((t.score for t in seen if t.box.moved(place.left, place.top).overlap(box) >= SAME), default=0.0)
