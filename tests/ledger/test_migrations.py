"""A box that was set up by an earlier version keeps everything when it is brought to the newest schema."""

import pytest
import sqlalchemy as sa
from alembic import command

from appliance.errors import Unavailable
from appliance.ledger import database, review_tables, tables
from appliance.ledger import reader as reader_module
from appliance.ledger.database import open_writer


def shape(engine):
    """Table -> its columns, as the database says."""
    inspector = sa.inspect(engine)
    return {
        name: {(column["name"], str(column["type"]), column["nullable"]) for column in inspector.get_columns(name)}
        for name in inspector.get_table_names()
        if name != "alembic_version"
    }


def upgrade(engine, to, monkeypatch):
    """`database.migrate` up to a revision."""
    real = command.upgrade
    with monkeypatch.context() as only:
        only.setattr(command, "upgrade", lambda config, _: real(config, to))
        database.migrate(engine)


def test_the_revisions_lead_to_the_tables_of_the_code(tmp_path):
    migrated, made = open_writer(tmp_path / "migrated"), sa.create_engine("sqlite://", poolclass=sa.pool.StaticPool)
    review_tables.export.metadata.create_all(made)
    assert shape(migrated) == shape(made)
    for engine in (migrated, made):
        engine.dispose()


def test_segments_and_gaps_of_the_first_schema_stay(tmp_path, monkeypatch):
    engine = database._engine(tmp_path / "ledger", database.dbapi(), read_only=False)
    upgrade(engine, "0001", monkeypatch)
    with engine.begin() as connection:
        connection.exec_driver_sql("INSERT INTO exam VALUES ('e', 'T', 60, 0, 'manual', '', 2, 8, 30, NULL, NULL)")
        connection.exec_driver_sql(
            "INSERT INTO attempt VALUES ('a', 'e', '1', 'c', 'N', 'in_exam', 0, NULL, NULL, NULL)"
        )
        connection.exec_driver_sql("INSERT INTO segment VALUES ('p', 'a', 'webcam', 1, 1.0, 0.0, 30.0, 9, 'ff')")
        connection.exec_driver_sql("INSERT INTO gap VALUES ('g', 'a', 'webcam', 'no_media', 1.0, NULL)")
    upgrade(engine, "head", monkeypatch)
    with engine.connect() as connection:
        (segment,) = connection.execute(sa.select(tables.segment)).mappings()
        (gap,) = connection.execute(sa.select(tables.gap)).mappings()
    assert dict(segment) == {
        "path": "p", "attempt": "a", "kind": "webcam", "number": 1, "starts_at": 1.0, "position": 0.0,
        "duration": 30.0, "bytes": 9, "sha256": "ff", "late": 0,
    }  # fmt: skip
    assert gap["gap"] == "g"
    assert gap["ends_at"] is None
    engine.dispose()


def test_a_recording_may_belong_to_a_room(tmp_path):
    engine = open_writer(tmp_path / "ledger")
    with engine.begin() as connection:
        connection.execute(
            sa.insert(tables.gap).values(gap="g", attempt="room1", kind="camera", cause="no_media", starts_at=1.0)
        )
    engine.dispose()


def test_a_ledger_in_the_middle_of_its_first_migration_is_one_to_wait_for(tmp_path):
    """Sync and inference start beside the process that makes it."""
    file = tmp_path / "ledger.sqlite3"
    engine = database._engine(file, database.dbapi(), read_only=False)
    with engine.connect():
        pass
    engine.dispose()
    with reader_module.opened(file) as reader, pytest.raises(Unavailable, match="still being set up"):
        reader.head()
