"""Two network namespaces with a line between them that loses packets: the box on one side, a sender on the other.

The loss is random, for UDP alone and on the way to the box alone: nftables where packets arrive at the box. (Dropped
where they leave, the sender would be told, and send again.) Everything goes with the namespaces at the end. It needs
root, iproute2 and nftables.
"""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from appliance.errors import Unavailable

BOX_ADDRESS, SENDER_ADDRESS = "10.211.7.1", "10.211.7.2"
_RULES = """
table inet bench {{
  chain arriving {{
    type filter hook prerouting priority 0; policy accept;
    iifname "line" meta l4proto udp counter
    iifname "line" meta l4proto udp {chance} counter drop
  }}
}}
"""


@dataclass(frozen=True, slots=True)
class Line:
    """Names of the two namespaces."""

    box: str
    sender: str

    @property
    def at_box(self) -> list[str]:
        """What runs a command on the box's side."""
        return ["ip", "netns", "exec", self.box]

    @property
    def at_sender(self) -> list[str]:
        """What runs a command on the sender's side."""
        return ["ip", "netns", "exec", self.sender]

    def wrapped(self, command: str, folder: Path) -> Path:
        """A program that runs `command` on the sender's side."""
        script = folder / f"{Path(command).name}-at-sender"
        script.write_text(f'#!/bin/sh\nexec {" ".join(self.at_sender)} {command} "$@"\n', encoding="utf-8")
        script.chmod(0o755)
        return script

    def lose(self, percent: float) -> None:
        """From now on lose so many packets of a hundred; 0: none."""
        _do([*self.at_box, "nft", "flush", "ruleset"])
        _do([*self.at_box, "nft", "-f", "-"], said=_RULES.format(chance=_chance(percent)))

    def counted(self) -> tuple[int, int]:
        """-> (UDP packets that arrived, and those of them that were lost) since `lose` was called last."""
        rules = _do([*self.at_box, "nft", "list", "ruleset"])
        arrived, lost = (int(number) for number in re.findall(r"counter packets (\d+)", rules))
        return arrived, lost


def missing() -> str:
    """Why there can be no such line; "" when there can."""
    if os.geteuid() != 0:
        return "network namespaces need root"
    for name in ("ip", "nft"):
        if shutil.which(name) is None:
            return f"{name} is not installed: `make bench-peers` installs it"
    return ""


@contextmanager
def line() -> Iterator[Line]:
    """Unavailable where the kernel or a container forbids it."""
    made = Line(f"bench-box-{os.getpid()}", f"bench-sender-{os.getpid()}")
    try:
        for name in (made.box, made.sender):
            _do(["ip", "netns", "add", name])
            _do(["ip", "-n", name, "link", "set", "lo", "up"])
        _do(["ip", "-n", made.box, "link", "add", "line", "type", "veth", "peer", "name", "line", "netns", made.sender])
        for name, address in ((made.box, BOX_ADDRESS), (made.sender, SENDER_ADDRESS)):
            _do(["ip", "-n", name, "address", "add", f"{address}/24", "dev", "line"])
            _do(["ip", "-n", name, "link", "set", "line", "up"])
        made.lose(50)
        made.lose(0)
        yield made
    finally:
        for name in (made.sender, made.box):
            subprocess.run(["ip", "netns", "delete", name], check=False, capture_output=True)


def _chance(percent: float) -> str:
    """nftables has no comparison that always holds."""
    return "" if percent >= 100 else f"numgen random mod 1000 < {round(percent * 10)}"


def _do(command: list[str], *, said: str = "") -> str:
    done = subprocess.run(command, input=said, capture_output=True, text=True, check=False)
    if done.returncode:
        raise Unavailable(f"{' '.join(command[:6])} failed: {done.stderr.strip()[:200]}")
    return done.stdout
