import os

import pytest

from appliance.ledger import reader as reader_module
from appliance.ledger import writer as writer_module
from tests.report import evidence as made
from tests.sync.boxes import filled  # noqa: F401 - a fixture for all
from tests.sync.rig import Rig


@pytest.fixture
def rig(paths, monkeypatch):
    monkeypatch.setattr(os, "fsync", lambda _descriptor: None)  # test_directory.py sees that it is called
    with writer_module.opened(paths.database) as writer:
        evidence = made.build(writer, paths.media)
        with reader_module.opened(paths.database) as reader:
            yield Rig(paths, evidence, reader)
