from tests.sync.boxes import filled  # noqa: F401 - a fixture
from tests.sync.conftest import rig  # noqa: F401 - a fixture
