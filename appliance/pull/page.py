"""A page that lists what a copy or a store has: plain HTML that opens from a disk, with links to what is here.

It says of each exam whether it was checked here, how much of it and when; never more than `checked` has noted.
"""

import datetime
import os
from collections.abc import Iterable, Sequence
from html import escape
from pathlib import Path
from string import Template
from urllib.parse import quote

from appliance.exam.place import numbered
from appliance.pull.catalogue import AttemptEntry, ExamEntry, State
from appliance.pull.checked import Check, Checks
from appliance.pull.errand import Scope

NAME = "index.html"

_TEMPLATE = Path(__file__).with_name("page.html")
_HEADS = ("Exam", "Site", "Box", "Begins", "Attempts", "Flags", "Size", "Stored", "Checked here", "Open")
_STORED = {
    State.COMPLETE: "complete",
    State.GOING_ON: "going on",
    State.INCOMPLETE: "incomplete",
    State.UNREADABLE: "cannot be read",
}


def write(entries: Sequence[ExamEntry], checks: Checks, *, source: str, now: float) -> Path:
    """Into the copy, whole or not at all. `source`: where the entries are from."""
    file = checks.copy / NAME
    passing = file.with_name(f".{NAME}.{os.getpid()}")
    passing.write_text(page(entries, checks, source=source, now=now), encoding="utf-8")
    passing.replace(file)
    return file


def page(entries: Sequence[ExamEntry], checks: Checks, *, source: str, now: float) -> str:
    """The whole page."""
    proved = sum(
        (check := checks.exams.get(entry.place)) is not None and _standing(entry, check, checks)[0] == "good"
        for entry in entries
    )
    attempts = sum(len(entry.attempts) for entry in entries)
    return Template(_TEMPLATE.read_text(encoding="utf-8")).substitute(
        source=escape(source),
        written=_moment(now),
        counts=escape(f"{_count(len(entries), 'exam')}, {_count(attempts, 'attempt')}."),
        caption=escape(f"{proved} of {_count(len(entries), 'exam')} whole here, and proved when last checked"),
        heads="".join(f'<th scope="col">{escape(head)}</th>' for head in _HEADS),
        rows="\n".join(_row(entry, checks) for entry in entries),
    )


def _row(entry: ExamEntry, checks: Checks) -> str:
    check = checks.exams.get(entry.place)
    flags = ", ".join(f"{number} {code.replace('_', ' ')}" for code, number in sorted(entry.flags.items()))
    total = sum(entry.flags.values())
    title = escape(entry.title) if entry.title else '<span class="quiet">no title known</span>'
    begins = entry.starts_at if entry.title else None
    cells = [
        _cell(entry.site, "Site"),
        _cell(entry.box, "Box"),
        _cell(_moment(begins) if begins else "not known", "Begins", sort=f"{begins or 0:.0f}"),
        _attempts(entry, checks),
        _cell(
            f'{total}, {entry.open} open<br><span class="quiet">{escape(flags)}</span>' if total else "none",
            "Flags",
            sort=str(total),
            raw=True,
        ),
        _cell(size(entry.bytes), "Size", sort=str(entry.bytes), number=True),
        _cell(_STORED[entry.state] + (f": {entry.says}" if entry.says else ""), "Stored"),
        _checked(entry, check, checks),
        _cell(_links(checks.copy, entry.place, entry.report) or "not fetched", "Open", raw=True),
    ]
    order = escape(entry.title or entry.exam)
    head = f'<th scope="row" data-sort="{order}">{title}<br><span class="id">{escape(entry.exam)}</span></th>'
    return f"<tr>{head}{''.join(cells)}</tr>"


def _cell(text: str, label: str, *, sort: str | None = None, number: bool = False, raw: bool = False) -> str:
    kind = ' class="number"' if number else ""
    order = "" if sort is None else f' data-sort="{escape(sort)}"'
    return f'<td data-label="{escape(label)}"{kind}{order}>{text if raw else escape(text)}</td>'


def _checked(entry: ExamEntry, check: Check | None, checks: Checks) -> str:
    if check is None:
        return _cell("not checked", "Checked here", sort="0")
    kind, said = _standing(entry, check, checks)
    more = f'<br><span class="quiet">{_moment(check.checked_at)}; {_compared(check)}</span>'
    order = {"good": "3", "part": "2", "bad": "1"}[kind]
    return _cell(f'<span class="check {kind}">{escape(said)}</span>{more}', "Checked here", sort=order, raw=True)


def _compared(check: Check) -> str:
    """With what from another place it was compared, and with what not."""
    asked = {"a key from elsewhere": check.key_given, "the box's checkpoints": check.vouched}
    done = " and ".join(what for what, was in asked.items() if was)
    left = " or ".join(what for what, was in asked.items() if not was)
    return ", ".join(filter(None, (done and f"compared with {done}", left and f"not compared with {left}")))


def _standing(entry: ExamEntry, check: Check, checks: Checks) -> tuple[str, str]:
    """How to show it, and what to say: never more than was checked."""
    if check.finding:
        more = f" (and {check.findings - 1} more)" if check.findings > 1 else ""
        return "bad", f"NOT PROVED: {check.finding}{more}"
    if not check.still(checks.copy / entry.place):
        return "part", "not checked since the manifests here changed"
    if entry.signed_at is not None and check.manifests and _older(entry, check):
        return "part", "the store has a newer version that was not fetched"
    if check.whole and entry.state is not State.GOING_ON:
        return "good", f"proved: whole, {_count(check.files, 'file')}"
    what = "attempts that were over" if check.scope is Scope.WHOLE and not check.left_out else check.scope.value
    if check.left_out and check.scope is Scope.WHOLE:
        what = "only these attempts: " + ", ".join(name[:8] for name in check.attempts)
    return (
        "part",
        f"proved in part: {what}; {check.left_out} files or attempts were not fetched"
        if check.left_out
        else f"proved in part: {what}",
    )


def _older(entry: ExamEntry, check: Check) -> bool:
    return entry.number > 0 and numbered("manifest.json", entry.number) not in check.manifests


def _attempts(entry: ExamEntry, checks: Checks) -> str:
    check = checks.exams.get(entry.place)
    number = len(entry.attempts)
    lines = "".join(_attempt(entry, one, checks.copy, check) for one in entry.attempts)
    return _cell(
        f"<details><summary>{_count(number, 'attempt')}</summary><ul>{lines}</ul></details>" if number else "none",
        "Attempts",
        sort=str(number),
        raw=True,
    )


def _attempt(entry: ExamEntry, one: AttemptEntry, copy: Path, check: Check | None) -> str:
    who = (
        f"seat {one.seat}{f', {one.room}' if one.room else ''}: {one.name} ({one.candidate})"
        if one.seat
        else "no report (a camera of the room)"
    )
    flags = sum(one.flags.values())
    said = f", {_count(flags, 'flag')}, {one.open} open" if flags else ""
    folder = f"{entry.place}/{one.attempt}"
    links = _links(copy, folder, _newest(copy / folder))
    fetched = check is not None and one.attempt in check.attempts
    here = f" {links}" if links else "" if fetched else ' <span class="quiet">not fetched</span>'
    return f'<li>{escape(who)}{escape(said)}{here}<br><span class="id">{escape(one.attempt)}</span></li>'


def _links(copy: Path, folder: str, report: str) -> str:
    """To what is here of a bundle: its own page, the report for people."""
    known = [(f"{folder}/index.html", "evidence"), (f"{folder}/{report}/report.pdf", "report (PDF)")]
    known += [(f"{folder}/{report}/report.csv", "flags (CSV)"), (f"{folder}/", "folder")]
    found = [(path, word) for path, word in known if "//" not in path and (copy / path).exists()]
    return ", ".join(f'<a href="{quote(path)}">{word}</a>' for path, word in found)


def _newest(folder: Path) -> str:
    """The newest report's folder of a bundle that is here."""
    numbers = [int(name[7:] or 1) for name in _names(folder) if name == "report" or name[7:].isdigit()]
    return numbered("report", max(numbers)) if numbers else ""


def _names(folder: Path) -> Iterable[str]:
    return (one.name for one in folder.glob("report*") if one.is_dir())


def size(number: int) -> str:
    """3.2 GB."""
    amount = float(number)
    for unit in ("B", "kB", "MB", "GB"):
        if amount < 1000:
            return f"{amount:.0f} {unit}" if unit in ("B", "kB") else f"{amount:.1f} {unit}"
        amount /= 1000
    return f"{amount:.1f} TB"


def _count(number: int, thing: str) -> str:
    return f"{number:,} {thing}" + ("" if number == 1 else "s")


def _moment(wall: float) -> str:
    return f"{datetime.datetime.fromtimestamp(wall).astimezone():%Y-%m-%d %H:%M %Z}"
