"""Review and exports: who watched what, notes, recommendations, outcomes, samples, muted rules, clips that leave."""

import json
from typing import Any

import sqlalchemy as sa

from appliance.exam import events
from appliance.ledger import review_tables as tables
from appliance.ledger.projection.registry import projects
from appliance.ledger.record import Event


@projects(events.RecordingWatched)
def _watched(connection: sa.Connection, event: Event, said: events.RecordingWatched) -> None:
    values = {**said.to_json(), "kinds": json.dumps(said.kinds), "event": event.id, "attempt": event.chain}
    connection.execute(sa.insert(tables.watched).values(**values))


@projects(events.FlagNoted)
def _noted(connection: sa.Connection, event: Event, said: events.FlagNoted) -> None:
    connection.execute(sa.insert(tables.flag_note).values(**said.to_json(), attempt=event.chain, noted_at=event.wall))


@projects(events.RecommendationMade)
def _recommended(connection: sa.Connection, event: Event, said: events.RecommendationMade) -> None:
    connection.execute(
        sa.insert(tables.recommendation).values(**said.to_json(), attempt=event.chain, made_at=event.wall)
    )


@projects(events.RecommendationAnswered)
def _answered(connection: sa.Connection, event: Event, said: events.RecommendationAnswered) -> None:
    _set_recommendation(
        connection,
        said.recommendation,
        agreed=int(said.agreed),
        answer=said.text,
        answered_by=said.by,
        answered_by_name=said.by_name,
        answered_at=event.wall,
    )


@projects(events.RecommendationWithdrawn)
def _withdrawn(connection: sa.Connection, event: Event, said: events.RecommendationWithdrawn) -> None:
    _set_recommendation(connection, said.recommendation, withdrawn_at=event.wall)


def _set_recommendation(connection: sa.Connection, recommendation: str, **values: Any) -> None:
    row = tables.recommendation
    connection.execute(sa.update(row).where(row.c.recommendation == recommendation).values(**values))


@projects(events.OutcomeRecorded)
def _outcome(connection: sa.Connection, event: Event, said: events.OutcomeRecorded) -> None:
    values = {**said.to_json(), "attempt": event.chain, "recorded_at": event.wall}
    connection.execute(sa.insert(tables.outcome).prefix_with("OR REPLACE").values(**values))


@projects(events.SampleDrawn)
def _drawn(connection: sa.Connection, event: Event, said: events.SampleDrawn) -> None:
    connection.execute(
        sa.insert(tables.sample).values(
            sample=said.sample,
            exam=event.exam,
            attempt=event.chain,
            starts_at=said.starts_at,
            ends_at=said.ends_at,
            by=said.by,
            drawn_at=event.wall,
        )
    )


@projects(events.SampleJudged)
def _judged(connection: sa.Connection, event: Event, said: events.SampleJudged) -> None:
    row = tables.sample
    values = {"verdict": said.verdict, "flag": said.flag, "text": said.text, "judged_at": event.wall, "by": said.by}
    connection.execute(sa.update(row).where(row.c.sample == said.sample).values(**values))


@projects(events.RuleMuted)
def _muted(connection: sa.Connection, event: Event, said: events.RuleMuted) -> None:
    row = tables.muted
    connection.execute(sa.delete(row).where((row.c.attempt == event.chain) & (row.c.code == said.code)))
    if said.muted:
        connection.execute(
            sa.insert(row).values(
                attempt=event.chain,
                code=said.code,
                reason=said.reason,
                by=said.by,
                by_name=said.by_name,
                muted_at=event.wall,
            )
        )


@projects(events.ExportAsked)
def _asked(connection: sa.Connection, event: Event, said: events.ExportAsked) -> None:
    values = {**said.to_json(), "kinds": json.dumps(said.kinds), "masked": int(said.masked)}
    values.pop("factor")
    connection.execute(
        sa.insert(tables.export).values(**values, exam=event.exam, attempt=event.chain, asked_at=event.wall)
    )


@projects(events.ExportMade)
def _made(connection: sa.Connection, event: Event, said: events.ExportMade) -> None:
    row = tables.export
    values = {"facts": json.dumps(said.to_json()), "trouble": "", "done_at": event.wall}
    connection.execute(sa.update(row).where(row.c.export == said.export).values(**values))


@projects(events.ExportFailed)
def _failed(connection: sa.Connection, event: Event, said: events.ExportFailed) -> None:
    row = tables.export
    connection.execute(
        sa.update(row).where(row.c.export == said.export).values(trouble=said.reason, done_at=event.wall)
    )
