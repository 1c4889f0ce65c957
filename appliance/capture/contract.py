"""What `hooks` expects of aiortc, aioice and pylibsrtp: the lines of their sources that it builds on."""

import inspect

import aioice.ice
import aioice.turn

VERSIONS = {"aiortc": "1.16.0", "aioice": "0.13.0", "pylibsrtp": "1.0.0"}


def check() -> list[str]:
    """What moved, in words; empty when every name is where `hooks` expects it."""
    import aiortc
    import pylibsrtp
    from aiortc import rtcdtlstransport, rtcicetransport, rtcrtpreceiver, rtcrtpsender

    sources = {
        "aiortc.rtcrtpreceiver": inspect.getsource(rtcrtpreceiver),
        "aiortc.rtcrtpsender": inspect.getsource(rtcrtpsender),
        "aiortc.rtcdtlstransport": inspect.getsource(rtcdtlstransport),
        "aiortc.rtcicetransport": inspect.getsource(rtcicetransport),
        "aioice.ice": inspect.getsource(aioice.ice),
        "aioice.turn": inspect.getsource(aioice.turn),
        "pylibsrtp": inspect.getsource(pylibsrtp),
    }
    found = {"aiortc": aiortc.__version__, "aioice": aioice.__version__, "pylibsrtp": pylibsrtp.__version__}
    said = [
        f"{name} is {found[name]}, these hooks were written for {wanted}"
        for name, wanted in VERSIONS.items()
        if found[name] != wanted
    ]
    return said + [
        f"{module} has no {text!r} any more" for module, texts in EXPECTED.items() for text in texts
        if text not in sources[module]
    ]  # fmt: skip


EXPECTED = {
    "aiortc.rtcrtpreceiver": (
        "self.__decoder_queue: queue.Queue",
        "task = input_q.get()",
        "self.__decoder_queue.put(None)",
        "self.__remote_bitrate_estimator = ",
        "self.__codecs[codec.payloadType] = codec",
        "self.__rtx_ssrc[encoding.rtx.ssrc] = encoding.ssrc",
        "self.__remote_streams[packet.ssrc] = StreamStatistics(codec.clockRate)",
        "self.__rtcp_ssrc = ssrc",
        "highest_sequence=stream.max_seq",
        "fraction_lost=stream.fraction_lost",
        "packets_lost=stream.packets_lost",
        "jitter=stream.jitter",
        "async def _send_rtcp(self, packet",
        "async def _send_rtcp_nack(self, media_ssrc: int, lost: list[int])",
        "async def _send_rtcp_pli(self, media_ssrc: int)",
        "async def _handle_rtcp_packet(self, packet",
    ),
    "aiortc.rtcrtpsender": (
        "self._send_keyframe()",
        "data = await self.__track.recv()",
        "self._ssrc = random32()",
        "self._rtx_ssrc = random32()",
        "async def _handle_rtcp_packet(self, packet",
        "ntp_timestamp=self.__ntp_timestamp",
        "rtp_timestamp=self.__rtp_timestamp",
        "packet_count=self.__packet_count",
        "octet_count=self.__octet_count",
    ),
    "aiortc.rtcdtlstransport": (
        "self._setup_srtp()",
        "self._rx_srtp = Session(rx_policy)",
        "self._tx_srtp = Session(tx_policy)",
        "await self._handle_rtp_data(data, arrival_time_ms=",
        "self._rtp_router = RtpRouter()",
        "add_recipient(self.ssrc_table.get(packet.ssrc))",
        "await recipient._handle_rtcp_packet(packet)",
        "await self._handle_rtcp_data(data)",
    ),
    "aiortc.rtcicetransport": ("self._connection = gatherer._connection",),
    "aioice.ice": (
        "active_pair = self._nominated.get(component)",
        "self.transport.sendto(data, addr)",
        "for pair in self._nominated.values()",
        "request = self.build_request(pair, nominate=False)",
        "await pair.protocol.request(",
        "def datagram_received(self, data",
        "self.receiver = receiver",
        "self._queue.put_nowait((data, component))",
        "self._remote_candidates: list[Candidate] = []",
        "self.receiver.data_received(data, self.local_candidate.component)",
    ),
    "aioice.turn": ("UDP_SOCKET_BUFFER_SIZE = ",),
    "pylibsrtp": (
        'self._cdata = ffi.new("char[]", 1500)',
        "self._buffer = ffi.buffer(self._cdata)",
        "_srtp_assert(func(self._srtp[0], self._cdata, len_p))",
        "self.__process(packet, lib.srtp_unprotect)",
    ),
}
