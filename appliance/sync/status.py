"""What sync says of the upstream each second, put together from what its parts know (`box.upstream`)."""

import json
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from appliance.box import upstream
from appliance.box.upstream import Backlog, Upstream
from appliance.config import UpstreamSettings
from appliance.sync.outbox import Waiting
from appliance.sync.service import Service
from appliance.sync.uplink import eta

log = logging.getLogger(__name__)

KEEP_SECONDS = 10.0
"""How old what is remembered for the next process may be."""


@dataclass(slots=True, kw_only=True)
class Status:
    """`remembered`: a file in which the last success and the last checkpoint outlive this process."""

    service: Service
    settings: UpstreamSettings
    local: bool
    remembered: Path
    wall: Callable[[], float] = time.time
    _before: dict[str, float] = field(default_factory=dict)
    _kept: dict[str, float] = field(default_factory=dict)
    _kept_at: float = 0.0

    def __post_init__(self) -> None:
        try:
            said = json.loads(self.remembered.read_text(encoding="utf-8"))
            self._before = {name: float(said[name]) for name in ("last_success", "last_checkpoint") if name in said}
        except FileNotFoundError:
            pass
        except (OSError, ValueError, TypeError, AttributeError) as error:
            log.warning("when something was last sent is not known: %s", error)
        self._kept = dict(self._before)

    def say(self, run: Path) -> None:
        """Write it, and remember what the next process should know."""
        upstream.write(run, self.now())
        if self.wall() - self._kept_at >= KEEP_SECONDS:
            self.keep()

    def keep(self) -> None:
        """For the next process."""
        self._kept_at = self.wall()
        facts = self._lasts()
        if facts != self._kept:
            passing = self.remembered.with_suffix(".new")
            passing.write_text(json.dumps(facts), encoding="utf-8")
            passing.rename(self.remembered)
            self._kept = facts

    def now(self) -> Upstream:
        """As it is."""
        sender, verdict = self.service.sender, self.service.ruling.verdict
        outage, outbox, line = sender.outage, sender.outbox, sender.line
        waiting = outbox.waiting()
        away = outage.away_since is not None or not outage.pause.over
        lasts = self._lasts()
        return Upstream(
            at=self.wall(),
            store=sender.store.address,
            local=self.local,
            reachable=outage.reachable,
            last_success=lasts.get("last_success"),
            bytes_per_s=round(line.rate(), 1),
            limit_bps=verdict.limit.bps,
            limit_why=verdict.limit.why,
            video_waits=verdict.video_waits,
            eta_s=None if away else self._eta(waiting),
            resumes_at=self.wall() + outage.pause.left if away else None,
            backlog=tuple(_backlog(waiting, self.service.unsealed())),
            uploads=line.uploads(),
            failures=sender.trouble.now,
            sent_objects=sender.sent_objects,
            sent_bytes=sender.sent_bytes,
            last_checkpoint=lasts.get("last_checkpoint"),
            parked=outbox.parked,
            beyond=outbox.beyond,
            counters={"failures": float(sender.trouble.failures), "to_check": float(outbox.to_check)},
        )

    def _lasts(self) -> dict[str, float]:
        sender = self.service.sender
        mine = {"last_success": sender.last_success, "last_checkpoint": sender.last_checkpoint}
        return self._before | {name: at for name, at in mine.items() if at is not None}

    def _eta(self, waiting: dict[str, Waiting]) -> float | None:
        video = sum(one.video for one in waiting.values())
        urgent = sum(one.bytes for one in waiting.values()) - video
        speed, limit = self.service.sender.line.speed(), self.service.ruling.verdict.limit.bps
        bps = None if speed is None else speed * 8
        # A line that is held back shows the limit and not what it could do.
        guesses = (None, bps) if bps is not None and limit and bps > 0.8 * limit else (bps,)
        for guess in guesses:
            found = eta(
                self.settings,
                now=self.wall(),
                urgent=urgent,
                video=video,
                bps=guess,
                exam=self.service.ruling.exam_runs,
                local=datetime.fromtimestamp,
            )
            if found is not None:
                return round(found, 1)
        return None


def _backlog(waiting: dict[str, Waiting], unsealed: dict[str, tuple[str, float]]) -> list[Backlog]:
    """A manifest that is not there counts as one object: without it nothing is proved."""
    found = []
    for owner in sorted(waiting.keys() | unsealed.keys()):
        one, open_ = waiting.get(owner), unsealed.get(owner)
        exam = one.exam if one else unsealed[owner][0]
        ages = [open_[1]] if open_ else []
        ages += [one.since] if one and one.since is not None else []
        found.append(
            Backlog(
                exam=exam,
                attempt=None if owner == exam else owner.removesuffix(" again"),
                objects=(one.objects if one else 0) + (open_ is not None),
                bytes=one.bytes if one else 0,
                since=min(ages),
            )
        )
    return found
