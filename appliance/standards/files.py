"""events.caliper.json and events.xapi.json beside the reports, where the settings want them: sync takes both along."""

import hashlib
import os
from collections.abc import Iterable, Mapping
from pathlib import Path

import sqlalchemy as sa

from appliance.box.paths import Paths
from appliance.config import Settings
from appliance.errors import StorageFull
from appliance.ledger.reports import WriteReport, WriteReports
from appliance.standards import source


class WithEvents:
    """A report and its events."""

    def __init__(self, write: WriteReport, write_all: WriteReports, settings: Settings) -> None:
        self._write, self._write_all, self._settings = write, write_all, settings
        wanted = {"caliper": settings.standards.caliper, "xapi": settings.standards.xapi}
        self._forms = [form for form, on in wanted.items() if on]

    def write(self, *, connection: sa.Connection, paths: Paths, exam: str, attempt: str | None) -> dict[str, str]:
        """As the report's own."""
        files = self._write(connection=connection, paths=paths, exam=exam, attempt=attempt)
        return files | self._events(connection, paths, exam, attempt)

    def write_all(self, *, connection: sa.Connection, paths: Paths, exam: str) -> Mapping[str | None, dict[str, str]]:
        """As the report's own."""
        written = self._write_all(connection=connection, paths=paths, exam=exam)
        return {attempt: files | self._events(connection, paths, exam, attempt) for attempt, files in written.items()}

    def _events(self, connection: sa.Connection, paths: Paths, exam: str, attempt: str | None) -> dict[str, str]:
        if not self._forms or exam in source.practice(connection):
            return {}
        scene = source.scene_of(connection, self._settings, exam=exam)
        folder = paths.reports / exam / (attempt or "")
        return {
            f"events.{form}.json": written(
                folder / f"events.{form}.json",
                source.document(source.events(connection, exam=exam, chain=attempt), scene, form=form),
            )
            for form in self._forms
        }


def written(file: Path, text: Iterable[str]) -> str:
    """Write it whole or not at all, without holding it; -> SHA-256 (hex)."""
    temporary, digest = file.with_name(f".{file.name}.{os.getpid()}"), hashlib.sha256()
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with open(temporary, "wb") as out:
            for piece in text:
                data = piece.encode()
                digest.update(data)
                out.write(data)
            out.flush()
            os.fsync(out.fileno())
        temporary.rename(file)
    except OSError as error:
        raise StorageFull(
            f"{file} cannot be written: {error.strerror}",
            hint="Free space on the disk, or check that it is mounted and not read-only.",
        ) from error
    finally:
        temporary.unlink(missing_ok=True)
    return digest.hexdigest()
