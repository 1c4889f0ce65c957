"""Peers for tests: a candidate that sends encoded media, a proctor that counts frames, a ledger that remembers."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import av
from aiortc import RTCConfiguration, RTCPeerConnection, RTCRtpSender, RTCSessionDescription
from aiortc.mediastreams import MediaStreamError, MediaStreamTrack

from appliance.exam.events import Payload
from tests.capture import media


@dataclass
class RecordingLedger:
    """Remembers what was appended; an id counts once."""

    said: list[tuple[str, str | None, Payload]] = field(default_factory=list)
    ids: set[str] = field(default_factory=set)

    def append(self, payload: Payload, *, chain: str, exam: str | None, id: str | None = None) -> None:
        if id is not None:
            if id in self.ids:
                return
            self.ids.add(id)
        self.said.append((chain, exam, payload))

    def of(self, kind: type[Payload]) -> list[Any]:
        return [payload for _, _, payload in self.said if isinstance(payload, kind)]

    def types(self) -> list[str]:
        return [payload.TYPE for _, _, payload in self.said]


class Encoded(MediaStreamTrack):
    """Sends given frames at their pace, over and over; jumps to the next key frame when asked for one."""

    def __init__(self, kind: str, frames: tuple[bytes, ...], *, every: int = 30, rate: float | None = None) -> None:
        super().__init__()
        self.kind = kind
        self._frames, self._every = frames, every
        self._interval = 1 / (rate or (media.FPS if kind == "video" else 50))
        self._number = 0
        self._started: float | None = None
        self.sent = 0
        self.requests = 0
        self.paused = False

    def key_frame(self) -> None:
        self.requests += 1
        self._number = -(-self._number // self._every) * self._every

    async def recv(self) -> Any:
        if self.readyState != "live":
            raise MediaStreamError
        if self._started is None:
            self._started = time.monotonic()
        while True:
            await asyncio.sleep(max(0.0, self._started + self.sent * self._interval - time.monotonic()))
            self.sent += 1
            if not self.paused:
                break
        packet = av.Packet(self._frames[self._number % len(self._frames)])
        self._number += 1
        rate = 90_000 if self.kind == "video" else 48_000
        packet.time_base = Fraction(1, rate)
        packet.pts = round(self.sent * self._interval * rate)
        return packet


def _prefer(sender: RTCRtpSender, connection: RTCPeerConnection, mime: str) -> None:
    for transceiver in connection.getTransceivers():
        if transceiver.sender is sender:
            capable = RTCRtpSender.getCapabilities("video").codecs
            transceiver.setCodecPreferences([c for c in capable if c.mimeType in (mime, "video/rtx")])


class Candidate:
    """Publishes one feed."""

    def __init__(
        self, codec: str = "h264", *, with_sound: bool = True, frames: tuple[bytes, ...] | None = None
    ) -> None:
        self.connection = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        self.video = Encoded("video", frames or media.video(codec))
        sender = self.connection.addTrack(self.video)
        sender._send_keyframe = self.video.key_frame
        _prefer(sender, self.connection, {"h264": "video/H264", "vp8": "video/VP8"}[codec])
        self.audio = Encoded("audio", media.sound()) if with_sound else None
        if self.audio:
            self.connection.addTrack(self.audio)
        for transceiver in self.connection.getTransceivers():
            transceiver.direction = "sendonly"

    async def offer(self) -> str:
        await self.connection.setLocalDescription(await self.connection.createOffer())
        return str(self.connection.localDescription.sdp)

    async def accept(self, answer: str) -> None:
        await self.connection.setRemoteDescription(RTCSessionDescription(sdp=answer, type="answer"))

    async def close(self) -> None:
        await self.connection.close()


class Proctor:
    """Watches one feed and decodes it."""

    def __init__(self, *, with_sound: bool = True, with_picture: bool = True) -> None:
        self.connection = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        if with_picture:
            self.connection.addTransceiver("video", direction="recvonly")
        if with_sound:
            self.connection.addTransceiver("audio", direction="recvonly")
        self.frames: dict[str, int] = {"video": 0, "audio": 0}
        self.first: Any = None
        self._tasks: list[asyncio.Task[None]] = []
        self.connection.on("track", lambda track: self._tasks.append(asyncio.ensure_future(self._read(track))))

    async def _read(self, track: MediaStreamTrack) -> None:
        try:
            while True:
                frame = await track.recv()
                if track.kind == "video" and self.first is None:
                    self.first = frame
                self.frames[track.kind] += 1
        except MediaStreamError:
            return

    async def offer(self) -> str:
        await self.connection.setLocalDescription(await self.connection.createOffer())
        return str(self.connection.localDescription.sdp)

    async def accept(self, answer: str) -> None:
        await self.connection.setRemoteDescription(RTCSessionDescription(sdp=answer, type="answer"))

    async def close(self) -> None:
        await self.connection.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


async def until(condition: Callable[[], Any], *, seconds: float = 10.0) -> None:
    """Wait until it is true; AssertionError when that takes too long."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"not true within {seconds} s"
        await asyncio.sleep(0.02)


class Speaker:
    """Sends sound only: the proctor in a call."""

    def __init__(self) -> None:
        self.connection = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        self.track = Encoded("audio", media.sound())
        self.connection.addTrack(self.track)
        self.connection.getTransceivers()[0].direction = "sendonly"

    async def offer(self) -> str:
        await self.connection.setLocalDescription(await self.connection.createOffer())
        return str(self.connection.localDescription.sdp)

    async def accept(self, answer: str) -> None:
        await self.connection.setRemoteDescription(RTCSessionDescription(sdp=answer, type="answer"))

    async def close(self) -> None:
        await self.connection.close()


class Listener(Proctor):
    """Hears sound only: the candidate in a call."""

    def __init__(self) -> None:
        super().__init__(with_sound=True, with_picture=False)

    @property
    def packets(self) -> int:
        return self.frames["audio"]
