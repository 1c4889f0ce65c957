"""Ask the running box to do one chore (`actions.chores`), over the ledger's socket, and wait until it is done."""

import json
import socket
from pathlib import Path
from typing import Any

from appliance.errors import BadInput, Unavailable

SECONDS = 10.0
_LONGEST = 100_000


def ask(path: Path, chore: str, **said: Any) -> None:
    """Unavailable where no box answers, BadInput where it refuses."""
    line = json.dumps({"do": {"chore": chore, "said": said}}).encode()
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as server:
            server.settimeout(SECONDS)
            server.connect(str(path))
            server.sendall(json.dumps({"hello": "cli"}).encode() + b"\n" + line + b"\n")
            with server.makefile("rb") as lines:
                answer = json.loads(lines.readline(_LONGEST) or b"{}")
    except (OSError, ValueError):
        answer = {}
    if answer.get("done") == chore:
        return
    if "refused" in answer:
        raise BadInput(str(answer.get("reason", "")), hint=str(answer.get("hint", "")))
    raise Unavailable("the box did not answer", hint="Is it running? `appliance status` tells.")
