"""WHEP: a proctor watches one feed. Encoded frames are passed on as they came; nothing is decoded or encoded."""

import asyncio
import logging
import time
import uuid
from collections.abc import Callable
from fractions import Fraction
from typing import Any, TypeAlias

from aiortc import RTCPeerConnection
from aiortc.mediastreams import MediaStreamError, MediaStreamTrack
from av.packet import Packet

from appliance.capture import hooks
from appliance.capture.feed import LiveFeed
from appliance.capture.frame import RATE, Encoded, Media
from appliance.capture.publish import CONNECT_SECONDS, close, configuration, negotiate, preferred, read_offer
from appliance.errors import NotFound

_Packet: TypeAlias = "Packet[Any]"
log = logging.getLogger(__name__)

QUEUE_FRAMES = {Media.VIDEO: 60, Media.AUDIO: 200}
"""About four seconds: a viewer that far behind is dropped, and asks anew."""
_MIME = {"h264": "video/H264", "vp8": "video/VP8"}


class Dropped(NotFound):
    """This view was ended because its line could not take it."""


class Forwarded(MediaStreamTrack):
    """A track that gives out the encoded frames put into it."""

    def __init__(self, media: Media) -> None:
        super().__init__()
        self.kind = media.value
        self._base = Fraction(1, RATE[media])
        self._queue: asyncio.Queue[_Packet] = asyncio.Queue(QUEUE_FRAMES[media])
        self.wanted = False

    def put(self, frame: Encoded, position: float) -> bool:
        """False when the queue is full. Nothing is kept before the connection asks for the first frame."""
        if not self.wanted:
            return True
        packet = Packet(frame.data)
        packet.pts = round(position / self._base)
        packet.time_base = self._base
        try:
            self._queue.put_nowait(packet)
        except asyncio.QueueFull:
            return False
        return True

    async def recv(self) -> "_Packet":
        """The next frame; MediaStreamError when the viewer has left."""
        if self.readyState != "live":
            raise MediaStreamError
        self.wanted = True
        return await self._queue.get()


class Viewing:
    """One WHEP session. `ended` is called once; `slow` says whether it was dropped for being behind. A feed without
    pictures (a call) is listened to from the first packet on."""

    def __init__(self, feed: LiveFeed, *, ended: Callable[["Viewing"], None]) -> None:
        self.id = uuid.uuid4().hex
        self.feed = feed
        self.slow = False
        self._codec, self._ended = feed.codec, ended
        self._connection = RTCPeerConnection(configuration())
        self._tracks: dict[Media, Forwarded] = {}
        self._since = time.monotonic()
        self._started = self._codec is None
        self._over = self._connected = False
        self._closing: asyncio.Task[None] | None = None
        self._connection.on("connectionstatechange", self._on_state)

    async def answer(self, offer: str) -> str:
        """BadInput when the offer cannot be answered; the session is closed then."""
        try:
            kinds = read_offer(offer, wanted=("recvonly", "sendrecv"), picture=self._codec is not None)
            for kind in kinds:
                media = Media(kind)
                self._tracks[media] = Forwarded(media)
                transceiver = self._connection.addTransceiver(self._tracks[media], direction="sendonly")
                codecs = (_MIME[self._codec],) if media is Media.VIDEO and self._codec else None
                transceiver.setCodecPreferences(preferred(kind, codecs))
                hooks.on_key_frame_request(transceiver.sender, self.feed.want_key_frame)
            said = await negotiate(self._connection, offer)
        except BaseException:
            self._over = True
            await close(self._connection)
            raise
        self.feed.viewers.add(self)
        return said

    def offer(self, frame: Encoded, position: float) -> None:
        """A frame of the feed. The first one passed on is a key frame."""
        track = self._tracks.get(frame.media)
        if self._over or track is None:
            return
        if frame.media is Media.VIDEO:
            if frame.codec != self._codec:
                self.leave()  # the candidate came back with another codec: the viewer has to ask anew
                return
            self._started = self._started or (frame.key and track.wanted)
        if self._started and not track.put(frame, position):
            self.slow = True
            self.leave()

    def leave(self) -> None:
        """End it soon."""
        if self._closing is None:
            self._closing = asyncio.ensure_future(self.close())

    async def close(self) -> None:
        """End it; returns when the connection is closed."""
        if self._over:
            return
        self._over = True
        self.feed.viewers.discard(self)
        self._ended(self)
        await close(self._connection)

    def tick(self, now: float) -> None:
        """Once a second."""
        if not self._connected and now - self._since > CONNECT_SECONDS:
            self.leave()
        elif self._connected and not self._started:
            self.feed.want_key_frame()

    def _on_state(self) -> None:
        state = self._connection.connectionState
        if state == "connected":
            self._connected = True
            self.feed.want_key_frame()
        elif state in ("failed", "closed"):
            self.leave()
