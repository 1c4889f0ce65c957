"""Who may sign in: those that the box was told; else a setup code lets somebody make the first."""

from appliance.box.lock import held
from appliance.box.paths import Paths
from appliance.exam.permissions import Role
from appliance.ledger import reader, state, writer
from appliance.provision import apply, setup_code
from appliance.provision.steps.step import Boot, Said

ACTOR = "seed"


def do(boot: Boot) -> Said:
    """The ledger is not touched where nobody is to be entered."""
    new: list[str] = []
    if boot.seed.admin:
        with held(boot.paths, "writer"), writer.opened(boot.paths.database) as ledger:
            new = ledger.transact(lambda transaction: apply.people(transaction, boot.seed, by=ACTOR))
    if not can_somebody_set_up(boot.paths):
        setup_code.make(boot.paths)
        return Said("Nobody can sign in yet: the setup code on the console opens the setup page.")
    setup_code.used(boot.paths)
    return Said(f"{', '.join(new)} can sign in." if new else "Those who could sign in still can.")


def can_somebody_set_up(paths: Paths) -> bool:
    """Is there an administrator?"""
    if not paths.database.exists():
        return False
    with reader.opened(paths.database) as ledger, ledger.connect() as connection:
        return any(row.role == Role.ADMIN.value for row in state.users(connection))
