"""By which address the box reaches its own front, as a candidate's computer does."""

import time

from appliance.box import errand, health
from appliance.box.paths import Paths
from appliance.config import Settings
from appliance.errors import Unavailable


def address(paths: Paths, settings: Settings) -> tuple[str, str]:
    """-> the address, and the file with the certificate that it shows ("" where it needs none). Unavailable where
    nothing listens."""
    certificate = str(paths.keys / "https.pem")
    now = time.time()
    door, web = (health.read(paths.health, name, now=now) for name in ("door", "web"))
    if door["healthy"] and door.get("port"):
        secure = bool(door.get("fingerprint"))
        return f"{'https' if secure else 'http'}://127.0.0.1:{door['port']}", certificate if secure else ""
    if errand.has_steward():
        return f"https://127.0.0.1:{settings.web.https_port}", certificate
    if web["healthy"] and web.get("port"):
        return f"http://127.0.0.1:{web['port']}", ""
    raise Unavailable(
        "the box does not reach its own front", hint="Is it running? The page of the box says which process is not."
    )
