"""When each stage of an attempt began, as its chain says."""

from collections.abc import Collection

import sqlalchemy as sa

from appliance.exam.review import Span
from appliance.exam.stage import MOVING, Stage, reached
from appliance.ledger import tables
from appliance.ledger.record import SELECT, Event

Begun = list[tuple[float, Stage]]
"""Wall seconds, and the stage that began then; in order."""


def stages(connection: sa.Connection, attempt: str) -> Begun:
    """Every stage of an attempt from its arrival on."""
    event = tables.event.c
    rows = connection.execute(SELECT.where((event.chain == attempt) & event.type.in_(MOVING)).order_by(event.position))
    said = ((row.wall, reached(Event.from_row(row).payload)) for row in rows)
    return [(at, stage) for at, stage in said if stage is not None]


def stage_at(begun: Begun, at: float) -> Stage:
    """The stage at a moment; before the first one the candidate was invited."""
    return next((stage for since, stage in reversed(begun) if since <= at), Stage.INVITED)


def spans(begun: Begun, wanted: Collection[Stage], *, until: float) -> list[Span]:
    """How long the attempt was in one of `wanted`, up to `until`."""
    ends = [at for at, _ in begun[1:]] + [until]
    return (
        [
            (since, min(end, until))
            for (since, stage), end in zip(begun, ends, strict=True)
            if stage in wanted and since < min(end, until)
        ]
        if begun
        else []
    )
