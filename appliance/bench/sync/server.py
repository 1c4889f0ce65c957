"""A real S3 server to send to: the gateway of JuiceFS."""

import contextlib
import itertools
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import botocore.session
from botocore.config import Config

from appliance.errors import Unavailable

KEY, SECRET = "benchkey", "benchsecret"
READY_SECONDS = 30.0


class Server:
    """`credentials`: a file for the box."""

    def __init__(self, folder: Path, address: str, port: int) -> None:
        self.endpoint = f"http://{address}:{port}"
        self.credentials = folder / "credentials"
        self.credentials.write_text(
            f"[default]\naws_access_key_id = {KEY}\naws_secret_access_key = {SECRET}\n", encoding="utf-8"
        )
        self._numbers = itertools.count(1)

    def bucket(self) -> str:
        """A new one."""
        name = f"bench-{next(self._numbers)}"
        with self.client() as client:
            client.create_bucket(Bucket=name)
        return name

    def last_modified(self, bucket: str, prefix: str) -> float:
        """When the newest object of a folder was complete (wall seconds)."""
        with self.client() as client:
            pages = client.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
            times = [found["LastModified"].timestamp() for page in pages for found in page.get("Contents", ())]
            return float(max(times))

    @contextlib.contextmanager
    def client(self, *, checked: bool = True) -> Iterator[Any]:
        """boto3's low-level client, as it comes: with a checksum (CRC) of what is sent. Not `checked`: without."""
        when = "when_supported" if checked else "when_required"
        client = botocore.session.Session().create_client(
            "s3",
            endpoint_url=self.endpoint,
            region_name="us-east-1",
            aws_access_key_id=KEY,
            aws_secret_access_key=SECRET,
            config=Config(
                s3={"addressing_style": "path"},
                request_checksum_calculation=when,
                response_checksum_validation=when,
            ),
        )
        try:
            yield client
        finally:
            client.close()


@contextlib.contextmanager
def running(folder: Path, *, address: str = "127.0.0.1", command: Sequence[str] = ()) -> Iterator[Server]:
    """`command` runs it elsewhere (`ip netns exec`). Unavailable where JuiceFS is not installed."""
    program = Path(sys.executable).with_name("juicefs")
    if not program.exists():
        raise Unavailable("the JuiceFS gateway is not installed", hint="`make setup` installs it.")
    folder.mkdir(parents=True)
    meta, port = f"sqlite3://{folder}/meta.db", _free_port()
    made = ["format", "--storage", "file", "--bucket", f"{folder}/blocks", "--trash-days", "0", meta, "bench"]
    subprocess.run([program, *made], check=True, capture_output=True)
    options = ["--multi-buckets", "--keep-etag", "--object-meta", "--cache-size", "0", "--no-usage-report"]
    with open(folder / "log", "wb") as log:
        process = subprocess.Popen(
            [*command, program, "gateway", *options, "--no-banner", meta, f"{address}:{port}"],
            env={**os.environ, "MINIO_ROOT_USER": KEY, "MINIO_ROOT_PASSWORD": SECRET},
            stdout=log,
            stderr=log,
        )
    try:
        _wait(process, address, port)
        yield Server(folder, address, port)
    finally:
        process.kill()
        process.wait()
        shutil.rmtree(folder, ignore_errors=True)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait(process: "subprocess.Popen[bytes]", address: str, port: int) -> None:
    until = time.monotonic() + READY_SECONDS
    while True:
        with contextlib.suppress(OSError):
            socket.create_connection((address, port), timeout=1).close()
            return
        if process.poll() is not None or time.monotonic() > until:
            raise Unavailable("the JuiceFS gateway does not start", hint="See its log in the benchmark's folder.")
        time.sleep(0.1)
