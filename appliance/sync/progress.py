"""What is proved to be upstream, as the ledger has it: the last word on each attempt and exam. Sync alone appends these
events, so it reads them once and keeps up by itself."""

from collections.abc import Iterable
from dataclasses import dataclass, field

import sqlalchemy as sa

from appliance.exam.events import BOX, AttemptStored, ExamStored, Payload, ReportWritten
from appliance.ledger import tables
from appliance.ledger.record import SELECT, Event

TYPES = (AttemptStored.TYPE, ExamStored.TYPE, ReportWritten.TYPE)


@dataclass(slots=True)
class Progress:
    """`attempts` and `exams`: the last stored event of each; `reports`: (exam, attempt) -> name -> SHA-256. `newer`:
    exams of which an attempt was stored again after the exam."""

    attempts: dict[str, AttemptStored] = field(default_factory=dict)
    exams: dict[str, ExamStored] = field(default_factory=dict)
    reports: dict[tuple[str, str | None], dict[str, str]] = field(default_factory=dict)
    newer: set[str] = field(default_factory=set)

    @classmethod
    def read(cls, connection: sa.Connection) -> "Progress":
        """From the ledger."""
        query = SELECT.where(tables.event.c.chain == BOX, tables.event.c.type.in_(TYPES))
        progress = cls()
        rows = connection.execute(query.order_by(tables.event.c.position))
        progress.learn(event.payload for event in map(Event.from_row, rows))
        return progress

    def learn(self, said: Iterable[Payload | None]) -> None:
        """Events in their order; erased ones are left out."""
        for payload in said:
            match payload:
                case AttemptStored():
                    self.attempts[payload.attempt] = payload
                    self.newer.add(payload.exam)
                case ExamStored():
                    self.exams[payload.exam] = payload
                    self.newer.discard(payload.exam)
                case ReportWritten():
                    self.reports[payload.exam, payload.attempt] = payload.files
                case _:
                    pass

    def position(self, attempt: str) -> int:
        """How far the attempt's newest manifest reaches; 0: it has none."""
        stored = self.attempts.get(attempt)
        return stored.position if stored else 0

    def exam_is_due(self, exam: str) -> bool:
        """Never stored, or an attempt of it was stored since."""
        return exam not in self.exams or exam in self.newer
