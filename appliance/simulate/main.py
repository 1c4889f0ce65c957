"""`appliance simulate`: candidates without a browser, in one event loop."""

import asyncio
import logging
import signal
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import cv2

from appliance.errors import BadInput, StorageFull, Unavailable
from appliance.simulate import codes as tickets
from appliance.simulate.client import Client
from appliance.simulate.codes import Ticket
from appliance.simulate.seat import Candidate
from appliance.simulate.sources import Shots, Studio

log = logging.getLogger(__name__)

_LEAVE_SECONDS = 1.5


def run(
    *, url: str, codes: Path, seats: int, clips: Path | None, seconds: float | None, state: Path | None = None
) -> int:
    """Take part with the first `seats` codes for so long, or until every attempt is over, or SIGTERM; -> exit code.

    The exit code is 1 when a seat was refused. `state`: a folder in which cookies are kept, so that the same seats can
    go on later.

    ApplianceError when there is nothing to begin with: a file that is not there, a box that no seat can reach."""
    cv2.setNumThreads(1)
    logging.getLogger("aioice").setLevel(logging.WARNING)
    if not url.startswith(("http://", "https://")):
        raise BadInput(f"{url!r} is not the address of a box", hint="It looks like http://127.0.0.1:8080.")
    people = tickets.read(codes, seats=seats)
    if state is not None:
        try:
            state.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise StorageFull(f"{state} cannot be made: {error.strerror}", hint="Choose another folder.") from None
    return asyncio.run(_simulate(url, people, clips, seconds, state))


async def _simulate(
    url: str, people: Sequence[Ticket], clips: Path | None, seconds: float | None, state: Path | None
) -> int:
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopping.set)
    studio = Studio([ticket.seat for ticket in people], clips)
    shots = {ticket.seat: studio.tracks(ticket.seat) for ticket in people}
    try:
        candidates = [_candidate(url, ticket, shots[ticket.seat], state) for ticket in people]
        sitting = [asyncio.ensure_future(candidate.run()) for candidate in candidates]
        await _until_over(sitting, stopping, seconds)
        return _tell(candidates, shots)
    finally:
        await studio.close()


def _candidate(url: str, ticket: Ticket, shots: Shots, state: Path | None) -> Candidate:
    cookies = None if state is None else state / f"{ticket.code}.json"
    return Candidate(ticket.seat, ticket.code, Client(url, cookies=cookies), shots.webcam, shots.screen)


async def _until_over(sitting: list[asyncio.Task[None]], stopping: asyncio.Event, seconds: float | None) -> None:
    """Until every seat is through, or it is time to stop; then all leave."""
    over = asyncio.ensure_future(asyncio.wait(sitting))
    stop = asyncio.ensure_future(stopping.wait())
    await asyncio.wait([over, stop], timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    stop.cancel()
    over.cancel()
    for task in sitting:
        task.cancel()
    done, _ = await asyncio.wait(sitting, timeout=_LEAVE_SECONDS)
    for task in done:
        with suppress(asyncio.CancelledError):
            task.result()


def _tell(candidates: list[Candidate], shots: dict[int, Shots]) -> int:
    for candidate in candidates:
        candidate.outcome.late = shots[candidate.seat].late
        candidate.outcome.hurried = shots[candidate.seat].hurried
        print(candidate.outcome.sentence(), flush=True)
    problems = [c.outcome.problem for c in candidates if c.outcome.problem is not None]
    if problems and len(problems) == len(candidates) and all(isinstance(p, Unavailable) for p in problems):
        raise problems[0]
    return 1 if problems else 0
