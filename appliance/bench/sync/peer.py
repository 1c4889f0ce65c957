"""The peer: boto3's transfer manager as `aws s3 cp --recursive` uses it, with ten requests at a time."""

import time
from collections.abc import Sequence
from pathlib import Path

from s3transfer.manager import TransferConfig, TransferManager

from appliance.bench.sync.server import Server


def seconds(server: Server, bucket: str, files: Sequence[Path], *, checked: bool = True) -> float:
    """How long it takes for these files. Its client is made and connected before. Not `checked`: the server is told no
    checksum, and a byte that changes on the way is not found."""
    with server.client(checked=checked) as client:
        client.head_bucket(Bucket=bucket)
        with TransferManager(client, TransferConfig()) as manager:
            began = time.monotonic()
            for future in [manager.upload(str(file), bucket, file.name) for file in files]:
                future.result()
            return time.monotonic() - began
