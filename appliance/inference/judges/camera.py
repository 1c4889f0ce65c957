"""The camera itself: covered, frozen, badly lit, or showing a recording. Pure (proctoring.md 4.2).

Each number says what it was measured on in docs/detection.md.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from statistics import median

from appliance.exam.episode import Tick, Verdict
from appliance.inference.camera import STILL, View
from appliance.inference.judges import loop
from appliance.inference.judges.context import Context, tick
from appliance.inference.observe import Observation

DARK, FLAT = 20.0, 8.0  # luma and contrast of a covered lens, whatever the base line
BLUR = 0.50  # of the base line's detail: a blur of 8 pixels or more in 640; a starved encoder keeps 0.8
SCENE = 0.40  # of the base line's edges that a blurred scene still has; a bare wall has less
BRIGHT = 225.0
BASE_LINE = 8  # pictures that make a base line
DRIFT = 0.02  # how fast it follows the light of the day

CODES = ("camera_covered", "camera_frozen", "video_replay", "lighting_poor")


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """`base`: how the seat looks when all is well; `seen`: what it is being made of; `shown`: what the camera showed
    lately."""

    base: View | None = None
    seen: tuple[View, ...] = ()
    shown: loop.Memory = field(default_factory=loop.Memory)


def judge(memory: Memory, seen: Observation, context: Context, *, somebody: bool) -> tuple[Memory, dict[str, Tick]]:
    """`somebody`: a face or a person is in the picture."""
    if seen.view is None:
        return memory, {code: _say(seen, None) for code in CODES}
    if seen.fingerprint is not None:
        memory = replace(memory, shown=loop.remember(memory.shown, seen.at, seen.fingerprint))
    base = memory.base or context.base.view
    covered = _covered(base, seen, context)
    ticks = {
        "camera_covered": covered,
        "camera_frozen": _frozen(seen, somebody=somebody),
        "video_replay": _video_replay(memory, seen, context),
        "lighting_poor": _lighting_poor(seen, context),
    }
    return _learn(memory, seen, context, covered), ticks


def _say(seen: Observation, true: bool | None, *, score: float | None = None, light: float | None = None) -> Tick:
    if light is None and seen.view is not None:
        light = seen.view.luma
    return tick(seen.at, true, position=seen.position, score=score, light=light)


def _learn(memory: Memory, seen: Observation, context: Context, covered: Tick) -> Memory:
    """The base line: the median of the first good pictures with a face, then it follows slowly."""
    good = covered.verdict is not Verdict.TRUE and _face(seen, context)
    if not good or seen.view is None:
        return memory
    if (base := memory.base or context.base.view) is not None:
        return replace(memory, base=_blend(base, seen.view))
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


def _face(seen: Observation, context: Context) -> bool:
    low = context.rules["face_absent"].threshold
    return any(face.score >= low for face in seen.faces or ())


def _covered(base: View | None, seen: Observation, context: Context) -> Tick:
    """Dark and without structure, or the scene is there but blurred."""
    view = seen.view
    if view is None:
        return _say(seen, None)
    if base is None:
        dark = view.luma < DARK and view.contrast < FLAT
        return _say(seen, True if dark else None, score=1.0 - view.luma / 255)
    low = context.rules["camera_covered"].threshold
    light, edges = view.luma / max(base.luma, 1.0), view.edges / max(base.edges, 1.0)
    dark = (view.luma < DARK and view.contrast < FLAT) or (light < low and edges < low)
    blurred = edges >= SCENE and view.detail < BLUR * base.detail
    strength = 1.0 - (view.detail / max(base.detail, 1e-6) if blurred else min(light, 1.0))
    return _say(seen, dark or blurred, score=min(1.0, max(0.0, strength)))


def _frozen(seen: Observation, *, somebody: bool) -> Tick:
    """Nothing moves although somebody is in the picture; nobody sits that still. An empty room may."""
    if seen.changed is None:
        return _say(seen, None)
    if seen.changed >= STILL:
        return _say(seen, False, score=1.0 - seen.changed)
    return _say(seen, True if somebody else None, score=1.0 - seen.changed)


def _video_replay(memory: Memory, seen: Observation, context: Context) -> Tick:
    """What moved in the last seconds moved like that before: a recording that is played again and again."""
    back = loop.came_back(memory.shown)
    return _say(seen, None if back is None else back >= context.rules["video_replay"].threshold, score=back)


def _lighting_poor(seen: Observation, context: Context) -> Tick:
    """The face too dark or too bright; the picture where there is no face."""
    assert seen.view is not None
    light = seen.view.luma if seen.face_light is None else seen.face_light
    poor = light < context.rules["lighting_poor"].threshold or light > BRIGHT
    return _say(seen, poor, score=abs(light - 127.5) / 127.5, light=light)
