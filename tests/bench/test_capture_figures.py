"""The arithmetic of the capture benchmark: which windows count, what a ratio is, what is said when nothing can run."""

import dataclasses
import json

import pytest

from appliance.bench import capture
from appliance.bench.capture import janus
from appliance.bench.capture.clip import Clip
from appliance.bench.capture.job import helper
from appliance.bench.capture.publisher import Publisher
from appliance.bench.capture.ratio import Window, ratio, told
from appliance.errors import Unavailable


def window(server=1.0, *, streams=8, generator=0.5, sent=1000, recorded=1000, later=0.0):
    return Window(
        seconds=10.0,
        streams=streams,
        server=server,
        generator=generator,
        sent=sent,
        recorded=recorded,
        later=later,
        decoder=2.0,
    )


def test_cost_is_cpu_for_each_second_of_each_stream():
    assert window(0.8).per_stream == pytest.approx(0.01)
    assert window(0.8).x_generator == pytest.approx(1.6)


def test_what_makes_a_file_playable_later_counts_and_is_left_out_in_the_raw_figure():
    peer = window(0.4, later=0.4)
    assert peer.per_stream == pytest.approx(0.01)
    assert peer.raw_per_stream == pytest.approx(0.005)
    assert ratio([window(0.8)], [peer]) == 1.0
    assert ratio([window(0.8)], [peer], raw=True) == 2.0


def test_the_raw_ratio_does_not_touch_the_conversion_of_our_side():
    ours = window(0.4, later=0.4)
    assert ratio([ours], [window(0.8)], raw=True) == 1.0


def test_a_ratio_is_one_of_medians():
    assert ratio([window(0.1), window(0.2), window(9.0)], [window(0.4)]) == 0.5


def test_windows_of_different_numbers_of_streams_are_compared_by_stream():
    assert ratio([window(0.8, streams=8)], [window(2.5, streams=1)]) == 0.04


def test_a_window_that_lost_frames_does_not_count():
    broken = window(0.01, recorded=979)
    assert not broken.whole
    assert window(recorded=980).whole
    assert ratio([broken], [window()]) is None
    assert ratio([window(), broken], [window()]) == 1.0
    assert told([window(), broken])["discarded"] == [0.979]
    assert told([broken]) == {"windows": 0, "discarded": [0.979]}


def test_a_window_whose_viewers_missed_frames_does_not_count():
    assert not dataclasses.replace(window(), seen=0.9).whole
    assert told([dataclasses.replace(window(), seen=0.9)])["discarded"] == [0.9]


def test_nothing_sent_is_no_window():
    assert not window(sent=0, recorded=0).whole


def test_without_a_peer_there_is_no_ratio():
    assert ratio([window()], []) is None


def test_a_measurement_that_cannot_run_says_why_and_has_null_for_its_keys(capsys):
    def cannot():
        raise Unavailable("Janus did not start", hint="Its log is beside its configuration.")

    said = capture.tried("forward", cannot)
    assert said == {
        "ratio_vs_janus": None,
        "not_measured": "Janus did not start Its log is beside its configuration.",
    }
    assert json.loads(json.dumps(said))["ratio_vs_janus"] is None
    assert "capture.forward was not measured: Janus did not start" in capsys.readouterr().out


def test_a_process_that_is_gone_is_no_figure_either(capsys):
    def cannot():
        raise FileNotFoundError(2, "No such file or directory", "/proc/1/stat")

    assert capture.tried("latency", cannot)["p50_ms"] is None
    assert "capture.latency was not measured: FileNotFoundError" in capsys.readouterr().out


def test_a_helper_that_fails_says_why():
    job = {"streams": [{"picture": "/nowhere"}]}
    with (
        pytest.raises(Unavailable, match=r"sender of the benchmark failed: FileNotFoundError"),
        helper("appliance.bench.capture.sender", job),
    ):
        pass


def test_every_figure_has_a_key_even_when_nothing_can_run():
    keys = {name: set(capture.not_measured(name, "no peer")) - {"not_measured"} for name in capture.KEYS}
    assert keys == {
        "record": {"cpu_per_stream", "ratio_vs_janus", "ratio_vs_janus_raw", "ratio_vs_mediarecorder"},
        "forward": {"ratio_vs_janus"},
        "latency": {"ratio_vs_direct", "p50_ms", "p95_ms"},
        "freeze_ms": {"loss1", "loss5"},
    }


def test_a_missing_peer_is_named_with_what_installs_it(monkeypatch):
    monkeypatch.setenv("PATH", "")
    assert "make bench-peers" in janus.missing()


def test_a_clip_is_read_as_it_was_written(tmp_path):
    clip = Clip((b"key", b"", b"delta"), 15.0, 3)
    clip.write(tmp_path / "clip")
    assert Clip.read(tmp_path / "clip") == clip
    assert clip.bitrate == pytest.approx(8 * 8 * 5)


async def _offer():
    publisher = Publisher(picture=Clip((b"x",), 15.0, 1))
    try:
        sdp = await publisher.offer()
        transport = publisher.connection.getSenders()[0].transport
        return sdp, type(transport._send_rtp).__name__
    finally:
        await publisher.close()


def test_the_sender_paces_what_it_sends():
    """A contract with aiortc: the transport's `_send_rtp` is what its senders call."""
    import asyncio
    import inspect

    from aiortc import rtcrtpsender

    sdp, name = asyncio.run(_offer())
    assert name == "_Pacer"
    assert "H264" in sdp
    assert "await self.transport._send_rtp(packet_bytes)" in inspect.getsource(rtcrtpsender)
