"""What is known of the box as metrics in the words of Prometheus. Pure: the names, the helps, and which number goes
where. docs/fleet.md lists them; a test keeps the two together.

They say how things are, not what happened: a box that was offline is right at the first scrape. No label names a
person, an exam or a seat, and each has a handful of values.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, InfoMetricFamily
from prometheus_client.metrics_core import Metric

from appliance import __version__
from appliance.box import workers
from appliance.box.workers import CAPTURE
from appliance.exam.gap import Cause
from appliance.ledger.fleet import Figures, Gaps
from appliance.web import status
from appliance.web.readings import Readings

KINDS = ("refused", "away", "full", "conflict", "damaged", "box", "signing")
"""Of failures, as `box.upstream.Failure` has them."""

MISSED = ("late", "no_pictures", "inference_down")
"""Why nobody looked at a webcam, as `analysis.missed` says; others are named when they come."""

DROPS: Mapping[str, Mapping[str, str]] = {
    "web": {
        "writer": "refused",
        "sockets": "sockets_refused",
        "slow_pages": "sockets_too_slow",
        "health": "health_left_out",
        "keeping": "keeping_refused",
        "exports": "exporting_refused",
        "watched": "review_watched_refused",
        "loudness": "review_loudness_refused",
    },
    "capture": {
        "seats": "admission.refused_seats",
        "storage": "admission.refused_storage",
        "disk_queue": "writer.refused",
        "disk_errors": "writer.failed",
        "viewers": "refused_full",
        "slow_viewers": "slow_viewers",
        "fills": "fills_refused",
        "decoder": "decoder.skipped",
        "ledger": "ledger.lost",
    },
    "inference": {
        "late": "late",
        "unreadable": "unreadable",
        "failed": "failed",
        "snapshots": "snapshots_failed",
        "traces": "traces_lost",
        "sound": "hearing.skipped",
        "ledger": "lost",
    },
    "sync": {"outbox": "beyond", "ledger": "lost"},
    "door": {"connections": "refused", "too_large": "too_large", "too_slow": "too_slow", "odd": "odd"},
}
"""What processes refused, dropped or left out: queue -> where its counter stands in the health file."""

GAUGE, COUNTER = GaugeMetricFamily, CounterMetricFamily


def metrics(readings: Readings, *, site: str, box: str) -> Iterator[Metric]:
    """All of them."""
    info = InfoMetricFamily("appliance_build", "Version, and what the box is called in the store.")
    info.add_metric([], {"version": __version__, "site": site, "box": box})
    yield info
    yield from _upstream(readings)
    yield from _processes(readings)
    yield from _machine(readings)
    yield from _issues(readings)
    yield _one("ledger_readable", "Whether the ledger could be read for this scrape.", readings.ledger is not None)
    yield _one("ledger_size_bytes", "Size of the ledger with its write-ahead log.", readings.ledger_bytes)
    if readings.ledger is not None:
        yield from _exams(readings, readings.ledger)
        yield from _gaps(readings.ledger.gaps)
        yield from _detection(readings.ledger)


def _one(name: str, text: str, value: float | None) -> Metric:
    """A gauge without labels; without a value it has no sample, which is how Prometheus says "unknown"."""
    family = GAUGE(f"appliance_{name}", text)
    if value is not None:
        family.add_metric([], float(value))
    return family


def _by(name: str, text: str, label: str, values: Iterable[tuple[str, float]]) -> Metric:
    family = GAUGE(f"appliance_{name}", text, labels=[label])
    for key, value in values:
        family.add_metric([key], float(value))
    return family


def _upstream(readings: Readings) -> Iterator[Metric]:
    said, ledger = readings.upstream, readings.ledger
    ended = ledger.ended if ledger else ()
    yield _one("exams_awaiting_upstream", "Exams that ended and are not all upstream.", len(ended) if ledger else None)
    yield _one(
        "exam_awaiting_upstream_age_seconds",
        "How long ago the oldest exam ended that is not all upstream; 0: there is none.",
        max(0.0, readings.now - min(ended, default=readings.now)) if ledger else None,
    )
    yield _one(
        "upstream_altered_attempts",
        "Attempts that the store does not have any more as they were stored.",
        ledger.altered if ledger else None,
    )
    lasts = readings.lasts
    took = [at for at in (said and said.last_success, lasts.get("last_success"), ledger and ledger.stored_at) if at]
    yield _one(
        "upstream_last_success_timestamp_seconds", "When the store last took something.", max(took, default=None)
    )
    notes = [at for at in (said and said.last_checkpoint, lasts.get("last_checkpoint")) if at]
    yield _one(
        "upstream_last_checkpoint_timestamp_seconds", "When the ledger's head went up.", max(notes, default=None)
    )
    if said is None:
        return
    oldest = said.oldest
    yield _one("upstream_state_timestamp_seconds", "When sync last said how the upstream is.", said.at)
    yield _one("upstream_backlog_bytes", "Bytes that the store does not have yet.", said.waiting_bytes)
    yield _one("upstream_backlog_objects", "Objects that the store does not have yet.", said.waiting_objects)
    yield _one(
        "upstream_oldest_unsynced_age_seconds",
        "How long the oldest thing waits that the store does not have yet; 0: nothing waits.",
        0.0 if oldest is None else max(0.0, readings.now - oldest),
    )
    yield _one("upstream_reachable", "Whether the store answered when it was last asked.", said.reachable)
    yield _one("upstream_upload_bytes_per_second", "Upload rate of the last minute.", said.bytes_per_s)
    yield _one("upstream_limit_bytes_per_second", "The limit that holds now; 0: none.", said.limit_bps / 8)
    kinds = [failure.kind for failure in said.failures]
    yield _by(
        "upstream_failures",
        "What does not go just now, by kind: refused and full need a person, away passes.",
        "kind",
        ((kind, kinds.count(kind)) for kind in dict.fromkeys((*KINDS, *kinds))),
    )
    yield _one("upstream_parked_objects", "Objects that the store does not take as they are.", said.parked)
    yield COUNTER("appliance_upstream_sent_bytes", "Bytes sent since sync started.", value=said.sent_bytes)
    yield COUNTER("appliance_upstream_sent_objects", "Objects sent since sync started.", value=said.sent_objects)


def _processes(readings: Readings) -> Iterator[Metric]:
    known = {name: readings.processes[name] for name in readings.needed}
    yield _by(
        "process_healthy",
        "Whether a process that the box needs is there and well.",
        "process",
        ((name, said["healthy"]) for name, said in known.items()),
    )
    yield _by(
        "process_heartbeat_timestamp_seconds",
        "When the process last said how it is.",
        "process",
        ((name, said["at"]) for name, said in known.items() if "at" in said),
    )
    restarts = COUNTER(
        "appliance_process_restarts", "Times that `appliance run` had to start it again.", labels=["process"]
    )
    for name, facts in readings.processes.get("supervisor", {}).get("processes", {}).items():
        if name in known:
            restarts.add_metric([name], facts["restarts"])
    yield restarts
    drops = COUNTER(
        "appliance_drops",
        "What a process refused, dropped or left out since it started, by queue.",
        labels=["process", "queue"],
    )
    for name, said in known.items():
        for queue, path in DROPS[workers.service_of(name)].items():
            if (value := _found(said, path)) is not None:
                drops.add_metric([name, queue], value)
    yield drops


def _found(said: Mapping[str, Any], path: str) -> float | None:
    value: Any = said
    for part in path.split("."):
        value = value.get(part) if isinstance(value, Mapping) else None
    return float(value) if isinstance(value, int | float) else None


def _machine(readings: Readings) -> Iterator[Metric]:
    disks = readings.disks.items()
    yield _by("disk_free_bytes", "Free bytes of the disk.", "disk", ((name, disk.free) for name, disk in disks))
    yield _by("disk_size_bytes", "Size of the disk.", "disk", ((name, disk.size) for name, disk in disks))
    yield _one(
        "disk_low_water_bytes", "While less is free on the data disk no new candidate is recorded.", readings.low_water
    )
    yield _one("clock_synchronised", "Whether the clock is synchronised.", readings.synchronised)
    yield _one("clock_error_bound_seconds", "By how much the clock may be wrong at most.", readings.clock_error)
    yield _by(
        "certificate_expiry_timestamp_seconds",
        "Until when a certificate is valid: the box's own, its authority's, the site's.",
        "certificate",
        readings.certificates.items(),
    )


def _issues(readings: Readings) -> Iterator[Metric]:
    """A code that does not stand has no sample, so that a box keeps few series; when it was looked says whether that is
    silence or health."""
    counts = Counter((one.code, one.severity) for one in readings.issues)
    family = GAUGE("appliance_box_issue", "What is wrong with the box, by check.", labels=["code", "severity"])
    for labels, count in sorted(counts.items()):
        family.add_metric(list(labels), float(count))
    yield family
    yield _one("box_looked_timestamp_seconds", "When the checks last looked at the box.", readings.looked_at)


def _exams(readings: Readings, ledger: Figures) -> Iterator[Metric]:
    now = readings.now
    running = [one for one in ledger.sittings if one.runs(now)]
    yield _one("ledger_head", "The newest event's number: it grows, and never falls.", ledger.head)
    yield _one("exams_running", "Exams that are held now.", len(running))
    yield _one(
        "exam_next_start_timestamp_seconds",
        "When the next exam begins.",
        min((one.starts_at for one in ledger.sittings if one.starts_at > now), default=None),
    )
    yield _one("seats_capacity", "Candidates that the box records at once.", readings.seats)
    expected = sum(one.expected for one in running)
    yield _one("seats_expected", "Candidates of the exams held now who have not gone.", expected)
    yield _one("seats_present", "Candidates of the exams held now who are here.", sum(one.present for one in running))
    yield _one("seats_publishing", "Candidates whose picture or screen arrives now.", _publishing(readings))
    yield _one("flags_unreviewed", "Flags that nobody has decided on.", ledger.flags_open)


def _publishing(readings: Readings) -> int:
    """By what the capture workers say of each feed."""
    arriving = set()
    for name, said in readings.processes.items():
        if workers.service_of(name) == CAPTURE and said["healthy"]:
            arriving |= {feed for feed, facts in said.get("feeds", {}).items() if status.arrives(facts)}
    return len({feed.partition("/")[0] for feed in arriving})


def _gaps(gaps: Mapping[str, Gaps]) -> Iterator[Metric]:
    none = Gaps(count=0, seconds=0.0, open=0)
    found = {cause: gaps.get(cause, none) for cause in dict.fromkeys((*(c.value for c in Cause), *gaps))}
    yield _by("gaps_today", "Gaps in recordings today.", "cause", ((cause, gap.count) for cause, gap in found.items()))
    yield _by(
        "gaps_today_seconds", "How long they were.", "cause", ((cause, gap.seconds) for cause, gap in found.items())
    )
    yield _one(
        "gaps_open",
        "Feeds that are not recorded at this moment though they should be.",
        sum(g.open for g in found.values()),
    )


def _detection(ledger: Figures) -> Iterator[Metric]:
    missed = {cause: ledger.missed.get(cause, 0.0) for cause in dict.fromkeys((*MISSED, *ledger.missed))}
    yield _one("recorded_today_seconds", "Seconds of webcams recorded today.", ledger.recorded)
    yield _by("detection_missed_today_seconds", "Seconds of webcams that nobody looked at.", "cause", missed.items())
    covered = 1.0 - sum(missed.values()) / ledger.recorded if ledger.recorded else None
    yield _one(
        "detection_coverage_ratio",
        "Share of today's recorded seconds of webcams that detection looked at.",
        None if covered is None else max(0.0, covered),
    )
