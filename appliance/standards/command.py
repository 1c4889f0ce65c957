"""`appliance events EXAM`: what the ledger says of an exam, as our JSON, Caliper or xAPI. It only reads."""

import sys
from pathlib import Path

from appliance.box.paths import Paths
from appliance.config import load
from appliance.ledger import reader
from appliance.standards import files, source
from appliance.standards.table import SAID


def run(paths: Paths, exam: str, *, form: str, out: Path | None) -> int:
    """Write it to `out`, or to standard output; -> 0. NotFound when there is no such exam."""
    settings = load(paths.config)
    with reader.opened(paths.database) as ledger, ledger.connect() as connection:
        scene = source.scene_of(connection, settings, exam=exam)
        found = source.events(connection, exam=exam, types=None if form == "json" else SAID)
        text = source.document(found, scene, form=form)
        if out is None:
            for piece in text:
                sys.stdout.write(piece)
            sys.stdout.flush()
        else:
            files.written(out, text)
    return 0
