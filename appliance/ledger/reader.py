"""Reading the ledger, from any process, on a connection of one's own."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

import sqlalchemy as sa

from appliance.ledger import database, tables
from appliance.ledger.chain import Link
from appliance.ledger.record import SELECT, Event


class Reader:
    """Read-only. Open it after the writer has made the file."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._engine = database.open_reader(file)

    def close(self) -> None:
        """Let the file go."""
        self._engine.dispose()

    @contextlib.contextmanager
    def connect(self) -> Iterator[sa.Connection]:
        """One consistent view: what is read inside the block fits together."""
        with database.understood(self._file), self._engine.connect() as connection:
            yield connection

    def head(self) -> int:
        """The newest sequence number; 0 for an empty ledger."""
        with self.connect() as connection:
            return connection.execute(sa.select(sa.func.max(tables.event.c.seq))).scalar() or 0

    def events(
        self,
        *,
        after: int = 0,
        limit: int = 500,
        types: frozenset[str] | None = None,
        chain: str | None = None,
        exam: str | None = None,
    ) -> list[Event]:
        """The next `limit` events after a sequence number, oldest first."""
        query = SELECT.where(tables.event.c.seq > after).order_by(tables.event.c.seq).limit(limit)
        if types is not None:
            query = query.where(tables.event.c.type.in_(types))
        if chain is not None:
            query = query.where(tables.event.c.chain == chain)
        if exam is not None:
            query = query.where(tables.event.c.exam == exam)
        with self.connect() as connection:
            return [Event.from_row(row) for row in connection.execute(query)]


def links(connection: sa.Connection, chain: str) -> list[Link]:
    """A whole chain as it is stored, for export and for checking."""
    rows = connection.execute(SELECT.where(tables.event.c.chain == chain).order_by(tables.event.c.position))
    return [Link(body=row.body, hash=row.hash, payload=row.payload, salt=row.salt) for row in rows]


@contextlib.contextmanager
def opened(file: Path) -> Iterator[Reader]:
    """A reader for as long as the block."""
    reader = Reader(file)
    try:
        yield reader
    finally:
        reader.close()
