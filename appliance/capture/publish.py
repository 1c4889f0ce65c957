"""WHIP (RFC 9725): a candidate's page sends one feed. One connection, one offer, one answer."""

import asyncio
import logging
import re
import time
import uuid
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from aiortc import (
    RTCConfiguration,
    RTCPeerConnection,
    RTCRtpReceiver,
    RTCSessionDescription,
)
from aiortc.mediastreams import MediaStreamTrack
from aiortc.rtcrtpparameters import RTCRtpCodecCapability

from appliance.capture import candidates, hooks
from appliance.capture.feed import LiveFeed
from appliance.capture.rate import SOUND_BITRATE, Controller, Stream
from appliance.capture.tasks import Tasks
from appliance.errors import BadInput, Unavailable
from appliance.exam.feed import Kind
from appliance.exam.gap import Cause
from appliance.recording.frame import Media

log = logging.getLogger(__name__)

CONNECT_SECONDS = 20.0
_PATIENT_SECONDS = 5.0
"""A page that gives up, or tries anew, after so long found no way; before that it has just changed its mind."""
_CLOSE_SECONDS = 2.0
_ROUND_TRIP_SECONDS = 3.0
_TRIES, _TRY_SECONDS = 20, 0.1
_RECORDED = {"video": ("video/H264", "video/VP8"), "audio": ("audio/opus",)}
_AUXILIARY = {"RTX", "RED", "ULPFEC", "FLEXFEC-03"}
_MOST_CANDIDATES = 64


def configuration() -> RTCConfiguration:
    """Host candidates only: the default would ask a public STUN server."""
    return RTCConfiguration(iceServers=[])


def read_offer(sdp: str, *, wanted: tuple[str, ...], picture: bool = True) -> dict[str, str]:
    """Look an offer over before aiortc does; -> kind of each media section and its direction. BadInput says what is
    wrong; `wanted` are the directions that make sense; `picture`: it must have video, else sound and no video."""
    if not sdp.startswith("v=0") or "m=" not in sdp:
        raise BadInput("the body is not a session description", hint="Send the SDP offer of an RTCPeerConnection.")
    session, *sections = re.split(r"^m=", sdp, flags=re.MULTILINE)
    if "a=ice-ufrag:" not in sdp or "a=fingerprint:" not in sdp:
        raise BadInput(
            "the offer has no ICE credentials or no fingerprint", hint="Only WebRTC (DTLS-SRTP) is accepted."
        )
    if sdp.count("a=candidate:") > _MOST_CANDIDATES:
        raise BadInput(f"the offer has more than {_MOST_CANDIDATES} candidates")
    kinds: dict[str, str] = {}
    for section in sections:
        kind = section.split(" ", 1)[0]
        if kind not in _RECORDED or kind in kinds:
            raise BadInput(
                f"the offer has a media section {kind[:20]!r} too many", hint="One video and at most one audio."
            )
        direction = re.search(r"^a=(sendrecv|sendonly|recvonly|inactive)\s*$", section + session, re.MULTILINE)
        kinds[kind] = direction[1] if direction else "sendrecv"
        _check_codecs(kind, section)
    if not picture and (kinds.get("audio") not in wanted or "video" in kinds):
        raise BadInput("the offer of a call has one media section: sound in the right direction")
    if picture and kinds.get("video") not in wanted:
        raise BadInput(
            "the offer has no video in the right direction", hint="Publishers send video, viewers receive it."
        )
    return kinds


def _check_codecs(kind: str, section: str) -> None:
    offered = {name.upper() for name in re.findall(r"^a=rtpmap:\d+ ([\w.+-]+)/", section, re.MULTILINE)}
    known = {codec.split("/")[1].upper() for codec in _RECORDED[kind]}
    if not offered & known:
        named = ", ".join(sorted(offered - _AUXILIARY)) or "nothing"
        raise BadInput(
            f"no {kind} codec in common: the offer has {named[:100]}",
            hint="This box records H.264 or VP8 video and Opus sound.",
        )


def preferred(kind: str, codecs: tuple[str, ...] | None = None) -> list[RTCRtpCodecCapability]:
    """The capabilities to negotiate, best first."""
    capabilities = RTCRtpReceiver.getCapabilities(kind)
    capable = capabilities.codecs if capabilities else []
    chosen = [c for mime in codecs or _RECORDED[kind] for c in capable if c.mimeType.lower() == mime.lower()]
    return chosen + [c for c in capable if c.mimeType.endswith("/rtx")]


async def negotiate(connection: RTCPeerConnection, sdp: str) -> str:
    """Offer -> answer, with every candidate in it. BadInput when aiortc cannot make sense of the offer, Unavailable
    when no UDP port is free."""
    try:
        offer = RTCSessionDescription(sdp=candidates.without_names(sdp), type="offer")
        await connection.setRemoteDescription(offer)
        await connection.setLocalDescription(await connection.createAnswer())
    except Exception as error:
        log.info("an offer was refused: %s: %s", type(error).__name__, error)
        raise BadInput(
            "the offer cannot be answered", hint="Send the SDP offer of an RTCPeerConnection, with its candidates."
        ) from error
    answer = str(connection.localDescription.sdp)
    if not candidates.has_any(answer):
        raise Unavailable(
            "this box has no UDP port left for another connection",
            hint="Close one, or let udp_ports in appliance.toml name more ports.",
        )
    return answer


async def close(connection: RTCPeerConnection) -> None:
    """Always, and never for long: an open one keeps threads and sockets."""
    try:
        await asyncio.wait_for(connection.close(), _CLOSE_SECONDS)
    except TimeoutError:
        log.warning("a connection did not close in %.0f s", _CLOSE_SECONDS)


class Publication:
    """One WHIP session. `ended` is called once, when it is over for any reason; `pairing` is the phone that sends."""

    def __init__(
        self, feed: LiveFeed, *, bitrate: int, ended: Callable[["Publication"], None], pairing: str = ""
    ) -> None:
        self.id = uuid.uuid4().hex
        self.feed = feed
        self.pairing = pairing
        self.share = float(bitrate + SOUND_BITRATE)
        """What the lab's network has for it, bits a second, sound included. Whoever knows of all of them sets it."""
        self._bitrate, self._ended = bitrate, ended
        self._controller = Controller(self.share)
        self._judged_at, self._counted = 0.0, (0, 0)
        self._asked_at = 0.0
        self._connection = RTCPeerConnection(configuration())
        self._receivers: dict[Media, RTCRtpReceiver] = {}
        self._since = time.monotonic()
        self._connected = self._over = False
        self.failed = False
        """It is over and never came to be: the way for media is shut, mostly."""
        self._tasks = Tasks()
        self._connection.on("track", self._on_track)
        self._connection.on("connectionstatechange", self._on_state)

    async def answer(self, offer: str) -> str:
        """BadInput when the offer cannot be answered; the session is closed then."""
        try:
            picture = self.feed.feed.kind is not Kind.CALL
            kinds = read_offer(offer, wanted=("sendonly", "sendrecv"), picture=picture)
            for kind in kinds:
                transceiver = self._connection.addTransceiver(kind, direction="recvonly")
                transceiver.setCodecPreferences(preferred(kind))
            return await negotiate(self._connection, offer)
        except BaseException:
            self._over = True
            await close(self._connection)
            raise

    @property
    def connected(self) -> bool:
        """Did media have a way, now or before?"""
        return self._connected

    async def close(self, cause: Cause) -> None:
        """End it; returns when the connection is closed and its last segment too."""
        if self._over:
            return
        self._over = True
        given_up = cause is Cause.CONNECTION_LOST or time.monotonic() - self._since > _PATIENT_SECONDS
        self.failed = given_up and not self._connected
        closed = asyncio.Event()
        self.feed.disconnected(self.id, cause, closed.set)
        self._ended(self)
        await close(self._connection)
        await closed.wait()

    def tick(self, now: float) -> None:
        """Once a second."""
        if self._over:
            return
        if self._connected:
            self._control(now)
            if now - self._asked_at >= _ROUND_TRIP_SECONDS:
                self._asked_at = now
                self._tasks.start(self._measure())
        elif now - self._since > CONNECT_SECONDS:
            log.info("%s: no connection within %.0f s", self.feed.feed, CONNECT_SECONDS)
            self._tasks.start(self.close(Cause.CONNECTION_LOST))

    @property
    def stream(self) -> Stream:
        """What it would like to send."""
        sound = Media.AUDIO in self._receivers
        return Stream(self.feed.feed.kind, self._bitrate if Media.VIDEO in self._receivers else 0, sound)

    def facts(self) -> dict[str, Any]:
        """For the health file: what it may send, what share of its packets did not come at the first try, how many of
        them came in the end, and the datagrams at its port that were dropped, by reason."""
        receptions = [hooks.reception(receiver) for receiver in self._receivers.values()]
        refused = asdict(hooks.refused(next(iter(self._receivers.values())))) if self._receivers else {}
        return {
            "allowed": round(self._controller.allowed),
            "loss": round(self._controller.loss, 4),
            "recovered": sum(one.recovered for one in receptions),
            "given_up": sum(one.given_up for one in receptions),
            "jitter_ms": round(1000 * max((one.jitter for one in receptions), default=0.0), 1),
            "refused": {reason: count for reason, count in refused.items() if count},
        }

    def _control(self, now: float) -> None:
        """Say what the connection may send in all (REMB), after what came of its packets."""
        receptions = [hooks.reception(receiver) for receiver in self._receivers.values()]
        counted = (sum(one.received for one in receptions), sum(one.lost for one in receptions))
        received, lost = (count - before for count, before in zip(counted, self._counted, strict=True))
        self._controller = self._controller.after(
            received=received, lost=lost, seconds=now - self._judged_at, most=self.share
        )
        self._judged_at, self._counted = now, counted
        self._tasks.start(hooks.allow_bitrate(list(self._receivers.values()), round(self._controller.allowed)))

    async def _allow_early(self) -> None:
        """As soon as its streams are known: a browser takes what it is told within its first two seconds at once, and
        grows by 8 % a second afterwards."""
        for _ in range(_TRIES):
            if self._over or any(hooks.reception(receiver).received for receiver in self._receivers.values()):
                break
            await asyncio.sleep(_TRY_SECONDS)
        if not self._over:
            self._control(time.monotonic())

    async def _measure(self) -> None:
        receiver = next(iter(self._receivers.values()))
        round_trip = await hooks.round_trip(receiver)
        if round_trip is not None and not self._over:
            self.feed.travelled(self.id, round_trip)

    def _on_track(self, track: MediaStreamTrack) -> None:
        receiver = hooks.receiver_of(self._connection, track)
        self._receivers[Media(track.kind)] = receiver
        hooks.tap(receiver, self.feed.frame)

    def _on_state(self) -> None:
        state = self._connection.connectionState
        if state == "connected" and not self._connected and not self._over:
            self._connected = True
            self.feed.connected(
                self.id,
                sound=Media.AUDIO in self._receivers,
                picture=Media.VIDEO in self._receivers,
                ask_key_frame=self._ask_key_frame,
                lost=self._lost,
            )
            self._judged_at = time.monotonic()
            self._tasks.start(self._allow_early())
        elif state in ("failed", "closed") and not self._over:
            lost = state == "failed" or self._connection.iceConnectionState == "failed"
            self._tasks.start(self.close(Cause.CONNECTION_LOST if lost else Cause.PAGE_CLOSED))

    def _ask_key_frame(self) -> None:
        if Media.VIDEO in self._receivers:
            self._tasks.start(hooks.ask_for_key_frame(self._receivers[Media.VIDEO]))

    def _lost(self) -> int:
        return sum(hooks.packets_lost(receiver) for receiver in self._receivers.values())
