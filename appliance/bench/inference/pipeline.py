"""The production path over pictures, at the live rate, on one thread: what it takes, and where."""

import time
from collections.abc import Sequence
from dataclasses import dataclass

from appliance.bench.inference.material import Clip
from appliance.config import InferenceSettings
from appliance.inference.detectors import Detectors
from appliance.inference.gate import Gate
from appliance.inference.judges import sight
from appliance.inference.judges.context import Context
from appliance.inference.observe import Observer
from appliance.inference.schedule import Pace, rates
from appliance.inference.track import Track


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """Over `seconds` of footage of one seat: wall and CPU seconds of all looks, those inside the networks and inside
    the judges, and how often each network ran."""

    seconds: float
    wall: float
    cpu: float
    networks: float
    judges: float
    calls: dict[str, int]

    def rest(self, ideal: float) -> dict[str, float]:
        """What is not `ideal` (the networks alone, seconds), by name, as shares of the wall time."""
        return {
            "networks_beside_the_others": round((self.networks - ideal) / self.wall, 3),
            "cutting_scaling_reading_answers": round((self.wall - self.networks - self.judges) / self.wall, 3),
            "judges": round(self.judges / self.wall, 3),
        }


def run(detectors: Detectors, settings: InferenceSettings, clips: Sequence[Clip], *, gated: bool) -> Taken:
    """Each clip once."""
    before = {name: (model.calls, model.seconds) for name, model in detectors.models.items()}
    seconds = wall = cpu = judges = 0.0
    for clip in clips:
        observer = Observer(detectors, gate=Gate() if gated else None)
        track = Track(sight.judge, sight.Memory(), Context())
        pace = Pace(rates=rates(settings))
        for at, picture in clip:
            if not (wants := pace.due(at)):
                continue
            began, began_cpu = time.perf_counter(), time.process_time()
            seen = observer.look(picture, at=at, position=at, wants=wants)
            looked = time.perf_counter()
            track.see(seen)
            pace.looked(at, hungry=sight.hungry(track.memory, track.watch.pending))
            ended = time.perf_counter()
            wall, judges, cpu = wall + ended - began, judges + ended - looked, cpu + time.process_time() - began_cpu
        seconds += clip[-1][0] - clip[0][0]
    after = {name: (model.calls, model.seconds) for name, model in detectors.models.items()}
    return Taken(
        seconds=seconds,
        wall=wall,
        cpu=cpu,
        networks=sum(after[name][1] - before[name][1] for name in after),
        judges=judges,
        calls={name: after[name][0] - before[name][0] for name in after},
    )
