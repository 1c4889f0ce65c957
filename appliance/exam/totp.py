"""Codes of a second factor that change every half minute (RFC 6238 on RFC 4226, as authenticator apps make them).
Pure."""

import base64
import binascii
import hashlib
import hmac
import secrets
from urllib.parse import quote, urlencode

STEP_SECONDS = 30
DIGITS = 6
TOLERANCE = 1
"""Steps on either side: a phone's clock may be half a minute off."""

_BYTES = 20


def new_secret() -> str:
    """160 random bits in base32, as apps take them by hand."""
    return base64.b32encode(secrets.token_bytes(_BYTES)).decode()


def is_secret(text: str) -> bool:
    """Is it one of ours?"""
    try:
        return len(base64.b32decode(text)) == _BYTES
    except (binascii.Error, ValueError):
        return False


def code(secret: str, step: int, *, digits: int = DIGITS) -> str:
    """The code of a step: HMAC-SHA1, cut down as RFC 4226 section 5.3 says."""
    digest = hmac.digest(base64.b32decode(secret), step.to_bytes(8, "big"), hashlib.sha1)
    at = digest[-1] & 0x0F
    number = int.from_bytes(digest[at : at + 4], "big") & 0x7FFF_FFFF
    return f"{number % 10**digits:0{digits}d}"


def matching(secret: str, said: str, *, now: float, used: int) -> int | None:
    """The step of which `said` is the code at `now` (wall seconds); None where it is none. A code is good once: only
    steps after `used`, the last one that was taken, count."""
    said = "".join(said.split())
    here = int(now // STEP_SECONDS)
    found = None
    for step in range(here - TOLERANCE, here + TOLERANCE + 1):
        if hmac.compare_digest(code(secret, step).encode(), said.encode()) and step > used:
            found = step
    return found


def address(secret: str, *, user: str, issuer: str) -> str:
    """What the QR code holds that an app reads."""
    label = quote(f"{issuer}:{user}", safe="")
    return f"otpauth://totp/{label}?{urlencode({'secret': secret, 'issuer': issuer}, quote_via=quote)}"
