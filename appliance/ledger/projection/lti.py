"""LTI: links, and what the platform was told."""

import sqlalchemy as sa
from sqlalchemy.dialects.sqlite import insert

from appliance.exam import events
from appliance.ledger.lti_tables import lti_control, lti_launch, lti_link
from appliance.ledger.projection.registry import projects
from appliance.ledger.record import Event


@projects(events.ExamLinked)
def _exam_linked(connection: sa.Connection, _event: Event, said: events.ExamLinked) -> None:
    link = lti_link.c
    if said.active:
        row = insert(lti_link).values(platform=said.platform, resource_link=said.resource_link, exam=said.exam)
        keys = ["platform", "resource_link"]
        connection.execute(row.on_conflict_do_update(index_elements=keys, set_={"exam": said.exam}))
    else:
        connection.execute(
            sa.delete(lti_link).where(
                link.platform == said.platform, link.resource_link == said.resource_link, link.exam == said.exam
            )
        )


@projects(events.LtiAssessmentStarted)
def _started(connection: sa.Connection, event: Event, _said: events.LtiAssessmentStarted) -> None:
    row = lti_launch.c
    connection.execute(sa.update(lti_launch).where(row.attempt == event.chain).values(started_at=event.wall))


@projects(events.LtiAssessmentEnded)
def _ended(connection: sa.Connection, event: Event, said: events.LtiAssessmentEnded) -> None:
    if not said.troubled:
        row = lti_launch.c
        connection.execute(sa.update(lti_launch).where(row.attempt == event.chain).values(submitted_at=event.wall))


@projects(events.LtiControlSent)
def _control_sent(connection: sa.Connection, event: Event, said: events.LtiControlSent) -> None:
    _settled(connection, event, said, sent=1)


@projects(events.LtiControlFailed)
def _control_failed(connection: sa.Connection, event: Event, said: events.LtiControlFailed) -> None:
    _settled(connection, event, said, sent=0)


def _settled(
    connection: sa.Connection, event: Event, said: events.LtiControlSent | events.LtiControlFailed, *, sent: int
) -> None:
    row = insert(lti_control).values(
        cause=said.cause,
        attempt=event.chain,
        platform=said.platform,
        action=said.action,
        sent=sent,
        settled_at=event.wall,
    )
    connection.execute(row.on_conflict_do_nothing())
