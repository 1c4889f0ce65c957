"""A real request through nginx, by TLS as a browser makes one."""

import http.client
import ssl


def answers(port: int, *, seconds: float = 5.0) -> bool:
    """Does nginx on this machine answer? It does so itself: whether the pages are there is another question."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = (
        False,
        ssl.CERT_NONE,
    )  # we know who it is
    connection = http.client.HTTPSConnection("127.0.0.1", port, timeout=seconds, context=context)
    try:
        connection.request("GET", "/.front/alive", headers={"Connection": "close"})
        return connection.getresponse().status == 204
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
