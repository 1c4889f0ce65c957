"""`python3 go.py repair|go`: what appliance-update.service runs from the copy that was set aside. Needs only Debian's
Python."""

import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from appliance.update.engine import Engine  # the copy beside this file
from appliance.update.machine import WELL_WITHIN_SECONDS, Debian
from appliance.update.places import Places


def main(what: str, places: Places) -> int:
    """-> exit code; whatever came of it stands in the journal."""
    patience = float(os.environ.get("APPLIANCE_UPDATE_PATIENCE") or WELL_WITHIN_SECONDS)
    engine = Engine(places, Debian(places, well_within=patience))
    engine.repair() if what == "repair" else engine.go()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], Places()))
