"""One feed by WHIP, kept up: a connection that is lost, or that the other side has forgotten, is made again."""

import asyncio
import logging
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime

import aiohttp
from aiortc import RTCConfiguration, RTCPeerConnection, RTCRtpSender, RTCSessionDescription
from aiortc.mediastreams import MediaStreamTrack

from appliance.errors import ApplianceError, Unavailable
from appliance.simulate.client import Client

log = logging.getLogger(__name__)

CONNECT_SECONDS = 10.0
SILENCE_SECONDS = 2.5
"""A box that is there reports each second what it received. ICE itself would notice its death after half a minute."""

FIRST_SILENCE_SECONDS = 7.0
"""The first report may take longer: a lab's computers all connect at the same time."""

_LOOK_SECONDS = 0.5
_NO_WAIT, _FIRST_WAIT, _LONGEST_WAIT = 0.05, 0.5, 4.0


@dataclass(frozen=True, slots=True)
class Address:
    """Where to publish, as `GET /api/me` says."""

    url: str
    token: str


class Publisher:
    """Publishes from `run` until it is cancelled.

    `connections` made so far, `seconds` connected; `silence`: seconds since the box last said what it received."""

    def __init__(
        self,
        name: str,
        client: Client,
        where: Callable[[], Address | None],
        tracks: Callable[[], list[MediaStreamTrack]],
    ) -> None:
        self._name, self._client, self._where, self._tracks = name, client, where, tracks
        self.connections = 0
        self.seconds = 0.0
        self.silence = 0.0

    async def run(self) -> None:
        """Never returns by itself; nothing is left behind when cancelled."""
        wait = _FIRST_WAIT
        while True:
            address = self._where()
            if address is not None:
                try:
                    await self._publish(address)
                    wait = _NO_WAIT  # there was one: it is made again at once
                except (ApplianceError, aiohttp.ClientError, OSError, TimeoutError) as error:
                    log.info("%s: %s", self._name, error)
            await asyncio.sleep(wait)
            wait = min(max(wait * 2, _FIRST_WAIT), _LONGEST_WAIT)

    async def _publish(self, address: Address) -> None:
        """Until the connection is lost. Raises when there was none."""
        connection = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        location = ""
        try:
            for track in self._tracks():
                connection.addTrack(track)
            _send_h264(connection)
            await connection.setLocalDescription(await connection.createOffer())
            offer = str(connection.localDescription.sdp)
            answer, location = await self._client.publish(address.url, address.token, offer)
            await connection.setRemoteDescription(RTCSessionDescription(sdp=answer, type="answer"))
            await _connected(connection)
            await self._watch(connection)
        finally:
            await _close(connection)
            if location:
                with suppress(ApplianceError, aiohttp.ClientError, OSError, TimeoutError):
                    await asyncio.wait_for(self._client.delete(location), 0.5)

    async def _watch(self, connection: RTCPeerConnection) -> None:
        """Return when it is lost."""
        began = looked = time.monotonic()
        heard = began + FIRST_SILENCE_SECONDS - SILENCE_SECONDS
        before = self.seconds
        self.connections += 1
        while connection.connectionState == "connected":
            await asyncio.sleep(_LOOK_SECONDS)
            looked, slept = time.monotonic(), time.monotonic() - looked
            self.seconds = before + looked - began
            heard = max(heard, looked - await _since_report(connection))
            if slept > 2 * _LOOK_SECONDS:  # this process stood still, and its reports with it
                heard += slept
            self.silence = max(0.0, looked - heard)
            if self.silence > SILENCE_SECONDS:
                log.info("%s: the box says nothing any more", self._name)
                return
            if not all(sender.track for sender in connection.getSenders()):
                log.warning("%s: there is nothing to send any more", self._name)  # aiortc has said why
                return


async def _connected(connection: RTCPeerConnection) -> None:
    deadline = time.monotonic() + CONNECT_SECONDS
    while connection.connectionState != "connected":
        if connection.connectionState in ("failed", "closed") or time.monotonic() > deadline:
            raise Unavailable("no connection for media", hint="Check that UDP passes between here and the box.")
        await asyncio.sleep(0.05)


async def _since_report(connection: RTCPeerConnection) -> float:
    """Seconds since the box last said what it received."""
    newest = datetime.min.replace(tzinfo=UTC)
    for sender in connection.getSenders():
        for stats in (await sender.getStats()).values():
            if stats.type == "remote-inbound-rtp":
                newest = max(newest, stats.timestamp)
    return (datetime.now(UTC) - newest).total_seconds()


def _send_h264(connection: RTCPeerConnection) -> None:
    capable = RTCRtpSender.getCapabilities("video").codecs
    for transceiver in connection.getTransceivers():
        transceiver.direction = "sendonly"
        if transceiver.kind == "video":
            transceiver.setCodecPreferences([c for c in capable if c.mimeType in ("video/H264", "video/rtx")])


async def _close(connection: RTCPeerConnection) -> None:
    with suppress(TimeoutError):
        await asyncio.wait_for(connection.close(), 1.0)
