"""What a person or a script asks of a box at the command line: flags, the end of an exam, its state, its evidence."""

import argparse
import dataclasses
import importlib
import inspect
import json
import pkgutil
import platform
import shutil
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Any

from appliance import __version__, config
from appliance.box import capacity as rules
from appliance.box import health, parent, upstream, workers
from appliance.box.console import paths_of
from appliance.box.paths import Paths, models_folder
from appliance.box.process import start_logging, wait_for
from appliance.box.token import Claim, FeedTokens
from appliance.config import Settings
from appliance.errors import ApplianceError, NotAllowed, NotFound, Unavailable
from appliance.exam.events import BOX, CapacityMeasured, ExamEnded, Payload, UpstreamFailed
from appliance.exam.feed import Feed, Kind
from appliance.exam.retention import Data
from appliance.exam.stage import RECORDED
from appliance.exam.unplug import Sight, judged
from appliance.ledger import bundles, database, dates, reader, state
from appliance.ledger.client import Client
from appliance.ledger.reader import Reader

ANSWER_SECONDS = 10.0
RESTART_SECONDS = 2.0
"""So long a web process that was just started again may have no socket."""


def flags(paths: Paths, exam: str, *, as_json: bool) -> int:
    """Every flag of an exam, by onset."""
    with reader.opened(paths.database) as ledger, ledger.connect() as connection:
        state.exam(connection, exam)
        seats = {a.attempt: a.seat for a in state.attempts(connection, exam)}
        rows = state.flags(connection, exam=exam)
    found = [
        {
            "code": row.code,
            "seat": seats[row.attempt],
            "onset": _iso(row.onset_at),
            "state": row.state,
            "flag": row.flag,
            "attempt": row.attempt,
            "severity": row.severity,
            "raised": _iso(row.raised_at),
            "ended": None if row.ended_at is None else _iso(row.ended_at),
            "source": row.source,
        }
        for row in rows
    ]
    if as_json:
        print(json.dumps(found, indent=1))
    else:
        for flag in found:
            print(f"{flag['onset']}  seat {flag['seat']}  {flag['code']}  {flag['state']}")
        print(f"{len(found)} flags")
    return 0


def retention(paths: Paths, exam: str) -> int:
    """When each kind of data of each candidate goes, or why not."""
    now = time.time()
    with reader.opened(paths.database) as ledger, ledger.connect() as connection:
        for one in dates.of_exam(connection, exam, now=now):
            row = one.attempt
            print(f"{row.seat:<6} {row.name}" + ("  not over yet" if one.over_at is None else ""))
            for hold in one.holds:
                print(f"         held since {_iso(hold.placed_at)} by {hold.by_name}: {hold.reason}")
            for kind in (kind for kind in one.kinds if one.over_at is not None and kind.what is not Data.TEMPLATES):
                if kind.gone:
                    said = f"gone since {_iso(kind.gone[-1].deleted_at)}, event {kind.gone[-1].event}"
                elif kind.delete_at is None:
                    said = "held"
                else:
                    said = f"goes at {_iso(kind.delete_at)}" + (", waits for the store" if kind.waits else "")
                print(f"         {kind.what:<12} {said}")
    return 0


def end(paths: Paths, exam: str, *, reason: str, wait_seconds: float | None) -> int:
    """End an exam; with `wait_seconds`, return when everything of it is upstream, or raise Unavailable."""
    with reader.opened(paths.database) as ledger:
        with ledger.connect() as connection:
            row = state.exam(connection, exam)
        head = ledger.head()
        if row.ended_at is None:
            _append_end(paths, exam, reason)
            print(f"exam {exam}: ended", flush=True)
        elif wait_seconds is None:
            raise NotAllowed(f"the exam {exam} has already ended", hint="With --wait: until it is stored upstream.")
        if wait_seconds is not None:
            _wait_until_stored(ledger, exam, after=head, seconds=wait_seconds)
            print(f"exam {exam}: all of it is upstream")
    return 0


def status(paths: Paths, *, as_json: bool) -> int:
    """Health of each process, versions, queues, counters; -> 0 when all is well, 1 when not."""
    now = time.time()
    settings = config.load(paths.config)
    needed = workers.services(settings)
    processes = {name: health.read(paths.health, name, now=now) for name in needed}
    processes |= health.read_all(paths.health, now=now)
    healthy = all(process["healthy"] for name, process in processes.items() if name != workers.PANEL)
    said: dict[str, Any] = {
        "healthy": healthy,
        "at": _iso(now),
        "version": __version__,
        "versions": _versions(),
        "data": str(paths.data),
        "disk": _disk(paths.data),
        "capacity": dataclasses.asdict(rules.current(paths.capacity, settings)),
        "exams": _forecasts(paths, settings),
        "processes": processes,
        "ledger": _ledger(paths),
        "upstream": _upstream(paths, processes.get("sync", {}), now=now),
    }
    if as_json:
        print(json.dumps(said, indent=1))
    else:
        for name, process in processes.items():
            last = f"; its last words: {process['last_words']}" if process.get("last_words") else ""
            print(f"{name:<11} {'ok ' if process['healthy'] else 'NOT'}  {process['sentence']}{last}")
        print(f"{'disk':<11} {said['disk'].get('free_bytes', 0) / 1e9:.1f} GB free in {paths.data}")
        print(f"{'upstream':<11} {said['upstream']['sentence']}")
        print(f"{'seats':<11} {rules.current(paths.capacity, settings).sentence}")
        for exam, forecast in said["exams"].items():
            print(f"{'exam':<11} {exam}: {forecast['seats']} candidates. {forecast['sentence']}")
    return 0 if healthy else 1


def panel_run(options: argparse.Namespace) -> int:
    """The panel process. Settings that cannot be read are shown as a fault: nobody else shows anything then. In a
    terminal it shows itself there, too."""
    from appliance.panel import main
    from appliance.web.strings import Catalogue

    parent.follow()
    start_logging(workers.PANEL)
    paths, settings, trouble = paths_of(options), Settings(), ""
    try:
        settings = config.load(paths.config)
        settings.panel.check()
    except ApplianceError as error:
        print(f"appliance: {error.message}", file=sys.stderr, flush=True)
        trouble = error.message
    watch = sys.stdout.fileno() if sys.stdout.isatty() else None
    return main.run(paths=paths, settings=settings, words=Catalogue.load(), no_settings=trouble, watch=watch)


def panel_test(options: argparse.Namespace) -> int:
    """The end-of-line test of a box that was just built."""
    from appliance.panel import tester
    from appliance.web.strings import Catalogue

    paths = paths_of(options)
    return tester.run(paths=paths, settings=config.load(paths.config), words=Catalogue.load(language=options.language))


def panel_show(options: argparse.Namespace) -> int:
    """What the panel shows just now."""
    from appliance.panel import show

    return show.run(paths_of(options), follow=options.follow)


def panel_card(options: argparse.Namespace) -> int:
    """What each light means, as a sheet for the wall."""
    from appliance.panel import card
    from appliance.web.strings import Catalogue

    return card.save(options.file, Catalogue.load(language=options.language), language=options.language)


def capacity(paths: Paths, *, as_json: bool) -> int:
    """Measure this box; say, keep and tell the ledger how many seats it carries."""
    from appliance import capacity as measuring

    settings = config.load(paths.config)
    say = (lambda sentence: print(sentence, file=sys.stderr, flush=True)) if as_json else print
    measured = measuring.measure(paths.data, settings, models=models_folder(), say=say)
    found = rules.of(measured, settings)
    rules.write(paths.capacity, measured)
    if paths.ledger_socket.exists():
        said = CapacityMeasured(seats=found.seats, parts=found.parts or {})
        _append(paths, said, exam=None)
    if as_json:
        said_json = {
            "seats": found.seats,
            "limited_by": found.limited_by,
            "parts": found.parts,
            "reserve": rules.RESERVE,
        }
        print(json.dumps({**said_json, "measured": dataclasses.asdict(measured)}, indent=1))
        return 0
    for name, seats in sorted((found.parts or {}).items(), key=lambda part: part[1]):
        print(f"  {name:<10} {seats:>6} seats")
    print(f"{found.sentence} {rules.RESERVE:.0%} is kept in reserve.")
    if settings.capture.seats:
        print(f"Its settings say {settings.capture.seats} seats: that is what holds.")
    return 0


def is_wanted(paths: Paths, worker: int) -> int:
    """0: the settings have so many capture workers. Settings that cannot be read leave out nobody: the worker itself
    says what is wrong with them."""
    try:
        return int(worker > config.load(paths.config).capture.workers)
    except ApplianceError:
        return 0


def token(paths: Paths, attempt: str, kind: str) -> int:
    """Where a WHIP client that is not our page publishes a feed, and the token that lets it: for who runs the box."""
    feed = Feed.parse(f"{attempt}/{kind}")
    with reader.opened(paths.database) as ledger, ledger.connect() as connection:
        row = state.attempt(connection, attempt)
    if feed.kind is Kind.CALL or row.stage not in RECORDED:
        raise NotAllowed(
            f"nothing of this kind is recorded of the attempt now: it is in stage {row.stage.value}",
            hint="A candidate is recorded from the signed consent to the end; a call is the proctor's page's own.",
        )
    web = config.load(paths.config).web
    said = FeedTokens.from_file(paths.feed_key).mint(Claim("publish", feed, row.exam, row.seat))
    print(f"url    http://{web.host}:{web.port}/whip/{feed}")
    print(f"token  {said}")
    print("Send the token as Authorization: Bearer TOKEN. It lets one feed be published for 12 hours: keep it secret.")
    return 0


def join(options: argparse.Namespace) -> int:
    """One report of an exam that several boxes held (M93); -> 1 when a box's part is not proved or not there."""
    from appliance.pull import command as pull_command
    from appliance.report import joined_files
    from appliance.report.joined import SAID, Source, Standing
    from appliance.report.moments import Zone

    copy, now = options.folder, time.time()
    reports = pull_command.sources(options)
    given = []
    for one in reports:
        known = dataclasses.asdict(one) | {"standing": Standing(one.standing)}
        report = known.pop("report")
        given.append((Source(**known), report))
    whole = joined_files.joined(options.exam, given, now=now)
    target = options.to or copy / "_pull" / "joined" / options.exam
    joined_files.write(target, joined_files.files(whole, Zone()))
    for part in whole.parts:
        said = f": {part.source.says}" if part.source.says else ""
        print(f"{part.source.site}/{part.source.box}  {SAID[part.source.standing]}{said}")
    for conflict in whole.conflicts:
        print(f"    {conflict.what}")
    print(f"{len(whole.attempts)} candidates; {target / 'report.pdf'}")
    fine = (Standing.PROVED, Standing.IN_PART)
    return 0 if all(part.source.standing in fine for part in whole.parts) else 1


def bench(names: Sequence[str], *, out: Path | None, minutes: float | None = None, footage: Path | None = None) -> int:
    """Run the named benchmarks, or every one that does not take long; a figure on each line, and all of them as JSON in
    `out`, by the benchmark's name. Of one that is named alone they stand at the top as well. `minutes`: how long those
    last that go on for as long as one likes; `footage`: clips, for those that look at some."""
    from appliance import bench as benchmarks
    from appliance.bench import figures

    known = sorted(module.name for module in pkgutil.iter_modules(benchmarks.__path__) if module.name != "figures")
    unknown = sorted(set(names) - set(known))
    if unknown:
        raise NotFound(f"there is no benchmark {unknown[0]!r}", hint=f"There are: {', '.join(known)}.")
    measured: dict[str, Any] = {"machine": figures.machine()}
    given = {option: value for option, value in (("minutes", minutes), ("footage", footage)) if value is not None}
    modules = {name: importlib.import_module(f"{benchmarks.__name__}.{name}") for name in names or known}
    for name, module in modules.items():
        lasting = getattr(module, "ON_REQUEST", False)
        if lasting and name not in names:
            continue
        takes = inspect.signature(module.run).parameters
        measured[name] = module.run(**{option: value for option, value in given.items() if option in takes})
        print("\n".join(figures.lines({name: measured[name]})), flush=True)
    if out:
        figures.write({**measured[names[0]], **measured} if len(names) == 1 else measured, out)
    return 0


def _append_end(paths: Paths, exam: str, reason: str) -> None:
    if not wait_for(paths.ledger_socket, seconds=RESTART_SECONDS):
        raise Unavailable(
            f"no box runs on the data folder {paths.data}", hint="Start it with `appliance run`, then end the exam."
        )
    _append(paths, ExamEnded(exam=exam, reason=reason[:500]), exam=exam)


def _append(paths: Paths, said: Payload, *, exam: str | None) -> None:
    client = Client(paths.ledger_socket, process="cli")
    client.start()
    try:
        client.append_and_wait(said, chain=BOX, exam=exam, seconds=ANSWER_SECONDS)
    finally:
        client.stop(flush_seconds=0.0)


def _wait_until_stored(ledger: Reader, exam: str, *, after: int, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while True:
        for event in ledger.events(after=after, types=frozenset({UpstreamFailed.TYPE})):
            after = event.seq
            if isinstance(event.payload, UpstreamFailed):
                print(f"  {event.payload.where}: {event.payload.reason} {event.payload.hint}", file=sys.stderr)
        with ledger.connect() as connection:
            row = state.exam(connection, exam)
            waiting = [a.seat for a in state.attempts(connection, exam) if a.stored_at is None]
        if row.stored_at is not None:
            return
        if time.monotonic() > deadline:
            seats = f"seats {', '.join(waiting)}" if waiting else "the exam's own report"
            raise Unavailable(
                f"after {seconds:.0f} s not everything of {exam} is upstream: {seats}",
                hint="It goes on by itself; `appliance status` says what the sync process waits for.",
            )
        time.sleep(0.2)


def _iso(wall: float) -> str:
    return datetime.fromtimestamp(wall, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _versions() -> dict[str, str]:
    packages = {name: metadata.version(name) for name in ("aiortc", "av", "openvino", "SQLAlchemy", "Flask")}
    return {"python": platform.python_version(), "sqlite": database.dbapi().sqlite_version, **packages}


def _forecasts(paths: Paths, settings: Settings) -> dict[str, Any]:
    """What each exam that goes on, or is to come, needs of the disk."""
    upstream = settings.upstream.folder_in(paths.data)
    found: dict[str, Any] = {}
    try:
        with reader.opened(paths.database) as ledger, ledger.connect() as connection:
            for row in state.exams(connection):
                if row.ended_at is None:
                    seats = len(state.attempts(connection, row.exam))
                    needs = rules.expected(
                        seats=seats, minutes=row.minutes, settings=settings, data=paths.data, upstream=upstream
                    )
                    found[row.exam] = {"seats": seats, **dataclasses.asdict(needs), "sentence": needs.sentence}
    except ApplianceError:
        return {}  # `ledger` says why
    return found


def _upstream(paths: Paths, sync: dict[str, Any], *, now: float) -> dict[str, Any]:
    """May the box be unplugged: in the words of its page."""
    from appliance.web.strings import Catalogue
    from appliance.web.upstream_facts import sentence

    try:
        with reader.opened(paths.database) as ledger, ledger.connect() as connection:
            later = int(sync.get("attempts_waiting", 0))
            sight = bundles.sight(connection, upstream.read(paths.run), later=later, now=now)
    except ApplianceError:
        sight = Sight(speaks=False)  # `ledger` says why
    verdict, words = judged(sight), Catalogue.load()
    said = sentence(words, verdict, sight)
    if sight.altered:
        said = f"{said} {words('upstream.altered_here', n=sight.altered)}"
    if sync.get("deletion_waits"):
        said = f"{said} {words('upstream.waits_away')}: {sync['deletion_waits']}."
    return {
        "state": verdict.state.value,
        "safe_to_unplug": verdict.safe,
        "sentence": said,
        **dataclasses.asdict(sight),
    }


def _disk(folder: Path) -> dict[str, int]:
    while not folder.exists():
        folder = folder.parent
    usage = shutil.disk_usage(folder)
    return {"total_bytes": usage.total, "free_bytes": usage.free}


def _ledger(paths: Paths) -> dict[str, Any]:
    try:
        with reader.opened(paths.database) as ledger, ledger.connect() as connection:
            exams = {row.exam: "ended" if row.ended_at else "open" for row in state.exams(connection)}
            return {"head": ledger.head(), "exams": exams, "bytes": paths.database.stat().st_size}
    except ApplianceError as error:
        return {"error": error.message}
