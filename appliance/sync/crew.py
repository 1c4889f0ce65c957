"""The hands of the sync process: each does one thing with the store at a time, and hands back how it went.

Whoever hands out work decides everything and keeps all that is to be remembered; the hands know nothing of each other.
"""

import contextlib
import logging
import queue
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from appliance.errors import ApplianceError, IntegrityError

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """`work` is done by a hand; `settle` is called with how it went, by whoever collects.
    `single`: one of many of its kind, which may be left alone for a while;
    `era`: between which two outages it was handed out."""

    name: str
    work: Callable[[], Any]
    settle: Callable[["Done"], None]
    single: bool = False
    era: int = 0


@dataclass(frozen=True, slots=True)
class Done:
    """A task that is through: `result` of its work, or the `error`."""

    task: Task
    result: Any = None
    error: ApplianceError | OSError | None = None


class Crew(Protocol):
    """`begin` comes first: `told` is called when one is through. `hand` and `collect` belong to one thread. No more
    than `hands` and `ahead` tasks are out at a time, so that what comes back is bounded too. `ahead` lie ready: no
    hand waits for whoever decides."""

    @property
    def hands(self) -> int: ...

    @property
    def ahead(self) -> int: ...

    def begin(self, told: Callable[[], None]) -> None: ...

    def hand(self, task: Task) -> None: ...

    def collect(self) -> list[Done]: ...


def carry(task: Task) -> Done:
    """Do it. A fault in the program counts as damage to this one thing, and is in the log."""
    try:
        return Done(task, result=task.work())
    except (ApplianceError, OSError) as error:
        return Done(task, error=error)
    except Exception as error:
        log.exception("%s could not be sent", task.name)
        return Done(
            task, error=IntegrityError(f"{task.name} could not be sent: {type(error).__name__}", hint="See sync's log.")
        )


class Alone:
    """One hand, in the caller's own thread: what is handed out is done when `hand` returns."""

    hands, ahead = 1, 0

    def __init__(self) -> None:
        self._done: list[Done] = []

    def begin(self, told: Callable[[], None]) -> None:
        """Whoever hands out knows."""

    def hand(self, task: Task) -> None:
        self._done.append(carry(task))

    def collect(self) -> list[Done]:
        done, self._done = self._done, []
        return done


class Threads:
    """A hand for each thread."""

    def __init__(self, hands: int) -> None:
        self.hands, self.ahead = hands, hands // 2
        self._told: Callable[[], None] = lambda: None
        self._tasks: queue.Queue[Task | None] = queue.Queue(maxsize=hands + self.ahead)
        self._done: queue.Queue[Done] = queue.Queue(maxsize=hands + self.ahead)
        self._threads: list[threading.Thread] = []

    def begin(self, told: Callable[[], None]) -> None:
        self._told = told
        for number in range(self.hands):
            self._threads.append(threading.Thread(target=self._run, name=f"sync-hand-{number}", daemon=True))
            self._threads[-1].start()

    def hand(self, task: Task) -> None:
        self._tasks.put_nowait(task)

    def collect(self) -> list[Done]:
        found = []
        while True:
            try:
                found.append(self._done.get_nowait())
            except queue.Empty:
                return found

    def stop(self, seconds: float) -> None:
        """What is still being sent after so long is let go: the next process sends it again."""
        until = time.monotonic() + seconds
        with contextlib.suppress(queue.Empty):
            while True:  # what nobody has begun
                self._tasks.get_nowait()
        for _ in self._threads:
            self._tasks.put_nowait(None)
        for thread in self._threads:
            thread.join(max(0.0, until - time.monotonic()))

    def _run(self) -> None:
        while (task := self._tasks.get()) is not None:
            self._done.put(carry(task))
            self._told()
