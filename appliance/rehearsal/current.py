"""The rehearsal that goes on, as pages and the runner share it, and the one before it."""

import threading
from dataclasses import dataclass, field
from typing import Any

from appliance.errors import NotAllowed
from appliance.rehearsal.asked import Asked
from appliance.rehearsal.phase import Phase, State


@dataclass(frozen=True, slots=True)
class Task:
    """What the page of a real seat has to do: publish as this attempt."""

    exam: str
    attempt: str
    left: float


@dataclass(slots=True)
class Rehearsals:
    """Thread-safe. One goes on at a time; `refused` counts those that were asked for beside it."""

    refused: int = 0
    stopping: bool = False
    asked: Asked | None = None
    state: State | None = None
    exam: str = ""
    here: int = 0
    _tasks: dict[str, str] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def goes_on(self) -> bool:
        """Is one asked for, or under way?"""
        return self.asked is not None

    def ask(self, asked: Asked) -> None:
        """The runner takes it up within a second. NotAllowed while one goes on."""
        with self._lock:
            if self.asked is not None:
                self.refused += 1
                raise NotAllowed("a rehearsal goes on already", hint="Wait until it is over, or stop it.")
            self.asked, self.state, self.stopping, self.exam, self.here = asked, None, False, "", 0
            self._tasks = {}

    def stop(self) -> None:
        """It ends within moments; nothing where none goes on."""
        self.stopping = True

    def began(self, exam: str, tasks: dict[str, str]) -> None:
        """`tasks`: seat of a lab's computer -> its attempt."""
        with self._lock:
            self.exam, self._tasks = exam, dict(tasks)

    def over(self) -> None:
        """Another one may be asked for."""
        with self._lock:
            self.asked, self.state, self.exam, self.here, self._tasks = None, None, "", 0, {}
            self.stopping = False

    def task(self, seat: str, *, now: float | None = None) -> Task | None:
        """What this seat's page has to do; None where it takes no part."""
        with self._lock:
            attempt, state = self._tasks.get(seat), self.state
            if attempt is None or state is None or state.phase not in (Phase.FILLING, Phase.MEASURING):
                return None
            left = state.left(state.since if now is None else now)
            return Task(self.exam, attempt, left)

    def facts(self) -> dict[str, Any]:
        """For the health file."""
        return {"rehearsal": self.state.phase.value if self.state else "", "rehearsals_refused": self.refused}
