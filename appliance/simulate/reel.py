"""Encoded media, made ahead of time and shared: each two seconds are encoded once, whoever sends them.

A reel makes its chunks in order, in a small pool of threads, some seconds ahead. It keeps the last `KEEP` of them, so
that several seats can send the same reel some seconds apart.

On a busy machine a starved camera would look like a lost one, and raise flags that nobody asked for. So the threads
have no lower priority than the rest; a reel that has little left makes its next chunk in a hurry, at a third of the
cost (and counts it); and where even that does not keep up, sending waits (and counts it): a late camera, not a burst.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

CHUNK_SECONDS = 2.0
"""From one key frame to the next."""

KEEP = 12
AHEAD = 4
"""Chunks made before they are needed."""

LITTLE = 1
"""With no more than so many chunks left, the next one is made in a hurry."""

Chunk = tuple[bytes, ...]
"""What is sent in `CHUNK_SECONDS`, evenly: access units or Opus packets."""

Make = Callable[[], Chunk]
"""Makes the next chunk; called by one thread at a time."""


def pool(cpus: int) -> ThreadPoolExecutor:
    """A thread for each core, four at most: there is no more to do than the reels are ahead, and on a busy machine one
    thread would get one share of the time, for all of them."""
    return ThreadPoolExecutor(max(1, min(4, cpus)), thread_name_prefix="simulate-encode")


class Reel:
    """Chunks 0, 1, 2 ... of one picture or one sound. For one event loop. `hurry` makes the next too, for less."""

    def __init__(self, make: Make, encoders: ThreadPoolExecutor, *, hurry: Make | None = None) -> None:
        self._make, self._hurry, self._encoders = make, hurry or make, encoders
        self._chunks: OrderedDict[int, asyncio.Future[Chunk]] = OrderedDict()
        self._last: asyncio.Future[Chunk] | None = None
        self._next = 0
        self._wanted = 0
        self.hurried = 0  # chunks that were made in a hurry
        self.skipped = 0  # chunks that nobody can have any more, though somebody wanted them

    @property
    def head(self) -> int:
        """The number of the newest chunk; -1 before the first."""
        return self._next - 1

    async def chunk(self, number: int) -> tuple[int, Chunk]:
        """The chunk of this number, or the nearest one that there is or that comes next; -> its number, and it. Has the
        next ones made. Raises what making it raised."""
        oldest = next(iter(self._chunks), 0)
        if number < oldest:
            self.skipped += oldest - number
        number = min(max(number, oldest), self._next)
        self._wanted = max(self._wanted, number)
        while self._next <= number + AHEAD:
            self._order()
        while len(self._chunks) > KEEP:
            self._chunks.popitem(last=False)
        return number, await asyncio.shield(self._chunks[number])

    def _order(self) -> None:
        self._last = asyncio.ensure_future(self._made(self._next, self._last))
        self._chunks[self._next] = self._last
        self._next += 1

    async def _made(self, number: int, before: "asyncio.Future[Chunk] | None") -> Chunk:
        if before is not None:
            await asyncio.wait([before])  # in order, even after one that failed
        make = self._make
        if self._hurry is not make and number - self._wanted <= LITTLE:
            make, self.hurried = self._hurry, self.hurried + 1
        return await asyncio.get_running_loop().run_in_executor(self._encoders, make)

    async def close(self) -> None:
        """Nothing more is made."""
        tasks = list(self._chunks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
