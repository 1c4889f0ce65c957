"""What plain HTTP answers where the box serves HTTPS: the page that brings a device to it (`/trust`, the web process'),
what that page is made of, and an ACME server's question. Everything else is shown the way to the page.
"""

import re

from aiohttp import web

from appliance.door import away
from appliance.door.away import Words
from appliance.door.gate import Gate

PAGE = "/trust"
OPEN = re.compile(r"(/trust(/|$)|/static/|/healthz$|/\.well-known/acme-challenge/)(?!.*\.\.)")


class Welcome:
    """Answers every plain request."""

    def __init__(self, gate: Gate, words: Words) -> None:
        self._gate, self._words = gate, words

    async def answer(self, request: web.BaseRequest) -> web.StreamResponse:
        """The page and what belongs to it, a challenge, or the way to the page."""
        if request.method not in ("GET", "HEAD"):
            refusal = away.answered(request, 405, self._words("door.only_https"), self._words("door.only_https_hint"))
            refusal.headers["Allow"] = "GET, HEAD"
            return refusal
        path = request.raw_path.partition("?")[0]
        if OPEN.match(path):
            return await self._gate.answer(request)
        return web.Response(status=303, headers={**away.HEADERS, "Location": PAGE})
