"""`appliance verify` at the command line."""

import argparse
import json
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

from appliance.errors import BadInput, NotFound
from appliance.proof.tree import FolderTree, StoreTree, Tree, WebTree
from appliance.proof.verify import Outcome, verify


def run(options: argparse.Namespace) -> int:
    """0 and OK, or 1 and the first thing that is missing or changed."""
    outcome = verify(
        tree(options), key=options.key, site_ca=options.site_ca, tsa_ca=options.tsa_ca, since=_since(options.since)
    )
    if options.json:
        said = asdict(outcome) | {"keys": sorted(outcome.keys), "ok": not outcome.findings}
        print(json.dumps(said, indent=2))
        return 1 if outcome.findings else 0
    return say(outcome)


def tree(options: argparse.Namespace) -> Tree:
    """What was named. NotFound, BadInput."""
    place = str(options.place)
    if place.startswith(("http://", "https://")):
        return WebTree(place, ca=Path(options.ca) if options.ca else None)
    if "://" not in place:
        folder = Path(place)
        if not folder.is_dir():
            raise NotFound(f"there is no folder {folder}", hint="Give the folder of an attempt, an exam or a box.")
        return FolderTree(folder)
    from appliance.stores import places

    access = places.Access(
        endpoint=options.endpoint,
        region=options.region,
        path_style=not options.virtual_host,
        credentials_file=options.credentials,
        profile=options.profile,
        ca_file=options.ca,
    )
    return StoreTree(places.at(place, access))


def say(outcome: Outcome) -> int:
    """Print OK and what was proved, or the first finding; -> 0 or 1."""
    if outcome.findings:
        more = len(outcome.findings) - 1
        print(f"NOT PROVED  {outcome.findings[0]}" + (f" (and {more} more)" if more else ""))
        return 1
    print(
        f"OK  {outcome.attempts} attempts, {outcome.exams} exams, {outcome.files} files, {outcome.bytes / 1e6:.1f} MB,"
        f" {outcome.events} events" + (f" ({outcome.erased} erased or withheld)" if outcome.erased else "")
    )
    for remark in outcome.remarks:
        print(f"    {remark}")
    for fingerprint in sorted(outcome.keys):
        said = "the key you gave" if outcome.trusted else "the key in the folder: compare it with the box's own (--key)"
        print(f"    signed by {fingerprint}, {said}")
    return 0


def _since(day: str | None) -> float:
    if day is None:
        return 0.0
    try:
        return datetime.strptime(day, "%Y-%m-%d").replace(tzinfo=UTC).timestamp()
    except ValueError:
        raise BadInput(f"--since {day!r} is no day", hint="Write it as in 2026-11-22.") from None
