"""Do names become addresses? Asked as every program of the box asks, but for so long only."""

import socket
import threading

from appliance.web.setup.finding import Finding, State

SECONDS = 4.0


def resolved(name: str, *, seconds: float = SECONDS) -> list[str] | None:
    """The addresses of a name; [] where nobody knows it; None where nobody answered in time. The system's resolver
    cannot be told how long to wait, so it is left behind in a thread that ends by itself."""
    found: list[list[str]] = []

    def ask() -> None:
        try:
            said = socket.getaddrinfo(name, None, type=socket.SOCK_STREAM)
            found.append(sorted({str(one[4][0]) for one in said}))
        except (OSError, UnicodeError):
            found.append([])

    asking = threading.Thread(target=ask, name="resolving", daemon=True)
    asking.start()
    asking.join(seconds)
    return found[0] if found else None


def look(name: str, *, seconds: float = SECONDS) -> Finding:
    """As a sentence. A lab without names is no fault: the box needs none of itself."""
    addresses = resolved(name, seconds=seconds)
    if addresses:
        return Finding(about="names", state=State.GOOD, code="name", values={"name": name, "address": addresses[0]})
    code = "name_unknown" if addresses is not None else "name_silent"
    return Finding(about="names", state=State.NOTE, code=code, values={"name": name})
