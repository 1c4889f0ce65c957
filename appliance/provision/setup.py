"""The setup of a box that no systemd keeps (`appliance run`): its code, and how its processes begin again."""

from appliance.box.paths import Paths
from appliance.ledger import reader, state
from appliance.provision import setup_code

RESTART = "restart"
"""A file in the runtime folder: whoever changed settings touches it."""


def asked_to_restart(paths: Paths) -> bool:
    """Once for each time it was touched."""
    try:
        (paths.run / RESTART).unlink()
    except FileNotFoundError:
        return False
    return True


def code_where_nobody_signs_in(paths: Paths) -> str | None:
    """As people read it; it is made where there is none yet. None where somebody can sign in."""
    if paths.database.exists():
        with reader.opened(paths.database) as ledger, ledger.connect() as connection:
            if state.users(connection):
                return setup_code.shown(paths)
    setup_code.make(paths)
    return setup_code.shown(paths)
