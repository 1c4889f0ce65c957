"""Who may set the box up: whoever typed the setup code, which stands on the box's console and panel. It ends for good
when setup is finished.

The cookie follows from the code: a code that is used, or new after a factory reset, opens nothing any more.
"""

import hashlib
import hmac
import ipaddress

from flask import current_app, request
from werkzeug.wrappers import Response

from appliance.box.paths import Paths
from appliance.provision import setup_code
from appliance.web.context import services

COOKIE = "setup"
SECONDS = 12 * 3600


def is_open(paths: Paths) -> bool:
    """Is there a box to be set up?"""
    return setup_code.code(paths) is not None


def holds() -> bool:
    """Has whoever asks typed the code of this box, and may secrets be typed on this line?"""
    known = setup_code.code(services().paths)
    return known is not None and is_private() and hmac.compare_digest(request.cookies.get(COOKIE, ""), _proof(known))


def hand_out(response: Response) -> Response:
    """The code was right."""
    known = setup_code.code(services().paths) or ""
    response.set_cookie(
        COOKIE,
        _proof(known),
        max_age=SECONDS,
        httponly=True,
        samesite="Strict",
        secure=request.is_secure,
        path="/",
    )
    return response


def take_back(response: Response) -> Response:
    """Setup is over."""
    response.delete_cookie(COOKIE, httponly=True, samesite="Strict", secure=request.is_secure, path="/")
    return response


def is_private() -> bool:
    """May secrets be typed on this line? HTTPS, or this very machine."""
    if request.is_secure:
        return True
    try:
        return ipaddress.ip_address(request.remote_addr or "").is_loopback
    except ValueError:
        return False


def _proof(code: str) -> str:
    key = current_app.secret_key
    secret = key if isinstance(key, bytes) else str(key).encode()
    return hmac.new(secret, b"setup\0" + code.encode(), hashlib.sha256).hexdigest()
