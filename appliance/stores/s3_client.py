"""One S3 server, asked through boto3's low-level client: credentials, certificates, time limits, errors in words."""

import contextlib
import datetime
import threading
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import botocore.session
from botocore import exceptions
from botocore.config import Config
from botocore.parsers import ResponseParserError

from appliance.stores import s3_catalogue
from appliance.stores.port import Refused
from appliance.stores.s3_trouble import CREDENTIALS, Place, code_of, understood

PATIENCE_SECONDS = 20.0
"""Without a byte. It holds for connecting too: the HTTP library lets the first request on a connection wait no longer
than that, and an upload is to survive a line that is cut for some seconds."""
AMAZON = "Amazon S3"
_AUTHORITIES = (Path("/etc/ssl/certs/ca-certificates.crt"), Path("/etc/pki/tls/certs/ca-bundle.crt"))
_REGION = "us-east-1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """Where a bucket is and how it is asked; the words are those of docs/configuration.md."""

    bucket: str
    endpoint: str = ""
    region: str = ""
    path_style: bool = True
    credentials_file: str = ""
    profile: str = "default"
    ca_file: str = ""
    at_once: int = 4

    @property
    def amazon(self) -> bool:
        host = urlsplit(self.endpoint).hostname or ""
        return not self.endpoint or host.endswith((".amazonaws.com", ".amazonaws.com.cn"))

    @property
    def place(self) -> Place:
        address = urlsplit(self.endpoint)
        # Somebody may have written a password into it.
        return Place(self.bucket, address._replace(netloc=address.netloc.rpartition("@")[2]).geturl() or AMAZON)


class Answer(Exception):
    """The server said one of the things that the caller had asked to hear."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Client:
    """Several threads may ask at once. Made at the first question, anew after the credentials were refused: somebody
    may have put others into the file."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.place = server.place
        self._lock = threading.Lock()
        self._made: Any = None

    def ask(self, operation: str, *, doing: str, hear: Collection[str] = (), **arguments: Any) -> dict[str, Any]:
        """What the server answers. `doing`: what the key needs to be allowed, in words; `hear`: codes that are raised
        as `Answer` and not as a trouble."""
        with self.explained(doing, hear):
            client = self._client()
            answer: dict[str, Any] = getattr(client, operation)(Bucket=self.server.bucket, **arguments)
            return answer

    @contextlib.contextmanager
    def explained(self, doing: str, hear: Collection[str] = ()) -> Iterator[None]:
        """Errors of the library become ours."""
        try:
            yield
        except exceptions.ClientError as error:
            code = code_of(error)
            if code in hear:
                raise Answer(code) from error
            if code in CREDENTIALS:
                self._forget()
            raise self._told(error, doing) from error
        except ResponseParserError as error:
            raise self._told(exceptions.ClientError({"Error": {"Code": "Unknown"}}, ""), doing) from error
        except (
            exceptions.NoCredentialsError,
            exceptions.CredentialRetrievalError,
            exceptions.PartialCredentialsError,
        ) as error:
            self._forget()
            raise self._told(error, doing) from error
        except (exceptions.BotoCoreError, OSError, ValueError) as error:
            raise self._told(error, doing) from error

    def close(self) -> None:
        """Its connections; the next question opens new ones."""
        with self._lock:
            if self._made is not None:
                self._made.close()

    def _told(self, error: Exception, doing: str) -> Exception:
        return understood(error, self.place, doing=doing, now=datetime.datetime.now(datetime.UTC))

    def _forget(self) -> None:
        with self._lock:
            self._made = None  # not closed: other threads may be using it

    def _client(self) -> Any:
        with self._lock:
            if self._made is None:
                self._made = _made(self.server)
            return self._made


def _made(server: Server) -> Any:
    session = botocore.session.Session()
    session.register_component("data_loader", s3_catalogue.loader())
    if server.credentials_file:
        if not Path(server.credentials_file).is_file():
            raise Refused(
                f"there is no credentials file {server.credentials_file}",
                hint="Put it there, readable for the box alone, or correct `credentials_file` under [upstream].",
            )
        session.set_config_variable("credentials_file", server.credentials_file)
    if server.credentials_file or server.profile not in ("", "default"):
        # Named, it comes before what the environment says.
        session.set_config_variable("profile", server.profile or "default")
    config = Config(
        s3={"addressing_style": "path" if server.path_style else "virtual", "payload_signing_enabled": False},
        connect_timeout=PATIENCE_SECONDS,
        read_timeout=PATIENCE_SECONDS,
        tcp_keepalive=True,
        max_pool_connections=server.at_once + 2,
        retries={"total_max_attempts": 1},
        **({} if server.amazon else _OLDER_SERVERS),
    )
    return session.create_client(
        "s3",
        region_name=server.region or _REGION,
        endpoint_url=server.endpoint or None,
        verify=_authority(server),
        config=config,
    )


_OLDER_SERVERS = {"request_checksum_calculation": "when_required", "response_checksum_validation": "when_required"}
"""Servers that do not know the checksums of 2025 refuse them; Content-MD5 is understood by all."""


def _authority(server: Server) -> str | None:
    if server.ca_file:
        if not Path(server.ca_file).is_file():
            raise Refused(
                f"there is no certificate {server.ca_file}", hint="Put it there, or correct `ca_file` under [upstream]."
            )
        return server.ca_file
    return next((str(file) for file in _AUTHORITIES if file.is_file()), None)
