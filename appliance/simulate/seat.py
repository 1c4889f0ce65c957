"""One candidate from the code to the end, as the page in a browser would do it."""

import asyncio
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from aiortc.mediastreams import MediaStreamTrack

from appliance.errors import ApplianceError, BadInput, NotAllowed, NotFound, Unavailable
from appliance.exam.feed import Kind
from appliance.exam.stage import CLOSED, WATCHED, Stage
from appliance.simulate import pictures, walk
from appliance.simulate.away import AWAY
from appliance.simulate.chat import Chat
from appliance.simulate.client import Client, SignedOut
from appliance.simulate.phone import Phone
from appliance.simulate.pictures import Picture
from appliance.simulate.publish import Address, Publisher
from appliance.simulate.walk import Move, What

log = logging.getLogger(__name__)

REACH_SECONDS = 6.0
"""How long a box that was never there is waited for."""

ANSWER_AFTER = 4.0
"""Seconds from seeing a message to the answer, or to the confirmation of a warning: a person reads it first."""

_SOON, _LATER = 0.7, 3.0  # seconds between two looks: before the exam, in it

Tracks = Callable[[], list[MediaStreamTrack]]


@dataclass(slots=True)
class Outcome:
    """What became of a seat. `problem` is empty when all went well."""

    seat: int
    stage: str = ""
    problem: ApplianceError | None = None
    webcam_seconds: float = 0.0
    screen_seconds: float = 0.0
    phone_seconds: float | None = None  # None: it has none
    reconnects: int = 0
    late: int = 0
    hurried: int = 0

    def sentence(self) -> str:
        """A line for a person."""
        if self.problem is not None:
            return f"seat {self.seat}: {self.problem.message}. {self.problem.hint}".rstrip()
        sent = f"sent {self.webcam_seconds:.1f} s of webcam, {self.screen_seconds:.1f} s of screen"
        if self.phone_seconds is not None:
            sent += f", {self.phone_seconds:.1f} s of phone"
        machine = f"{self.late} times late, {self.hurried} times in a hurry"
        return f"seat {self.seat}: {self.stage}, {sent}, {self.reconnects} reconnects, {machine}"


@dataclass(slots=True)
class Candidate:
    """Sits at `seat`. `run` until the attempt is over; cancel it to leave."""

    seat: int
    code: str
    client: Client
    webcam: Tracks
    screen: Tracks
    phone: Phone | None = None
    still: Callable[[], Picture] = pictures.drawn
    outcome: Outcome = field(init=False)
    _addresses: dict[str, Address] = field(default_factory=dict, init=False)
    publishers: dict[Kind, Publisher] = field(default_factory=dict, init=False)
    _chat: Chat = field(default_factory=Chat, init=False)
    _phone_added: bool = field(default=False, init=False)
    _name: str = field(default="", init=False)

    def __post_init__(self) -> None:
        self.outcome = Outcome(self.seat)
        self.publishers = {
            kind: Publisher(f"seat {self.seat} {kind.value}", self.client, self._address(kind), tracks)
            for kind, tracks in ((Kind.WEBCAM, self.webcam), (Kind.SCREEN, self.screen))
        }

    def _address(self, kind: Kind) -> Callable[[], Address | None]:
        return lambda: self._addresses.get(kind.value)

    async def run(self) -> None:
        """Join, and go every step. A refusal stands in the outcome."""
        publishing: list[asyncio.Task[None]] = []
        try:
            await self._join()
            publishing += [asyncio.ensure_future(p.run()) for p in self.publishers.values()]
            await self._follow(publishing)
        except ApplianceError as error:
            self.outcome.problem = error
        finally:
            for task in publishing:
                task.cancel()
            await asyncio.gather(*publishing, return_exceptions=True)
            self._count()
            await self.client.close()
            if self.phone is not None:
                await self.phone.close()

    async def _join(self) -> None:
        give_up = time.monotonic() + REACH_SECONDS
        while True:
            try:
                await self.client.join(self.code)
                return
            except AWAY as error:
                if time.monotonic() > give_up:
                    raise _unreachable(error) from None
            await asyncio.sleep(0.5)

    async def _follow(self, publishing: list[asyncio.Task[None]]) -> None:
        """Look where the attempt stands, and do the next step, until it is over."""
        while True:
            try:
                me = await self.client.me()
                self._note(me)
                if me["stage"] in CLOSED:
                    return
                await self._step(me)
                self._add_phone(publishing)
            except AWAY as error:
                log.info("seat %d: the box is away: %s", self.seat, error)
            for task in publishing:
                if task.done():
                    task.result()  # it never ends by itself: raise what ended it
            await asyncio.sleep(_LATER if self.outcome.stage == Stage.IN_EXAM else _SOON)

    def _add_phone(self, publishing: list[asyncio.Task[None]]) -> None:
        """Once camera and screen are there."""
        if self.phone is not None and not self._phone_added and self.outcome.stage in WATCHED:
            self._phone_added = True
            publishing.append(asyncio.ensure_future(self.phone.run(self._link)))

    async def _link(self) -> str:
        return str((await self.client.post("/api/me/phone", {}))["link"])

    def _note(self, me: dict[str, Any]) -> None:
        self.outcome.stage, self._name = str(me["stage"]), str(me["name"])
        self._addresses = {
            str(kind): Address(str(feed["url"]), str(feed["token"])) for kind, feed in me["feeds"].items()
        }

    async def _step(self, me: dict[str, Any]) -> None:
        for move in walk.moves(me):
            if not await self._try(move):
                break  # what comes after it needs it
        for path, fields in self._chat.due(me["messages"], time.monotonic(), after=ANSWER_AFTER):
            await self._try(Move(path, fields=fields))

    async def _try(self, move: Move) -> bool:
        """What may not be possible yet is tried again at the next look."""
        try:
            said = await self._send(move)
        except SignedOut:
            raise
        except NotAllowed as error:
            log.info("seat %d: %s", self.seat, error)
            return False
        if "stage" in said:
            self._note(said)
        return True

    async def _send(self, move: Move) -> dict[str, Any]:
        if move.what is What.FIELDS:
            return await self.client.post(move.path, move.fields)
        if move.what is What.SHEET:
            return await self.client.upload(move.path, await asyncio.to_thread(pictures.sheet), "image/jpeg")
        face = await asyncio.to_thread(self.still)
        if move.what is What.ROOM:
            return await self.client.upload(move.path, await asyncio.to_thread(pictures.scan, face), "video/webm")
        card = pictures.card(face, self._name)
        return await self.client.upload_form(move.path, {"photo": pictures.jpeg(card), "face": pictures.jpeg(face)})

    def _count(self) -> None:
        webcam, screen = self.publishers[Kind.WEBCAM], self.publishers[Kind.SCREEN]
        self.outcome.webcam_seconds, self.outcome.screen_seconds = webcam.seconds, screen.seconds
        if self.phone is not None:
            self.outcome.phone_seconds = self.phone.publisher.seconds
        self.outcome.reconnects = sum(max(0, publisher.connections - 1) for publisher in (webcam, screen))


def _unreachable(error: BaseException) -> ApplianceError:
    if isinstance(error, (BadInput, NotFound)):
        return error
    reason = str(error) or type(error).__name__
    return Unavailable(f"the box cannot be reached: {reason}", hint="Check --url, and that the box runs.")
