"""Whether the streams of a seat arrive, and which of several names that has."""

import json
from itertools import chain

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.exam.detection import DetectionPolicy, in_force
from appliance.exam.episode import Verdict
from appliance.exam.feed import Kind, Position
from appliance.exam.gap import Cause
from appliance.inference import arrival
from appliance.inference.judges import link
from appliance.inference.judges.context import Context
from appliance.inference.track import Track
from appliance.inference.watch import Begun, Over
from tests.inference.seen import beats

TRUE, FALSE, UNASSESSABLE = Verdict.TRUE, Verdict.FALSE, Verdict.UNASSESSABLE
PHONE = Context(kind=Kind.PHONE, position=Position.OBLIQUE)


def verdicts(context=None, **beat):
    _, ticks = link.judge(link.Memory(), link.Heartbeat(at=100.0, **beat), context or Context())
    return {code: tick.verdict for code, tick in ticks.items()}


def raised(looks, context=None):
    track = Track(link.judge, link.Memory(), context or Context())
    outputs = chain.from_iterable(track.see(look) for look in looks)
    return [(output.code, output.episode.onset_at) for output in outputs if isinstance(output, Begun)]


def test_a_feed_that_comes_is_nothing():
    assert verdicts(lost=False, rate=15.0) == {
        "camera_disconnected": FALSE,
        "network_lost": FALSE,
        "stream_degraded": FALSE,
    }


def test_a_fault_of_the_boxs_own_cannot_be_judged():
    assert set(verdicts(lost=None).values()) == {UNASSESSABLE}


@pytest.mark.parametrize(("kind", "code"), [(Kind.WEBCAM, "camera_disconnected"), (Kind.PHONE, "phone_cam_lost")])
def test_what_it_is_called_depends_on_the_feed(kind, code):
    assert verdicts(Context(kind=kind), lost=True)[code] is TRUE


def test_while_nothing_comes_at_all_the_camera_waits():
    assert "camera_disconnected" not in verdicts(lost=True, silent_since=97.0)
    assert verdicts(lost=True, silent_since=97.0)["network_lost"] is TRUE


def test_where_no_rule_speaks_of_the_network_the_camera_does():
    without = Context(rules=in_force(DetectionPolicy(off=frozenset({"network_lost"}))))
    assert verdicts(without, lost=True, silent_since=97.0)["camera_disconnected"] is TRUE


def test_M70_a_network_that_is_gone_for_five_seconds_is_one_event():
    down = [link.Heartbeat(at=110.0 + i, lost=True, silent_since=110.0) for i in range(20)]
    assert raised([*beats(10), *down, *beats(20, start=130.0)]) == [("network_lost", 110.0)]


def test_a_shorter_silence_is_that_of_the_camera():
    lost = link.Heartbeat(at=110.0, lost=True)
    down = [link.Heartbeat(at=111.0 + i, lost=True, silent_since=110.5) for i in range(3)]
    back = link.Heartbeat(at=114.0, lost=True, silent_since=110.5, back=True)
    assert raised([*beats(10), lost, *down, back, *beats(20, start=115.0)]) == [("camera_disconnected", 110.0)]


@pytest.mark.parametrize(("rate", "expected"), [(1.4, TRUE), (1.5, FALSE), (0.0, TRUE), (None, UNASSESSABLE)])
def test_hardly_any_pictures(rate, expected):
    assert verdicts(lost=False, rate=rate)["stream_degraded"] is expected


def test_a_feed_that_is_lost_is_not_also_a_bad_one():
    assert verdicts(lost=True, rate=0.0)["stream_degraded"] is UNASSESSABLE


def test_fifteen_seconds_of_hardly_any_pictures_are_a_flag():
    assert raised([*beats(10), *beats(14, start=110.0, rate=1.0), *beats(20, start=124.0)]) == []
    assert raised([*beats(10), *beats(17, start=110.0, rate=1.0)]) == [("stream_degraded", 110.0)]


@given(
    st.lists(st.sampled_from(["fine", "lost", "silent", "own", "slow"]), max_size=120),
    st.sampled_from([Context(), PHONE]),
)
def test_each_flag_that_begins_ends_and_a_feed_that_always_comes_has_none(states, context):
    looks, silent = [], None
    for i, state in enumerate(states):
        silent = (100.0 + i if silent is None else silent) if state == "silent" else None
        lost = {"fine": False, "slow": False, "own": None}.get(state, True)
        rate = 0.5 if state == "slow" else 15.0
        looks.append(link.Heartbeat(at=100.0 + i, lost=lost, silent_since=silent, rate=rate))
    track = Track(link.judge, link.Memory(), context)
    outputs = [*chain.from_iterable(track.see(look) for look in looks), *track.watch.finish(1000.0)]
    begun = [(o.code, o.episode.onset_at) for o in outputs if isinstance(o, Begun)]
    over = [(o.code, o.episode.onset_at) for o in outputs if isinstance(o, Over)]
    assert sorted(begun) == sorted(over)
    if not {"lost", "silent"} & set(states):
        assert {code for code, _ in begun} <= {"stream_degraded"}


# --- what arrives ---


LINE, OWN, PAGE = (Cause.NO_MEDIA.value, 10.0), (Cause.CAPTURE_RESTARTED.value, 11.0), (Cause.PAGE_CLOSED.value, 12.0)


@pytest.mark.parametrize(
    ("gaps", "expected"),
    [
        ([LINE, (Cause.CONNECTION_LOST.value, 13.0)], 13.0),
        ([LINE, None], None),
        ([LINE], None),  # the only feed: it may be the camera
        ([LINE, OWN], None),
        ([LINE, PAGE], None),  # who says goodbye has a line
        ([], None),
    ],
)
def test_a_seat_is_silent_when_its_line_broke_for_every_feed(gaps, expected):
    assert arrival.silent_since(gaps) == expected


def test_the_newest_word_of_a_worker_that_is_alive_counts(tmp_path):
    def worker(name, feeds, *, at):
        state = {"process": name, "healthy": True, "sentence": "", "at": at, "feeds": feeds}
        (tmp_path / f"{name}.json").write_text(json.dumps(state))

    worker("capture-1", {"a/webcam": {"fps": 3.0}, "b/webcam": {"fps": 9.0}}, at=99.0)
    worker("capture-2", {"a/webcam": {"fps": 14.5}}, at=100.0)
    worker("capture-3", {"c/webcam": {"fps": 1.0}}, at=80.0)
    worker("web", {"d/webcam": {"fps": 1.0}}, at=100.0)
    assert arrival.rates(tmp_path, now=100.5) == {"a/webcam": 14.5, "b/webcam": 9.0}
