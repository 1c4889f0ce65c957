"""`GET /metrics`: the box in figures for Prometheus, by a bearer token or for who may see the box."""

import hmac
import logging
from collections.abc import Iterator
from pathlib import Path

from flask import Blueprint, Response, request
from flask_limiter.util import get_remote_address
from limits import parse
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector
from werkzeug.exceptions import TooManyRequests

from appliance.exam.permissions import Action
from appliance.web import figures, readings
from appliance.web.context import Services, services
from appliance.web.needs import needs, opens
from appliance.web.security import limiter

log = logging.getLogger(__name__)

bp = Blueprint("metrics", __name__)

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
SHORTEST, LONGEST = 20, 200
"""Characters of a token: a short one could be guessed."""

WRONG = parse("10/minute")
"""Tokens that one address may get wrong."""


class Box(Collector):
    """Worked out at each scrape."""

    def __init__(self, here: Services) -> None:
        self._here = here

    def collect(self) -> Iterator[Metric]:
        """Every metric, of this moment."""
        upstream = self._here.settings.upstream
        return figures.metrics(readings.read(self._here), site=upstream.site, box=upstream.box)


def by_token() -> bool:
    """Does the request carry the token of `[fleet] token_file`? TooManyRequests after ten wrong ones a minute."""
    kind, _, shown = request.headers.get("Authorization", "").partition(" ")
    if kind.lower() != "bearer":
        return False
    tries = "metrics", get_remote_address()
    if not limiter.limiter.test(WRONG, *tries):
        raise TooManyRequests
    known = token_in(services().settings.fleet.token_file)
    if known and hmac.compare_digest(shown.strip().encode(), known.encode()):
        return True
    limiter.limiter.hit(WRONG, *tries)
    return False


def token_in(file: str) -> str:
    """The first line of the file; "" where it has none that could be one: then nobody comes in by it."""
    if not file:
        return ""
    try:
        line = Path(file).read_text(encoding="utf-8").partition("\n")[0].strip()
    except (OSError, UnicodeDecodeError) as error:
        log.warning("the token file of [fleet] cannot be read: %s", error)  # as often as wrong tokens are let try
        return ""
    if not SHORTEST <= len(line) <= LONGEST:
        log.warning("the first line of %s has not %d to %d characters: it opens nothing", file, SHORTEST, LONGEST)
        return ""
    return line


@bp.get("/metrics")
@needs(Action.SEE_BOX)
@opens(by_token)
@limiter.limit("120/minute")
def metrics() -> Response:
    """The text format that every Prometheus reads."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(Box(services()))
    return Response(generate_latest(registry), content_type=CONTENT_TYPE)
