"""What plain HTTP shows where the box serves HTTPS: one page that brings a device to it. Its certificate to install,
the fingerprint to compare, and the address.
"""

import html
import ipaddress

from aiohttp import web

from appliance.box.authority import Authority, Leaf
from appliance.door import away
from appliance.door.away import Words

CERTIFICATES = {
    "/box.pem": ("application/x-pem-file", "box.pem"),
    "/box.crt": ("application/x-x509-ca-cert", "box.crt"),
}
"""PEM for programs, DER for phones and for Windows."""


class Welcome:
    """Answers every plain request while `leaf` is what HTTPS shows."""

    def __init__(self, authority: Authority, leaf: Leaf, words: Words, *, port: int) -> None:
        self._authority, self.leaf, self._words, self._port = authority, leaf, words, port

    async def answer(self, request: web.BaseRequest) -> web.StreamResponse:
        """The page, a certificate, or the way to the page."""
        if request.method not in ("GET", "HEAD"):
            refusal = away.answered(request, 405, self._words("door.only_https"), self._words("door.only_https_hint"))
            refusal.headers["Allow"] = "GET, HEAD"
            return refusal
        path = request.raw_path.partition("?")[0]
        if path in CERTIFICATES:
            kind, name = CERTIFICATES[path]
            content = self._authority.pem() if path.endswith(".pem") else self._authority.der()
            headers = {**away.HEADERS, "Content-Disposition": f'attachment; filename="{name}"'}
            return web.Response(body=content, content_type=kind, headers=headers)
        if path != "/":
            return web.Response(status=303, headers={**away.HEADERS, "Location": "/"})
        return web.Response(text=self._page(self._address(request)), content_type="text/html", headers=away.HEADERS)

    def _page(self, address: str) -> str:
        words = self._words

        def said(key: str) -> str:
            return html.escape(words("door." + key))

        body = (
            f"<p>{said('trust')}</p><ol><li>{said('trust_fetch')} "
            f'<a href="/box.crt" download>box.crt</a> (<a href="/box.pem" download>PEM</a>)</li>'
            f"<li>{said('trust_compare')}<br><code>{self._authority.fingerprint}</code></li>"
            f"<li>{said('trust_install')}</li>"
            f'<li>{said("trust_open")} <a href="{html.escape(address)}">{html.escape(address)}</a></li></ol>'
        )
        return away.page(words, title=words("door.trust_title"), body=body)

    def _address(self, request: web.BaseRequest) -> str:
        """By the name that was asked for, if HTTPS answers to it: a request may claim any."""
        asked = host_of(request.host)
        known = [*(str(address) for address in self.leaf.addresses), *self.leaf.names]
        return address_of(asked if asked in known else known[0], self._port)


def host_of(host: str) -> str:
    """`box.local:8080` -> box.local, `[fd00::1]:8080` -> fd00::1, in the usual spelling."""
    name = host[1:].partition("]")[0] if host.startswith("[") else host.partition(":")[0]
    try:
        return str(ipaddress.ip_address(name))
    except ValueError:
        return name.lower()


def address_of(host: str, port: int) -> str:
    """fd00::1, 8443 -> https://[fd00::1]:8443"""
    return f"https://{f'[{host}]' if ':' in host else host}" + ("" if port == 443 else f":{port}")
