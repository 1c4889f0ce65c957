"""One HTTP request to somebody else's server: bounded in time and size, no redirects, TLS checked."""

import json
import ssl
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from http.client import HTTPException, HTTPMessage
from typing import IO, Any

from appliance.errors import ConfigError, Unavailable

SECONDS = 5.0
LARGEST = 1_000_000


@dataclass(frozen=True, slots=True)
class Answer:
    """Whatever the status."""

    status: int
    body: bytes

    def json(self) -> dict[str, Any]:
        """The object that it holds; empty where it holds none."""
        try:
            found = json.loads(self.body)
        except ValueError:
            return {}
        return found if isinstance(found, dict) else {}


class _Stay(urllib.request.HTTPRedirectHandler):
    """A token must not go where an answer points."""

    def redirect_request(
        self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str, headers: HTTPMessage, newurl: str
    ) -> None:
        return None


def ask(
    url: str,
    *,
    body: bytes | None = None,
    headers: Mapping[str, str] = {},  # never changed
    ca_file: str = "",
    seconds: float = SECONDS,
) -> Answer:
    """GET, or POST where there is a body. Unavailable when nobody answers; ConfigError for a CA file that is none."""
    try:
        context = ssl.create_default_context(cafile=ca_file or None)
    except (OSError, ssl.SSLError) as error:
        raise ConfigError(f"the certificate in {ca_file} cannot be read: {error}", hint="It is a PEM file.") from None
    opener = urllib.request.build_opener(urllib.request.HTTPSHandler(context=context), _Stay())
    asked = urllib.request.Request(url, data=body, headers=dict(headers))  # noqa: S310  # the settings say http or https
    try:
        with opener.open(asked, timeout=seconds) as answer:
            return Answer(answer.status, answer.read(LARGEST))
    except urllib.error.HTTPError as error:
        with error:
            return Answer(error.code, error.read(LARGEST))
    except (OSError, HTTPException, ValueError) as error:
        reason = getattr(error, "reason", None) or error
        raise Unavailable(
            f"{_host(url)} does not answer: {type(reason).__name__ if isinstance(reason, Exception) else reason}",
            hint=_hint(reason),
        ) from None


def _host(url: str) -> str:
    return url.split("/")[2] if url.count("/") >= 2 else url


def _hint(reason: object) -> str:
    if isinstance(reason, ssl.SSLCertVerificationError):
        return "Its certificate is not one that this box trusts: set ca_file, and check the clock."
    return "It is tried again by itself. Check the line, the address and the firewall."
