"""A bucket of an S3 server as object store.

No byte leaves before the source is seen to be what its hash says. Every object carries Content-MD5, which every server
checks, and `x-amz-meta-sha256`. What a server has is compared by its own checksum (ETag) where that is one of the
content, and read back whole where it is not: after an encryption by KMS, or when somebody copied it in other parts.
"""

import contextlib
import datetime
import mimetypes
import threading
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from appliance.errors import NotFound
from appliance.stores.body import opened
from appliance.stores.multipart import Multiparts
from appliance.stores.port import CHUNK, Conflict, Pace, SourceDamaged, Stored, Unhurried, checked, digest
from appliance.stores.s3_client import Answer, Client
from appliance.stores.s3_trouble import no_lock
from appliance.stores.sums import Sums, header

_REMEMBERED = 1024
_WRITE, _READ, _LIST = "write to", "read from", "list"
_TAKEN = ("PreconditionFailed", "412")
_NO_CONDITIONS = ("NotImplemented", "501", "InvalidArgument", "InvalidRequest")
_NOT_THERE = ("404", "NoSuchKey", "NotFound")
_NO_LOCK = (
    "ObjectLockConfigurationNotFoundError",
    "NoSuchObjectLockConfiguration",
    "NotImplemented",
    "MethodNotAllowed",
    "InvalidRequest",
    "404",
    "501",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Keeping:
    """`content`: every receipt reads the object back. `lock_mode` and `lock_days`: how long the store lets nobody
    delete it; "" for no such lock. `parts`: a folder of the box where uploads in parts are noted down; None sends all
    in one."""

    content: bool = False
    lock_mode: str = ""
    lock_days: int = 0
    parts: Path | None = None


class S3Store:
    """The objects under `prefix` of a bucket."""

    def __init__(
        self, client: Client, *, prefix: str = "", keeping: Keeping | None = None, pace: Pace | None = None
    ) -> None:
        self._client, self._bucket = client, client.server.bucket
        self._prefix = f"{checked(prefix.strip('/'))}/" if prefix.strip("/") else ""
        self._keeping, self._pace = keeping or Keeping(), pace or Unhurried()
        self._multiparts = Multiparts(self._client, self._keeping.parts, self._pace) if self._keeping.parts else None
        self._sums: OrderedDict[str, Sums] = OrderedDict()
        self._guard = threading.Lock()
        self._bucket_seen = self._lock_seen = False
        self._conditional = True

    @property
    def address(self) -> str:
        return f"s3://{self._bucket}/{self._prefix} at {self._client.place.endpoint}"

    def put(self, key: str, source: Path | bytes, *, sha256: str) -> bool:
        name = self._name(key)
        sums = self._summed(source, sha256)
        if self._taken(key, sums):
            if self._multiparts:
                self._multiparts.forget(name)
            return False
        try:
            self._send(name, source, sums)
        except Answer as answer:
            if answer.code not in _TAKEN:
                raise
            self._taken(key, sums)  # somebody was faster: with just this, or it is a conflict
            return False
        return True

    def confirm(self, key: str, source: Path | bytes, *, sha256: str, listed: Stored | None = None) -> bool:
        """By the checksum that the store took, or by reading it back."""
        name = self._name(key)
        if self._keeping.content:
            return self._content(key) == sha256
        try:
            sums = self._sums.get(sha256) or self._summed(source, sha256)
        except SourceDamaged:
            return self._content(key) == sha256
        if listed is not None and listed.size == sums.size and listed.checksum in sums.checksums:
            return True
        there = self._head(name)
        return there is not None and self._same(key, there, sums)

    def read(self, key: str) -> Iterator[bytes]:
        name = self._name(key)
        try:
            answer = self._client.ask("get_object", doing=_READ, hear=_NOT_THERE, Key=name)
        except Answer:
            raise NotFound(f"the upstream has no {key}") from None
        self._bucket_seen = True
        with contextlib.closing(answer["Body"]) as body:
            while True:
                with self._client.explained(_READ):
                    piece = body.read(CHUNK)
                if not piece:
                    return
                yield piece

    def stat(self, key: str) -> Stored | None:
        there = self._head(self._name(key))
        return None if there is None else Stored(key, there["ContentLength"], _etag(there))

    def list(self, prefix: str) -> Iterator[Stored]:
        start = f"{self._name(prefix)}/" if prefix else self._prefix
        for page in self._pages(Prefix=start):
            for found in page.get("Contents", ()):
                if not found["Key"].endswith("/"):  # some servers and tools make an empty object of a folder
                    yield Stored(found["Key"].removeprefix(self._prefix), found["Size"], _etag(found))

    def folders(self, prefix: str) -> Iterator[str]:
        start = f"{self._name(prefix)}/" if prefix else self._prefix
        for page in self._pages(Prefix=start, Delimiter="/"):
            for found in page.get("CommonPrefixes", ()):
                yield found["Prefix"].removeprefix(start).rstrip("/")

    def _name(self, key: str) -> str:
        return self._prefix + checked(key)

    def _pages(self, **wanted: str) -> Iterator[dict[str, Any]]:
        after: dict[str, str] = {}
        while True:
            page = self._client.ask("list_objects_v2", doing=_LIST, **wanted, **after)
            self._bucket_seen = True
            yield page
            if not page.get("IsTruncated"):
                return
            after = {"ContinuationToken": page["NextContinuationToken"]}

    def _head(self, name: str) -> dict[str, Any] | None:
        try:
            there = self._client.ask("head_object", doing=_READ, hear=(*_NOT_THERE, "400", "403", "301"), Key=name)
        except Answer as answer:
            if answer.code in _NOT_THERE and self._bucket_seen:
                return None
            # An answer to HEAD has no words: a listing says whether the bucket is there, and what is wrong. A key that
            # may list only its own folder hears 403 for what is not there.
            page = self._client.ask("list_objects_v2", doing=_LIST, Prefix=name, MaxKeys=1)
            self._bucket_seen = True
            if answer.code in _NOT_THERE or name not in (found["Key"] for found in page.get("Contents", ())):
                return None
            there = self._client.ask("get_object", doing=_READ, Key=name)
            there["Body"].close()
        self._bucket_seen = True
        return there

    def _summed(self, source: Path | bytes, sha256: str) -> Sums:
        """Remembered for the receipt that follows: the same hash has the same sums."""
        sums = Sums.of(source, sha256=sha256)
        with self._guard:
            self._sums[sha256] = sums
            while len(self._sums) > _REMEMBERED:
                self._sums.popitem(last=False)
        return sums

    def _taken(self, key: str, sums: Sums) -> bool:
        """Is just this there? Conflict when it is something else."""
        there = self._head(self._name(key))
        if there is None:
            return False
        if not self._same(key, there, sums):
            raise Conflict(
                f"the upstream has other content in {key}",
                hint="Move that object aside at the upstream; the box sends its own again by itself.",
            )
        return True

    def _same(self, key: str, there: dict[str, Any], sums: Sums) -> bool:
        if there["ContentLength"] != sums.size:
            return False
        said = there.get("Metadata", {}).get("sha256", sums.sha256)
        if said == sums.sha256 and _etag(there) in sums.checksums:
            return True
        return self._content(key) == sums.sha256

    def _content(self, key: str) -> str | None:
        try:
            return digest(self, key)
        except NotFound:
            return None

    def _send(self, name: str, source: Path | bytes, sums: Sums) -> None:
        """Answer when the name is taken."""
        about = {"Key": name, "Metadata": {"sha256": sums.sha256}, "ContentType": _type(name), **self._locked()}
        try:
            self._send_as(about, source, sums, {"IfNoneMatch": "*"} if self._conditional else {})
        except Answer as answer:
            if answer.code in _TAKEN or not self._conditional:
                raise
            self._conditional = False  # this server does not know it
            self._send_as(about, source, sums, {})

    def _send_as(self, about: dict[str, Any], source: Path | bytes, sums: Sums, condition: dict[str, str]) -> None:
        hear = (*_TAKEN, *_NO_CONDITIONS) if condition else ()
        if sums.parts and self._multiparts and isinstance(source, Path):
            self._multiparts.send(about, source, sums, condition, hear=hear)
            return
        with opened(source, size=sums.size, pace=self._pace) as body:
            self._client.ask(
                "put_object",
                doing=_WRITE,
                hear=hear,
                Body=body,
                ContentLength=sums.size,
                ContentMD5=header(sums.md5),
                **about,
                **condition,
            )

    def _locked(self) -> dict[str, Any]:
        """What asks the store to keep the object; Refused when the bucket cannot."""
        if not self._keeping.lock_mode:
            return {}
        if not self._lock_seen:
            try:
                answer = self._client.ask("get_object_lock_configuration", doing=_READ, hear=_NO_LOCK)
            except Answer:
                raise no_lock(self._client.place) from None
            if answer.get("ObjectLockConfiguration", {}).get("ObjectLockEnabled") != "Enabled":
                raise no_lock(self._client.place)
            self._lock_seen = True
        until = datetime.datetime.now(datetime.UTC) + datetime.timedelta(days=self._keeping.lock_days)
        return {
            "ObjectLockMode": self._keeping.lock_mode.upper(),
            "ObjectLockRetainUntilDate": until.replace(microsecond=0),
        }


def _etag(found: dict[str, Any]) -> str:
    return str(found.get("ETag", "")).strip('"')


def _type(name: str) -> str:
    """So that a browser shows a bundle's page straight from the bucket."""
    return mimetypes.guess_type(name)[0] or "application/octet-stream"
