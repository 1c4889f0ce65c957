"""The only file that knows private names of aiortc and aioice: there is no public way to receive encoded frames.

Pinned to aiortc 1.16.0; `check()` says in words which name moved, and tests/contract/test_aiortc_hooks.py calls it.
"""

import logging
import queue
import time
from collections.abc import Callable
from typing import Any

import aioice.turn
from aiortc import RTCPeerConnection, RTCRtpReceiver, RTCRtpSender
from aiortc.mediastreams import MediaStreamTrack
from aiortc.rtp import RTCP_PSFB_APP, RtcpPsfbPacket, pack_remb_fci

from appliance.capture import h264, vp8
from appliance.capture.frame import Encoded, Media

log = logging.getLogger(__name__)

VERSION = "1.16.0"
_QUEUE = "_RTCRtpReceiver__decoder_queue"
_ESTIMATOR = "_RTCRtpReceiver__remote_bitrate_estimator"
_RTCP_SSRC = "_RTCRtpReceiver__rtcp_ssrc"
_STREAMS = "_RTCRtpReceiver__remote_streams"
_RTX = "_RTCRtpReceiver__rtx_ssrc"
_SEND_KEY_FRAME = "_send_keyframe"
_RECEIVE_BUFFER = 2_000_000


def prepare() -> None:
    """Once in each process: sockets with room for a burst of key frames."""
    aioice.turn.UDP_SOCKET_BUFFER_SIZE = _RECEIVE_BUFFER


def receiver_of(connection: RTCPeerConnection, track: MediaStreamTrack) -> RTCRtpReceiver:
    """The receiver of a track that the "track" event announced."""
    return next(receiver for receiver in connection.getReceivers() if receiver.track is track)


class _Tap:
    """Stands where a receiver has the queue of its decoder thread: frames go to us, the thread sleeps until the end."""

    def __init__(self, media: Media, on_frame: Callable[[Encoded], None]) -> None:
        self._media, self._on_frame = media, on_frame
        self._end: queue.Queue[None] = queue.Queue()

    def put(self, task: tuple[Any, Any] | None) -> None:
        if task is None:
            self._end.put(None)
            return
        codec, frame = task
        try:
            self._on_frame(_encoded(self._media, codec.name.lower(), frame.data, frame.timestamp))
        except Exception:  # anything raised here would end the whole connection
            log.exception("a frame was lost")

    def get(self) -> None:
        return self._end.get()


def _encoded(media: Media, codec: str, data: bytes, timestamp: int) -> Encoded:
    key, reference = False, True
    if codec == "h264":
        key, reference = h264.describe(data)
    elif codec == "vp8":
        key = vp8.is_key(data)
    return Encoded(media, codec, data, timestamp, time.monotonic(), key, reference)


def tap(receiver: RTCRtpReceiver, on_frame: Callable[[Encoded], None]) -> None:
    """Call `on_frame` in the event loop with each encoded frame. To be called in the "track" event."""
    setattr(receiver, _QUEUE, _Tap(Media(receiver.track.kind), on_frame))
    setattr(receiver, _ESTIMATOR, None)  # each receiver's own estimate would throttle the whole connection


async def ask_for_key_frame(receiver: RTCRtpReceiver) -> bool:
    """PLI to the media stream: one to the retransmission stream is ignored silently. False: nothing arrived yet."""
    ssrc = _media_ssrc(receiver)
    if ssrc is None:
        return False
    await receiver._send_rtcp_pli(ssrc)
    return True


async def allow_bitrate(receivers: list[RTCRtpReceiver], bits_per_second: int) -> None:
    """REMB: what the sender may send in all, said once for the connection."""
    known = [(receiver, ssrc) for receiver in receivers if (ssrc := _media_ssrc(receiver)) is not None]
    if not known:
        return
    receiver = known[0][0]
    own = getattr(receiver, _RTCP_SSRC)
    if own is None:
        return
    fci = pack_remb_fci(bits_per_second, [ssrc for _, ssrc in known])
    await receiver._send_rtcp(RtcpPsfbPacket(fmt=RTCP_PSFB_APP, ssrc=own, media_ssrc=0, fci=fci))


def packets_lost(receiver: RTCRtpReceiver) -> int:
    """Packets that never arrived, so far."""
    ssrc = _media_ssrc(receiver)
    return 0 if ssrc is None else max(0, int(getattr(receiver, _STREAMS)[ssrc].packets_lost))


def _media_ssrc(receiver: RTCRtpReceiver) -> int | None:
    retransmissions = getattr(receiver, _RTX)
    return next((int(ssrc) for ssrc in getattr(receiver, _STREAMS) if ssrc not in retransmissions), None)


def on_key_frame_request(sender: RTCRtpSender, callback: Callable[[], None]) -> None:
    """Call back when the other side asks for a key frame (PLI, FIR)."""
    setattr(sender, _SEND_KEY_FRAME, callback)


def check() -> list[str]:
    """What moved, in words; empty when every name is where this file expects it."""
    import inspect

    import aiortc
    from aiortc import rtcrtpreceiver, rtcrtpsender
    from aiortc.codecs import h264 as h264_codec

    said = []
    if aiortc.__version__ != VERSION:
        said.append(f"aiortc is {aiortc.__version__}, these hooks were written for {VERSION}")
    receiver, sender = inspect.getsource(rtcrtpreceiver), inspect.getsource(rtcrtpsender)
    for name in (_QUEUE, _ESTIMATOR, _RTCP_SSRC, _STREAMS, _RTX):
        short = name.removeprefix("_RTCRtpReceiver")
        if f"self.{short}" not in receiver:
            said.append(f"RTCRtpReceiver has no attribute {short} any more")
    if "self.__decoder_queue.put((codec, encoded_frame))" not in receiver:
        said.append("RTCRtpReceiver does not put (codec, frame) into its decoder queue any more")
    if "task = input_q.get()" not in receiver:
        said.append("the decoder thread does not wait in get() any more")
    for name in ("_send_rtcp_pli", "_send_rtcp"):
        if not hasattr(RTCRtpReceiver, name):
            said.append(f"RTCRtpReceiver has no method {name} any more")
    if "self._send_keyframe()" not in sender:
        said.append("RTCRtpSender does not call _send_keyframe on PLI any more")
    if "self.__encoder.pack(data)" not in sender or not hasattr(h264_codec.H264Encoder, "pack"):
        said.append("RTCRtpSender does not pack encoded packets any more")
    if not hasattr(aioice.turn, "UDP_SOCKET_BUFFER_SIZE"):
        said.append("aioice.turn has no UDP_SOCKET_BUFFER_SIZE any more")
    return said
