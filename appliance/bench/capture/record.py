"""Recording: the box against Janus' video room and against aiortc's MediaRecorder, the same sender for each.

Windows of the box and of Janus take turns, so that a neighbour's load meets both. Janus writes packets to .mjr files;
what janus-pp-rec needs to make them playable is counted in (and left out in the raw ratio): the box's files are
playable as they are written.
"""

from appliance.bench.capture.box import Box
from appliance.bench.capture.clip import Clip
from appliance.bench.capture.janus import Janus
from appliance.bench.capture.load import BoxTarget, JanusTarget, Load, MediaRecorderTarget
from appliance.bench.capture.ratio import Window, ratio, told
from appliance.bench.figures import Figures
from appliance.errors import Unavailable

STREAMS = 8
ROUNDS = 3
MORE, FEWER = (4, 6, 8), (2, 1)
"""Streams that MediaRecorder is given: more until they are too many, or fewer until they are not."""
SURVIVES = 0.95
"""The share of frames that MediaRecorder must write to count as having survived."""


def run(load: Load, box: Box, janus: Janus | None, picture: Clip) -> Figures:
    """`cpu_per_stream`: CPU-seconds of the capture process per stream-second; ratios to the peers; all windows."""
    ours, theirs = BoxTarget(box), JanusTarget(janus, load.folder / "janus-record") if janus else None
    ours_windows: list[Window] = []
    theirs_windows: list[Window] = []
    for _ in range(ROUNDS):
        ours_windows.append(load.window(ours, streams=STREAMS))
        if theirs is not None:
            theirs_windows.append(load.window(theirs, streams=STREAMS))
    survived, collapsed = _mediarecorder(load)
    if survived is None:
        print("capture.record has no ratio to MediaRecorder: it survived not even one stream", flush=True)
    whole = told(ours_windows)
    return {
        "cpu_per_stream": whole.get("cpu_per_stream"),
        "ratio_vs_janus": ratio(ours_windows, theirs_windows),
        "ratio_vs_janus_raw": ratio(ours_windows, theirs_windows, raw=True),
        "ratio_vs_mediarecorder": ratio(ours_windows, [survived], digits=4) if survived else None,
        "decoder_per_stream": whole.get("decoder_per_stream"),
        "streams": STREAMS,
        "stream_bits_per_s": round(picture.bitrate),
        "box": whole,
        "janus": told(theirs_windows) if janus else None,
        "mediarecorder": {
            "streams": survived.streams if survived else 0,
            "cpu_per_stream": round(survived.per_stream, 3) if survived else None,
            "collapsed_at": collapsed,
        },
    }


def _mediarecorder(load: Load) -> tuple[Window | None, int | None]:
    """-> (at the most streams that it survives, the fewest streams at which it did not)."""
    survived: Window | None = None
    collapsed: int | None = None
    for streams in MORE:
        window = _window(load, streams)
        if window is None:
            collapsed = streams
            break
        survived = window
    if survived is None:
        for streams in FEWER:
            survived = _window(load, streams)
            if survived is not None:
                break
            collapsed = streams
    return survived, collapsed


def _window(load: Load, streams: int) -> Window | None:
    """None when it did not survive."""
    try:
        with MediaRecorderTarget.running(load.folder) as target:
            window = load.window(target, streams=streams, whole=SURVIVES)
    except Unavailable:
        return None
    return window if window.whole else None
