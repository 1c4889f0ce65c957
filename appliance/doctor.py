"""`appliance doctor`: what is wrong with the box, in sentences. It needs nothing of the box to run: not its processes,
not its ledger, not a data folder that can be written."""

import argparse
import json
import logging
import os
import time
from dataclasses import asdict

from appliance.box import errand
from appliance.box.console import paths_of
from appliance.box.paths import Paths
from appliance.certificates import current
from appliance.checks import gathering, record, registry, words
from appliance.checks.facts import Facts
from appliance.checks.issue import Issue, Severity
from appliance.config import Settings, load
from appliance.errors import ApplianceError
from appliance.exam.events import BOX, Payload
from appliance.ledger.client import Client
from appliance.web.strings import Catalogue

log = logging.getLogger(__name__)

PROCESS = "health"
TELL_SECONDS = 5.0
_SIGN = {Severity.FAULT: "FAULT", Severity.WARNING: "warning"}


def run(options: argparse.Namespace) -> int:
    """0: nothing; 1: something."""
    paths, now = paths_of(options), time.time()
    settings, trouble = _settings(paths)
    facts = gathering.gather(paths, settings, now)
    issues = registry.judge(facts)
    if options.record:
        _record(paths, settings, issues, now)
        return 0  # the timer did its work; what it found stands in the file and in the ledger
    t = Catalogue.load()
    unreadable = [t("condition.gone", what=t(f"condition.gone_{what}")) for what in facts.gone]
    notes = [*([trouble] if trouble else []), *_rights(paths), *unreadable]
    if options.json:
        print(json.dumps(_as_json(facts, issues, notes, t), indent=1, ensure_ascii=False))
    else:
        _say(issues, notes, t)
    return 1 if issues or notes else 0


def _settings(paths: Paths) -> tuple[Settings, str]:
    """The defaults, and why, where the file does not hold."""
    try:
        return load(paths.config), ""
    except (ApplianceError, OSError) as error:
        return Settings(), f"{error}. The checks go on with the usual settings."


def _rights(paths: Paths) -> list[str]:
    """What this user may not see is not known to be well."""
    if paths.data.is_dir() and not os.access(paths.data, os.R_OK | os.X_OK):
        return [f"{paths.data} may not be read by this user: ask as root, or `sudo -u appliance appliance doctor`."]
    return []


def _say(issues: list[Issue], notes: list[str], t: Catalogue) -> None:
    for note in notes:
        print(f"note     {note}")
    for issue in issues:
        said = words.of(issue, t)
        print(f"{_SIGN[issue.severity]:<8} {said.sentence}\n{'':<8} {said.hint}")
    if not issues and not notes:
        print(t("condition.well"))


def _as_json(facts: Facts, issues: list[Issue], notes: list[str], t: Catalogue) -> dict[str, object]:
    found = []
    for issue in issues:
        said = words.of(issue, t)
        found.append({**asdict(issue), "sentence": said.sentence, "hint": said.hint})
    return {"at": facts.now, "well": not issues and not notes, "issues": found, "notes": notes}


def _record(paths: Paths, settings: Settings, issues: list[Issue], now: float) -> None:
    """The timer's part. The ledger is spoken to only when there is something to say."""
    paths.run.mkdir(parents=True, exist_ok=True)
    speaking: list[Client] = []

    def tell(payload: Payload) -> None:
        if not speaking:
            speaking.append(Client(paths.ledger_socket, process=PROCESS))
            speaking[0].start()
        speaking[0].append_and_wait(payload, chain=BOX, exam=None, seconds=TELL_SECONDS)

    try:
        kept = record.record(paths, issues, now, tell=tell, mend=lambda issue: mend(paths, settings, issue))
    finally:
        for client in speaking:
            client.stop(flush_seconds=0.0)
    record.show(paths.run, kept, now)


def mend(paths: Paths, settings: Settings, issue: Issue) -> None:
    """What is safe by itself, and interrupts nothing: the box's certificate. A failure stays an issue."""
    before = issue.facts.get("until")
    try:
        shown = current.renew(paths, settings)
        if shown.until.timestamp() != before and errand.has_steward():
            errand.ask(paths, errand.Verb.FRONT, by=PROCESS)
    except (ApplianceError, OSError) as error:
        log.warning("the certificate could not be renewed: %s", error)
