"""Is this a fresh box? Its doors lead to the setup as long as nobody could come in by them."""

from appliance.ledger import state
from appliance.web.context import services
from appliance.web.setup import gate


def wanted() -> bool:
    """There is a setup code, and nobody who has a name to sign in with."""
    if not gate.is_open(services().paths):
        return False
    with services().reader.connect() as connection:
        return not state.users(connection)
