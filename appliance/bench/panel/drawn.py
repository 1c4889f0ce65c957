"""One picture of the display: how long it takes to draw, beside how long the bus takes to carry it."""

import statistics
import time

from appliance.panel.driver import Face
from appliance.panel.drivers import drawing
from appliance.panel.pattern import PATTERNS
from appliance.panel.status import Status

PICTURES = 200
BUS_HERTZ = 100_000
"""The Pi's default for I2C. A byte takes nine beats."""


def milliseconds() -> dict[str, float]:
    """Median of drawing one; of the bus; the ratio. Each picture differs from the last, so that nothing is kept."""
    taken = []
    for number in range(PICTURES):
        lines = ("physics-214", f"Exam on: {number} of 999", "Free: 412 GB", "Disk: 68 %")
        face = Face(status="recording", light=PATTERNS[Status.RECORDING], since=0.0, lines=lines)
        began = time.perf_counter()
        drawing.picture(face, drawing.SHIFTS[number % len(drawing.SHIFTS)]).tobytes()
        taken.append((time.perf_counter() - began) * 1000)
    bus = drawing.WIDTH * drawing.HEIGHT / 8 * 9 / BUS_HERTZ * 1000
    drawn = statistics.median(taken)
    return {"drawn": round(drawn, 2), "bus": round(bus, 1), "ratio_vs_bus": round(drawn / bus, 3)}
