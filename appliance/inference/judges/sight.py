"""All that is judged by a picture of a camera: a judge for each channel, each building on those before."""

from dataclasses import dataclass, field, replace

from appliance.exam.episode import Tick, Verdict
from appliance.inference.judges import attention, camera, identity, objects, presence
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
    of_objects: objects.Memory = field(default_factory=objects.Memory)


def judge(memory: Memory, seen: Observation, context: Context) -> tuple[Memory, dict[str, Tick]]:
    """What each rule says about this picture. Where the lens is covered nothing else can be judged."""
    of_presence, ticks = presence.judge(memory.of_presence, seen, context)
    somebody = presence.somebody(of_presence, seen, context)
    of_objects, found = objects.judge(memory.of_objects, seen, context)
    of_camera, own = camera.judge(memory.of_camera, seen, context, somebody=somebody)
    of_attention, looking = attention.judge(memory.of_attention, seen, context, somebody=somebody)
    of_identity, alike = identity.judge(memory.of_identity, seen, context)
    ticks |= found | looking | alike
    if attention.is_turned(looking) and "face_absent" in ticks:  # whose face is turned away is there
        ticks["face_absent"] = replace(ticks["face_absent"], verdict=Verdict.UNASSESSABLE, score=None)
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
        of_objects=of_objects,
    )
    return remembered, ticks | own


def hungry(memory: Memory, pending: frozenset[str]) -> frozenset[Look]:
    """What the next picture should be looked at for, beside what is due: `pending` are rules that have begun to gather
    true ticks and have not fired yet."""
    return frozenset(CLOSER[code] for code in pending if code in CLOSER) | identity.hungry(memory.of_identity)
