"""What botocore knows of Amazon's services, as far as S3 needs it: a box has little memory."""

from typing import Any

from botocore.loaders import JSONFileLoader, Loader

_SERVICES = frozenset({"s3", "s3-control", "sts", "sso", "portal.sso", "oidc", "ec2"})
"""S3, and what gives credentials for it."""


class _Trimmed:
    """Drops what is read for nothing: the addresses of all other services, and the manual."""

    def __init__(self) -> None:
        self._whole = JSONFileLoader()

    def exists(self, file_path: str) -> bool:
        return bool(self._whole.exists(file_path))

    def load_file(self, file_path: str) -> Any:
        data = self._whole.load_file(file_path)
        if file_path.endswith("endpoints") and data:
            for partition in data["partitions"]:
                partition["services"] = {
                    name: said for name, said in partition["services"].items() if name in _SERVICES
                }
        return _without_words(data) if file_path.endswith("service-2") else data


def loader() -> Any:
    """For a session, as its component `data_loader`."""
    return Loader(file_loader=_Trimmed())


def _without_words(data: Any) -> Any:
    if isinstance(data, dict):
        return {
            name: "" if name == "documentation" and isinstance(said, str) else _without_words(said)
            for name, said in data.items()
        }
    return [_without_words(said) for said in data] if isinstance(data, list) else data
