"""A candidate's phone without a browser: it uses the link of the candidate's page, waits for the proctor, publishes."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any

from aiortc.mediastreams import MediaStreamTrack

from appliance.errors import NotAllowed, NotFound
from appliance.exam.feed import Kind
from appliance.exam.stage import CLOSED
from appliance.simulate.away import AWAY
from appliance.simulate.client import Client
from appliance.simulate.publish import Address, Publisher

log = logging.getLogger(__name__)

_ASK_SECONDS = 1.0

Link = Callable[[], Awaitable[str]]
"""Asks the candidate's page for a link to scan."""


class Phone:
    """Of `seat`. `client` is the phone's own: it has cookies of its own."""

    def __init__(self, seat: int, client: Client, tracks: Callable[[], list[MediaStreamTrack]]) -> None:
        self._seat, self._client = seat, client
        self._address: Address | None = None
        self.publisher = Publisher(f"seat {seat} phone", client, lambda: self._address, tracks)

    async def run(self, link: Link) -> None:
        """Until the attempt is over, or a proctor does not want this phone (any more)."""
        publishing: asyncio.Task[None] | None = None
        try:
            await self._join(link)
            publishing = asyncio.ensure_future(self.publisher.run())
            await self._follow()
        except NotAllowed as error:
            log.info("seat %d: the phone: %s", self._seat, error)
        finally:
            if publishing is not None:
                publishing.cancel()
                await asyncio.gather(publishing, return_exceptions=True)

    async def _follow(self) -> None:
        """Look what the box says of this phone, until it is over."""
        while True:
            if not await self._ask():
                return
            await asyncio.sleep(_ASK_SECONDS)

    async def close(self) -> None:
        """Forget the connections."""
        await self._client.close()

    async def _join(self, link: Link) -> None:
        """With the cookie of before, or by a code."""
        while True:
            try:
                if await self._known():
                    return
                token = (await link()).partition("#")[2]
                await self._client.post("/phone/join", {"token": token})
                self._client.keep()
                return
            except AWAY as error:
                log.info("seat %d: the box is away from the phone: %s", self._seat, error)
            await asyncio.sleep(_ASK_SECONDS)

    async def _known(self) -> bool:
        try:
            await self._client.get("/phone/state")
        except (NotAllowed, NotFound):
            return False
        return True

    async def _ask(self) -> bool:
        """False when it is over."""
        try:
            said: dict[str, Any] = await self._client.get("/phone/state")
        except AWAY:
            return True  # what is published needs nobody but the recorder
        feed = said["feeds"].get(Kind.PHONE.value)
        self._address = None if feed is None else Address(str(feed["url"]), str(feed["token"]))
        return said["stage"] not in CLOSED
