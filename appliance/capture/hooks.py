"""The only file that knows private names of aiortc and aioice: there is no public way to receive encoded frames.

Pinned to exact versions; `contract.check()` says in words which name moved, and tests/contract/test_aiortc_hooks.py
calls it. Media packets are taken from the socket, past aiortc's queue, parser and jitter buffer: these freeze for
seconds at 1 % loss and cost twice the time. They are sent past its encoder and its tasks, too. RTCP, DTLS and ICE stay
aiortc's.
"""

import logging
import queue
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import aioice.ice
import aioice.stun
import aioice.turn
import pylibsrtp
from aiortc import RTCPeerConnection, RTCRtpReceiver, RTCRtpSender, clock
from aiortc.codecs import CODECS, is_rtx
from aiortc.mediastreams import MediaStreamTrack
from aiortc.rtcrtpparameters import RTCRtcpFeedback, RTCRtpSendParameters
from aiortc.rtp import (
    RTCP_PSFB_APP,
    RTCP_RTPFB_NACK,
    RtcpPsfbPacket,
    RtcpRrPacket,
    RtcpRtpfbPacket,
    RtcpSrPacket,
    pack_remb_fci,
)
from pylibsrtp._binding import ffi, lib

from appliance.capture.intake import Announced, Intake
from appliance.capture.outgoing import Format, Port
from appliance.capture.reception import Reception, Refused, SenderClock, Statistics
from appliance.capture.tasks import Tasks
from appliance.recording.frame import Encoded, Media

log = logging.getLogger(__name__)

_QUEUE = "_RTCRtpReceiver__decoder_queue"
_ESTIMATOR = "_RTCRtpReceiver__remote_bitrate_estimator"
_CODECS = "_RTCRtpReceiver__codecs"
_RTCP_SSRC = "_RTCRtpReceiver__rtcp_ssrc"
_STREAMS = "_RTCRtpReceiver__remote_streams"
_RTX = "_RTCRtpReceiver__rtx_ssrc"
_SETUP = "_setup_srtp"
_HANDLE = "_handle_rtp_data"
_HANDLE_RTCP = "_handle_rtcp_packet"
_HANDLE_RTCP_DATA = "_handle_rtcp_data"
_ROUTER = "_rtp_router"
_SEND_KEY_FRAME = "_send_keyframe"
_SENT = tuple(f"_RTCRtpSender__{name}" for name in ("ntp_timestamp", "rtp_timestamp", "packet_count", "octet_count"))
_TAKER = "_appliance_takes_media"  # ours, on a transport and on its aioice connection
_REFUSED = "_appliance_refused"  # ours, on an aioice connection
_REPLAYED = frozenset(number for number, text in enumerate(pylibsrtp.ERRORS) if text.startswith("replay check"))
_RECEIVE_BUFFER = 2_000_000
_MOST_REMOTE_ADDRESSES = 128
_MOST_QUEUED = 256
"""Datagrams that wait for aiortc. It takes them at once, but for those that come before it has its keys."""
_LONGEST_DATAGRAM = 1500
_NTP_TO_UNIX = 2_208_988_800
"""Seconds from 1900 to 1970."""

OnFrame = Callable[[Encoded], None]


def prepare() -> None:
    """Once in each process: sockets with room for a burst of key frames, media packets to their taker, no datagram that
    could end a connection it does not belong to; sound is asked for again where the sender can repeat it."""
    aioice.turn.UDP_SOCKET_BUFFER_SIZE = _RECEIVE_BUFFER
    nack = RTCRtcpFeedback(type="nack")
    for codec in CODECS["audio"]:
        if codec.name == "opus" and nack not in codec.rtcpFeedback:
            codec.rtcpFeedback.append(nack)
    original = aioice.ice.StunProtocol.datagram_received
    if getattr(original, _TAKER, False):
        return

    def datagram_received(self: Any, data: bytes, addr: tuple[Any, ...]) -> None:
        first = data[0] if data else 255
        if 127 < first < 192 and len(data) > 1:
            taker = self.receiver.__dict__.get(_TAKER)
            if taker is not None and not 192 <= data[1] <= 208:
                taker(data)
            else:
                _queue_up(self, data)
        elif 19 < first < 64:
            _queue_up(self, data)
        elif first > 3 or not _stun(self, data, addr, original):
            _refused(self.receiver).malformed += 1

    setattr(datagram_received, _TAKER, True)
    setattr(aioice.ice.StunProtocol, "datagram_received", datagram_received)  # noqa: B010 (mypy forbids assignment)


def _queue_up(protocol: Any, data: bytes) -> None:
    """DTLS, RTCP, and what comes before the keys."""
    connection = protocol.receiver
    if len(data) > _LONGEST_DATAGRAM:  # pylibsrtp would raise what ends the connection
        _refused(connection).malformed += 1
    elif connection._queue.qsize() >= _MOST_QUEUED:
        _refused(connection).flooded += 1
    else:
        connection.data_received(data, protocol.local_candidate.component)


def _stun(protocol: Any, data: bytes, addr: tuple[Any, ...], handle: Callable[..., None]) -> bool:
    """False when it is nonsense. Each new address makes a candidate: they are limited."""
    known = protocol.receiver._remote_candidates
    if len(known) >= _MOST_REMOTE_ADDRESSES and all((one.host, one.port) != addr[:2] for one in known):
        return False
    try:
        handle(protocol, data, addr)
    except Exception as error:  # whatever a parser makes of it
        log.debug("a STUN message was dropped: %s", error)
        return False
    return True


def _refused(connection: Any) -> Refused:
    counted = connection.__dict__.get(_REFUSED)
    if not isinstance(counted, Refused):
        counted = Refused()
        setattr(connection, _REFUSED, counted)
    return counted


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
        if isinstance(packet, RtcpSrPacket) and packet.sender_info.ntp_timestamp:  # 0: it does not know the time
            info = packet.sender_info
            clock = SenderClock(info.ntp_timestamp / (1 << 32) - _NTP_TO_UNIX, info.rtp_timestamp)
            taker.intake.note_report(packet.ssrc, clock)
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


def _unprotector(session: Any, refused: Refused) -> Callable[[bytes], bytes]:
    """`Session.unprotect` without what it makes anew for each packet; -> b"" where the packet is refused."""
    srtp, room, buffer, size = session._srtp, session._cdata, session._buffer, ffi.new("int *")
    handle, most = srtp[0], len(room)

    def unprotect(data: bytes) -> bytes:
        length = len(data)
        if length > most:
            refused.malformed += 1
            return b""
        buffer[0:length] = data
        size[0] = length
        status = lib.srtp_unprotect(handle, room, size)
        if not status:
            return bytes(buffer[0 : size[0]])
        if status in _REPLAYED:
            refused.replayed += 1
        else:
            refused.forged += 1
        return b""

    return unprotect


class _Taker:
    """Takes the media packets of one transport (that of all tracks where they are bundled) to its intake; a `Port`."""

    def __init__(self, transport: Any) -> None:
        self.receivers: dict[RTCRtpReceiver, OnFrame] = {}
        self._transport = transport
        self._refused = _refused(transport.transport._connection)
        self.intake = Intake(self, self._refused)
        self._tasks = Tasks()
        setup, handle_rtcp = getattr(transport, _SETUP), getattr(transport, _HANDLE_RTCP_DATA)

        def set_up() -> None:
            setup()
            if transport._rx_srtp is not None:
                self._unprotect = _unprotector(transport._rx_srtp, self._refused)
                setattr(transport.transport._connection, _TAKER, self.take)

        async def handle_rtcp_data(data: bytes) -> None:
            try:
                await handle_rtcp(data)
            except ConnectionError:
                raise
            except Exception as error:  # nonsense under the right keys must not end the connection
                self._refused.malformed += 1
                log.debug("an RTCP packet was dropped: %s", error)

        setattr(transport, _SETUP, set_up)
        setattr(transport, _HANDLE, self.take_late)
        setattr(transport, _HANDLE_RTCP_DATA, handle_rtcp_data)

    def take(self, data: bytes) -> None:
        """A datagram with media."""
        plain = self._unprotect(data)
        if plain:
            self.intake.read(plain)

    async def take_late(self, data: bytes, arrival_time_ms: int) -> None:
        """What was in aiortc's queue already when the keys came: the first key frame, as a rule."""
        self.intake.read(data)

    def announced(self, payload_type: int) -> Announced | None:
        for receiver in self.receivers:
            codec = getattr(receiver, _CODECS).get(payload_type)
            if codec is not None:
                repeats = any(feedback.type == "nack" and not feedback.parameter for feedback in codec.rtcpFeedback)
                return Announced(
                    receiver, Media(receiver.track.kind), codec.name.lower(), codec.clockRate,
                    int(codec.parameters.get("apt", 0)), repeats,
                )  # fmt: skip
        return None

    def original(self, receiver: RTCRtpReceiver, ssrc: int) -> int:
        return int(getattr(receiver, _RTX).get(ssrc, 0))

    def opened(self, receiver: RTCRtpReceiver, ssrc: int, statistics: Statistics) -> None:
        getattr(receiver, _STREAMS)[ssrc] = statistics
        getattr(self._transport, _ROUTER).ssrc_table.setdefault(ssrc, receiver)  # of its sender reports

    def forgotten(self, receiver: RTCRtpReceiver, ssrc: int) -> None:
        getattr(receiver, _STREAMS).pop(ssrc, None)

    def ask(self, receiver: RTCRtpReceiver, ssrc: int, numbers: list[int]) -> None:
        self._tasks.start(receiver._send_rtcp_nack(ssrc, numbers))

    def ask_key_frame(self, receiver: RTCRtpReceiver, ssrc: int) -> None:
        self._tasks.start(receiver._send_rtcp_pli(ssrc))

    def emit(self, receiver: RTCRtpReceiver, frame: Encoded) -> None:
        self.receivers[receiver](frame)


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


async def round_trip(of: RTCRtpReceiver | RTCRtpSender) -> float | None:
    """Seconds from a STUN request to its answer, on the pair of addresses that carries the media (as the checks of RFC
    7675); None when none came within 1.5 s. Too long by half a second where the first request was lost."""
    connection = of.transport.transport._connection
    pair = next(iter(connection._nominated.values()), None)
    if pair is None or connection.remote_password is None:
        return None
    request, key = connection.build_request(pair, nominate=False), connection.remote_password.encode("utf8")
    began = time.monotonic()
    try:
        await pair.protocol.request(request, pair.remote_addr, integrity_key=key, retransmissions=1)
    except aioice.stun.TransactionError:
        return None
    return time.monotonic() - began


def reception(receiver: RTCRtpReceiver) -> Reception:
    """What came of its packets so far; zeros where it is not tapped."""
    taker = receiver.transport.__dict__.get(_TAKER)
    return taker.intake.reception(receiver) if isinstance(taker, _Taker) else Reception(0, 0, 0, 0, 0.0)


def refused(receiver: RTCRtpReceiver) -> Refused:
    """Datagrams that its connection dropped so far (that of all tracks where they are bundled)."""
    return replace(_refused(receiver.transport.transport._connection))


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


def forward(
    sender: RTCRtpSender,
    *,
    started: Callable[[Port, Format], None],
    asked: Callable[[list[int]], None],
    lost: Callable[[float], None],
) -> None:
    """Send past aiortc's encoder, packets and tasks. `started`: the connection is there; `asked`: for these packets
    again; `lost`: this share of the packets (0 to 1), as the receiver reports it. Reports and goodbyes stay aiortc's;
    the sender's track must give out nothing."""
    send, handle = sender.send, getattr(sender, _HANDLE_RTCP)

    async def begin(parameters: RTCRtpSendParameters) -> None:
        await send(parameters)
        codec, *others = parameters.codecs
        again = [c.payloadType for c in others if is_rtx(c) and c.parameters.get("apt") == codec.payloadType]
        times = [one.id for one in parameters.headerExtensions if one.uri.endswith("abs-send-time")]
        started(
            _Outlet(sender),
            Format(
                sender._ssrc,
                codec.payloadType or 0,
                codec.clockRate,
                sender._rtx_ssrc,
                again[0] if again else None,
                times[0] if times else None,
            ),
        )

    async def handle_rtcp(packet: Any) -> None:
        if isinstance(packet, RtcpRtpfbPacket) and packet.fmt == RTCP_RTPFB_NACK:
            asked(packet.lost)
            return
        if isinstance(packet, (RtcpRrPacket, RtcpSrPacket)):
            for report in packet.reports:
                if report.ssrc == sender._ssrc:
                    lost(report.fraction_lost / 256)
        await handle(packet)

    setattr(sender, "send", begin)  # noqa: B010 (mypy forbids assignment)
    setattr(sender, _HANDLE_RTCP, handle_rtcp)


class _Outlet:
    """A `Port`: encrypts and sends at once."""

    def __init__(self, sender: RTCRtpSender) -> None:
        self._sender, session = sender, sender.transport._tx_srtp
        self._srtp, self._room, self._buffer = session._srtp[0], session._cdata, session._buffer
        self._size = ffi.new("int *")
        self._nominated = sender.transport.transport._connection._nominated

    def send(self, packet: bytes) -> None:
        pair = self._nominated.get(1)
        if pair is None or self._sender.transport.state != "connected":
            return
        self._buffer[0 : len(packet)] = packet
        self._size[0] = len(packet)
        if not lib.srtp_protect(self._srtp, self._room, self._size):
            pair.protocol.transport.sendto(bytes(self._buffer[0 : self._size[0]]), pair.remote_addr)

    def sent(self, *, timestamp: int, packets: int, octets: int) -> None:
        for name, value in zip(_SENT, (clock.current_ntp_time(), timestamp, packets, octets), strict=True):
            setattr(self._sender, name, value)
