"""Under `appliance run` no timer of systemd looks at the box: then the web process does, each minute. On an installed
box it is `appliance doctor --record`, because that looks also while this process is away; there is one owner at a
time."""

import contextlib
import time
from collections.abc import Iterator

from appliance.box import errand
from appliance.certificates import current
from appliance.checks import record
from appliance.checks.issue import Issue
from appliance.exam.events import BOX, Payload
from appliance.ledger.record import Draft
from appliance.web.context import Services
from appliance.web.repeated import repeated

ACTOR = "health"


def look(services: Services, *, now: float) -> None:
    """Once."""

    def tell(payload: Payload) -> None:
        services.writer.append(Draft(payload=payload, chain=BOX, exam=None, actor=ACTOR))

    def mend(_issue: Issue) -> None:
        current.renew(services.paths, services.settings)

    found = services.looking.look(services.paths, services.settings, now=now)
    kept = record.record(services.paths, found.issues, now, tell=tell, mend=mend)
    record.show(services.paths.run, kept, now)


@contextlib.contextmanager
def watched(services: Services) -> Iterator[None]:
    """Each minute, where nobody else does."""
    if errand.has_steward():
        yield
        return
    with repeated(lambda: look(services, now=time.time()), name="health", seconds=record.EVERY_SECONDS):
        yield
