"""`appliance simulate`: candidates without a browser, in one event loop."""

import asyncio
import logging
import signal
import ssl
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path

import cv2
from yarl import URL

from appliance.errors import BadInput, StorageFull, Unavailable
from appliance.simulate import codes as tickets
from appliance.simulate.client import Client
from appliance.simulate.codes import Ticket
from appliance.simulate.phone import Phone
from appliance.simulate.seat import Candidate
from appliance.simulate.sources import Shots, Studio

log = logging.getLogger(__name__)

_LEAVE_SECONDS = 1.5


def run(
    *,
    url: str,
    codes: Path,
    seats: int,
    clips: Path | None,
    seconds: float | None,
    state: Path | None = None,
    ca: Path | None = None,
    phones: int = 0,
) -> int:
    """Take part with the first `seats` codes for so long, or until every attempt is over, or SIGTERM; -> exit code.
    The first `phones` of them add a phone as a second camera, which a proctor must confirm.

    The exit code is 1 when a seat was refused. `state`: a folder in which cookies are kept, so that the same seats can
    go on later. `ca`: a certificate (PEM) by which HTTPS is checked, instead of those that this machine trusts.

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

    trust = None if ca is None else _trusting(ca, url)

    def client(name: str) -> Client:
        return Client(url, cookies=None if state is None else state / f"{name}.json", trust=trust)

    return asyncio.run(_simulate(people, clips, seconds, client, phones))


def _trusting(ca: Path, url: str) -> ssl.SSLContext:
    """By this certificate, be it an authority's or the box's own. On this very machine who has its key is the box,
    whatever it is called: the loopback address stands in no certificate of a site."""
    try:
        context = ssl.create_default_context(cafile=ca)
    except (OSError, ssl.SSLError) as error:
        raise BadInput(f"{ca} is no certificate: {error}", hint="The box hands its own out at /box.pem.") from None
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    context.check_hostname = URL(url).host != "127.0.0.1"
    return context


async def _simulate(
    people: Sequence[Ticket],
    clips: Path | None,
    seconds: float | None,
    client: Callable[[str], Client],
    phones: int,
) -> int:
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopping.set)
    studio = Studio([ticket.seat for ticket in people], clips)
    filming = {ticket.seat for ticket in people[:phones]}
    shots = {ticket.seat: studio.tracks(ticket.seat, phone=ticket.seat in filming) for ticket in people}
    try:
        candidates = [_candidate(ticket, shots[ticket.seat], client, ticket.seat in filming) for ticket in people]
        for candidate in candidates:
            candidate.still = partial(studio.still, candidate.seat)
        sitting = [asyncio.ensure_future(candidate.run()) for candidate in candidates]
        await _until_over(sitting, stopping, seconds)
        return _tell(candidates, shots)
    finally:
        await studio.close()


def _candidate(ticket: Ticket, shots: Shots, client: Callable[[str], Client], phone: bool) -> Candidate:
    second = Phone(ticket.seat, client(f"{ticket.code}-phone"), shots.phone) if phone else None
    return Candidate(ticket.seat, ticket.code, client(ticket.code), shots.webcam, shots.screen, second)


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
