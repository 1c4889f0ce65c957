"""Whether a feed's streams arrive. Pure (proctoring.md 4.2).

One root cause, one event: where nothing at all comes from the candidate's computer the camera waits until the network
is blamed for it, or until something comes again sooner than that.
"""

from dataclasses import dataclass

from appliance.exam.episode import Tick
from appliance.exam.feed import Kind
from appliance.inference.judges.context import Context, tick

LOST = {Kind.WEBCAM: "camera_disconnected", Kind.PHONE: "phone_cam_lost", Kind.CAMERA: "phone_cam_lost"}
"""The rule that says so, by feed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Heartbeat:
    """At wall second `at`: are media missing? None: they are, by the box's own fault. `position`: the last on the
    recording, seconds. `silent_since`: nothing comes from the candidate's computer since then, None where something
    does; `back`: until this very moment. `rate`: pictures a second that arrive, None when nobody says."""

    at: float
    lost: bool | None
    position: float | None = None
    silent_since: float | None = None
    back: bool = False
    rate: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """Nothing: each moment speaks for itself."""


def judge(memory: Memory, seen: Heartbeat, context: Context) -> tuple[Memory, dict[str, Tick]]:
    """Of a webcam `camera_disconnected`, or `network_lost` for the whole seat; of a second camera `phone_cam_lost`."""
    ticks = {"stream_degraded": _degraded(seen, context)}
    if context.kind is Kind.WEBCAM:
        silent = seen.silent_since is not None
        ticks["network_lost"] = tick(seen.at, None if seen.lost is None else silent, position=seen.position)
    if (code := LOST.get(context.kind)) and not _network_is_to_blame(seen, context):
        ticks[code] = tick(seen.at, seen.lost, position=seen.position)
    return memory, ticks


def _network_is_to_blame(seen: Heartbeat, context: Context) -> bool:
    """Or will be in a moment."""
    if seen.silent_since is None or "network_lost" not in context.rules:
        return False
    return not seen.back or seen.at - seen.silent_since >= context.rules["network_lost"].seconds


def _degraded(seen: Heartbeat, context: Context) -> Tick:
    """Pictures come, but hardly any."""
    if seen.lost is not False or seen.rate is None:
        return tick(seen.at, None, position=seen.position)
    few = seen.rate < context.rules["stream_degraded"].threshold
    return tick(seen.at, few, position=seen.position, why={"pictures_per_second": seen.rate})
