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
from types import FrameType


class _JsonLines(logging.Formatter):
    """One JSON object a line, for journald and for the log folder."""

    def __init__(self, process: str) -> None:
        super().__init__()
        self._process = process

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "at": round(record.created, 3),
            "process": self._process,
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False)


def start_logging(process: str, *, level: int = logging.INFO) -> None:
    """Log to stderr as JSON lines; the supervisor or systemd decides where that goes."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_JsonLines(process))
    logging.basicConfig(level=level, handlers=[handler], force=True)


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
