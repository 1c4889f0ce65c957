"""What the line may carry now: the rules of `uplink`, asked each second with the clock and the ledger."""

import time
from collections.abc import Callable
from datetime import datetime

import sqlalchemy as sa

from appliance.config import UpstreamSettings
from appliance.exam.stage import RECORDED
from appliance.ledger import planning, state
from appliance.ledger.reader import Reader
from appliance.sync.pace import Bucket
from appliance.sync.uplink import needs_exams, verdict

LOOK_SECONDS = 1.0


class Ruling:
    """Belongs to the deciding thread; `verdict` and `exam_runs` may be looked at by any."""

    def __init__(
        self,
        settings: UpstreamSettings,
        reader: Reader,
        bucket: Bucket,
        *,
        monotonic: Callable[[], float] = time.monotonic,
        wall: Callable[[], float] = time.time,
    ) -> None:
        self._settings, self._reader, self._bucket = settings, reader, bucket
        self._monotonic, self._wall = monotonic, wall
        self._looked_at = float("-inf")
        self.exam_runs = False
        self.verdict = verdict(settings, datetime.fromtimestamp(wall()), exam=False)

    def look(self) -> None:
        """What the ledger raises is raised: then what held before holds."""
        if self._monotonic() - self._looked_at < LOOK_SECONDS:
            return
        self._looked_at = self._monotonic()
        if needs_exams(self._settings):
            with self._reader.connect() as connection:
                self.exam_runs = exam_runs(connection, now=self._wall())
        self.verdict = verdict(self._settings, datetime.fromtimestamp(self._wall()), exam=self.exam_runs)
        self._bucket.limit(self.verdict.limit.bps)


def exam_runs(connection: sa.Connection, *, now: float) -> bool:
    """Is one going on: its time has come, nobody ended it, and its time is not over or somebody is still recorded?"""
    begun = {held.exam: held for held in planning.schedule(connection) if held.begins_at <= now}
    if any(held.at(now) for held in begun.values()):
        return True
    return any(row.stage in RECORDED for exam in begun for row in state.attempts(connection, exam))
