"""A folder keeps the contract of stores."""

import pytest

from appliance.stores.directory import DirectoryStore
from tests.stores.contract import *  # noqa: F403 - the suite


@pytest.fixture
def driver(tmp_path):
    return DirectoryStore(tmp_path / "up")
