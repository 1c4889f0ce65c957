"""What plain HTTP answers where the box serves HTTPS: the page that brings a device to it (`/trust`, the web process'),
what that page is made of, and an ACME server's question. Everything else is shown the way to the page.
"""

import asyncio
import re
from pathlib import Path

from aiohttp import web

from appliance.door import away
from appliance.door.away import Words
from appliance.door.gate import Gate

PAGE = "/trust"
OPEN = re.compile(r"(/trust(/|$)|/static/|/healthz$)(?!.*\.\.)")
ACME = re.compile(r"/\.well-known/acme-challenge/([A-Za-z0-9_-]{1,128})")


class Welcome:
    """Answers every plain request. `acme`: the folder of answers to an ACME server."""

    def __init__(self, gate: Gate, acme: Path, words: Words) -> None:
        self._gate, self._acme, self._words = gate, acme, words

    async def answer(self, request: web.BaseRequest) -> web.StreamResponse:
        """The page and what belongs to it, a challenge, or the way to the page."""
        if request.method not in ("GET", "HEAD"):
            refusal = away.answered(request, 405, self._words("door.only_https"), self._words("door.only_https_hint"))
            refusal.headers["Allow"] = "GET, HEAD"
            return refusal
        path = request.raw_path.partition("?")[0]
        if OPEN.match(path):
            return await self._gate.answer(request)
        if found := ACME.fullmatch(path):
            return await asyncio.to_thread(self._challenge, request, found[1])
        return web.Response(status=303, headers={**away.HEADERS, "Location": PAGE})

    def _challenge(self, request: web.BaseRequest, token: str) -> web.Response:
        try:
            text = (self._acme / token).read_text(encoding="ascii")
        except OSError:
            return away.answered(request, 404, "the box was not asked this", "Order the certificate again.")
        return web.Response(text=text, content_type="text/plain", headers=away.HEADERS)
