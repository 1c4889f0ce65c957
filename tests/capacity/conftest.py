"""What these tests share with those of capture."""

from tests.capture.conftest import small_disk

__all__ = ["small_disk"]
