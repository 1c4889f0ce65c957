"""The statements of a revision, in a file beside it: what a revision did must not change when the tables do."""

from pathlib import Path

import sqlalchemy as sa


def run(connection: sa.Connection, name: str) -> None:
    """Execute versions/NAME, one statement after the other."""
    text = (Path(__file__).parent / "versions" / name).read_text(encoding="utf-8")
    for statement in text.split(";\n"):
        if statement.strip():
            connection.exec_driver_sql(statement)
