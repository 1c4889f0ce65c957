"""Observation -> ticks, pure: what each rule makes of one picture (proctoring.md 4.2).

The numbers beside the rules' own thresholds stand here, each with what it was measured on (docs/detection.md).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from statistics import median

from appliance.exam.episode import Tick, Verdict
from appliance.exam.flags import RULES
from appliance.inference.camera import STILL, View
from appliance.inference.faces import Face
from appliance.inference.objects import Thing
from appliance.inference.observe import Observation
from appliance.inference.scene import APART, Phone

SMALL_FACE = 40 / 640  # of the picture's width; a smaller one sits too far away to be judged
BESIDE_FACE = 0.20  # a second face this wide, compared with the first, is one of the room and not on a picture far away
PERSON = 0.50
WALLET = -1.0  # lead of the phone over the wallet below which it is a wallet
LESS_SURE = 0.35  # a score that counts when the close look at the hand agrees
UNSURE = 0.30  # a score that counts when the second opinion is a phone ...
LIKELY, AHEAD = 4.5, 2.0  # ... which it is from this likeness and lead on
DARK, FLAT = 20.0, 8.0  # luma and contrast of a covered lens, whatever the base line
BLUR = 0.50  # of the base line's detail: a blur of 8 pixels or more in 640; a starved encoder keeps 0.8
SCENE = 0.40  # of the base line's edges that a blurred scene still has; a bare wall has less
BRIGHT = 225.0
BASE_LINE = 8  # pictures that make a base line
DRIFT = 0.02  # how fast it follows the light of the day
PERSONS_KNOWN = 1.6  # seconds for which the last look for persons holds


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """Of one feed. `base`: how the seat looks when all is well; `seen`: what it is being made of; `persons`: those of
    the last look, at `persons_at`."""

    base: View | None = None
    seen: tuple[View, ...] = ()
    persons: tuple[Thing, ...] | None = None
    persons_at: float = float("-inf")


def judge(memory: Memory, seen: Observation) -> tuple[Memory, dict[str, Tick]]:
    """What each rule says about this picture. A rule whose turn it was not has no tick."""
    memory = _remember(memory, seen)
    if seen.view is None:
        codes = ("face_absent", "multiple_people", "phone_visible", "camera_covered", "camera_frozen", "lighting_poor")
        return memory, {code: _tick(seen, None) for code in codes}
    covered = _covered(memory.base, seen)
    ticks: dict[str, Tick | None] = {
        "camera_covered": covered,
        "camera_frozen": _frozen(memory, seen),
        "face_absent": _face_absent(memory, seen),
        "multiple_people": _multiple_people(memory, seen),
        "phone_visible": _phone_visible(seen),
        "lighting_poor": _lighting_poor(seen),
    }
    if covered.verdict is Verdict.TRUE:
        ticks = {code: t if t is None or code == "camera_covered" else _tick(seen, None) for code, t in ticks.items()}
    return _learn(memory, seen, covered), {code: tick for code, tick in ticks.items() if tick is not None}


def _tick(
    seen: Observation, true: bool | None, *, score: float | None = None, light: float | None = None, doubt: bool = False
) -> Tick:
    """`true` None is unassessable."""
    verdict = Verdict.UNASSESSABLE if true is None else Verdict.TRUE if true else Verdict.FALSE
    if light is None and seen.view is not None:
        light = seen.view.luma
    return Tick(at=seen.at, verdict=verdict, position=seen.position, score=score, light=light, doubt=doubt)


# --- what is remembered ---


def _remember(memory: Memory, seen: Observation) -> Memory:
    return memory if seen.persons is None else replace(memory, persons=seen.persons, persons_at=seen.at)


def _persons(memory: Memory, seen: Observation) -> tuple[Thing, ...] | None:
    """Those of this picture, or of the last look when it is fresh; None when nobody looked."""
    fresh = 0 <= seen.at - memory.persons_at <= PERSONS_KNOWN
    return memory.persons if fresh else None


def _learn(memory: Memory, seen: Observation, covered: Tick) -> Memory:
    """The base line: the median of the first good pictures with a face, then it follows slowly."""
    good = covered.verdict is not Verdict.TRUE and _faces(seen, RULES["face_absent"].threshold)
    if not good or seen.view is None:
        return memory
    if memory.base is not None:
        return replace(memory, base=_blend(memory.base, seen.view))
    views = (*memory.seen, seen.view)
    if len(views) < BASE_LINE:
        return replace(memory, seen=views)
    return replace(memory, seen=(), base=_median(views))


def _median(views: Sequence[View]) -> View:
    return View(
        luma=median(v.luma for v in views),
        contrast=median(v.contrast for v in views),
        edges=median(v.edges for v in views),
        detail=median(v.detail for v in views),
    )


def _blend(base: View, view: View) -> View:
    def towards(old: float, new: float) -> float:
        return old + DRIFT * (new - old)

    return View(
        luma=towards(base.luma, view.luma),
        contrast=towards(base.contrast, view.contrast),
        edges=towards(base.edges, view.edges),
        detail=towards(base.detail, view.detail),
    )


# --- the rules ---


def _faces(seen: Observation, at_least: float) -> list[Face]:
    return [face for face in seen.faces or () if face.score >= at_least]


def _face_absent(memory: Memory, seen: Observation) -> Tick:
    """No face; with a person in the picture all the same it is doubtful (turned round, bent down)."""
    if seen.faces is None:
        return _tick(seen, None)
    best = max((face.score for face in seen.faces), default=0.0)
    found = _faces(seen, RULES["face_absent"].threshold)
    if found and max(face.box.width for face in found) < SMALL_FACE * seen.width:
        return _tick(seen, None)
    doubt = any(person.score >= PERSON for person in _persons(memory, seen) or ())
    return _tick(seen, not found, score=1.0 - best, doubt=doubt)


def _multiple_people(memory: Memory, seen: Observation) -> Tick | None:
    """Two faces, or two persons of whom each stands for itself."""
    if seen.faces is None and seen.persons is None:
        return _tick(seen, None)
    faces = _faces(seen, RULES["multiple_people"].threshold)
    if faces:
        widest = max(face.box.width for face in faces)
        faces = [face for face in faces if face.box.width >= BESIDE_FACE * widest]
    persons = _apart(_persons(memory, seen) or ())
    second = sorted((face.score for face in faces), reverse=True)[1:2]
    second += sorted((person.score for person in persons), reverse=True)[1:2]
    if len(faces) < 2 and len(persons) >= 2 and seen.persons is None:
        return None  # two persons were there when last looked: wait for the next look rather than say no
    return _tick(seen, bool(second), score=max(second, default=None))


def _apart(persons: Sequence[Thing]) -> list[Thing]:
    sure = sorted((p for p in persons if p.score >= PERSON), key=lambda p: -p.box.area)
    kept: list[Thing] = []
    for person in sure:
        if all(person.box.share_in(other.box) <= APART for other in kept):
            kept.append(person)
    return kept


def _phone_visible(seen: Observation) -> Tick | None:
    if seen.phones is None:
        return None if seen.waits else _tick(seen, None)
    best = max(seen.phones, key=lambda phone: phone.score, default=None)
    return _tick(seen, any(is_phone(p) for p in seen.phones), score=best.score if best else None)


def is_phone(phone: Phone) -> bool:
    """Sure, or less sure but confirmed by another look; and no wallet."""
    opinion = phone.opinion
    if opinion is not None and opinion.lead < WALLET:
        return False
    if phone.score >= RULES["phone_visible"].threshold or (phone.agreed and phone.score >= LESS_SURE):
        return True
    confirmed = opinion is not None and opinion.phone >= LIKELY and opinion.lead >= AHEAD
    return confirmed and phone.score >= UNSURE


def _covered(base: View | None, seen: Observation) -> Tick:
    """Dark and without structure, or the scene is there but blurred."""
    view = seen.view
    if view is None:
        return _tick(seen, None)
    if base is None:
        dark = view.luma < DARK and view.contrast < FLAT
        return _tick(seen, True if dark else None, score=1.0 - view.luma / 255)
    low = RULES["camera_covered"].threshold
    light, edges = view.luma / max(base.luma, 1.0), view.edges / max(base.edges, 1.0)
    dark = (view.luma < DARK and view.contrast < FLAT) or (light < low and edges < low)
    blurred = edges >= SCENE and view.detail < BLUR * base.detail
    strength = 1.0 - (view.detail / max(base.detail, 1e-6) if blurred else min(light, 1.0))
    return _tick(seen, dark or blurred, score=min(1.0, max(0.0, strength)))


def _frozen(memory: Memory, seen: Observation) -> Tick:
    """Nothing moves although somebody is in the picture; nobody sits that still. An empty room may."""
    if seen.changed is None:
        return _tick(seen, None)
    if seen.changed >= STILL:
        return _tick(seen, False, score=1.0 - seen.changed)
    somebody = bool(_faces(seen, RULES["face_absent"].threshold)) or any(
        person.score >= PERSON for person in _persons(memory, seen) or ()
    )
    return _tick(seen, True if somebody else None, score=1.0 - seen.changed)


def _lighting_poor(seen: Observation) -> Tick:
    """The face too dark or too bright; the picture where there is no face."""
    assert seen.view is not None
    light = seen.view.luma if seen.face_light is None else seen.face_light
    poor = light < RULES["lighting_poor"].threshold or light > BRIGHT
    return _tick(seen, poor, score=abs(light - 127.5) / 127.5, light=light)
