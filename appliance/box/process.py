"""How a process of the box starts, logs and stops."""

import json
import logging
import os
import signal
import socket
import sys
import threading
import time
from pathlib import Path
from types import FrameType, TracebackType

from appliance import __version__

log = logging.getLogger(__name__)


PRIORITIES = ((logging.CRITICAL, 2), (logging.ERROR, 3), (logging.WARNING, 4), (logging.INFO, 6), (0, 7))
"""From which level on a line has which priority of syslog (RFC 5424)."""


class JsonLines(logging.Formatter):
    """One JSON object a line, for journald and for the log folder. `prefixed`: in front of it stands the priority as
    journald takes it (`<4>`, sd-daemon(3)), which it cuts off and keeps as PRIORITY."""

    def __init__(self, process: str, *, prefixed: bool = False) -> None:
        super().__init__()
        self._process, self._prefixed = process, prefixed

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "at": round(record.created, 3),
            "process": self._process,
            "version": __version__,
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        text = json.dumps(line, ensure_ascii=False)
        return f"<{priority(record.levelno)}>{text}" if self._prefixed else text


def priority(level: int) -> int:
    """Of syslog, for a level of Python's."""
    return next(number for least, number in PRIORITIES if level >= least)


def to_journal(descriptor: int = 2) -> bool:
    """Does this descriptor lead straight to journald? It says so in JOURNAL_STREAM (systemd.exec(5))."""
    try:
        found = os.fstat(descriptor)
    except OSError:
        return False
    return os.environ.get("JOURNAL_STREAM") == f"{found.st_dev}:{found.st_ino}"


def start_logging(process: str, *, level: int = logging.INFO) -> None:
    """Log to stderr as JSON lines; the supervisor or systemd decides where that goes. What nobody catches becomes a
    line, too."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines(process, prefixed=to_journal()))
    logging.basicConfig(level=level, handlers=[handler], force=True)
    logging.captureWarnings(True)
    sys.excepthook = _uncaught
    threading.excepthook = _uncaught_in_thread


def _uncaught(kind: type[BaseException], error: BaseException, stack: TracebackType | None) -> None:
    if issubclass(kind, KeyboardInterrupt):
        sys.__excepthook__(kind, error, stack)
    else:
        log.critical("ended by %s, which nobody expected: %s", kind.__name__, error, exc_info=(kind, error, stack))


def _uncaught_in_thread(said: threading.ExceptHookArgs) -> None:
    if said.exc_value is not None and not issubclass(said.exc_type, SystemExit):
        name = said.thread.name if said.thread else "?"
        log.critical(
            "the thread %s ended by %s, which nobody expected: %s",
            name,
            said.exc_type.__name__,
            said.exc_value,
            exc_info=(said.exc_type, said.exc_value, said.exc_traceback),
        )


def stop_event() -> threading.Event:
    """Set by SIGTERM and SIGINT. Call it once, in the main thread."""
    stopping = threading.Event()

    def stop(_signal: int, _frame: FrameType | None) -> None:
        stopping.set()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    return stopping


def notify(state: str) -> None:
    """sd_notify(3): "READY=1", "WATCHDOG=1", "STOPPING=1". Nothing happens where systemd did not start us."""
    address = os.environ.get("NOTIFY_SOCKET")
    if not address:
        return
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as out:
        out.connect("\0" + address[1:] if address.startswith("@") else address)
        out.sendall(state.encode())


def wait_for(path: Path, *, seconds: float) -> bool:
    """True as soon as the path exists."""
    deadline = time.monotonic() + seconds
    while not path.exists():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True
