import pytest

from appliance.box.paths import Paths
from appliance.ledger import reader as reader_module
from appliance.ledger import writer as writer_module


@pytest.fixture
def box(tmp_path, monkeypatch):
    monkeypatch.setenv("APPLIANCE_RUN", str(tmp_path / "run"))
    return Paths.of(tmp_path / "data").make()


@pytest.fixture
def writer(box):
    with writer_module.opened(box.database) as opened:
        yield opened


@pytest.fixture
def reader(box, writer):
    with reader_module.opened(box.database) as opened:
        yield opened
