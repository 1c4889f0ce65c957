import pytest

from appliance.ledger import reader as reader_module
from tests.ledger.conftest import box, writer  # noqa: F401 - fixtures
from tests.report import evidence as made


@pytest.fixture
def evidence(box, writer):  # noqa: F811
    return made.build(writer, box.media)


@pytest.fixture
def connection(box, writer):  # noqa: F811
    """Read-only; made when first used, so build the evidence before."""

    class Lazy:
        def __enter__(self):
            self._reader = reader_module.Reader(box.database)
            self._block = self._reader.connect()
            return self._block.__enter__()

        def __exit__(self, *_):
            self._block.__exit__(None, None, None)
            self._reader.close()

    return Lazy()
