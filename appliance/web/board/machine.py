"""Which computer asks: a cookie with a random token, of which the ledger knows the hash; and the codes of desk cards.

A card's code follows from its seat, the edition of the cards and a key of the box: cards can be printed again, and all
of them can be made void at once. Whoever has a code can say "this is seat 14" and nothing else.
"""

import hashlib
import hmac
import secrets
from collections.abc import Iterable

from flask import request
from werkzeug.wrappers import Response

from appliance.exam import codes

COOKIE = "seat"
_SECONDS = 400 * 86_400
"""As long as browsers keep one; each visit begins it anew."""

_LONGEST = 100


def asking() -> str:
    """The computer of this request, as the ledger knows it; "" where it has no cookie of ours."""
    token = request.cookies.get(COOKIE, "")
    return hashlib.sha256(token.encode()).hexdigest() if 0 < len(token) <= _LONGEST else ""


def new_token() -> str:
    """For a computer that has none."""
    return secrets.token_urlsafe(32)


def known_as(token: str) -> str:
    """What the ledger calls the computer that has this token."""
    return hashlib.sha256(token.encode()).hexdigest()


def hand_out(response: Response, token: str) -> Response:
    """Give the browser its cookie, or more time for it."""
    response.set_cookie(
        COOKIE, token, max_age=_SECONDS, httponly=True, samesite="Strict", secure=request.is_secure, path="/"
    )
    return response


def code_of(key: bytes, seat: str, edition: int) -> str:
    """The 8 characters of a seat's desk card."""
    digest = hmac.new(key, f"seat\0{edition}\0{seat}".encode(), hashlib.sha256).digest()
    return codes.generate(digest)


def seat_of(key: bytes, code: str, seats: Iterable[str], edition: int) -> str | None:
    """Whose card this is; None: of no seat of this edition."""
    found = None
    for seat in seats:  # all of them, whichever it is
        if hmac.compare_digest(code_of(key, seat, edition), code):
            found = seat
    return found
