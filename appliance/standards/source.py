"""Reads what is said from the ledger, piece by piece, and writes it as one JSON document, never whole in memory."""

import json
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import sqlalchemy as sa

from appliance.config import Settings
from appliance.ledger import planning, state, tables
from appliance.ledger.record import SELECT, Event
from appliance.standards import caliper, xapi
from appliance.standards.scene import Scene
from appliance.standards.table import SAID

AT_ONCE = 500

FORMATS = ("json", "caliper", "xapi")


def scene_of(connection: sa.Connection, settings: Settings, *, exam: str | None = None) -> Scene:
    """Who is who, in one exam or in all."""
    exams = [state.exam(connection, exam)] if exam else state.exams(connection)
    rows = [row for one in exams for row in state.attempts(connection, one.exam)]
    return Scene(
        homepage=settings.standards.homepage,
        site=settings.upstream.site,
        box=settings.upstream.box,
        candidates={row.attempt: row.candidate for row in rows},
        names={row.attempt: row.name for row in rows} if settings.standards.names else {},
        titles={one.exam: one.title for one in exams},
    )


def practice(connection: sa.Connection) -> frozenset[str]:
    """Exams that never leave the box."""
    return frozenset(exam for exam, plan in planning.plans(connection).items() if plan.practice)


def events(
    connection: sa.Connection,
    *,
    exam: str | None = None,
    chain: str | None = None,
    after: int = 0,
    types: Iterable[str] | None = SAID,
) -> Iterator[Event]:
    """Those of an exam, or of one chain, in order; only `types` (None: all)."""
    event = tables.event.c
    query = SELECT.order_by(event.seq).limit(AT_ONCE)
    for column, wanted in ((event.exam, exam), (event.chain, chain)):
        if wanted is not None:
            query = query.where(column == wanted)
    if types is not None:
        query = query.where(event.type.in_(list(types)))
    while rows := connection.execute(query.where(event.seq > after)).all():
        yield from map(Event.from_row, rows)
        after = rows[-1].seq


def document(found: Iterable[Event], scene: Scene, *, form: str) -> Iterator[str]:
    """The text of one JSON document: `json`, an array of our own events, whole; `caliper`, an envelope; `xapi`, an
    array of statements. It is made of the events alone: the same events give the same bytes."""
    last = 0.0

    def said() -> Iterator[Any]:
        nonlocal last
        make: Callable[[Event], Any] = {
            "json": Event.to_json,
            "caliper": lambda event: caliper.event(event, scene),
            "xapi": lambda event: xapi.statement(event, scene),
        }[form]
        for event in found:
            if (one := make(event)) is not None:
                last = event.wall
                yield one

    yield '{"data": [\n' if form == "caliper" else "[\n"
    begun = False
    for one in said():
        yield (",\n" if begun else "") + json.dumps(one, ensure_ascii=False, sort_keys=True)
        begun = True
    yield "\n]"
    if form == "caliper":
        yield ", " + json.dumps(caliper.head(scene, at=last), sort_keys=True)[1:-1] + "}"
    yield "\n"
