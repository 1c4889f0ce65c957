"""What the web process itself writes into the ledger: who looked at whom, and who was refused."""

import logging
from typing import Protocol

from limits import parse

from appliance.errors import ApplianceError
from appliance.exam.events import BOX, AccessRefused, FeedViewed
from appliance.ledger.record import Draft
from appliance.web.context import services
from appliance.web.security import limiter

log = logging.getLogger(__name__)

_EACH = parse("10/minute")
_ALL = parse("60/minute")


class Recorded(Protocol):
    """Whose recording: an attempt's, or a room's that a lab camera sees."""

    @property
    def attempt(self) -> str: ...

    @property
    def exam(self) -> str: ...


def log_refusal(*, user: str, action: str, path: str) -> None:
    """access.refused, at most 10 a minute for one person and 60 in all: a stubborn script must not fill the ledger."""
    if not limiter.limiter.hit(_EACH, "refused", user) or not limiter.limiter.hit(_ALL, "refused"):
        log.warning("refused %s %s to %s (not in the ledger: too many)", action, path[:200], user)
        return
    said = AccessRefused(user=user, action=action, path=path[:200])
    try:
        services().writer.append(Draft(payload=said, chain=BOX, exam=None, actor=user))
    except ApplianceError as error:  # the refusal stands whether or not it can be written down
        log.warning("refused %s %s to %s; the ledger said: %s", action, path[:200], user, error)


def log_view(row: Recorded, *, kind: str, by: str, what: str) -> None:
    """feed.viewed: somebody opened a stream, a recording or a snapshot. Written before it is shown."""
    said = FeedViewed(kind=kind, by=by, what=what)
    services().writer.append(Draft(payload=said, chain=row.attempt, exam=row.exam, actor=by))
