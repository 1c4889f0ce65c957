"""What the web process proves to systemd: its ledger's writer answers, and a page is served through its own socket."""

import contextlib
import http.client
import logging
import os
import socket
import threading
from collections.abc import Callable, Iterator

from appliance.box import process
from appliance.errors import ApplianceError
from appliance.ledger.writer import Writer

log = logging.getLogger(__name__)

EVERY_SECONDS = 5.0
ANSWER_SECONDS = 10.0
"""How long the writer and the page may take each. The unit's `WatchdogSec` is more than both."""

Connect = Callable[[], socket.socket]


@contextlib.contextmanager
def proving(writer: Writer, connect: Connect) -> Iterator[None]:
    """Prove it again and again, where systemd asks for it (`WatchdogSec`); a proof that fails is said, and feeds
    nothing."""
    if not os.environ.get("WATCHDOG_USEC"):
        yield
        return
    stopping = threading.Event()

    def keep() -> None:
        while not stopping.wait(EVERY_SECONDS):
            prove(writer, connect)

    thread = threading.Thread(target=keep, name="watchdog", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stopping.set()


def prove(writer: Writer, connect: Connect, *, seconds: float = ANSWER_SECONDS) -> bool:
    """Once; True when systemd was told."""
    try:
        _writer_answers(writer, seconds)
        _page_is_served(connect, seconds)
    except (TimeoutError, OSError, http.client.HTTPException) as error:
        log.error("the watchdog is not fed: %s", error or type(error).__name__)
        return False
    process.notify("WATCHDOG=1")
    return True


def _writer_answers(writer: Writer, seconds: float) -> None:
    """Also a refusal is an answer: a disk that is full is no reason to begin anew."""
    try:
        writer.submit(lambda _: None).result(seconds)
    except ApplianceError:
        pass
    except TimeoutError:
        raise TimeoutError(f"the ledger's writer has not answered for {seconds:.0f} s") from None


def _page_is_served(connect: Connect, seconds: float) -> None:
    """Any status will do."""
    connection = http.client.HTTPConnection("box", timeout=seconds)
    try:
        connection.sock = connect()
        connection.sock.settimeout(seconds)
        connection.request("GET", "/healthz")
        connection.getresponse().read()
    except TimeoutError:
        raise TimeoutError(f"no page was served within {seconds:.0f} s") from None
    finally:
        connection.close()
