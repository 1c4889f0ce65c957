"""Recording and passing each stream on to one viewer: the box (WHEP) against Janus' video room (subscribers)."""

from appliance.bench.capture.box import Box
from appliance.bench.capture.janus import Janus
from appliance.bench.capture.load import BoxTarget, JanusTarget, Load
from appliance.bench.capture.ratio import Window, ratio, told
from appliance.bench.figures import Figures

STREAMS = 8
ROUNDS = 2


def run(load: Load, box: Box, janus: Janus) -> Figures:
    """The ratio of the costs, with Janus' conversion counted in and without; all windows."""
    ours, theirs = BoxTarget(box), JanusTarget(janus, load.folder / "janus-forward")
    ours_windows: list[Window] = []
    theirs_windows: list[Window] = []
    for _ in range(ROUNDS):
        ours_windows.append(load.window(ours, streams=STREAMS, viewers=ours))
        theirs_windows.append(load.window(theirs, streams=STREAMS, viewers=theirs))
    return {
        "ratio_vs_janus": ratio(ours_windows, theirs_windows),
        "ratio_vs_janus_raw": ratio(ours_windows, theirs_windows, raw=True),
        "streams": STREAMS,
        "box": told(ours_windows),
        "janus": told(theirs_windows),
    }
