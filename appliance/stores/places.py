"""Which driver a place needs: the one of the settings, or one that somebody names at the command line.

The libraries of stores that are not used are not loaded: the box has little memory.
"""

import base64
import configparser
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from appliance.config import UpstreamSettings
from appliance.errors import BadInput, ConfigError, NotFound
from appliance.stores.directory import DirectoryStore
from appliance.stores.port import ObjectStore, Pace, checked

OBJECTS = ("az", "gs", "dav", "davs")


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """How a store is asked, in the words of [upstream] (docs/configuration.md)."""

    endpoint: str = ""
    region: str = ""
    path_style: bool = True
    credentials_file: str = ""
    profile: str = "default"
    ca_file: str = ""


def of_box(settings: UpstreamSettings, data: Path, *, pace: Pace | None = None) -> ObjectStore:
    """The box's own upstream. ConfigError names the key that is wrong; nothing is asked of the network yet."""
    folder = settings.folder_in(data)
    if folder is not None:
        return DirectoryStore(folder, pace=pace)
    access = Access(**{name: getattr(settings, name) for name in Access.__slots__})
    keeping: dict[str, Any] = {
        "content": settings.receipt == "content",
        "lock_mode": settings.lock_mode,
        "lock_days": settings.lock_days,
        "parts": data / "outbox" / ".parts",
    }
    try:
        return _remote(settings.url, access, at_once=settings.at_once, pace=pace, keeping=keeping)
    except BadInput as error:
        raise ConfigError(f"[upstream] url: {error.message}", hint=error.hint) from None


def at(location: str, access: Access | None = None, *, at_once: int = 8) -> ObjectStore:
    """The store that a person named: a folder, or "s3://BUCKET/PREFIX" and what else docs/stores.md lists. It needs the
    right to write only when it is written to. NotFound or BadInput when it cannot be one; the network is not asked."""
    if "://" in location:
        return _remote(location, access or Access(), at_once=at_once, pace=None, keeping={})
    folder = Path(location)
    if not folder.is_dir():
        raise NotFound(
            f"{location} is not a folder", hint='Name a folder, or a store as in "s3://BUCKET/PREFIX" (docs/stores.md).'
        )
    return DirectoryStore(folder)


def _remote(url: str, access: Access, *, at_once: int, pace: Pace | None, keeping: dict[str, Any]) -> ObjectStore:
    address = urlsplit(url)
    shown = url.rpartition("@")[2][:80]
    if address.scheme != "s3" and address.scheme not in OBJECTS:
        raise BadInput(f"{shown!r} names no kind of store", hint='Use "s3://BUCKET/PREFIX", or see docs/stores.md.')
    if not address.netloc or "@" in address.netloc or address.query or address.fragment:
        raise BadInput(
            f"{shown!r} is not BUCKET or BUCKET/PREFIX", hint="Keys and options go into settings of their own."
        )
    prefix = address.path.strip("/")
    if prefix:
        checked(prefix)
    if access.endpoint and not urlsplit(access.endpoint).scheme.startswith("http"):
        raise BadInput(f"the endpoint {access.endpoint[:80]!r} is no address", hint='Write "https://HOST:PORT".')
    if address.scheme != "s3":
        return _other(address.scheme, address.netloc, prefix, access, pace=pace, lock_mode=keeping.get("lock_mode", ""))
    return _s3(address.netloc, prefix, access, at_once=at_once, pace=pace, keeping=keeping)


def _s3(
    bucket: str, prefix: str, access: Access, *, at_once: int, pace: Pace | None, keeping: dict[str, Any]
) -> ObjectStore:
    from appliance.stores.s3 import Keeping, S3Store
    from appliance.stores.s3_client import Client, Server

    server = Server(
        bucket=bucket,
        endpoint=access.endpoint,
        region=access.region,
        path_style=access.path_style,
        credentials_file=access.credentials_file,
        profile=access.profile,
        ca_file=access.ca_file,
        at_once=at_once,
    )
    return S3Store(Client(server), prefix=prefix, keeping=Keeping(**keeping), pace=pace)


def _other(scheme: str, name: str, prefix: str, access: Access, *, pace: Pace | None, lock_mode: str) -> ObjectStore:
    from obstore.store import AzureStore, GCSStore, HTTPStore

    from appliance.stores.objects import WEBDAV, Kind, ObjectsStore

    if lock_mode:
        raise BadInput("lock_mode works with S3 alone", hint="Leave lock_mode and lock_days empty for this store.")
    said = _credentials(access)
    client: Any = {
        "timeout": "15 minutes",  # of a whole request: the library's 30 s would send a segment again on a slow line
        "read_timeout": "20s",
        "connect_timeout": "20s",
        "pool_max_idle_per_host": "0",  # one that the server has closed meanwhile would look like a line that broke
        **({"root_certificate": _read(access.ca_file, "ca_file")} if access.ca_file else {}),
    }
    retry: Any = {"max_retries": 0}  # waiting is the sender's
    inner: Any
    kind = Kind()
    if scheme in ("dav", "davs"):
        words = f"{said.get('username', '')}:{said.get('password', '')}".encode()
        if said:
            client["default_headers"] = {"Authorization": f"Basic {base64.b64encode(words).decode()}"}
        client["allow_http"] = scheme == "dav"
        http = "https" if scheme == "davs" else "http"
        inner, kind = HTTPStore.from_url(f"{http}://{name}/", client_options=client, retry_config=retry), WEBDAV
    elif scheme == "az":
        if access.endpoint:
            said["endpoint"] = access.endpoint
            client["allow_http"] = access.endpoint.startswith("http://")
        inner = AzureStore(name, config=said, client_options=client, retry_config=retry)  # type: ignore[arg-type]
    else:
        inner = GCSStore(name, config=said, client_options=client, retry_config=retry)  # type: ignore[arg-type]
    return ObjectsStore(inner, shown=f"{scheme}://{name}/{prefix}", prefix=prefix, kind=kind, pace=pace)


def _credentials(access: Access) -> dict[str, str]:
    """The section of the credentials file; empty where there is none."""
    if not access.credentials_file:
        return {}
    parser = configparser.ConfigParser(interpolation=None, default_section="")
    try:
        parser.read_string(_read(access.credentials_file, "credentials_file"))
        return dict(parser[access.profile])
    except (configparser.Error, KeyError):
        raise ConfigError(
            f"[{access.profile}] cannot be read in {access.credentials_file}",
            hint="docs/stores.md says how the file is written.",
        ) from None


def _read(file: str, key: str) -> str:
    try:
        return Path(file).read_text(encoding="utf-8")
    except (OSError, ValueError) as error:
        raise ConfigError(
            f"{file} cannot be read: {getattr(error, 'strerror', None) or 'it is not text'}",
            hint=f"Put it there, readable for the box, or correct `{key}` under [upstream].",
        ) from None
