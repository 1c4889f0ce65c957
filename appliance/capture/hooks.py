"""The only file that knows private names of aiortc and aioice: there is no public way to receive encoded frames.

Pinned to aiortc 1.16.0 and aioice 0.13.0; `check()` says in words which name moved, and
tests/contract/test_aiortc_hooks.py calls it. Media packets are taken from the socket, past aiortc's queue, parser and
jitter buffer: these freeze for seconds at 1 % loss and cost twice the time. RTCP, DTLS and ICE stay aiortc's.
"""

import asyncio
import inspect
import logging
import queue
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple, cast

import aioice.ice
import aioice.turn
import pylibsrtp
from aiortc import RTCPeerConnection, RTCRtpReceiver, RTCRtpSender
from aiortc.mediastreams import MediaStreamTrack
from aiortc.rtcrtpreceiver import StreamStatistics
from aiortc.rtp import RTCP_PSFB_APP, RtcpPsfbPacket, RtcpSrPacket, is_rtcp, pack_remb_fci

from appliance.capture import h264, rtp, vp8
from appliance.capture.frame import Encoded, Media
from appliance.capture.reassembly import AUDIO_PATIENCE, NACK_SECONDS, VIDEO_PATIENCE, Reassembly, Whole
from appliance.capture.tasks import Tasks

log = logging.getLogger(__name__)

VERSIONS = {"aiortc": "1.16.0", "aioice": "0.13.0"}
_QUEUE = "_RTCRtpReceiver__decoder_queue"
_ESTIMATOR = "_RTCRtpReceiver__remote_bitrate_estimator"
_CODECS = "_RTCRtpReceiver__codecs"
_RTCP_SSRC = "_RTCRtpReceiver__rtcp_ssrc"
_STREAMS = "_RTCRtpReceiver__remote_streams"
_RTX = "_RTCRtpReceiver__rtx_ssrc"
_SETUP = "_setup_srtp"
_HANDLE = "_handle_rtp_data"
_HANDLE_RTCP = "_handle_rtcp_packet"
_ROUTER = "_rtp_router"
_SEND_KEY_FRAME = "_send_keyframe"
_TAKER = "_appliance_takes_media"  # ours, on an aioice connection
_RECEIVE_BUFFER = 2_000_000
_MOST_ASKED = 200
_MOST_STREAMS = 16
_NTP_TO_UNIX = 2_208_988_800
"""Seconds from 1900 to 1970."""

OnFrame = Callable[[Encoded], None]


def prepare() -> None:
    """Once in each process: sockets with room for a burst of key frames, media packets to their taker."""
    aioice.turn.UDP_SOCKET_BUFFER_SIZE = _RECEIVE_BUFFER
    original = aioice.ice.StunProtocol.datagram_received
    if getattr(original, _TAKER, False):
        return

    def datagram_received(self: Any, data: bytes, addr: tuple[Any, ...]) -> None:
        if len(data) > 1 and 127 < data[0] < 192:
            taker = self.receiver.__dict__.get(_TAKER)
            if taker is not None and taker(data):
                return
        original(self, data, addr)

    setattr(datagram_received, _TAKER, True)
    setattr(aioice.ice.StunProtocol, "datagram_received", datagram_received)  # noqa: B010 (mypy forbids assignment)


def receiver_of(connection: RTCPeerConnection, track: MediaStreamTrack) -> RTCRtpReceiver:
    """The receiver of a track that the "track" event announced."""
    return next(receiver for receiver in connection.getReceivers() if receiver.track is track)


def tap(receiver: RTCRtpReceiver, on_frame: OnFrame) -> None:
    """Call `on_frame` in the event loop with each encoded frame. To be called in the "track" event."""
    setattr(receiver, _QUEUE, _Idle())
    setattr(receiver, _ESTIMATOR, None)  # each receiver's own estimate would throttle the whole connection
    transport = receiver.transport
    taker = transport.__dict__.get(_TAKER)
    if taker is None:
        taker = _Taker(transport)
        setattr(transport, _TAKER, taker)
    taker.receivers[receiver] = on_frame
    handle = getattr(receiver, _HANDLE_RTCP)

    async def handle_rtcp(packet: Any) -> None:
        if isinstance(packet, RtcpSrPacket):
            taker.note_report(packet)
        await handle(packet)

    setattr(receiver, _HANDLE_RTCP, handle_rtcp)


class _Idle:
    """Stands where a receiver has the queue of its decoder thread: that thread sleeps until the end."""

    def __init__(self) -> None:
        self._end: queue.Queue[None] = queue.Queue()

    def put(self, task: object) -> None:
        if task is None:
            self._end.put(None)

    def get(self) -> None:
        return self._end.get()


class Reception(NamedTuple):
    """What came of a receiver's media packets since the connection began (retransmissions count as what they repeat).

    `received`: packets, each once; `lost`: did not come at the first try; of these `recovered` (late, or asked for and
    repeated) and `given_up`; the rest is still awaited. `jitter`: seconds (RFC 3550), that of the worst stream."""

    received: int
    lost: int
    recovered: int
    given_up: int
    jitter: float


class _Report(NamedTuple):
    """Of an RTCP sender report: at this time of the sender's clock (wall seconds) its RTP clock stood at `rtp`."""

    wall: float
    rtp: int


@dataclass(slots=True)
class _Stream:
    """What comes under one SSRC. `original`: the stream that this one repeats packets of."""

    ssrc: int
    rate: int
    receiver: RTCRtpReceiver
    statistics: StreamStatistics
    media: Media
    reassembly: Reassembly | None
    original: int | None = None
    payload_type: int = 0


class _Taker:
    """The media packets of one transport (that of all tracks where they are bundled)."""

    def __init__(self, transport: Any) -> None:
        self.receivers: dict[RTCRtpReceiver, OnFrame] = {}
        self._transport = transport
        self._streams: dict[int, _Stream] = {}
        self._reports: dict[int, _Report] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._tasks = Tasks()
        setup = getattr(transport, _SETUP)

        def set_up() -> None:
            setup()
            setattr(transport.transport._connection, _TAKER, self.take)

        setattr(transport, _SETUP, set_up)
        setattr(transport, _HANDLE, self.take_late)

    def take(self, data: bytes) -> bool:
        """A datagram; False when it is aiortc's."""
        if is_rtcp(data) or self._transport._rx_srtp is None:
            return False
        try:
            self._read(self._transport._rx_srtp.unprotect(data))
        except pylibsrtp.Error as error:
            log.debug("a packet was dropped: %s", error)
        return True

    async def take_late(self, data: bytes, arrival_time_ms: int) -> None:
        """What was in aiortc's queue already when the keys came: the first key frame, as a rule."""
        self._read(data)

    def _read(self, data: bytes) -> None:
        try:
            packet = rtp.parse(data)
        except ValueError as error:
            log.debug("a packet was dropped: %s", error)
            return
        stream = self._streams.get(packet.ssrc) or self._open(packet)
        if stream is None:
            return
        stream.statistics.add(cast(Any, packet))  # it reads the number and the time only
        if stream.original is not None:
            stream, packet = self._unwrap(stream, packet)
        if stream is not None and stream.reassembly is not None:
            self._emit(stream, stream.reassembly.add(packet, time.monotonic()))
            if stream.reassembly.incomplete and self._timer is None:
                self._maintain()

    def _open(self, packet: rtp.Packet) -> _Stream | None:
        """The first packet of a stream says by its payload type which receiver it is for."""
        if len(self._streams) >= _MOST_STREAMS:
            return None
        for receiver in self.receivers:
            codec = getattr(receiver, _CODECS).get(packet.payload_type)
            if codec is None:
                continue
            statistics = getattr(receiver, _STREAMS).setdefault(packet.ssrc, StreamStatistics(codec.clockRate))
            media, name = Media(receiver.track.kind), codec.name.lower()
            getattr(self._transport, _ROUTER).ssrc_table.setdefault(packet.ssrc, receiver)  # of its sender reports
            stream = _Stream(packet.ssrc, codec.clockRate, receiver, statistics, media, None)
            if name == "rtx":
                stream.original = getattr(receiver, _RTX).get(packet.ssrc)
                stream.payload_type = int(codec.parameters.get("apt", 0))
            else:
                patience = VIDEO_PATIENCE if media is Media.VIDEO else AUDIO_PATIENCE
                stream.reassembly = Reassembly(name, patience)
            self._streams[packet.ssrc] = stream
            return stream
        return None

    def _unwrap(self, stream: _Stream, packet: rtp.Packet) -> "tuple[_Stream | None, rtp.Packet]":
        """A repeated packet (RFC 4588) -> the stream and the packet that it repeats."""
        original = self._streams.get(stream.original or 0)
        if original is None or len(packet.payload) < 2:
            return None, packet  # an empty one probes the bandwidth
        number = int.from_bytes(packet.payload[:2], "big")
        return original, rtp.Packet(
            stream.payload_type, packet.marker, number, packet.timestamp, stream.original or 0, packet.payload[2:]
        )

    def note_report(self, packet: RtcpSrPacket) -> None:
        """A sender report: which time of the sender's clock belongs to which RTP timestamp."""
        if packet.ssrc in self._reports or len(self._reports) < _MOST_STREAMS:
            info = packet.sender_info
            self._reports[packet.ssrc] = _Report(info.ntp_timestamp / (1 << 32) - _NTP_TO_UNIX, info.rtp_timestamp)

    def reception(self, receiver: RTCRtpReceiver) -> Reception:
        """Of all its streams."""
        streams = [stream for stream in self._streams.values() if stream.receiver is receiver and stream.reassembly]
        counted = [stream.reassembly for stream in streams if stream.reassembly]
        return Reception(
            sum(one.received for one in counted),
            sum(one.lost for one in counted),
            sum(one.recovered for one in counted),
            sum(one.given_up for one in counted),
            max((stream.statistics.jitter / stream.rate for stream in streams), default=0.0),
        )

    def _emit(self, stream: _Stream, whole: list[Whole]) -> None:
        for frame in whole:
            try:
                self.receivers[stream.receiver](_encoded(stream, frame, self._reports.get(stream.ssrc)))
            except Exception:  # a fault of ours must not end the connection
                log.exception("a frame was lost")

    def _maintain(self) -> None:
        """While packets are missing: ask for them, or give them up."""
        now, incomplete = time.monotonic(), False
        for ssrc, stream in self._streams.items():
            if stream.reassembly is None or not stream.reassembly.incomplete:
                continue
            skipped, whole = stream.reassembly.give_up(now)
            self._emit(stream, whole)
            if stream.media is Media.VIDEO:
                if skipped:
                    self._tasks.start(stream.receiver._send_rtcp_pli(ssrc))
                wanted = stream.reassembly.wanted(now)[:_MOST_ASKED]
                if wanted:
                    self._tasks.start(stream.receiver._send_rtcp_nack(ssrc, wanted))
            incomplete = incomplete or stream.reassembly.incomplete
        loop = asyncio.get_running_loop()
        self._timer = loop.call_later(NACK_SECONDS, self._maintain) if incomplete else None


def _encoded(stream: _Stream, frame: Whole, report: _Report | None) -> Encoded:
    assert stream.reassembly is not None
    codec = stream.reassembly.codec
    key, reference, captured = False, True, None
    if codec == "h264":
        key, reference = h264.describe(frame.data)
    elif codec == "vp8":
        key = vp8.is_key(frame.data)
    if report is not None:
        since = (frame.rtp - report.rtp + 0x80000000) % 0x100000000 - 0x80000000
        captured = report.wall + since / stream.rate
    return Encoded(
        stream.media, codec, frame.data, frame.timestamp, time.monotonic(), key, reference, captured, stream.ssrc,
        frame.rtp,
    )  # fmt: skip


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


def reception(receiver: RTCRtpReceiver) -> Reception:
    """What came of its packets so far; zeros where it is not tapped."""
    taker = receiver.transport.__dict__.get(_TAKER)
    return taker.reception(receiver) if isinstance(taker, _Taker) else Reception(0, 0, 0, 0, 0.0)


def packets_lost(receiver: RTCRtpReceiver) -> int:
    """Packets that did not arrive at the first try, so far."""
    return reception(receiver).lost


def _media_ssrc(receiver: RTCRtpReceiver) -> int | None:
    retransmissions = getattr(receiver, _RTX)
    streams = reversed(getattr(receiver, _STREAMS))  # the newest: a sender may begin another
    return next((int(ssrc) for ssrc in streams if ssrc not in retransmissions), None)


def on_key_frame_request(sender: RTCRtpSender, callback: Callable[[], None]) -> None:
    """Call back when the other side asks for a key frame (PLI, FIR)."""
    setattr(sender, _SEND_KEY_FRAME, callback)


def check() -> list[str]:
    """What moved, in words; empty when every name is where this file expects it."""
    import aiortc
    from aiortc import rtcdtlstransport, rtcicetransport, rtcrtpreceiver, rtcrtpsender

    sources = {
        "aiortc.rtcrtpreceiver": inspect.getsource(rtcrtpreceiver),
        "aiortc.rtcrtpsender": inspect.getsource(rtcrtpsender),
        "aiortc.rtcdtlstransport": inspect.getsource(rtcdtlstransport),
        "aiortc.rtcicetransport": inspect.getsource(rtcicetransport),
        "aioice.ice": inspect.getsource(aioice.ice),
        "aioice.turn": inspect.getsource(aioice.turn),
    }
    found = {"aiortc": aiortc.__version__, "aioice": aioice.__version__}
    said = [
        f"{name} is {found[name]}, these hooks were written for {wanted}"
        for name, wanted in VERSIONS.items()
        if found[name] != wanted
    ]
    return said + [
        f"{module} has no {text!r} any more" for module, texts in _EXPECTED.items() for text in texts
        if text not in sources[module]
    ]  # fmt: skip


_EXPECTED = {
    "aiortc.rtcrtpreceiver": (
        "self.__decoder_queue: queue.Queue",
        "task = input_q.get()",
        "self.__decoder_queue.put(None)",
        "self.__remote_bitrate_estimator = ",
        "self.__codecs[codec.payloadType] = codec",
        "self.__rtx_ssrc[encoding.rtx.ssrc] = encoding.ssrc",
        "self.__remote_streams[packet.ssrc] = StreamStatistics(codec.clockRate)",
        "self.__rtcp_ssrc = ssrc",
        "async def _send_rtcp(self, packet",
        "async def _send_rtcp_nack(self, media_ssrc: int, lost: list[int])",
        "async def _send_rtcp_pli(self, media_ssrc: int)",
        "async def _handle_rtcp_packet(self, packet",
    ),
    "aiortc.rtcrtpsender": ("self._send_keyframe()", "self.__encoder.pack(data)"),
    "aiortc.rtcdtlstransport": (
        "self._setup_srtp()",
        "self._rx_srtp = Session(rx_policy)",
        "await self._handle_rtp_data(data, arrival_time_ms=",
        "self._rtp_router = RtpRouter()",
        "add_recipient(self.ssrc_table.get(packet.ssrc))",
        "await recipient._handle_rtcp_packet(packet)",
    ),
    "aiortc.rtcicetransport": ("self._connection = gatherer._connection",),
    "aioice.ice": ("def datagram_received(self, data", "self.receiver = receiver"),
    "aioice.turn": ("UDP_SOCKET_BUFFER_SIZE = ",),
}
