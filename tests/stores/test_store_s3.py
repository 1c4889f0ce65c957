"""The S3 driver keeps the contract of stores, on a real server."""

import contextlib
import itertools

import pytest

from appliance.stores.s3 import Keeping, S3Store
from appliance.stores.s3_client import Client, Server
from tests.stores.contract import *  # noqa: F403 - the suite

pytestmark = pytest.mark.slow

NUMBERS = itertools.count()


@pytest.fixture(scope="module")
def client(juicefs):
    """One for all tests: making one takes longer than a test."""
    server = Server(bucket=juicefs.bucket(), endpoint=juicefs.endpoint, credentials_file=str(juicefs.credentials))
    return Client(server)


@pytest.fixture(params=["checksum", "content"])
def driver(request, client):
    with contextlib.closing(client):
        yield S3Store(client, prefix=f"of/the/box/{next(NUMBERS)}", keeping=Keeping(content=request.param == "content"))
