"""All that is judged by a picture of a camera: a judge for each channel, each building on those before."""

from dataclasses import dataclass, field, replace

from appliance.exam.episode import Tick, Verdict
from appliance.inference.judges import attention, camera, covering, hands, identity, objects, presence, still
from appliance.inference.judges.context import Context
from appliance.inference.look import Look
from appliance.inference.observe import Observation

CLOSER = {
    "phone_visible": Look.OBJECTS,
    "multiple_people": Look.OBJECTS,
    "prohibited_object": Look.OBJECTS,
}
"""Rules that, after a first true tick, want to see every picture until they have fired or given up."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """What each judge remembers."""

    of_camera: camera.Memory = field(default_factory=camera.Memory)
    of_presence: presence.Memory = field(default_factory=presence.Memory)
    of_attention: attention.Memory = field(default_factory=attention.Memory)
    of_identity: identity.Memory = field(default_factory=identity.Memory)
    of_covering: covering.Memory = field(default_factory=covering.Memory)
    of_stillness: still.Memory = field(default_factory=still.Memory)
    of_objects: objects.Memory = field(default_factory=objects.Memory)
    of_hands: hands.Memory = field(default_factory=hands.Memory)


def judge(memory: Memory, seen: Observation, context: Context) -> tuple[Memory, dict[str, Tick]]:
    """What each rule says about this picture. Where the lens is covered nothing else can be judged."""
    of_presence, ticks = presence.judge(memory.of_presence, seen, context)
    somebody = presence.somebody(of_presence, seen, context)
    of_objects, found = objects.judge(memory.of_objects, seen, context)
    of_camera, own = camera.judge(memory.of_camera, seen, context, somebody=somebody)
    of_attention, looking = attention.judge(memory.of_attention, seen, context, somebody=somebody)
    of_hands, handling = hands.judge(memory.of_hands, seen, context)
    of_identity, alike = identity.judge(memory.of_identity, seen, context)
    of_covering, covered = covering.judge(memory.of_covering, seen, context)
    of_stillness, stays = still.judge(memory.of_stillness, seen, context)
    ticks |= found | looking | alike | covered | stays | handling
    absent = ticks.get("face_absent")
    if absent is not None and absent.verdict is Verdict.TRUE and attention.is_turned(looking):
        ticks["face_absent"] = replace(absent, verdict=Verdict.UNASSESSABLE, score=None)  # it is there, turned away
    if seen.view is None or own["camera_covered"].verdict is Verdict.TRUE:
        ticks = {code: replace(tick, verdict=Verdict.UNASSESSABLE, score=None) for code, tick in ticks.items()}
        own = {
            code: tick if code == "camera_covered" else replace(tick, verdict=Verdict.UNASSESSABLE, score=None)
            for code, tick in own.items()
        }
    remembered = Memory(
        of_camera=of_camera,
        of_presence=of_presence,
        of_attention=of_attention,
        of_identity=of_identity,
        of_covering=of_covering,
        of_stillness=of_stillness,
        of_objects=of_objects,
        of_hands=of_hands,
    )
    return remembered, ticks | own


def hungry(memory: Memory, pending: frozenset[str]) -> frozenset[Look]:
    """What the next picture should be looked at for, beside what is due: `pending` are rules that have begun to gather
    true ticks and have not fired yet."""
    closer = {CLOSER[code] for code in pending if code in CLOSER}
    if objects.hungry(memory.of_objects):
        closer.add(Look.OBJECTS)
    return frozenset(closer) | identity.hungry(memory.of_identity)
