import contextlib

import pytest

from appliance.ledger import reader as reader_module
from appliance.ledger import writer as writer_module
from tests.report import evidence as made


@pytest.fixture
def evidence(paths):
    with writer_module.opened(paths.database) as writer:
        yield made.build(writer, paths.media)


@pytest.fixture
def connected(paths, evidence):
    """A read-only connection, as long as a `with`."""

    @contextlib.contextmanager
    def connect():
        with reader_module.opened(paths.database) as reader, reader.connect() as connection:
            yield connection

    return connect
