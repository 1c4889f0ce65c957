"""One candidate's HTTP: the cookies, the CSRF token of the page, and answers as values or as errors with a sentence."""

import json
import os
import re
import ssl
from collections.abc import Callable, Mapping
from http.cookies import SimpleCookie
from pathlib import Path
from typing import Any

import aiohttp
from yarl import URL

from appliance.errors import ApplianceError, BadInput, NotAllowed, NotFound, Unavailable

_TOKEN = re.compile(r'<meta name="csrf-token" content="([^"]+)"')
_SECONDS = aiohttp.ClientTimeout(total=8.0)


class SignedOut(NotAllowed):
    """The box does not know this browser (any more)."""


class TooMany(Unavailable):
    """Asked too often; try again later."""


class Client:
    """`cookies`: a file in which they are kept, or None. `trust`: whose certificates HTTPS is checked by; None: those
    that this machine trusts."""

    def __init__(self, url: str, *, cookies: Path | None = None, trust: ssl.SSLContext | None = None) -> None:
        self._url, self._file = URL(url), cookies
        self._jar = aiohttp.CookieJar(unsafe=True)  # a box may have an address and no name
        self._csrf = ""
        self._http = aiohttp.ClientSession(
            cookie_jar=self._jar, timeout=_SECONDS, connector=aiohttp.TCPConnector(ssl=trust or True)
        )
        if cookies is not None and cookies.is_file():
            self._jar.update_cookies(SimpleCookie(_read(cookies)), self._url)

    async def close(self) -> None:
        """Forget the connections, not the cookies."""
        await self._http.close()

    async def join(self, code: str) -> str:
        """-> the attempt. The same browser may come back."""
        said = await self.post("/join", {"code": code})
        self.keep()
        return str(said["attempt"])

    def keep(self) -> None:
        """Write the cookies to their file."""
        if self._file is not None:
            _write(self._file, {cookie.key: cookie.value for cookie in self._jar})

    async def me(self) -> dict[str, Any]:
        """Where the candidate stands."""
        return await self.get("/api/me")

    async def get(self, path: str) -> dict[str, Any]:
        """What the box says there."""
        headers = {"Accept": "application/json"}
        async with self._http.get(self._url.join(URL(path)), headers=headers, allow_redirects=False) as answer:
            return await _value(answer)

    async def post(self, path: str, fields: Mapping[str, object]) -> dict[str, Any]:
        """One step. NotAllowed when it is not possible now."""
        return await self._with_token(path, lambda: {"json": dict(fields)})

    async def upload(self, path: str, data: bytes, kind: str) -> dict[str, Any]:
        """A file as the body; `kind` is its media type."""
        return await self._with_token(path, lambda: {"data": data, "headers": {"Content-Type": kind}})

    async def upload_form(self, path: str, files: Mapping[str, bytes]) -> dict[str, Any]:
        """JPEGs as the fields of a form."""
        return await self._with_token(path, lambda: {"data": _form(files)})

    async def _with_token(self, path: str, body: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        old = bool(self._csrf)
        try:
            return await self._post(path, body())
        except BadInput as error:
            if isinstance(error, NotAllowed) or not old:
                raise
            self._csrf = ""  # the token may be that of a page from before: once more, with a new one
            return await self._post(path, body())

    async def _post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        if not self._csrf:
            self._csrf = await self._page_token()
        headers = {"X-CSRFToken": self._csrf, "Referer": str(self._url), **body.pop("headers", {})}
        url = self._url.join(URL(path))
        async with self._http.post(url, headers=headers, allow_redirects=False, **body) as answer:
            return await _value(answer)

    async def _page_token(self) -> str:
        async with self._http.get(self._url / "") as answer:
            found = _TOKEN.search(await answer.text(errors="replace"))
        if found is None:
            raise Unavailable(f"{self._url} does not answer as a box does", hint="Check --url.")
        return found[1]

    async def publish(self, url: str, token: str, offer: str) -> tuple[str, str]:
        """WHIP: an SDP offer -> the answer, and the session's address."""
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/sdp"}
        async with self._http.post(self._url.join(URL(url)), data=offer.encode(), headers=headers) as answer:
            if answer.status != 201:
                await _value(answer)
            return await answer.text(), answer.headers.get("Location", "")

    async def delete(self, location: str) -> None:
        """End a WHIP session."""
        async with self._http.delete(self._url.join(URL(location))) as answer:
            await answer.read()


def _form(files: Mapping[str, bytes]) -> aiohttp.FormData:
    made = aiohttp.FormData()
    for name, data in files.items():
        made.add_field(name, data, filename=f"{name}.jpg", content_type="image/jpeg")
    return made


async def _value(answer: aiohttp.ClientResponse) -> dict[str, Any]:
    """The JSON of a good answer; the error that a bad one stands for."""
    text = await answer.text(errors="replace")
    try:
        said = json.loads(text)
    except ValueError:
        said = {}
    if answer.status < 300 and isinstance(said, dict):
        return said
    if not isinstance(said, dict):
        said = {}
    message = str(said.get("error") or f"the box answered {answer.status} to {answer.url.path}")
    raise _KINDS.get(answer.status, Unavailable)(message, hint=str(said.get("hint", "")))


_KINDS: dict[int, type[ApplianceError]] = {
    302: SignedOut,
    303: SignedOut,
    400: BadInput,
    401: SignedOut,
    403: NotAllowed,
    404: NotFound,
    409: NotAllowed,
    429: TooMany,
}


def _read(file: Path) -> dict[str, str]:
    try:
        return {str(name): str(value) for name, value in json.loads(file.read_text(encoding="utf-8")).items()}
    except (OSError, ValueError, AttributeError):
        raise BadInput(f"{file} cannot be read", hint="Remove it; the seat then joins with its code again.") from None


def _write(file: Path, cookies: Mapping[str, str]) -> None:
    new = file.with_suffix(".new")
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as out:
        json.dump(dict(cookies), out)
    new.replace(file)
