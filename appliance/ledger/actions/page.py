"""What a candidate's page reports of itself, as it says it."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from appliance.errors import NotAllowed
from appliance.exam.events import PageReported
from appliance.exam.page import Fact
from appliance.exam.stage import RECORDED
from appliance.ledger import state
from appliance.ledger.actions.messages import CANDIDATE
from appliance.ledger.record import Draft
from appliance.ledger.writer import Transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """One fact. `mark` is the page's own name for this report: saying it again changes nothing. `happened_at`: wall
    seconds of the box."""

    mark: str
    fact: Fact
    value: str
    happened_at: float


def report(transaction: Transaction, attempt: str, said: Sequence[Said]) -> None:
    """Put them on the attempt's chain, in their order. NotAllowed before the signature and after the end."""
    row = state.attempt(transaction.connection, attempt)
    if row.stage not in RECORDED:
        raise NotAllowed("nothing is recorded now, so nothing is reported", hint="Reload the page.")
    for each in said:
        payload = PageReported(fact=each.fact.value, value=each.value, happened_at=each.happened_at)
        id = uuid.uuid5(uuid.NAMESPACE_OID, f"{attempt}/{each.mark}").hex
        transaction.append(Draft(payload=payload, chain=attempt, exam=row.exam, actor=CANDIDATE, id=id))
