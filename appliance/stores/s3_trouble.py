"""What goes wrong with an S3 server, in words with what to do. Pure: an error goes in, the one to raise comes out."""

import datetime
import email.utils
import socket
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from botocore import exceptions

from appliance.errors import ApplianceError, StorageFull, Unavailable
from appliance.stores.port import Refused

_SETTING = "correct it under [upstream] in appliance.toml"
_RIGHTS = "docs/stores.md lists the rights that it needs. What waits is sent by itself then."

_UNKNOWN_KEY = (
    Refused,
    "the store {endpoint} does not know the access key",
    f"Look at the credentials file and profile, or {_SETTING}. What waits is sent by itself then.",
)
_EXPIRED = (
    Refused,
    "the credentials for the store {endpoint} have expired",
    "Put new ones into the credentials file; the box reads it again by itself.",
)
_SKEWED = (
    Refused,
    "the clocks of box and store differ too much: here it is {here}, at the store {there}",
    "Set the wrong one (the box: NTP, docs/newcomer.md); what waits is sent by itself then.",
)
_DENIED = (Refused, "the key may not {doing} bucket {bucket}", f"Give it the right to: {_RIGHTS}")
_NO_BUCKET = (
    Refused,
    "there is no bucket {bucket} at {endpoint}",
    f"Create it there, or {_SETTING} (`url`). The box makes no bucket by itself.",
)
_FULL = (
    StorageFull,
    "the store takes no more into bucket {bucket}: it is full or over its quota",
    "Free space or raise the quota there; what waits is sent by itself then.",
)
_ELSEWHERE = (
    Refused,
    "bucket {bucket} is in another region than the box asks",
    f"Look up the bucket's region and {_SETTING} (`region`).",
)
_NOT_S3 = (
    Refused,
    "something answers at {endpoint}, but not as an S3 server does",
    f"Look up the address and port of its S3 interface and {_SETTING} (`endpoint`).",
)
_NO_LOCK = (
    Refused,
    "bucket {bucket} has no object lock, and lock_mode asks for one",
    "Make a bucket with object lock (it cannot be added on most servers), or leave lock_mode and lock_days empty.",
)
_BUSY = (Unavailable, "the store {endpoint} is too busy or out of order just now", "The box tries again by itself.")
_GARBLED = (Unavailable, "what arrived at the store is not what was sent", "The box sends it again by itself.")
_ENCRYPTION = (
    Refused,
    "the store may not use the key that encrypts bucket {bucket}",
    "Allow this access key the bucket's KMS key.",
)

_Row = tuple[type[ApplianceError], str, str]

_CODES: dict[str, _Row] = {
    "NoSuchBucket": _NO_BUCKET,
    "InvalidBucketName": _NO_BUCKET,
    "AccessDenied": _DENIED,
    "AllAccessDisabled": _DENIED,
    "AccountProblem": _DENIED,
    "InvalidAccessKeyId": _UNKNOWN_KEY,
    "SignatureDoesNotMatch": (
        Refused,
        "the secret key does not fit the access key at the store {endpoint}",
        "Copy the secret key into the credentials file anew; the box reads it again by itself.",
    ),
    "ExpiredToken": _EXPIRED,
    "InvalidToken": _EXPIRED,
    "TokenRefreshRequired": _EXPIRED,
    "RequestTimeTooSkewed": _SKEWED,
    "RequestExpired": _SKEWED,
    "AccessForbidden": _DENIED,
    "QuotaExceeded": _FULL,
    "XMinioStorageFull": _FULL,
    "XMinioAdminBucketQuotaExceeded": _FULL,
    "InsufficientStorage": _FULL,
    "InsufficientCapacity": _FULL,
    "507": _FULL,
    "PermanentRedirect": _ELSEWHERE,
    "TemporaryRedirect": _ELSEWHERE,
    "AuthorizationHeaderMalformed": _ELSEWHERE,
    "301": _ELSEWHERE,
    "ObjectLockConfigurationNotFoundError": _NO_LOCK,
    "BadDigest": _GARBLED,
    "XAmzContentSHA256Mismatch": _GARBLED,
    "IncompleteBody": _GARBLED,
    "MethodNotAllowed": _NOT_S3,
    "NotImplemented": _NOT_S3,
}

CREDENTIALS = frozenset({"InvalidAccessKeyId", "SignatureDoesNotMatch", "AccessDenied", "ExpiredToken", "InvalidToken"})
"""After these the credentials are read anew."""

SKEW_SECONDS = 300.0
"""A refusal whose own clock differs by more is most likely because of that, whatever else it says."""


@dataclass(frozen=True, slots=True)
class Place:
    """What the sentences name."""

    bucket: str
    endpoint: str


def no_lock(place: Place) -> Refused:
    """The bucket cannot keep what is to be kept."""
    _, message, hint = _NO_LOCK
    return Refused(message.format(bucket=place.bucket), hint=hint)


def code_of(error: exceptions.ClientError) -> str:
    """What the server calls it: a word, or the HTTP status where it said none."""
    return str(error.response.get("Error", {}).get("Code") or status_of(error))


def status_of(error: exceptions.ClientError) -> int:
    """The HTTP status; 0 where there is none."""
    return int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))


def understood(error: Exception, place: Place, *, doing: str, now: datetime.datetime) -> ApplianceError:
    """The error to raise. `doing`: "write to", "read from" or "list" the bucket; `now`: this box's time, with zone."""
    if isinstance(error, exceptions.ClientError):
        return _answered(error, place, doing=doing, now=now)
    inner = error.kwargs.get("error") if isinstance(error, exceptions.BotoCoreError) else None
    if isinstance(inner, ApplianceError):
        return inner  # what the reading of the source said while it was being sent
    if isinstance(error, OSError) and not isinstance(error, exceptions.BotoCoreError):
        return _unreadable(error)
    for kinds, make in _LOCAL:
        if isinstance(error, kinds):
            return make(place, inner)
    return Unavailable(
        f"the line to {place.endpoint} broke",
        hint="Look at cable, network and firewall. The box tries again by itself.",
    )


def _answered(error: exceptions.ClientError, place: Place, *, doing: str, now: datetime.datetime) -> ApplianceError:
    code, status = code_of(error), status_of(error)
    there = _server_time(error)
    skewed = there is not None and abs((there - now).total_seconds()) > SKEW_SECONDS
    found: _Row
    if status == 403 and skewed:
        found = _SKEWED
    elif code in _CODES:
        found = _CODES[code]
    elif code.startswith("KMS."):
        found = _ENCRYPTION
    elif status >= 500 or status in (408, 409, 425, 429) or code in ("SlowDown", "RequestTimeout", "OperationAborted"):
        found = _BUSY
    elif status == 403:
        found = _DENIED
    elif code.isdigit() or code == "Unknown":
        found = _NOT_S3
    else:
        found = (Refused, f"the store {{endpoint}} refuses to be asked like this ({code[:60]})", "Ask who runs it.")
    cls, message, hint = found
    words = {"bucket": place.bucket, "endpoint": place.endpoint, "doing": doing, "here": _shown(now)}
    return cls(message.format(**words, there=_shown(there) if there else "another time"), hint=hint)


def _server_time(error: exceptions.ClientError) -> datetime.datetime | None:
    said = error.response.get("ResponseMetadata", {}).get("HTTPHeaders", {}).get("date", "")
    try:
        return email.utils.parsedate_to_datetime(said)
    except ValueError:
        return None


def _shown(moment: datetime.datetime) -> str:
    return moment.astimezone(datetime.UTC).strftime("%Y-%m-%d %H:%M UTC")


def _unreadable(error: OSError) -> ApplianceError:
    return Refused(
        f"a file that the store needs cannot be read: {error.filename or ''} {error.strerror or ''}".strip(),
        hint=f"Put it there, readable for the box (`ca_file`, `credentials_file`), or {_SETTING}.",
    )


def _not_reached(place: Place, inner: Any) -> ApplianceError:
    if "NameResolution" in type(inner).__name__ or isinstance(inner, socket.gaierror) or "resolve" in str(inner):
        return Unavailable(
            f"no host is called {place.endpoint}",
            hint=f"Is the box's network or name server away? If the name is wrong, {_SETTING} (`endpoint`).",
        )
    return Unavailable(
        f"nothing answers at {place.endpoint}",
        hint=f"Is the store running, and does the network let the box there? If the address is wrong, {_SETTING}"
        " (`endpoint`).",
    )


def _not_trusted(place: Place, inner: Any) -> ApplianceError:
    if "WRONG_VERSION_NUMBER" in str(inner) or "UNKNOWN_PROTOCOL" in str(inner):
        return Refused(
            f"{place.endpoint} does not speak TLS",
            hint=f'Write "http://..." if that is meant, or {_SETTING} (`endpoint`).',
        )
    if "certificate has expired" in str(inner) or "not yet valid" in str(inner):
        return Refused(
            f"the certificate of {place.endpoint} is not valid today",
            hint="Look at the box's clock first, then have the store's certificate renewed.",
        )
    if "Hostname mismatch" in str(inner) or "doesn't match" in str(inner) or "IP address mismatch" in str(inner):
        return Refused(
            f"the certificate of {place.endpoint} is for another name",
            hint=f"Use the name that stands in the certificate: {_SETTING} (`endpoint`).",
        )
    return Refused(
        f"the certificate of {place.endpoint} is not signed by an authority that this box trusts",
        hint=f"Ask who runs the store for its authority's certificate (PEM) and {_SETTING} (`ca_file`).",
    )


def _no_credentials(place: Place, inner: Any) -> ApplianceError:
    return Refused(
        f"there are no credentials for the store {place.endpoint}",
        hint=f"Write them into a file, readable for the box alone, and {_SETTING} (`credentials_file`, `profile`).",
    )


def _bad_settings(place: Place, inner: Any) -> ApplianceError:
    return Refused(
        f"the store cannot be asked with these settings: {place.endpoint}, bucket {place.bucket}",
        hint=f"Compare url, endpoint and region with docs/configuration.md, and {_SETTING}.",
    )


def _no_answer(place: Place, inner: Any) -> ApplianceError:
    return Unavailable(
        f"{place.endpoint} does not answer in time", hint="Look at network and firewall. The box tries again by itself."
    )


def _not_s3(place: Place, inner: Any) -> ApplianceError:
    return Refused(_NOT_S3[1].format(endpoint=place.endpoint), hint=_NOT_S3[2])


_LOCAL: tuple[tuple[tuple[type[Exception], ...], Callable[[Place, Any], ApplianceError]], ...] = (
    ((exceptions.SSLError,), _not_trusted),
    ((exceptions.ConnectTimeoutError, exceptions.ReadTimeoutError), _no_answer),
    ((exceptions.EndpointConnectionError, exceptions.ProxyConnectionError), _not_reached),
    (
        (
            exceptions.NoCredentialsError,
            exceptions.PartialCredentialsError,
            exceptions.CredentialRetrievalError,
            exceptions.ProfileNotFound,
            exceptions.ConfigParseError,
        ),
        _no_credentials,
    ),
    (
        (exceptions.ParamValidationError, exceptions.NoRegionError, exceptions.InvalidRegionError, ValueError),
        _bad_settings,
    ),
    ((exceptions.ResponseStreamingError,), _no_answer),
)
