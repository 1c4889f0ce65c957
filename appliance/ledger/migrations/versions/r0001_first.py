"""The first schema: every table as it was then, and the triggers that keep the record append-only."""

from alembic import op

from appliance.ledger.migrations.statements import run

revision = "0001"
down_revision = None

_TRIGGERS = (
    """CREATE TRIGGER event_is_never_changed BEFORE UPDATE ON event
       BEGIN SELECT RAISE(ABORT, 'an event is never changed'); END""",
    """CREATE TRIGGER event_is_never_deleted BEFORE DELETE ON event
       BEGIN SELECT RAISE(ABORT, 'an event is never deleted'); END""",
    """CREATE TRIGGER payload_is_only_erased BEFORE UPDATE ON payload
       WHEN NEW.event IS NOT OLD.event OR NEW.salt IS NOT NULL OR NEW.body IS NOT NULL
       BEGIN SELECT RAISE(ABORT, 'a payload is only ever erased'); END""",
    """CREATE TRIGGER payload_is_never_deleted BEFORE DELETE ON payload
       BEGIN SELECT RAISE(ABORT, 'a payload is only ever erased'); END""",
)


def upgrade() -> None:
    """Create everything."""
    connection = op.get_bind()
    run(connection, "r0001_first.sql")
    for trigger in _TRIGGERS:
        connection.exec_driver_sql(trigger)
