"""Metrics: who gets them, what they say, and that they are right at the first look after a weekend offline."""

import dataclasses
import json
import re
import time
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from appliance.box import clock, health, upstream
from appliance.box.upstream import Backlog, Failure, Upstream
from appliance.checks import record
from appliance.checks.standing import Standing
from appliance.config import FleetSettings
from appliance.exam.events import (
    AnalysisMissed,
    ExamEnded,
    GapClosed,
    GapOpened,
    SegmentClosed,
    UpstreamAltered,
    UpstreamRestored,
)
from appliance.web import figures, metrics, readings
from appliance.web.readings import Readings

from .conftest import EXAM, build

pytestmark = pytest.mark.slow

DOCS = Path(__file__).parents[2] / "docs" / "fleet.md"
TOKEN = "a-token-that-nobody-guesses"
HOUR = 3600.0


@pytest.fixture
def guarded(furnished, services, tmp_path):
    """A house whose metrics open to a token."""
    file = tmp_path / "token"
    file.write_text(f"{TOKEN}\n", encoding="utf-8")
    settings = dataclasses.replace(services.settings, fleet=FleetSettings(token_file=str(file)))
    return build(furnished, dataclasses.replace(services, settings=settings))


def bearer(client, token):
    return client.get("/metrics", headers={"Authorization": f"Bearer {token}"})


def values(text: str) -> dict[str, float]:
    """name, or name{label}, -> value."""
    found = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            label = ",".join(sample.labels.values()) if not sample.name.endswith("_info") else ""
            found[f"{sample.name}{{{label}}}" if label else sample.name] = sample.value
    return found


def scrape(house, at: float | None = None) -> dict[str, float]:
    """What the box would say at that moment."""
    stamp = dataclasses.replace(clock.now(), wall=at or time.time())
    found = readings.read(house.services, stamp=lambda: stamp)
    registry = metrics.CollectorRegistry()
    registry.register(Fixed(found))
    return values(metrics.generate_latest(registry).decode())


class Fixed(metrics.Collector):
    def __init__(self, found: Readings) -> None:
        self._found = found

    def collect(self):
        return figures.metrics(self._found, site="site", box="box")


def test_the_token_opens_them_and_nothing_else_that_a_machine_has(guarded):
    client = guarded.client()
    answer = bearer(client, TOKEN)
    assert (answer.status_code, answer.content_type) == (200, metrics.CONTENT_TYPE)
    assert values(answer.text)["appliance_ledger_readable"] == 1
    for wrong in ("", TOKEN[:-1], TOKEN + "x", "Ä"):
        answer = bearer(client, wrong)
        assert answer.status_code == 401
        assert set(answer.json) == {"error", "hint"}  # never a way to a sign-in page: Prometheus would follow it
    assert client.get("/metrics", headers={"Authorization": f"Basic {TOKEN}"}).status_code == 401
    assert client.get("/api/status", headers={"Authorization": f"Bearer {TOKEN}"}).status_code == 401


def test_a_new_token_needs_no_restart_and_a_short_one_opens_nothing(guarded):
    file = Path(guarded.services.settings.fleet.token_file)
    client = guarded.client()
    file.write_text("another-token-of-some-length\nthe rest is for people", encoding="utf-8")
    assert bearer(client, "another-token-of-some-length").status_code == 200
    assert bearer(client, TOKEN).status_code == 401
    file.write_text("short\n", encoding="utf-8")
    assert bearer(client, "short").status_code == 401
    file.unlink()
    assert bearer(client, "").status_code == 401


def test_without_a_token_only_people_who_may_see_the_box_get_them(house):
    assert house.client().get("/metrics").status_code == 401
    assert bearer(house.client(), "").status_code == 401
    assert house.user("staff").get("/metrics").status_code == 200
    assert house.user("proctor").get("/metrics").status_code == 403
    assert house.candidate().get("/metrics").status_code == 403


def test_who_tries_tokens_has_to_wait(guarded):
    client = guarded.client()
    answers = [bearer(client, f"wrong-token-number-{number}").status_code for number in range(12)]
    assert answers == [401] * 10 + [429] * 2


def test_I7_the_first_scrape_after_a_weekend_offline_is_right(house):
    """Sync was away from its store for 60 hours, and the web process was started anew meanwhile."""
    friday = time.time() - 60 * HOUR
    house.say(ExamEnded(exam=EXAM, reason="time is up"), None)
    (ended,) = house.events("exam.ended")
    monday = ended.wall + 60 * HOUR
    upstream.write(
        house.services.paths.run,
        Upstream(
            at=monday - 1,
            store="https://s3.example.edu/exams",
            local=False,
            reachable=False,
            last_success=friday,
            limit_bps=16e6,
            backlog=(
                Backlog(exam=EXAM, attempt="a1", objects=400, bytes=3_000_000_000, since=ended.wall - HOUR),
                Backlog(exam=EXAM, attempt=None, objects=3, bytes=5_000, since=ended.wall),
            ),
            failures=(Failure(kind="away", where="upstream", message="no route", hint="wait", since=friday),),
            last_checkpoint=friday + 30,
        ),
    )
    said = scrape(house, at=monday)
    assert said["appliance_upstream_backlog_bytes"] == 3_000_005_000
    assert said["appliance_upstream_backlog_objects"] == 403
    assert said["appliance_upstream_oldest_unsynced_age_seconds"] == pytest.approx(61 * HOUR)
    assert said["appliance_upstream_last_success_timestamp_seconds"] == pytest.approx(friday)
    assert said["appliance_upstream_last_checkpoint_timestamp_seconds"] == pytest.approx(friday + 30)
    assert said["appliance_upstream_reachable"] == 0
    assert said["appliance_upstream_limit_bytes_per_second"] == 2e6
    assert [said[f"appliance_upstream_failures{{{kind}}}"] for kind in figures.KINDS] == [0, 1, 0, 0, 0, 0, 0]
    assert said["appliance_exams_awaiting_upstream"] == 1
    assert said["appliance_exam_awaiting_upstream_age_seconds"] == pytest.approx(60 * HOUR)
    assert said["appliance_exams_running"] == 0
    assert said["appliance_gaps_today{no_media}"] == 0


def test_what_somebody_changed_at_the_store_counts_until_it_is_right_again(house):
    for number in (0, 1):
        said = UpstreamAltered(
            exam=EXAM, attempt=house.attempts[number], missing=["a"], other=[], objects=1, finding="f", hint="h"
        )
        house.say(said, None)
    assert scrape(house)["appliance_upstream_altered_attempts"] == 2
    house.say(UpstreamRestored(exam=EXAM, attempt=house.attempts[0], sent=1), None)
    assert scrape(house)["appliance_upstream_altered_attempts"] == 1


def test_what_is_not_known_is_not_said(house):
    said = scrape(house)
    assert not [name for name in said if name.startswith("appliance_upstream_backlog")]
    assert "appliance_upstream_last_success_timestamp_seconds" not in said
    assert "appliance_detection_coverage_ratio" not in said
    assert said["appliance_process_healthy{sync}"] == 0


def test_an_exam_in_figures(house):
    now = time.time()
    house.reach("in_exam")
    house.feeds_arrive("webcam", "screen")
    house.feeds_arrive("webcam", number=1, silent=60)
    house.feeds_arrive("webcam", "screen")
    house.flag()
    said = scrape(house)
    assert said["appliance_exams_running"] == 1
    assert [said[f"appliance_seats_{name}"] for name in ("expected", "present", "publishing")] == [3, 1, 1]
    assert said["appliance_flags_unreviewed"] == 1
    assert said["appliance_seats_capacity"] == 24
    begun = max(readings.midnight(now), now - 200)
    house.say(GapOpened(gap="g1", kind="webcam", cause="connection_lost", starts_at=begun))
    house.say(GapClosed(gap="g1", kind="webcam", cause="connection_lost", starts_at=begun, ends_at=begun + 5))
    house.say(GapOpened(gap="g2", kind="screen", cause="no_media", starts_at=begun))
    house.say(
        SegmentClosed(
            kind="webcam", number=1, path="p", starts_at=begun + 1, position=0, duration=40, bytes=9, init_bytes=1,
            sha256="00", codecs=["h264"],
        )
    )  # fmt: skip
    for kind, cause in (("webcam", "late"), ("screen", "late")):
        house.say(AnalysisMissed(kind=kind, starts_at=begun + 1, ends_at=begun + 5, cause=cause))
    said = scrape(house, at=begun + 60)
    assert said["appliance_gaps_today{connection_lost}"] == 1
    assert said["appliance_gaps_today_seconds{connection_lost}"] == pytest.approx(5)
    assert said["appliance_gaps_today_seconds{no_media}"] == pytest.approx(60)
    assert said["appliance_gaps_open"] == 1
    assert said["appliance_detection_missed_today_seconds{late}"] == pytest.approx(4)
    assert said["appliance_detection_coverage_ratio"] == pytest.approx(0.9)
    tomorrow = scrape(house, at=begun + 30 * HOUR)
    assert tomorrow["appliance_gaps_today{connection_lost}"] == 0
    assert tomorrow["appliance_gaps_today{no_media}"] == 1  # it is still open
    assert "appliance_detection_coverage_ratio" not in tomorrow


def test_processes_disks_and_certificates(house, tmp_path):
    folder = house.services.paths.health
    health.write(folder, "capture-1", healthy=True, sentence="", writer={"refused": 7}, ledger={"lost": 2})
    health.write(folder, "inference", healthy=False, sentence="", late=3, hearing={"skipped": 4})
    health.write(folder, "supervisor", healthy=True, sentence="", processes={"sync": {"restarts": 5}})
    said = scrape(house)
    assert said["appliance_process_healthy{capture-1}"] == 1
    assert said["appliance_process_healthy{inference}"] == 0
    assert said["appliance_process_restarts_total{sync}"] == 5
    assert said["appliance_drops_total{capture-1,disk_queue}"] == 7
    assert said["appliance_drops_total{capture-1,ledger}"] == 2
    assert said["appliance_drops_total{inference,sound}"] == 4
    assert said["appliance_disk_free_bytes{data}"] > 0
    assert said["appliance_disk_low_water_bytes"] == house.services.settings.capture.low_water_bytes
    assert said["appliance_ledger_head"] == house.services.reader.head()
    assert said["appliance_ledger_size_bytes"] > 10_000
    assert "appliance_certificate_expiry_timestamp_seconds{box}" not in said


def test_a_ledger_that_cannot_be_read_silences_nothing_else(house):
    found = dataclasses.replace(readings.read(house.services), ledger=None)
    said = {family.name for family in figures.metrics(found, site="s", box="b")}
    assert "appliance_process_healthy" in said
    assert "appliance_exams_running" not in said


def test_no_name_of_a_candidate_an_exam_or_a_seat_is_told_and_there_are_few_series(house):
    house.reach("in_exam")
    house.flag()
    house.feeds_arrive("webcam")
    text = house.user("staff").get("/metrics").text
    for secret in (EXAM, "Biology", "Ada", "Lovelace", "c-1", *house.attempts, *house.codes):
        assert secret not in text
    assert len([line for line in text.splitlines() if not line.startswith("#")]) < 160


def test_every_metric_has_a_help_a_proper_name_and_a_line_in_the_documents(house):
    house.feeds_arrive("webcam")
    upstream.write(house.services.paths.run, Upstream(at=1.0, store="s", local=True))
    said = {}
    for family in figures.metrics(readings.read(house.services), site="s", box="b"):
        assert len(family.documentation) > 10, family.name
        suffix = {"counter": "_total", "info": "_info"}.get(family.type, "")
        said[family.name + suffix] = family.type
        assert re.fullmatch(r"appliance_[a-z_]+", family.name)
        assert not family.name.endswith(("_total", "_ms", "_mb", "_minutes", "_days"))
    rows = re.findall(
        r"^\| `(appliance_\w+)(?:\{[\w, ]+\})?` \| (\w+) \| .{15,} \|$", DOCS.read_text("utf-8"), re.MULTILINE
    )
    assert dict(rows) == {name: "gauge" if kind == "info" else kind for name, kind in said.items()}


def test_reading_what_sync_says_needs_no_schema_that_is_newer(house):
    (house.services.paths.run / upstream.FILE).write_text(json.dumps({"schema": 99}), encoding="utf-8")
    assert "appliance_upstream_backlog_bytes" not in scrape(house)


def test_a_scrape_of_a_ledger_with_a_hundred_thousand_events_costs_little(house, capsys):
    fill(house, events=100_000)
    registry = metrics.CollectorRegistry()
    registry.register(metrics.Box(house.services))
    spent = []
    for _ in range(10):
        began = time.process_time()
        text = metrics.generate_latest(registry).decode()
        spent.append(time.process_time() - began)
    assert values(text)["appliance_detection_missed_today_seconds{late}"] == pytest.approx(2 * 2_000)
    with capsys.disabled():
        print(f"\na scrape of 100,000 events takes {min(spent) * 1000:.1f} ms", end=" ")
    assert min(spent) < 0.05


def fill(house, *, events: int) -> None:
    """As months of exams would, the last of them a bad day; straight into the tables, as the ledger's own way is not
    what is measured."""
    now = time.time()
    today = readings.midnight(now)
    missed = json.dumps({"kind": "webcam", "sense": "sight", "starts_at": now - 2, "ends_at": now, "cause": "late"})
    names = ("analysis.missed", "segment.closed")

    def event(n: int) -> tuple:
        odd = min(n % 50, 1)
        at = today - n if odd else today + 1
        return (10_000 + n, f"e{n}", f"chain{n % 999}", n + 1, names[odd], EXAM, at, b"x" * 400, b"h" * 32)

    def flag(n: int) -> tuple:
        said = ("c", "integrity", "high", "webcam", "inference", 1.0, 1.0, 2.0, 0.0, "x" * 900)
        return (f"f{n}", house.attempts[0], *said, "dismissed" if n % 10 else "open", "", "", None, None)

    def gap(n: int) -> tuple:
        return (f"g{n}", f"a{n % 999}", "webcam", "no_media", today - n, today - n + 500)

    def segment(n: int) -> tuple:
        return (f"p{n}", f"a{n % 999}", "webcam", n, today - 30 * n + 60_000, 0.0, 30.0, 9, "", 0)

    rows = {
        "event": [event(n) for n in range(events)],
        "payload": [(f"e{n}", b"salt", b"{}" if n % 50 else missed.encode()) for n in range(events)],
        "segment": [segment(n) for n in range(events // 2)],
        "gap": [gap(n) for n in range(events // 20)],
        "flag": [flag(n) for n in range(events // 20)],
    }

    def write(transaction):
        for table, values in rows.items():
            marks = ", ".join("?" * len(values[0]))
            transaction.connection.exec_driver_sql(f"INSERT INTO {table} VALUES ({marks})", values)

    house.services.writer.transact(write)


def test_what_stands_is_told_by_its_code_and_what_does_not_stand_has_no_sample(house):
    assert "appliance_box_looked_timestamp_seconds" not in scrape(house)
    silent = [Standing(code="seat_silent", severity="fault", about=seat, since=1.0) for seat in ("1", "2")]
    old = Standing(code="backup_old", severity="warning", about="", since=1.0)
    record.show(house.services.paths.run, [*silent, old], now=99.0)
    said = scrape(house)
    assert said["appliance_box_issue{seat_silent,fault}"] == 2
    assert said["appliance_box_issue{backup_old,warning}"] == 1
    assert said["appliance_box_looked_timestamp_seconds"] == 99
    assert len([name for name in said if name.startswith("appliance_box_issue")]) == 2
