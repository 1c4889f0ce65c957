"""WHEP: somebody watches one feed, or listens to it. Encoded frames are passed on as they came; nothing is decoded or
encoded, and nothing waits for a slow viewer: packets go off at once, and who cannot take them is dropped."""

import asyncio
import contextlib
import logging
import secrets
import time
import uuid
from collections.abc import Callable, Sequence
from functools import partial

from aiortc import RTCPeerConnection, RTCRtpSender
from aiortc.mediastreams import MediaStreamError, MediaStreamTrack

from appliance.capture import hooks
from appliance.capture.feed import LiveFeed
from appliance.capture.outgoing import Format, Outgoing, Port
from appliance.capture.pace import Pace
from appliance.capture.publish import CONNECT_SECONDS, close, configuration, negotiate, preferred, read_offer
from appliance.errors import NotFound
from appliance.recording.frame import Encoded, Media

log = logging.getLogger(__name__)

PING_SECONDS = 2.0
_MIME = {"h264": "video/H264", "vp8": "video/VP8"}


class Dropped(NotFound):
    """This view was ended because its line could not take it."""


class Nothing(MediaStreamTrack):
    """Stands where aiortc's sender has the track that it would encode."""

    def __init__(self, media: Media) -> None:
        super().__init__()
        self.kind = media.value

    async def recv(self) -> None:  # type: ignore[override]
        """Never a frame; MediaStreamError when the viewer has left."""
        if self.readyState == "live":
            await asyncio.get_running_loop().create_future()
        raise MediaStreamError


class Viewing:
    """One WHEP session. `ended` is called once; `slow` says whether it was dropped because its line could not take it.
    A feed without pictures (a call) is listened to from the first packet on."""

    def __init__(self, feed: LiveFeed, *, ended: Callable[["Viewing"], None]) -> None:
        self.id = uuid.uuid4().hex
        self.feed = feed
        self.slow = False
        self.streams: dict[Media, Outgoing] = {}
        self._codec, self._ended = feed.codec, ended
        self._connection = RTCPeerConnection(configuration())
        self._sender: RTCRtpSender | None = None
        self._pace = Pace()
        self._since = time.monotonic()
        self._started = self._codec is None
        self._over = self._connected = False
        self._closing: asyncio.Task[None] | None = None
        self._ping: asyncio.Task[None] | None = None
        self._pinged_at = 0.0
        self._connection.on("connectionstatechange", self._on_state)

    async def answer(self, offer: str) -> str:
        """BadInput when the offer cannot be answered; the session is closed then."""
        try:
            kinds = read_offer(offer, wanted=("recvonly", "sendrecv"), picture=self._codec is not None)
            for kind in kinds:
                self._add(Media(kind))
            said = await negotiate(self._connection, offer)
        except BaseException:
            self._over = True
            await close(self._connection)
            raise
        self.feed.viewers.add(self)
        return said

    def _add(self, media: Media) -> None:
        transceiver = self._connection.addTransceiver(Nothing(media), direction="sendonly")
        codecs = (_MIME[self._codec],) if media is Media.VIDEO and self._codec else None
        transceiver.setCodecPreferences(preferred(media.value, codecs))
        self._sender = transceiver.sender
        hooks.forward(
            transceiver.sender,
            started=partial(self._begin, media),
            asked=partial(self._repeat, media),
            lost=lambda share: self._pace.lost(share, now=time.monotonic()),
        )
        if media is Media.VIDEO:
            hooks.on_key_frame_request(transceiver.sender, self.feed.want_key_frame)

    def offer(self, frame: Encoded, position: float, payloads: Sequence[bytes]) -> None:
        """A frame of the feed. The first one passed on is a key frame."""
        stream = self.streams.get(frame.media)
        if self._over or stream is None:
            return
        if frame.media is Media.VIDEO:
            if frame.codec != self._codec:
                self.leave()  # the candidate came back with another codec: the viewer has to ask anew
                return
            self._started = self._started or frame.key
        if self._started:
            stream.frame(payloads, position)

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
        if self._ping is not None:
            self._ping.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._ping
        await close(self._connection)

    def tick(self, now: float) -> None:
        """Once a second."""
        if self._over:
            return
        if not self._connected:
            if now - self._since > CONNECT_SECONDS:
                self.leave()
            return
        if not self._started:
            self.feed.want_key_frame()
        if self._pace.too_slow(now=now):
            self.slow = True
            self.leave()
        elif now - self._pinged_at >= PING_SECONDS and (self._ping is None or self._ping.done()):
            self._pinged_at = now
            self._ping = asyncio.ensure_future(self._measure())

    async def _measure(self) -> None:
        if self._sender is not None:
            self._pace.answered(await hooks.round_trip(self._sender), now=time.monotonic())

    def _begin(self, media: Media, port: Port, format: Format) -> None:
        self.streams[media] = Outgoing(port, format, origin=secrets.randbits(32), number=secrets.randbits(15))
        if media is Media.VIDEO:
            self.feed.want_key_frame()

    def _repeat(self, media: Media, numbers: list[int]) -> None:
        stream = self.streams.get(media)
        if stream is not None and not self._over:
            stream.repeat(numbers, now=time.monotonic())

    def _on_state(self) -> None:
        state = self._connection.connectionState
        if state == "connected":
            self._connected = True
        elif state in ("failed", "closed"):
            self.leave()
