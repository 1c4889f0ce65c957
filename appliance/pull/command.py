"""`appliance pull` at the command line: a list, a copy that is proved, a page of what is there."""

import argparse
import json
import re
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from dataclasses import asdict, dataclass
from pathlib import Path

from tqdm import tqdm

from appliance.errors import BadInput, NotFound, Unavailable
from appliance.pull import page as store_page
from appliance.pull.catalogue import AT_ONCE, Catalogue, ExamEntry, State
from appliance.pull.checked import Check, Checks
from appliance.pull.choice import Choice, days
from appliance.pull.copy import Pull, owned
from appliance.pull.errand import Errand, Scope
from appliance.pull.sources import BoxReport, Sources
from appliance.stores import places
from appliance.stores.counted import CountedStore
from appliance.stores.directory import DirectoryStore
from appliance.stores.port import ObjectStore

_OF_A_BOX = re.compile(r"\bbox\b|\[upstream\]|appliance\.toml")
_HERE = (
    "Compare the store's name, --endpoint, --profile, --credentials and --ca with docs/stores.md; the key needs to list"
    " and to read. Run it again then: what is here is not fetched again."
)
"""Drivers speak to a box; here is none."""

_HEADS = ("SITE", "BOX", "EXAM", "BEGINS", "ATTEMPTS", "FLAGS", "OPEN", "SIZE", "STORED")


@dataclass(frozen=True, slots=True, kw_only=True)
class Keys:
    """Where the boxes' public keys are that came another way: one file, a folder with SITE/BOX.pub, or nowhere."""

    place: Path | None = None

    def of(self, site: str, box: str) -> Path | None:
        """NotFound when keys were given and this box has none."""
        if self.place is None or self.place.is_file():
            return self.place
        file = self.place / site / f"{box}.pub"
        if not file.is_file():
            raise NotFound(
                f"there is no key {file}", hint="Put the box.pub of that box there, or choose boxes with --box."
            )
        return file


class _Tqdm(tqdm):  # type: ignore[type-arg]
    monitor_interval = 0  # no thread that outlives the bar


class Bar:
    """How far it is, on stderr; nothing where nobody sees it move. Several threads may tell it."""

    def __init__(self, total: int, *, quiet: bool) -> None:
        self._total, self._lock = total, threading.Lock()
        silent = quiet or not sys.stderr.isatty()
        self._bar = _Tqdm(total=total, unit="B", unit_scale=True, disable=silent, dynamic_ncols=True)

    def __enter__(self) -> "Bar":
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.close()

    def move(self, size: int) -> None:
        with self._lock:
            self._bar.update(size)

    def expect(self, more: int) -> None:
        """The total was told too small, or too large."""
        with self._lock:
            self._total += more
            self._bar.total = max(0, self._total)

    def say(self, text: str, *, quiet: bool) -> None:
        """A line on stdout, above the bar."""
        if quiet:
            return
        with nullcontext() if self._bar.disable else self._bar.external_write_mode(file=sys.stdout):
            print(text, flush=True)


def show(store: ObjectStore, choice: Choice, *, as_json: bool) -> int:
    """A line for each exam that is chosen."""
    counted = CountedStore(store)
    entries = Catalogue(counted, now=time.time()).exams(choice)
    if as_json:
        cost = {"requests": counted.requests, "bytes_read": counted.bytes}
        print(json.dumps({"store": store.address, "exams": [_plain(entry) for entry in entries], **cost}, indent=1))
        return 0
    lines = [_HEADS, *(_line(entry) for entry in entries)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(_HEADS))]
    for line in lines if entries else ():
        print("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())
    print(f"{len(entries)} exams; {counted.requests} requests, {counted.bytes / 1e6:.1f} MB read", file=sys.stderr)
    return 0


def index(store: ObjectStore, folder: Path, choice: Choice) -> int:
    """The page alone: what the store has, and which of it is here."""
    with owned(folder):
        now = time.time()
        entries = Catalogue(store, now=now).exams(choice)
        print(store_page.write(entries, Checks.read(folder), source=store.address, now=now))
    return 0


def fetch(
    store: ObjectStore, folder: Path, choice: Choice, *, scope: Scope, keys: Keys, at_once: int, quiet: bool
) -> int:
    """The copy; -> 0, or 1 when something that was fetched is not proved."""
    counted, begun = CountedStore(store), time.monotonic()
    if isinstance(store, DirectoryStore) and Path(store.address).resolve() == folder.resolve():
        raise BadInput("the copy would be its own source", hint="Give another folder, or use `appliance verify`.")
    entries = Catalogue(counted, now=time.time()).exams(choice)
    if not entries:
        raise NotFound(f"no exam in {store.address} fits", hint="`appliance pull ... --list` shows what is there.")
    for entry in entries:
        keys.of(entry.site, entry.box)
    with owned(folder), Bar(sum(entry.bytes for entry in entries), quiet=quiet) as bar:
        pull = Pull(counted, folder, scope=scope, at_once=at_once, key_of=keys.of, told=bar.move)
        signed: dict[tuple[str, str], float] = {}
        remarks: dict[str, None] = {}
        for entry in entries:
            place = (entry.site, entry.box)
            signed[place] = min(signed.get(place, time.time()), entry.signed_at or time.time())
        for entry in entries:
            names = None if choice.every_attempt else [one.attempt for one in entry.attempts]
            errand = pull.errand(entry.place, names, since=signed[entry.site, entry.box])
            bar.expect(sum(one.size for one in errand.wanted) - entry.bytes)
            if errand.bundles or errand.wrong:
                check = pull.run(errand)
                bar.say(_result(entry, errand, check), quiet=quiet and not check.finding)
                remarks |= dict.fromkeys(_of_box(entry, check))
            else:
                bar.say(f"-   {entry.place}: going on, no attempt is over yet", quiet=quiet)
        for finding in _of_boxes(pull, counted, sorted(signed), every_exam=choice.every_exam):
            bar.say(f"NOT PROVED  {finding}", quiet=False)
            pull.tally.findings.append(finding)
        for remark in remarks:
            bar.say(remark, quiet=quiet)
        now = time.time()
        here = Catalogue(DirectoryStore(folder), now=now).exams(Choice())
        page = store_page.write(here, pull.checks, source=f"a copy of {store.address}", now=now)
    tally, what = pull.tally, "" if scope is Scope.WHOLE else f", {scope}"
    if not quiet:
        print(
            f"{tally.proved} of {tally.exams} exams proved{what}; {tally.fetched} files fetched"
            f" ({store_page.size(tally.bytes)}, {time.monotonic() - begun:.0f} s, {counted.requests} requests),"
            f" {tally.there} were here already. {page}"
        )
    return 1 if tally.findings else 0


def _of_boxes(pull: Pull, store: ObjectStore, boxes: Sequence[tuple[str, str]], *, every_exam: bool) -> Iterator[str]:
    """What is wrong beside the exams: a box's own notes, and exams that it vouched for and that are gone."""
    for site, box in boxes:
        found = list(pull.witness.wrong[f"{site}/{box}"])
        if every_exam:
            found += pull.witness.missing(site, box, store.folders(f"{site}/{box}"))
        yield from (f"{site}/{box}/{one}" for one in found)


def run(options: argparse.Namespace) -> int:
    """What `pull_arguments` asked for."""
    since, until = days(options.since, options.until)
    choice = Choice(
        sites=tuple(options.site),
        boxes=tuple(options.box),
        exams=tuple(options.exam),
        attempts=tuple(options.attempt),
        since=since,
        until=until,
        flagged=options.flagged,
    )
    access = places.Access(
        endpoint=options.endpoint,
        region=options.region,
        path_style=not options.virtual_host,
        credentials_file=options.credentials,
        profile=options.profile,
        ca_file=options.ca,
    )
    store = places.at(options.location, access, at_once=max(AT_ONCE, options.at_once))
    if options.folder is None and not options.list:
        raise BadInput("there is no folder for the copy", hint="Add one after the store, or --list to look only.")
    scope = Scope.REPORTS if options.reports_only else Scope.NO_VIDEO if options.no_video else Scope.WHOLE
    keys = Keys(place=options.key)
    try:
        if options.list:
            return show(store, choice, as_json=options.json)
        if options.index_only:
            return index(store, options.folder, choice)
        return fetch(
            store, options.folder, choice, scope=scope, keys=keys, at_once=options.at_once, quiet=options.quiet
        )
    except Unavailable as error:
        if _OF_A_BOX.search(error.hint):
            raise type(error)(error.message, hint=_HERE) from error
        raise


def sources(options: argparse.Namespace) -> list[BoxReport]:
    """What `appliance join` was asked for: each box's report on the exam. NotFound when no box has it."""
    if not options.folder.is_dir():
        raise NotFound(f"there is no folder {options.folder}", hint="Make the copy with `appliance pull STORE DIR`.")
    expected = []
    for name in options.expect:
        site, _, box = name.partition("/")
        if not site or not box or "/" in box:
            raise BadInput(f"--expect {name[:80]!r} is not SITE/BOX", hint="Write it as in `--expect north/lab-1`.")
        expected.append((site, box))
    choice = Choice(sites=tuple(options.site), boxes=tuple(options.box), exams=(options.exam,))
    keys = Keys(place=options.key)
    found = Sources(options.folder, key_of=keys.of, anew=options.anew).of(choice, expected)
    if all(one.standing == "missing" for one in found):
        raise NotFound(
            f"no box in {options.folder} has the exam {options.exam}", hint="`appliance pull STORE --list` shows them."
        )
    return found


def _result(entry: ExamEntry, errand: Errand, check: Check) -> str:
    if check.finding:
        more = f" (and {check.findings - 1} more)" if check.findings > 1 else ""
        return f"NOT PROVED  {entry.place}/{check.finding}{more}"
    fine = "OK IN PART" if check.left_out else "OK"
    size = store_page.size(check.bytes)
    said = f"{fine}  {entry.place}: {len(check.attempts)} attempts, {check.files} files, {size}"
    if check.left_out:
        said += f"; {check.scope}, {check.left_out} files or attempts not asked for"
    if entry.state is State.GOING_ON:
        said += f"; going on, {len(errand.unfinished)} attempts are not over"
    return said


def _of_box(entry: ExamEntry, check: Check) -> Iterator[str]:
    """What is to be known of its box, once."""
    if not check.key_given:
        for key in check.keys:
            yield f"    {entry.site}/{entry.box} signs with {key}: compare it with the box's own (--key)"
    if not check.vouched:
        yield f"    {entry.site}/{entry.box} has no checkpoints here: whether something was taken away cannot be seen"


def _line(entry: ExamEntry) -> tuple[str, ...]:
    began = time.strftime("%Y-%m-%d %H:%M", time.localtime(entry.starts_at)) if entry.title else "-"
    stored = entry.state.value.replace("_", " ") + (f": {entry.says}" if entry.says else "")
    flags = sum(entry.flags.values())
    known = (str(flags), str(entry.open), store_page.size(entry.bytes)) if entry.title else ("-", "-", "-")
    return entry.site, entry.box, entry.exam, began, str(len(entry.attempts)), *known, stored


def _plain(entry: ExamEntry) -> dict[str, object]:
    return asdict(entry) | {"flags": entry.flags, "open": entry.open}
