"""How a candidate sits when all is well, taken at check-in: what later looks are held against. Pure."""

from dataclasses import dataclass

from appliance.inference.camera import View


@dataclass(frozen=True, slots=True, kw_only=True)
class Baseline:
    """Of one feed; None where it was not taken. Angles in degrees as in `head.Head`; `x`, `y`: middle of the person's
    head in shares of the picture; `size`: its width likewise; `noise_db`: the microphone's floor, dB below full scale;
    `objects`: those on the desk, by name."""

    yaw: float | None = None
    pitch: float | None = None
    x: float | None = None
    y: float | None = None
    size: float | None = None
    view: View | None = None
    noise_db: float | None = None
    objects: frozenset[str] = frozenset()


NOT_TAKEN = Baseline()
