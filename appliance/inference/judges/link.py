"""Whether a feed's streams arrive. Pure (proctoring.md 4.2)."""

from dataclasses import dataclass

from appliance.exam.episode import Tick
from appliance.exam.feed import Kind
from appliance.inference.judges.context import Context, tick

LOST = {Kind.WEBCAM: "camera_disconnected", Kind.PHONE: "phone_cam_lost", Kind.CAMERA: "phone_cam_lost"}
"""The rule that says so, by feed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Heartbeat:
    """At wall second `at`: are media missing? None: they are, by the box's own fault. `position`: the last on the
    recording, seconds."""

    at: float
    lost: bool | None
    position: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """Nothing: each moment speaks for itself."""


def judge(memory: Memory, seen: Heartbeat, context: Context) -> tuple[Memory, dict[str, Tick]]:
    """`camera_disconnected`, or what it is called for a second camera."""
    code = LOST.get(context.kind)
    return memory, {} if code is None else {code: tick(seen.at, seen.lost, position=seen.position)}
