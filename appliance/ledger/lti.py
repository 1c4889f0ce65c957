"""LTI as frozen rows: links, launches, and the events that a platform is still to be asked about."""

import json
from collections.abc import Iterable
from dataclasses import dataclass

import sqlalchemy as sa

from appliance.exam.events import LtiLaunchRefused
from appliance.exam.stage import CLOSED
from appliance.ledger import tables
from appliance.ledger.lti_tables import lti_control, lti_launch, lti_link
from appliance.ledger.record import SELECT, Event


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkRow:
    """A resource link of a platform, and the exam that it is."""

    platform: str
    resource_link: str
    exam: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LaunchRow:
    """The newest launch of an attempt. `session_data` goes back to the platform and nowhere else; `control_url` is ""
    where the platform offers no assessment control, `actions` are those that it takes."""

    attempt: str
    platform: str
    subject: str
    resource_link: str
    attempt_number: int
    session_data: str
    start_url: str
    control_url: str
    actions: tuple[str, ...]
    browser: str
    since: int
    launched_at: float
    started_at: float | None
    submitted_at: float | None


def links(connection: sa.Connection, *, exam: str) -> list[LinkRow]:
    """What leads to an exam."""
    query = sa.select(lti_link).where(lti_link.c.exam == exam).order_by(lti_link.c.platform, lti_link.c.resource_link)
    return [LinkRow(**row) for row in connection.execute(query).mappings()]


def exam_of(connection: sa.Connection, *, platform: str, resource_link: str) -> str | None:
    """Which exam a link is; None where nobody said."""
    link = lti_link.c
    query = sa.select(link.exam).where(link.platform == platform, link.resource_link == resource_link)
    return connection.execute(query).scalar()


def launch(connection: sa.Connection, attempt: str) -> LaunchRow | None:
    """The newest launch; None of who came with a join code."""
    row = connection.execute(sa.select(lti_launch).where(lti_launch.c.attempt == attempt)).mappings().one_or_none()
    return None if row is None else LaunchRow(**{**row, "actions": tuple(json.loads(row["actions"]))})


def launched(
    connection: sa.Connection, *, platform: str, resource_link: str, subject: str, attempt_number: int
) -> LaunchRow | None:
    """The launch that a later message of the platform is about."""
    row = lti_launch.c
    query = sa.select(row.attempt).where(
        row.platform == platform,
        row.resource_link == resource_link,
        row.subject == subject,
        row.attempt_number == attempt_number,
    )
    found = connection.execute(query).scalar()
    return None if found is None else launch(connection, found)


def refusals(connection: sa.Connection, *, since: float, limit: int) -> list[Event]:
    """Launches that led nowhere, newest first."""
    event = tables.event.c
    query = SELECT.where(event.type == LtiLaunchRefused.TYPE, event.wall > since).order_by(event.seq.desc())
    return [Event.from_row(row) for row in connection.execute(query.limit(limit))]


def going_on(connection: sa.Connection, *, platform: str) -> bool:
    """Is a candidate of this platform here now?"""
    row = tables.attempt.c
    query = (
        sa.select(row.attempt)
        .join_from(tables.attempt, lti_launch, lti_launch.c.attempt == row.attempt)
        .where(lti_launch.c.platform == platform, row.stage.not_in([stage.value for stage in CLOSED]))
    )
    return connection.execute(query.limit(1)).first() is not None


def unsettled(
    connection: sa.Connection, *, platform: str, types: Iterable[str], after: int, limit: int
) -> list[tuple[Event, LaunchRow]]:
    """Events about candidates of a platform, since they were launched, that the platform was not told (yet)."""
    event = tables.event.c
    query = (
        SELECT.join(lti_launch, lti_launch.c.attempt == event.chain)
        .outerjoin(lti_control, lti_control.c.cause == event.id)
        .where(lti_launch.c.platform == platform, event.seq > lti_launch.c.since, event.seq > after)
        .where(event.type.in_(list(types)), lti_control.c.cause.is_(None))
        .order_by(event.seq)
        .limit(limit)
    )
    found = [Event.from_row(row) for row in connection.execute(query)]
    launches = {chain: launch(connection, chain) for chain in {event.chain for event in found}}
    return [(event, row) for event in found if (row := launches[event.chain]) is not None]
