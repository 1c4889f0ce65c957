"""A real ACME server for tests: Debian's pebble, which checks every answer (http-01) and issues from a test authority.
Its name server says that every name is this machine."""

import contextlib
import datetime
import json
import os
import shutil
import socket
import ssl
import subprocess
import threading
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from appliance.box.authority import Authority
from tests.servers.juicefs import free_port

READY_SECONDS = 20.0


@dataclass
class Pebble:
    """`directory` is its address, `ca` what its own HTTPS is checked by (PEM), `http_port` where it looks for answers;
    `root` is who signs what it issues (PEM)."""

    directory: str
    ca: Path
    http_port: int
    root: bytes


@contextlib.contextmanager
def running(folder: Path) -> Iterator[Pebble]:
    """Skips the test where pebble is not installed."""
    if not shutil.which("pebble"):
        pytest.skip("pebble is not installed (Debian: pebble)")
    authority = Authority(folder)
    authority.leaf(["localhost"], [], now=datetime.datetime.now(datetime.UTC))
    ca = folder / "ca.pem"
    ca.write_bytes(authority.pem())
    listen, manage, http = (free_port() for _ in range(3))
    config = {
        "pebble": {
            "listenAddress": f"127.0.0.1:{listen}",
            "managementListenAddress": f"127.0.0.1:{manage}",
            "certificate": str(folder / "leaf.pem"),
            "privateKey": str(folder / "leaf.pem"),
            "httpPort": http,
            "tlsPort": free_port(),
        }
    }
    (folder / "pebble.json").write_text(json.dumps(config), encoding="utf-8")
    with _names() as names:
        server = subprocess.Popen(
            ["pebble", "-config", str(folder / "pebble.json"), "-dnsserver", f"127.0.0.1:{names}"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "PEBBLE_VA_NOSLEEP": "1", "PEBBLE_WFE_NONCEREJECT": "0"},
        )
        try:
            root = _root(server, f"https://localhost:{manage}/roots/0", ca)
            yield Pebble(f"https://localhost:{listen}/dir", ca, http, root)
        finally:
            server.kill()
            server.wait()


def _root(server: subprocess.Popen, url: str, ca: Path) -> bytes:
    deadline, trust = time.monotonic() + READY_SECONDS, ssl.create_default_context(cafile=str(ca))
    while True:
        assert server.poll() is None, "pebble does not start"
        try:
            with urllib.request.urlopen(url, timeout=2, context=trust) as answer:
                return answer.read()
        except OSError:
            assert time.monotonic() < deadline, "pebble does not answer"
            time.sleep(0.05)


@contextlib.contextmanager
def _names() -> Iterator[int]:
    """A name server by which every name is 127.0.0.1; -> its port."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", 0))
        server.settimeout(0.1)
        over = threading.Event()

        def answer() -> None:
            while not over.is_set():
                with contextlib.suppress(TimeoutError):
                    asked, peer = server.recvfrom(512)
                    server.sendto(_answer(asked), peer)

        thread = threading.Thread(target=answer)
        thread.start()
        try:
            yield server.getsockname()[1]
        finally:
            over.set()
            thread.join()


def _answer(asked: bytes) -> bytes:
    """For A, this machine; for anything else, nothing."""
    ends = asked.index(0, 12) + 5
    is_address = asked[ends - 4 : ends - 2] == b"\x00\x01"
    head = asked[:2] + b"\x81\x80\x00\x01" + (b"\x00\x01" if is_address else b"\x00\x00") + b"\x00\x00\x00\x00"
    answer = b"\xc0\x0c\x00\x01\x00\x01\x00\x00\x00\x05\x00\x04\x7f\x00\x00\x01"
    return head + asked[12:ends] + (answer if is_address else b"")
