"""`appliance update ...`."""

import argparse
import json
import os
import time
from dataclasses import asdict

from appliance.box.console import paths_of
from appliance.errors import Unavailable
from appliance.exam.events import BOX, Payload, UpdateInstalled, UpdateRefused, UpdateRolledBack
from appliance.ledger.client import Client
from appliance.update import install as installing
from appliance.update import journal, words
from appliance.update.journal import ENDS, Journal, Step
from appliance.update.places import Places

WAIT_SECONDS = 1800.0
_TELL_SECONDS = 30.0


def check(options: argparse.Namespace) -> int:
    """Would it be taken?"""
    places = _places(options)
    found = installing.check(places, options.file, downgrade=options.downgrade, anyway=options.anyway)
    print(f"{options.file.name} is signed and whole: version {found.version}. It can be installed.")
    return 0


def install(options: argparse.Namespace) -> int:
    """Begin, and follow it to its end; -> 1 when it was taken back."""
    places = _places(options)
    by = os.environ.get("SUDO_USER") or "cli"
    begun = time.time()
    print(installing.run(
        paths_of(options), options.file.resolve(), by=by, downgrade=options.downgrade, anyway=options.anyway
    ))  # fmt: skip
    return 0 if options.no_wait else _followed(places, since=begun)


def status(options: argparse.Namespace) -> int:
    """How the last one went."""
    told = journal.told(_places(options))
    if options.json:
        print(json.dumps({"sentence": words.sentence(told), "update": asdict(told) if told else None}))
    else:
        print(words.sentence(told))
    return 0


def prepare(options: argparse.Namespace) -> int:
    """-> 0 when the engine is to go on."""
    return 0 if installing.prepare(_places(options), backup=installing.back_up) else 1


def tell(options: argparse.Namespace) -> int:
    """The end of the last update becomes an event of the box."""
    told = journal.told(_places(options))
    if told is None or told.step not in ENDS:
        raise Unavailable("there is no update that has ended", hint="appliance update status")
    client = Client(paths_of(options).ledger_socket, process="cli")
    client.start()
    try:
        client.append_and_wait(event_of(told), chain=BOX, exam=None, seconds=_TELL_SECONDS)
    finally:
        client.stop()
    return 0


def event_of(told: Journal) -> Payload:
    """What the ledger says of it."""
    if told.step == Step.DONE:
        return UpdateInstalled(old=told.old, new=told.new, by=told.by, seconds=round(told.at - told.began_at))
    if told.step == Step.ROLLED_BACK:
        return UpdateRolledBack(old=told.old, new=told.new, by=told.by, reason=told.reason, healthy=told.healthy)
    return UpdateRefused(new=told.new, by=told.by, reason=told.reason)


def _places(options: argparse.Namespace) -> Places:
    paths = paths_of(options)
    return Places(data=paths.data, run=paths.run)


def _followed(places: Places, *, since: float) -> int:
    said, until = "", time.monotonic() + WAIT_SECONDS
    while time.monotonic() < until:
        told = journal.told(places)
        if told and told.began_at >= since:
            sentence = words.sentence(told)
            if sentence != said:
                print(sentence, flush=True)
                said = sentence
            if told.step in ENDS:
                return 0 if told.step == Step.DONE else 1
        time.sleep(1)
    raise Unavailable("the update takes longer than half an hour", hint="journalctl -u appliance-update tells more.")
