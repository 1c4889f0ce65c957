"""A bad line: a network namespace behind a pair of virtual cards, 16 Mbit/s, cut for 8 s every 30 s. Needs root."""

import contextlib
import os
import subprocess
import threading
from collections.abc import Iterator

from appliance.errors import Unavailable

MBIT = 16
THERE_SECONDS, AWAY_SECONDS = 22.0, 8.0


def ideal_seconds(size: int) -> float:
    """How long `size` bytes take on a line that loses nothing and is used whenever it is there."""
    needed = size * 8 / (MBIT * 1e6)
    return needed + int(needed / THERE_SECONDS) * AWAY_SECONDS


class Line:
    """`there`: the address at its far end; `inside`: a command that runs another there."""

    def __init__(self) -> None:
        self._space = f"bench{os.getpid()}"
        self.there, self._here = (f"10.78.{os.getpid() % 250}.{host}" for host in (2, 1))
        self._mine, self._theirs = f"c{os.getpid()}", f"d{os.getpid()}"
        self.inside = ("ip", "netns", "exec", self._space)

    def begin(self) -> None:
        """Unavailable where this machine does not let us."""
        _run(f"ip netns add {self._space}")
        _run(f"ip link add {self._mine} type veth peer name {self._theirs} netns {self._space}")
        _run(f"ip addr add {self._here}/24 dev {self._mine}")
        _run(f"ip link set {self._mine} up")
        self._within(f"ip addr add {self.there}/24 dev {self._theirs}")
        self._within(f"ip link set {self._theirs} up")
        self._within("ip link set lo up")
        _run(f"tc qdisc add dev {self._mine} root tbf rate {MBIT}mbit burst 32kb latency 200ms")

    def end(self) -> None:
        """Also what was only half made."""
        for command in (f"ip link del {self._mine}", f"ip netns del {self._space}"):
            with contextlib.suppress(Unavailable):
                _run(command)

    @contextlib.contextmanager
    def cutting(self) -> Iterator[None]:
        """There for 22 s, away for 8 s, and so on."""
        stop = threading.Event()

        def cut() -> None:
            while not stop.wait(THERE_SECONDS):
                self._within(f"ip link set {self._theirs} down")
                stop.wait(AWAY_SECONDS)
                self._within(f"ip link set {self._theirs} up")

        thread = threading.Thread(target=cut, name="bench-line")
        thread.start()
        try:
            yield
        finally:
            stop.set()
            thread.join()

    def _within(self, command: str) -> None:
        _run(f"{' '.join(self.inside)} {command}")


@contextlib.contextmanager
def laid() -> Iterator[Line]:
    """Unavailable where this machine has no network namespaces or no limits for them."""
    if os.geteuid() != 0:
        raise Unavailable("a line that is cut needs root", hint="Run it as root.")
    line = Line()
    try:
        line.begin()
        yield line
    finally:
        line.end()


def _run(command: str) -> None:
    try:
        done = subprocess.run(command.split(), capture_output=True, text=True, check=False)
    except FileNotFoundError:
        raise Unavailable(f"{command.split(maxsplit=1)[0]} is not installed", hint="Debian: iproute2.") from None
    if done.returncode:
        raise Unavailable(f"this machine does not let a line be made: {done.stderr.strip()}", hint="Run it as root.")
