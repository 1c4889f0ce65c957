"""What lies or is held in the picture. Pure (proctoring.md 4.2).

Each number says what it was measured on in docs/detection.md.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from statistics import median
from typing import Any

from appliance.exam.detection import Prohibited
from appliance.exam.episode import Tick
from appliance.exam.feed import Kind
from appliance.inference.baseline import NOT_TAKEN
from appliance.inference.boxes import Box
from appliance.inference.judges import place
from appliance.inference.judges.context import Context, tick
from appliance.inference.objects import BOOK, LAPTOP, TV
from appliance.inference.observe import Observation
from appliance.inference.search import Phone

UNSURE = 0.30  # a phone this likely is worth a look at every picture,
LONGEST_DOUBT = 5  # but not for more looks than that in a row: a thing that stays doubtful stays so
SHAPED = 0.50  # what is so surely of a phone's shape is a phone or a wallet,
AHEAD = 0.5  # and none where its lead over a wallet is less (phones held up 2.8 to 3.2, a wallet -4.4, a dark tie .1),
REMEMBERED = 4.0  # each in the middle of so many seconds: a wallet looks like a phone in one picture of ten
SAME = 0.30  # overlap from which on a page and a book are one thing
SETTLING = 3  # looks after which what stands in the room is known, where there was no check-in

SCREENS = (Prohibited.LAPTOP, Prohibited.SECOND_SCREEN)
_NAMES = {LAPTOP: Prohibited.LAPTOP, TV: Prohibited.SECOND_SCREEN, BOOK: Prohibited.BOOK}


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """`leads`: of what had a phone's shape, with their seconds, over REMEMBERED; `doubts`: looks in a row at something
    that may be a phone; `looks`: in all, up to SETTLING; `stood`: the screens that were there in them; `places`: where
    what belongs in the picture is."""

    leads: tuple[tuple[float, float], ...] = ()
    doubts: int = 0
    looks: int = 0
    stood: frozenset[Prohibited] = frozenset()
    places: place.Memory = field(default_factory=place.Memory)


@dataclass(frozen=True, slots=True)
class Item:
    """Something that an exam may forbid."""

    name: Prohibited
    box: Box
    score: float


def judge(memory: Memory, seen: Observation, context: Context) -> tuple[Memory, dict[str, Tick]]:
    """A rule whose turn it was not has no tick."""
    if seen.waits:
        return memory, {}
    places, ticks = place.judge(memory.places, seen, context, _in_sight(seen))
    memory = _learn(replace(memory, places=places), seen, context)
    return memory, ticks | {
        "phone_visible": _phone_visible(memory, seen, context),
        "prohibited_object": _prohibited_object(memory, seen, context),
    }


def hungry(memory: Memory) -> bool:
    """Something may be a phone: every picture should be looked at for a while."""
    return 0 < memory.doubts <= LONGEST_DOUBT


def desk(seen: Observation, context: Context) -> frozenset[str] | None:
    """What lies or stands there, for the base line; None when nobody looked."""
    items = _in_sight(seen)
    if items is None:
        return None
    rules = context.rules
    least = {Prohibited.PHONE: rules["phone_visible"].threshold}
    usual = rules["prohibited_object"].threshold
    return frozenset(item.name.value for item in items if item.score >= least.get(item.name, usual))


def _in_sight(seen: Observation) -> list[Item] | None:
    """Phones and what else has a name, however doubtful; None when nobody could look."""
    if seen.things is None or seen.phones is None:
        return None
    return [*(Item(Prohibited.PHONE, phone.box, phone.score) for phone in seen.phones), *_named(seen)]


def _learn(memory: Memory, seen: Observation, context: Context) -> Memory:
    unsure = any(phone.score >= UNSURE for phone in seen.phones or ())
    shaped = max(seen.phones or (), key=lambda phone: phone.shape, default=None)
    leads = tuple((at, lead) for at, lead in memory.leads if 0 <= seen.at - at <= REMEMBERED)
    if shaped is not None and shaped.shape >= SHAPED:
        leads = (*leads, (seen.at, shaped.lead))
    memory = replace(memory, leads=leads, doubts=memory.doubts + 1 if unsure else 0)
    if seen.things is None or memory.looks >= SETTLING:
        return memory
    stood = {item.name for item in _items(seen, context) if item.name in SCREENS}
    return replace(memory, looks=memory.looks + 1, stood=memory.stood | stood)


def _say(
    seen: Observation, true: bool | None, *, score: float | None = None, why: dict[str, Any] | None = None
) -> Tick:
    light = None if seen.view is None else seen.view.luma
    return tick(seen.at, true, position=seen.position, score=score, light=light, why=why)


def _phone_visible(memory: Memory, seen: Observation, context: Context) -> Tick:
    if seen.phones is None or Prohibited.PHONE in context.rules.policy.allowed:
        return _say(seen, None if seen.phones is None else False)
    others = [p for p in seen.phones if not place.is_declared(p.box, memory.places, seen, context)]
    best = max(others, key=lambda phone: phone.score, default=None)
    if best is None:
        return _say(seen, False)
    lead = median(lead for _, lead in memory.leads) if memory.leads else best.lead
    why = {"lead_over_wallet": round(lead, 1)}
    return _say(seen, bool(_sure(others, context)) and lead >= AHEAD, score=best.score, why=why)


def _sure(phones: Iterable[Phone], context: Context) -> list[Phone]:
    sure = context.rules["phone_visible"].threshold
    return [phone for phone in phones if phone.score >= sure]


def _prohibited_object(memory: Memory, seen: Observation, context: Context) -> Tick:
    if seen.things is None:
        return _say(seen, None)
    known = context.base is not NOT_TAKEN
    there = frozenset(context.base.objects) if known else frozenset(name.value for name in memory.stood)
    if not known and memory.looks < SETTLING:
        there |= {name.value for name in SCREENS}
    items = [item for item in _items(seen, context) if item.name not in context.rules.policy.allowed]
    new = [item for item in _without_own_screen(items, context) if item.name not in SCREENS or item.name not in there]
    best = max(new, key=lambda item: item.score, default=None)
    if best is None:
        return _say(seen, False)
    why = {"what": best.name.value, "base": "check_in" if known else "first_looks"}
    return _say(seen, best.score >= context.rules["prohibited_object"].threshold, score=best.score, why=why)


def _items(seen: Observation, context: Context) -> list[Item]:
    """What may be forbidden, as far as it is sure."""
    at_least = context.rules["prohibited_object"].threshold
    return [item for item in _named(seen) if item.score >= at_least]


def _named(seen: Observation) -> list[Item]:
    """Books, screens, and pages; a page in a book is the book's."""
    books = [thing.box for thing in seen.things or () if thing.kind == BOOK]
    found = [Item(_NAMES[thing.kind], thing.box, thing.score) for thing in seen.things or ()]
    for page in seen.pages or ():
        in_book = any(page.box.overlap(book) >= SAME for book in books)
        found.append(Item(Prohibited.BOOK if in_book else Prohibited.NOTES, page.box, page.score))
    return found


def _without_own_screen(items: Sequence[Item], context: Context) -> list[Item]:
    """A camera beside the candidate sees the exam's own screen: the surest one does not count."""
    screens = sorted((item for item in items if item.name in SCREENS), key=lambda item: -item.score)
    own = screens[:1] if context.kind is not Kind.WEBCAM else []
    return [item for item in items if item not in own]
