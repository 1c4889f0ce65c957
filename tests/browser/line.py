"""A line between a browser and the box that a test can cut: the browser runs in a network namespace of its own, behind
a pair of virtual Ethernet cards. Needs root."""

import asyncio
import contextlib
import os
import signal
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.browser.people import CHROMIUM


def run(command: str) -> str:
    done = subprocess.run(command.split(), capture_output=True, text=True, check=False)
    if done.returncode:
        raise OSError(f"{command}: {done.stderr.strip()}")
    return done.stdout


class Line:
    """`chromium`: a program that runs the browser at the other end."""

    def __init__(self, folder: Path) -> None:
        self.space = f"line{os.getpid()}"
        self.here, self._there, self._elsewhere = (f"10.77.{os.getpid() % 250}.{host}" for host in (1, 2, 3))
        self._mine, self._theirs = f"a{os.getpid()}", f"b{os.getpid()}"
        self.chromium = folder / "chromium"
        self.chromium.write_text(f'#!/bin/sh\nexec ip netns exec {self.space} {CHROMIUM} "$@"\n', encoding="utf-8")
        self.chromium.chmod(0o755)

    def begin(self) -> None:
        run(f"ip netns add {self.space}")
        run(f"ip link add {self._mine} type veth peer name {self._theirs} netns {self.space}")
        run(f"ip link set {self._mine} addrgenmode none")  # IPv4 alone: over IPv6 an address that changes is no loss
        self.there(f"ip link set {self._theirs} addrgenmode none")
        run(f"ip addr add {self.here}/24 dev {self._mine}")
        run(f"ip link set {self._mine} up")
        self.there(f"ip addr add {self._there}/24 dev {self._theirs}")
        self.plug()
        self.there("ip link set lo up")

    def end(self) -> None:
        for pid in self.pids():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        for command in (f"ip link del {self._mine}", f"ip netns del {self.space}"):
            with contextlib.suppress(OSError):
                run(command)

    def there(self, command: str) -> None:
        run(f"ip netns exec {self.space} {command}")

    def pids(self) -> list[int]:
        return [int(pid) for pid in run(f"ip netns pids {self.space}").split()]

    def pull(self) -> None:
        """The cable, or the Wi-Fi."""
        self.there(f"ip link set {self._theirs} down")

    def plug(self) -> None:
        self.there(f"ip link set {self._theirs} up")

    def swallow(self, what: str) -> None:
        """Packets of one kind (as nftables says it) vanish; nobody is told."""
        self.there("nft add table inet line")
        for hook in ("input", "output"):
            self.there(f"nft add chain inet line {hook} {{ type filter hook {hook} priority 0 ; }}")
            self.there(f"nft add rule inet line {hook} {what} drop")

    def let_through(self) -> None:
        self.there("nft delete table inet line")

    def move(self) -> None:
        """Another address, as in another network."""
        self.there(f"ip addr del {self._there}/24 dev {self._theirs}")
        self.there(f"ip addr add {self._elsewhere}/24 dev {self._theirs}")

    def signal(self, number: signal.Signals) -> None:
        """To every process of the browser."""
        for pid in self.pids():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)


@contextlib.contextmanager
def laid(folder: Path) -> Iterator[Line]:
    """Skips the test where this machine has no network namespaces."""
    if os.geteuid() != 0:
        pytest.skip("a network namespace needs root")
    line = Line(folder)
    try:
        try:
            line.begin()
        except OSError as error:
            pytest.skip(f"this machine does not let a test cut a line: {error}")
        yield line
    finally:
        with contextlib.suppress(OSError):
            line.end()


@contextlib.contextmanager
def forwarded(address: str, port: int) -> Iterator[int]:
    """The box listens on loopback alone; -> the port on which the other end of the line reaches it."""
    ready, loop = threading.Event(), asyncio.new_event_loop()
    ports: list[int] = []
    tasks: set[asyncio.Task[None]] = set()

    async def copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while data := await reader.read(65_536):
                writer.write(data)
                await writer.drain()
        writer.close()

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        task.add_done_callback(tasks.discard)
        ends = [writer]
        try:
            to, back = await asyncio.open_connection("127.0.0.1", port)
            ends.append(back)
            await asyncio.gather(copy(reader, back), copy(to, writer))
        except (OSError, asyncio.CancelledError):
            pass  # the box is away, or the test is over
        finally:
            for end in ends:
                end.transport.abort()

    async def serve() -> None:
        server = await asyncio.start_server(answer, address, 0)
        ports.append(server.sockets[0].getsockname()[1])
        ready.set()
        await stop.wait()
        server.close()
        for task in list(tasks):
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await asyncio.sleep(0.1)  # sockets are closed in the next turns of the loop

    stop = asyncio.Event()
    thread = threading.Thread(target=lambda: loop.run_until_complete(serve()), name="forwarded")
    thread.start()
    try:
        assert ready.wait(5)
        yield ports[0]
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join()
        loop.close()
