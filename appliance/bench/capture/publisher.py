"""A sender for measurements: one connection that sends clips, with as little work for each packet as aiortc allows.

A key frame does not leave as one burst: packets are paced, as browsers pace them. That needs a private name of aiortc
(`_send_rtp` of the transport), which tests/bench checks.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from fractions import Fraction
from typing import Any

import av
from aiortc import RTCConfiguration, RTCPeerConnection, RTCRtpSender, RTCSessionDescription
from aiortc.mediastreams import MediaStreamError, MediaStreamTrack

from appliance.bench.capture.clip import Clip
from appliance.capture import hooks

PACE_BITS_PER_SECOND = 4_000_000
_BURST_SECONDS = 0.006
"""Packets that may leave at once: two or three."""
_CLOCK = {"video": 90_000, "audio": 48_000}


class ClipTrack(MediaStreamTrack):
    """Hands out the encoded frames of a clip at their pace; goes on at a key frame when it is asked for one."""

    def __init__(self, kind: str, clip: Clip) -> None:
        super().__init__()
        self.kind = kind
        self._clip = clip
        self._next = 0
        self._began: float | None = None
        self.sent = 0

    def key_frame(self) -> None:
        """The receiver wants one."""
        self._next = -(-self._next // self._clip.group) * self._clip.group

    async def recv(self) -> Any:
        """The next frame, when it is due."""
        if self.readyState != "live":
            raise MediaStreamError
        if self._began is None:
            self._began = time.monotonic()
        await asyncio.sleep(max(0.0, self._began + self.sent / self._clip.rate - time.monotonic()))
        packet = av.Packet(self._clip.frames[self._next % len(self._clip.frames)])
        packet.time_base = Fraction(1, _CLOCK[self.kind])
        packet.pts = round(self.sent / self._clip.rate * _CLOCK[self.kind])
        self._next += 1
        self.sent += 1
        return packet


class _Pacer:
    """Stands where a transport has its `_send_rtp`."""

    def __init__(self, send: Callable[[bytes], Awaitable[None]]) -> None:
        self._send, self._free_at = send, 0.0

    async def __call__(self, data: bytes) -> None:
        now = time.monotonic()
        self._free_at = max(self._free_at, now) + 8 * len(data) / PACE_BITS_PER_SECOND
        if self._free_at - now > _BURST_SECONDS:
            await asyncio.sleep(self._free_at - now)
        await self._send(data)


class Publisher:
    """One connection with one picture and, if `sound`, a tone."""

    def __init__(self, *, picture: Clip, sound: Clip | None = None) -> None:
        self.connection = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        self.video = ClipTrack("video", picture)
        self.audio = ClipTrack("audio", sound) if sound else None
        sender = self.connection.addTrack(self.video)
        hooks.on_key_frame_request(sender, self.video.key_frame)
        if self.audio is not None:
            self.connection.addTrack(self.audio)
        for transceiver in self.connection.getTransceivers():
            transceiver.direction = "sendonly"
            if transceiver.kind == "video":
                capable = RTCRtpSender.getCapabilities("video").codecs
                transceiver.setCodecPreferences([c for c in capable if c.mimeType in ("video/H264", "video/rtx")])

    async def offer(self) -> str:
        """The SDP offer, with its candidates."""
        await self.connection.setLocalDescription(await self.connection.createOffer())
        for transport in {id(sender.transport): sender.transport for sender in self.connection.getSenders()}.values():
            setattr(transport, "_send_rtp", _Pacer(transport._send_rtp))  # noqa: B010 (mypy forbids assignment)
        return str(self.connection.localDescription.sdp)

    async def accept(self, answer: str) -> None:
        """The SDP answer."""
        await self.connection.setRemoteDescription(RTCSessionDescription(sdp=answer, type="answer"))

    async def close(self) -> None:
        """Say goodbye."""
        await self.connection.close()


async def connected(connection: RTCPeerConnection, *, seconds: float = 15.0) -> None:
    """Until media can pass; TimeoutError when that takes too long."""
    deadline = time.monotonic() + seconds
    while connection.connectionState != "connected":
        if connection.connectionState in ("failed", "closed") or time.monotonic() > deadline:
            raise TimeoutError(f"no connection: {connection.connectionState}")
        await asyncio.sleep(0.02)
