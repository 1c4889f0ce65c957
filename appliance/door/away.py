"""What is answered while the process that should answer is away: calm, and it tries again by itself."""

import base64
import hashlib
import html
import json
from collections.abc import Callable

from aiohttp import web

Words = Callable[[str], str]
"""Key of the catalogue -> sentence."""

RETRY_SECONDS = 2

STYLE = (
    ":root{color-scheme:light dark;font:1.125rem/1.5 system-ui,sans-serif}"
    "body{max-width:38rem;margin:15vh auto 0;padding:0 1.5rem}"
    "h1{font-size:1.5rem}a{color:LinkText}code{overflow-wrap:anywhere}dt{margin-top:1rem}dd{margin:0}"
)
POLICY = (
    "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; style-src 'sha256-"
    + base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
    + "'"
)

HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
}


def answered(request: web.BaseRequest, status: int, error: str, hint: str) -> web.Response:
    """The sentence as JSON, for scripts."""
    headers = {**HEADERS, **({"Retry-After": str(RETRY_SECONDS)} if status == 503 else {})}
    return web.Response(text=said(error, hint), content_type="application/json", status=status, headers=headers)


def said(error: str, hint: str) -> str:
    """The sentence as JSON."""
    return json.dumps({"error": error, "hint": hint})


def pages_are_away(request: web.BaseRequest, words: Words) -> web.Response:
    """The web process does not answer: as a page to people, as JSON to scripts."""
    if "text/html" not in request.headers.get("Accept", ""):
        return answered(request, 503, words("door.away"), words("door.away_hint"))
    headers = {**HEADERS, "Retry-After": str(RETRY_SECONDS)}
    text = away_page(words, again=request.method in ("GET", "HEAD"))
    return web.Response(status=503, text=text, content_type="text/html", headers=headers)


def away_page(words: Words, *, again: bool) -> str:
    """For people. `again`: it may ask once more by itself."""
    head = f'<meta http-equiv="refresh" content="{RETRY_SECONDS}">' if again else ""
    body = f"<p>{_e(words('door.away'))}</p><p>{_e(words('door.away_hint'))}</p>"
    if not again:
        body += f'<p><a href="/">{_e(words("door.away_again"))}</a></p>'
    return page(words, title=words("door.away_title"), head=head, body=f'<div role="status">{body}</div>')


def page(words: Words, *, title: str, body: str, head: str = "") -> str:
    """A whole page without any other file. `body` and `head` are HTML."""
    return (
        f'<!doctype html><html lang="{_e(words("meta.language"))}" dir="{_e(words("meta.direction"))}">'
        f'<head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">{head}'
        f"<title>{_e(title)}</title><style>{STYLE}</style></head>"
        f"<body><main><h1>{_e(title)}</h1>{body}</main></body></html>"
    )


def _e(text: str) -> str:
    return html.escape(text)
